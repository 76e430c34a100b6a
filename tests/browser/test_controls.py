"""Live calls changed from the desk and from the board, with telephones that ring.

Web, worker and carrier are processes and ports of their own, as in test_whole_call.
"""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from calls.models import Call, Change, PhoneNumber, Transfer, Watch
from calls.states import ChangeState, TransferState, WatchMode
from sandbox.people.person import Person
from tests.browser.conftest import People
from tests.browser.scene import Scene
from tests.browser.whole import NUMBER as BILLING
from tests.browser.whole import SOON, centre, connected, ines_calls, office, running
from tests.journeys.programs import Centre, SandboxThread

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
__all__ = ["centre", "office"]

PHONES = {"dana": "+15558000100", "omar": "+15558000101", "sam": "+15558000102"}
ANSWERS = "[answers after: 1, waits to hear: press, presses: 1, waits for the end]"


def town(centre: Centre) -> str:
    people = "".join(
        f"  {name}:\n    number: {phone}\n    when called: {ANSWERS}\n"
        for name, phone in PHONES.items()
    )
    return centre.town(BILLING, people)


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """Dana takes calls of Billing, Omar those of Sales; Sam watches over both."""
    made = Scene(timezone.now())
    billing, sales = made.queue("Billing"), made.queue("Sales")
    PhoneNumber.objects.update_or_create(e164=BILLING, defaults={"queue": billing})
    made.agent("Dana Okafor", billing, line_address=PHONES["dana"])
    made.agent("Omar Haddad", sales, line_address=PHONES["omar"])
    sam = made.agent("Sam Rivera", line_address=PHONES["sam"], needs_desk=False)
    made.supervises(sam.user, billing, sales)
    return made


@pytest.fixture
def sandbox(centre: Centre) -> Iterator[SandboxThread]:
    with running(centre, SandboxThread(town(centre), port=centre.carrier_port)) as made:
        yield made


def talks(office: People, sandbox: SandboxThread) -> tuple[Page, Person]:
    """Dana, at her desk, with Ines on the line."""
    desk = connected(office.at("/desk", "dana"))
    ines = sandbox.do(ines_calls)
    expect(desk.get_by_test_id("live-call")).to_contain_text("Ines Marchetti", timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    expect(caller(desk).get_by_test_id("hold")).to_be_visible(timeout=SOON)
    return desk, ines


def caller(desk: Page) -> Locator:
    return desk.locator("[data-testid=party][data-role=customer]")


def test_a_caller_is_put_on_hold_and_taken_back_by_key(
    office: People, sandbox: SandboxThread
) -> None:
    desk, ines = talks(office, sandbox)
    desk.keyboard.press("h")
    held = caller(desk).get_by_test_id("held")
    expect(held).to_contain_text("On hold", timeout=SOON)
    sandbox.wait_until(lambda _: not ines.with_company)
    clock = held.get_by_role("timer")
    expect(clock).not_to_have_text(clock.inner_text())
    # The carrier's news may come before its answer; until then the key presses nothing.
    expect(caller(desk).get_by_test_id("resume")).to_be_enabled()
    desk.keyboard.press("h")
    expect(held).to_be_hidden(timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    kinds = Change.objects.order_by("asked_at").values_list("kind", "state")
    assert list(kinds) == [("hold", ChangeState.DONE), ("resume", ChangeState.DONE)]


def test_a_double_click_is_one_change_and_typing_presses_nothing(
    office: People, sandbox: SandboxThread
) -> None:
    desk, _ = talks(office, sandbox)
    caller(desk).get_by_text("More").click()
    desk.get_by_placeholder("A message that is read out").press_sequentially("hmp")
    assert not Change.objects.exists()
    caller(desk).get_by_test_id("hold").dblclick()
    expect(caller(desk).get_by_test_id("held")).to_be_visible(timeout=SOON)
    assert Change.objects.count() == 1


def test_a_warm_transfer_between_two_desks(office: People, sandbox: SandboxThread) -> None:
    danas, ines = talks(office, sandbox)
    omars = connected(office.at("/desk", "omar"))
    danas.keyboard.press("t")
    danas.get_by_label("To whom").press_sequentially("oma")
    found = danas.get_by_role("radiogroup", name="Found").get_by_role("radio")
    # Until it is whittled down to him, the list may shrink in the middle of a click.
    expect(found).to_have_count(1)
    danas.get_by_role("radio", name="Omar Haddad").check()
    danas.get_by_label("Why").fill("Wants a discount")
    danas.get_by_label("Notes").fill("40 seats, two years")
    danas.get_by_test_id("consult").click()
    asked = omars.get_by_test_id("asked")
    expect(asked).to_contain_text("Dana Okafor asks you into a call", timeout=SOON)
    expect(asked).to_contain_text("Wants a discount")
    expect(asked).to_contain_text("40 seats, two years")

    handover = danas.get_by_test_id("handover")
    expect(handover).to_have_attribute("data-state", "consulting", timeout=SOON)
    expect(caller(danas).get_by_test_id("held")).to_be_visible()
    expect(omars.get_by_test_id("handover")).to_contain_text("hands this call to you")
    danas.get_by_test_id("swap").click()
    expect(caller(danas).get_by_test_id("held")).to_be_hidden(timeout=SOON)
    danas.get_by_test_id("three-way").click()
    expect(danas.get_by_test_id("held")).to_have_count(0, timeout=SOON)
    danas.keyboard.press("c")
    expect(danas.get_by_role("dialog")).to_contain_text("Hand the call over? Your line ends.")
    danas.get_by_test_id("confirm").click()
    expect(danas.get_by_test_id("wrap-up")).to_contain_text("Ines Marchetti", timeout=SOON)
    expect(omars.get_by_test_id("live-call")).to_contain_text("Ines Marchetti")
    expect(omars.get_by_test_id("handover")).to_be_hidden(timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    assert Transfer.objects.get().state == TransferState.COMPLETED


def test_sam_listens_whispers_barges_and_takes_over(office: People, sandbox: SandboxThread) -> None:
    desk, ines = talks(office, sandbox)
    board = connected(office.at("/board", "sam"))
    row = board.get_by_test_id("live-call")
    row.get_by_role("button", name="Listen").click()
    watching = board.get_by_test_id("watching")
    expect(watching).to_have_attribute("data-mode", WatchMode.LISTEN, timeout=SOON)
    expect(desk.get_by_test_id("parties")).to_contain_text("listens")
    for key, mode in (("2", WatchMode.WHISPER), ("3", WatchMode.BARGE)):
        board.wait_for_timeout(1100)  # the record of it is kept in whole seconds
        board.keyboard.press(key)
        expect(watching).to_have_attribute("data-mode", mode, timeout=SOON)
    assert list(Watch.objects.order_by("id").values_list("mode", flat=True)) == list(WatchMode)
    board.keyboard.press("o")
    expect(board.get_by_role("dialog")).to_contain_text("Take this call over")
    board.get_by_test_id("confirm").click()
    expect(watching).to_be_hidden(timeout=SOON)
    expect(desk.get_by_test_id("wrap-up")).to_be_visible(timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    talking = Call.objects.get().legs.filter(ended_at=None, role="agent")
    assert list(talking.values_list("user__username", flat=True)) == ["sam"]


def test_a_caller_is_parked_and_retrieved(office: People, sandbox: SandboxThread) -> None:
    desk, ines = talks(office, sandbox)
    desk.keyboard.press("p")
    parked = desk.get_by_test_id("parked")
    expect(parked).to_contain_text("Ines Marchetti", timeout=SOON)
    expect(desk.get_by_test_id("wrap-up")).to_be_visible(timeout=SOON)
    sandbox.wait_until(lambda _: not ines.with_company)
    parked.get_by_test_id("retrieve").click()
    expect(desk.get_by_test_id("live-call")).to_contain_text("Ines Marchetti", timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)


def test_the_keys_are_told(office: People, sandbox: SandboxThread) -> None:
    desk, _ = talks(office, sandbox)
    desk.keyboard.press("?")
    keys = desk.get_by_role("dialog", name="Keys on this page")
    expect(keys).to_contain_text("Hold Ines Marchetti")
    expect(keys).to_contain_text("Transfer, or add somebody")
    desk.keyboard.press("Escape")
    expect(keys).to_be_hidden()
