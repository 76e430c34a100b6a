"""A whole call as everybody sees it: the agent at the desk, the supervisor at the board.

Web, fallback, worker and carrier are processes and ports of their own; the caller and the agent's
telephone are people of the carrier's.
"""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from calls.models import Call, PhoneNumber, WrapUp
from calls.states import CallOutcome, CallState
from tests.browser.conftest import People
from tests.browser.scene import Scene
from tests.browser.whole import NUMBER, SOON, centre, connected, ines_calls, office, running
from tests.journeys.programs import Centre, SandboxThread

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

__all__ = ["centre", "office"]

PHONE = "+15558000100"


def town(centre: Centre) -> str:
    return centre.town(
        NUMBER,
        f"""  dana:
    number: {PHONE}
    when called: [answers after: 3, waits to hear: press, presses: 1, waits for the end]
""",
    )


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    made = Scene(timezone.now())
    made.outcomes()
    billing = made.queue("Billing")
    billing.wrap_up_seconds = 120
    billing.save()
    PhoneNumber.objects.update_or_create(e164=NUMBER, defaults={"queue": billing})
    made.agent(
        "Dana Okafor", billing, intent="offline", intent_since=None, idle_since=None,
        line_address=PHONE,
    )  # fmt: skip
    made.supervisor("Sam Rivera", billing)
    return made


@pytest.fixture
def sandbox(centre: Centre) -> Iterator[SandboxThread]:
    with running(centre, SandboxThread(town(centre), port=centre.carrier_port)) as made:
        yield made


def test_dana_signs_in_takes_a_call_and_wraps_it_up(
    office: People, sandbox: SandboxThread, centre: Centre
) -> None:
    desk = office.at("/login/")
    office.sign_in(desk, "dana")
    connected(desk)
    board = connected(office.at("/board", "sam"))
    desk.get_by_role("button", name="I am available").click()
    expect(desk.get_by_test_id("status")).to_have_text("Available")

    ines = sandbox.do(ines_calls)
    expect(desk.get_by_test_id("offer")).to_contain_text("Ines Marchetti", timeout=SOON)
    talk = desk.get_by_test_id("live-call")
    expect(talk).to_contain_text("Ines Marchetti", timeout=SOON)
    timer = talk.get_by_role("timer")
    expect(timer).to_be_visible(timeout=SOON)
    expect(board.get_by_test_id("live-calls")).to_contain_text("Ines Marchetti")
    expect(board.get_by_test_id("agents")).to_contain_text("On a call")
    sandbox.wait_until(lambda _: ines.with_company)

    expect(timer).not_to_have_text(timer.inner_text())
    centre.web.kill()
    expect(desk.locator("#connection")).not_to_have_text("Live", timeout=SOON)
    assert sandbox.do(lambda _: ines.with_company), "a web process is not what they talk over"
    centre.web.start()
    connected(desk)
    connected(board)

    desk.get_by_test_id("hang-up").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("End the call with Ines Marchetti?")
    desk.get_by_test_id("confirm").click()
    sandbox.wait_until(lambda _: ines.call is None)
    work = desk.get_by_test_id("wrap-up")
    expect(work).to_contain_text("Ines Marchetti", timeout=SOON)
    expect(board.get_by_test_id("live-calls")).not_to_contain_text("Ines Marchetti", timeout=SOON)

    desk.get_by_label("What came of the call?").select_option(label="Solved")
    desk.get_by_label("Notes").fill("Sent the invoice once more.")
    desk.get_by_test_id("finish").click()
    expect(desk.get_by_test_id("idle")).to_contain_text("Ready for the next call", timeout=SOON)
    expect(desk.get_by_test_id("recent")).to_contain_text("Ines Marchetti")
    _is_on_record()


def _is_on_record() -> None:
    call = Call.objects.get()
    assert (call.state, call.outcome) == (CallState.ENDED, CallOutcome.ANSWERED)
    wrap_up = WrapUp.objects.select_related("disposition").get()
    assert wrap_up.disposition is not None
    assert wrap_up.disposition.name == "Solved"
    assert wrap_up.notes == "Sent the invoice once more."
