"""Numbers that an administrator writes down are those that agents dial."""

from calls.models import DirectoryEntry, DoNotCall
from tests.calls.admin.desk import AdminDesk


def test_whoever_is_not_to_be_called_is_written_down_as_they_would_be_dialled(
    ada: AdminDesk,
) -> None:
    assert ada.saves("calls/donotcall/add/", number="+49030123456").status_code == 302
    assert DoNotCall.objects.get().number == "+4930123456"


def test_an_entry_of_the_directory_can_be_dialled(ada: AdminDesk) -> None:
    sent = {"name": "Power company", "number": "+49030123456"}
    assert ada.saves("calls/directoryentry/add/", **sent).status_code == 302
    assert DirectoryEntry.objects.get().number == "+4930123456"
