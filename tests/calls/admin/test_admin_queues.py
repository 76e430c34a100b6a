"""Queues are set up so that they make sense, and whoever it concerns is told at once."""

import pytest

from calls.models import Call, OpeningHours, PhoneNumber, Queue, QueueSkill, Skill
from tests import people
from tests.calls.admin.desk import AdminDesk, told

pytestmark = pytest.mark.django_db


def path(queue: Queue) -> str:
    return f"calls/queue/{queue.pk}/change/"


def test_a_new_queue_with_its_hours_and_skills(ada: AdminDesk) -> None:
    skill = Skill.objects.create(name="Accounts")
    answered = ada.saves(
        "calls/queue/add/",
        name="Sales",
        slug="sales",
        time_zone="Europe/Berlin",
        opening_hours__TOTAL_FORMS=1,
        opening_hours__0__weekday=0,
        opening_hours__0__opens="09:00",
        opening_hours__0__closes="17:00",
        required_skills__TOTAL_FORMS=1,
        required_skills__0__skill=skill.pk,
        required_skills__0__min_level=3,
    )
    assert answered.status_code == 302
    queue = Queue.objects.get(slug="sales")
    assert OpeningHours.objects.get(queue=queue).weekday == 0
    assert QueueSkill.objects.get(queue=queue).min_level == 3


def test_a_queue_that_is_saved_unchanged_stays_as_it_is(ada: AdminDesk, billing: Queue) -> None:
    before = Queue.objects.filter(pk=billing.pk).values().get()
    assert ada.saves(path(billing)).status_code == 302
    assert Queue.objects.filter(pk=billing.pk).values().get() == before


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("ageing_seconds", {"priority": 3, "ageing_seconds": 0}),
        ("max_wait_seconds", {"max_wait_seconds": 20, "ring_seconds": 20}),
        ("hold_music_url", {"hold_music_url": "ftp://example.com/music.mp3"}),
        ("max_waiting", {"max_waiting": 0}),
        ("ring_seconds", {"ring_seconds": 500}),
        ("slug", {"slug": "no spaces"}),
        ("priority", {"priority": 101}),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(
    ada: AdminDesk, billing: Queue, field: str, changes: dict[str, object]
) -> None:
    assert list(ada.mistakes(path(billing), **changes)) == [field]


def test_no_longest_wait_is_fine(ada: AdminDesk, billing: Queue) -> None:
    assert ada.saves(path(billing), max_wait_seconds=0).status_code == 302


def test_hours_that_end_before_they_begin_are_told_at_their_field(
    ada: AdminDesk, billing: Queue
) -> None:
    wrong = ada.mistakes(
        path(billing),
        opening_hours__TOTAL_FORMS=1,
        opening_hours__0__weekday=0,
        opening_hours__0__opens="22:00",
        opening_hours__0__closes="06:00",
    )
    assert wrong == {"closes": ["Closes before it opens. For a night, write two spans."]}


def test_a_change_is_told_to_boards_and_looked_at_again(ada: AdminDesk, billing: Queue) -> None:
    said = ada.announced(lambda: ada.saves(path(billing), priority=5))
    assert {f"queue:{billing.pk}", "board", "dispatch"} <= said


def test_switching_off_asks_first_and_shows_who_waits(
    ada: AdminDesk, billing: Queue, ruth: Call
) -> None:
    page = ada.acts("calls/queue/", "switch_off", billing).content.decode()
    assert "In line now: 1" in page
    assert "Ruth" in page
    assert Queue.objects.get(pk=billing.pk).is_active


def test_switched_off_its_callers_stay_in_line(ada: AdminDesk, billing: Queue, ruth: Call) -> None:
    answered = ada.acts("calls/queue/", "switch_off", billing, confirmed="yes")
    assert told(answered) == ["Billing: switched off."]
    assert not Queue.objects.get(pk=billing.pk).is_active
    assert Call.objects.get(pk=ruth.pk).state == "waiting"
    assert people.waiting_of(ruth).left_at is None


def test_switching_on_again_is_told_and_written_down(ada: AdminDesk, billing: Queue) -> None:
    Queue.objects.update(is_active=False)
    said = ada.announced(lambda: ada.acts("calls/queue/", "switch_on", billing))
    assert {f"queue:{billing.pk}", "dispatch"} <= said
    assert "Switched on" in ada.opens(f"calls/queue/{billing.pk}/history/")


def test_a_queue_with_callers_in_it_cannot_be_deleted(
    ada: AdminDesk, billing: Queue, ruth: Call
) -> None:
    assert ada.client.post(f"/admin/calls/queue/{billing.pk}/delete/").status_code == 403
    assert "delete_selected" not in ada.opens("calls/queue/")


def test_a_queue_that_nobody_ever_called_can_be_deleted(ada: AdminDesk) -> None:
    sales = people.make_queue("Sales")
    ada.client.post(f"/admin/calls/queue/{sales.pk}/delete/", {"post": "yes"})
    assert not Queue.objects.exists()


def test_the_list_counts_who_waits(ada: AdminDesk, billing: Queue, ruth: Call) -> None:
    people.rings()
    page = ada.opens("calls/queue/", q="bill")
    assert people.OUR_NUMBER in page
    assert ">2<" in page.replace(" ", "").replace("\n", "")


def test_a_number_has_a_form(ada: AdminDesk, billing: Queue) -> None:
    wrong = ada.mistakes("calls/phonenumber/add/", e164="030 1234", queue=billing.pk)
    assert list(wrong) == ["e164"]
    ada.saves("calls/phonenumber/add/", e164="+15550002000", queue=billing.pk)
    assert PhoneNumber.objects.filter(e164="+15550002000").exists()


def test_outcomes_are_of_some_queues_or_of_all(ada: AdminDesk, billing: Queue) -> None:
    ada.saves("calls/disposition/add/", name="Solved")
    ada.saves("calls/disposition/add/", name="Refunded", queues=[billing.pk])
    page = ada.opens("calls/disposition/")
    assert "all queues" in page
    assert "Billing" in page
