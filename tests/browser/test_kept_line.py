"""A line that is kept open, from the desk and the board: rung once, and calls come with a beep.

Web, worker and carrier are processes and ports of their own, as in test_whole_call.
"""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from calls.models import Call, Parking, PhoneNumber, Standby
from calls.states import CallState, ParkingExit
from sandbox.core.sounds import Plays
from sandbox.people.person import Person
from sandbox.world import World
from tests.browser.conftest import People
from tests.browser.scene import Scene
from tests.browser.whole import NUMBER as BILLING
from tests.browser.whole import SOON, centre, connected, ines_calls, office, running
from tests.journeys.programs import Centre, SandboxThread

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
__all__ = ["centre", "office"]

DANA, OMAR = "+15558000100", "+15558000101"
KEEPS = "[answers after: 2, waits to hear: keep it open, presses: 1, {} waits for the end]"
# The desk has time to show who calls.
TAKES = "waits to hear: to take it, waits: 3, presses: 1,"
ANSWERS = "[answers after: 1, waits to hear: press, presses: 1, waits for the end]"


def town(centre: Centre) -> str:
    people = (
        f"  dana:\n    number: {DANA}\n    when called: {KEEPS.format(TAKES)}\n"
        f"  omar:\n    number: {OMAR}\n    when called: {ANSWERS}\n"
    )
    return centre.town(BILLING, people)


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """Dana takes calls of Billing and may keep her line open; Omar is on a break; Sam watches."""
    made = Scene(timezone.now())
    billing = made.queue("Billing", wrap_up_seconds=0)
    PhoneNumber.objects.update(e164=BILLING)  # the only one that the carrier knows
    made.agent("Dana Okafor", billing, line_address=DANA, may_stand_by=True)
    lunch, *_ = made.reasons()
    made.agent("Omar Haddad", billing, line_address=OMAR, intent="break", break_reason=lunch)
    made.supervisor("Sam Rivera", billing)
    return made


@pytest.fixture
def sandbox(centre: Centre) -> Iterator[SandboxThread]:
    with running(centre, SandboxThread(town(centre), port=centre.carrier_port)) as made:
        yield made


def rung(world: World) -> int:
    return sum(line.to == DANA for line in world.carrier.calls.values())


def beeps(world: World) -> bool:
    lines = [line for line in world.carrier.calls.values() if line.to == DANA and not line.ended]
    return any(isinstance(sound, Plays) for line in lines for sound in line.hearing)


def keeps_open(office: People) -> Page:
    """Dana asks for it at her desk; her telephone rings, and she keeps it open."""
    desk = connected(office.at("/desk", "dana"))
    expect(desk.get_by_test_id("status")).to_have_text("Available", timeout=SOON)
    desk.keyboard.press("k")
    expect(desk.get_by_role("dialog")).to_contain_text("Every minute that it is open is charged")
    desk.get_by_test_id("confirm").click()
    expect(desk.get_by_test_id("standby")).to_have_text("On standby", timeout=SOON)
    expect(desk.get_by_text("It comes with a beep on your open line.")).to_be_visible()
    return desk


def takes(desk: Page, sandbox: SandboxThread) -> Person:
    """Ines calls: a beep, and the desk says who it is."""
    ines = sandbox.do(ines_calls)
    offer = desk.get_by_test_id("offer")
    expect(offer).to_contain_text("A call on your open line", timeout=SOON)
    expect(offer).to_contain_text("Ines Marchetti")
    expect(desk.get_by_test_id("status")).to_have_text("Offered a call")
    sandbox.wait_until(beeps)
    expect(desk.get_by_test_id("live-call")).to_contain_text("Ines Marchetti", timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    return ines


def test_dana_keeps_her_line_open_takes_a_call_by_a_beep_and_ends_it(
    office: People, sandbox: SandboxThread
) -> None:
    desk = keeps_open(office)
    board = connected(office.at("/board", "sam"))
    agents = board.get_by_test_id("agents")
    expect(agents).to_contain_text("On standby")
    takes(desk, sandbox)
    expect(agents).to_contain_text("On a call")
    desk.get_by_test_id("hang-up").click()
    desk.get_by_test_id("confirm").click()
    expect(desk.get_by_test_id("status")).to_have_text("Available", timeout=SOON)
    expect(desk.get_by_test_id("standby")).to_have_text("On standby")
    assert Call.objects.get().state == CallState.ENDED
    assert sandbox.do(rung) == 1

    desk.keyboard.press("k")
    expect(desk.get_by_role("dialog")).to_contain_text("End standby?")
    desk.get_by_test_id("confirm").click()
    expect(desk.get_by_test_id("stand-by")).to_be_visible(timeout=SOON)
    expect(agents).not_to_contain_text("On standby")
    assert Standby.objects.get().why == "ended"
    assert sandbox.do(rung) == 1


def test_a_call_on_a_kept_line_is_parked_and_a_colleague_retrieves_it(
    office: People, sandbox: SandboxThread
) -> None:
    danas = keeps_open(office)
    omars = connected(office.at("/desk", "omar"))
    ines = takes(danas, sandbox)
    danas.keyboard.press("p")
    expect(danas.get_by_test_id("status")).to_have_text("Available", timeout=SOON)
    expect(danas.get_by_test_id("standby")).to_have_text("On standby")
    sandbox.wait_until(lambda _: not ines.with_company)
    parked = omars.get_by_test_id("parked")
    expect(parked).to_contain_text("by Dana Okafor", timeout=SOON)
    parked.get_by_test_id("retrieve").click()
    expect(omars.get_by_test_id("live-call")).to_contain_text("Ines Marchetti", timeout=SOON)
    sandbox.wait_until(lambda _: ines.with_company)
    expect(danas.get_by_test_id("parked")).to_be_hidden()
    assert Parking.objects.get().exit == ParkingExit.RETRIEVED
    assert sandbox.do(rung) == 1
