"""The telephone in the desk's page, without sound: its states, calls, devices and windows."""

import json
import re
from collections.abc import Callable
from typing import Literal, cast

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from agents.models import Agent
from calls import live
from calls.models import Leg, Offer
from calls.states import LegState, OfferState
from tests.browser.conftest import People
from tests.browser.scene import Scene
from tests.browser.softphones import PHONE, Desk, at_desk, browser_agent, offered_in_browser
from tests.browser.test_everywhere import barriers

pytestmark = pytest.mark.browser

Tell = Callable[..., None]
HEADSET = "{id: 'default', label: 'Default - Headset'}"
BUILT_IN = "{id: 'built-in', label: 'Built-in microphone'}"


@pytest.fixture
def petra(afternoon: Scene) -> Agent:
    return browser_agent(afternoon)


def line_of(desk: Desk) -> dict[str, str]:
    """What the server is told of the line with the next heartbeat."""
    told: dict[str, str] = desk.panel.evaluate("({dataset: {is, on}}) => ({is, on})")
    return told


# What it is ---------------------------------------------------------------------------------------


def test_a_line_in_the_browser_starts_by_itself_and_the_server_is_told(
    people: People, petra: Agent
) -> None:
    said: list[str | bytes] = []
    page = people.unopened("petra")
    page.on("websocket", lambda socket: socket.on("framesent", lambda sent: said.append(sent)))
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    (token,) = desk.did("start")
    assert token["identity"] == f"user_{petra.user_id}"
    page.wait_for_timeout(200)
    assert json.loads(said[-1])["line"] == {"is": "ready", "on": None}


def test_a_desk_with_a_telephone_elsewhere_has_none_in_its_page(
    people: People, afternoon: Scene
) -> None:
    page = people.at("/desk", "tomas")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.get_by_test_id("softphone")).to_have_count(0)


def test_why_there_is_no_token_is_said_and_it_is_asked_for_again(
    people: People, petra: Agent
) -> None:
    page = people.unopened("petra")
    problem = json.dumps({"status": 409, "detail": "Talking in the browser is not set up."})
    page.route(
        "**/softphone/token",
        lambda route: route.fulfill(
            status=409, body=problem, content_type="application/problem+json"
        ),
    )
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page)
    expect(desk.line).to_have_text("Not connected")
    expect(desk.remarks).to_have_text("Talking in the browser is not set up.")
    page.unroute("**/softphone/token")
    expect(desk.line).to_have_text("Ready", timeout=15_000)
    expect(desk.remarks).to_be_empty()
    people.complaints.clear()  # the browser's own, of the 409


def test_a_token_is_renewed_before_it_expires(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("tell('expiring')")
    (renewed,) = desk.waits_for("renew")
    assert renewed["token"].count(".") == 2
    expect(desk.line).to_have_text("Ready")


def test_a_token_that_has_run_out_is_renewed(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("tell('trouble', {code: 20104, message: 'expired'})")
    desk.waits_for("renew")
    expect(desk.remarks).to_be_empty()


def test_a_machine_that_slept_begins_anew(people: People, petra: Agent) -> None:
    page = people.unopened("petra")
    page.clock.install()
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    page.clock.fast_forward("02:00:00")
    desk.waits_for("start", 2)
    assert len(desk.did("stop")) == 1
    expect(desk.line).to_have_text("Ready")


def test_a_hidden_page_whose_clocks_are_slowed_is_not_begun_anew(
    people: People, petra: Agent
) -> None:
    page = people.unopened("petra")
    page.clock.install()
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    page.clock.fast_forward("01:00")
    page.clock.fast_forward("01:00")
    page.wait_for_timeout(300)
    assert desk.did("stop") == []


def test_the_machines_network_goes_and_comes_back(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.page.context.set_offline(True)
    expect(desk.line).to_have_text("Not connected")
    desk.page.context.set_offline(False)
    expect(desk.line).to_have_text("Ready")


def test_who_was_signed_out_is_told_so(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.page.context.clear_cookies()
    desk.happens("tell('expiring')")
    expect(desk.remarks).to_contain_text("You are signed out")
    people.complaints.clear()  # the browser's own, of the refused request


def test_a_page_that_was_frozen_looks_whether_it_is_still_reached(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).is_ready()
    desk.page.evaluate("document.dispatchEvent(new Event('freeze'))")
    assert line_of(desk)["is"] == "asleep"
    desk.page.evaluate("document.dispatchEvent(new Event('resume'))")
    expect(desk.line).to_have_text("Ready")
    assert len(desk.did("start")) == 2


def test_a_page_that_was_frozen_in_a_call_keeps_the_call(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.page.evaluate("document.dispatchEvent(new Event('freeze'))")
    desk.page.evaluate("document.dispatchEvent(new Event('resume'))")
    desk.waits_for("renew")
    expect(desk.line).to_have_text("Talking")
    assert (desk.did("stop"), line_of(desk)["is"]) == ([], "ready")


def test_the_network_goes_and_comes_back(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("breaks()")
    expect(desk.line).to_have_text("Not connected")
    expect(desk.remarks).to_contain_text("cannot be reached")
    desk.happens("comesBack()")
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).to_be_empty()


def test_the_same_trouble_again_and_again_is_said_once(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    for code in (31005, 31005, 53000, 31009, 31005):
        desk.happens(f"tell('trouble', {{code: {code}, message: 'transport'}})")
    expect(desk.remarks.locator(".notice")).to_have_count(1)
    desk.happens("tell('trouble', {code: 31999, message: 'Something odd'})")
    expect(desk.remarks).to_contain_text("The line had a problem (31999: Something odd).")


# The microphone -----------------------------------------------------------------------------------


def test_the_microphone_is_asked_for_with_a_click(people: People, petra: Agent) -> None:
    desk = at_desk(people, silent="{permission: 'prompt'}").is_live()
    expect(desk.line).to_have_text("No microphone allowed")
    assert line_of(desk)["is"] == "no_microphone"
    desk.page.get_by_role("button", name="Allow the microphone").click()
    expect(desk.line).to_have_text("Ready")
    expect(desk.page.get_by_test_id("allow")).to_be_hidden()


def test_who_has_refused_is_told_how_to_mend_it(people: People, petra: Agent) -> None:
    desk = at_desk(people, silent="{permission: 'prompt', answers: 'denied'}").is_live()
    desk.page.get_by_test_id("allow").click()
    expect(desk.remarks).to_contain_text("blocked for this page")
    desk.happens("allows('granted')")
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).to_be_empty()


def test_without_any_microphone_there_are_no_calls(people: People, petra: Agent) -> None:
    desk = at_desk(people, silent="{microphones: []}").is_live()
    expect(desk.line).to_have_text("No microphone found")
    expect(desk.remarks).to_contain_text("Plug a headset")
    desk.happens(f"has([{HEADSET}])")
    expect(desk.line).to_have_text("Ready")


def test_a_microphone_that_is_lost_in_a_call_is_followed_by_the_next(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).talks()
    desk.happens(f"has([{BUILT_IN}], 'Headset')")
    expect(desk.remarks).to_contain_text("You are heard through “Built-in microphone” now.")
    expect(desk.line).to_have_text("Talking")


def test_who_has_no_microphone_left_is_told_what_to_do(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.happens("has([], 'Headset')")
    expect(desk.remarks).to_contain_text("nobody hears you. Plug a microphone in")
    assert line_of(desk) == {"is": "no_device", "on": "a-leg"}
    desk.happens(f"has([{HEADSET}])")
    desk.happens("tell('devices', {lost: '', now: 'Headset'})")
    expect(desk.remarks).to_have_text("You are heard again, through “Headset”.")


def test_devices_are_chosen_and_stay_chosen(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.page.keyboard.press("b")
    desk.page.get_by_label("Microphone", exact=True).select_option(label="Built-in microphone")
    desk.page.get_by_label("Speaker").select_option(label="Built-in speakers")
    desk.page.reload()
    desk.is_ready()
    assert {"kind": "microphone", "id": "built-in"} in desk.waits_for("choose", 2)
    assert {"kind": "speaker", "id": "built-in"} in desk.did("choose")
    desk.page.keyboard.press("b")
    expect(desk.page.get_by_label("Speaker")).to_have_value("built-in")


def test_where_speakers_cannot_be_chosen_it_is_said(people: People, petra: Agent) -> None:
    desk = at_desk(people, silent="{speakers: []}").is_ready()
    desk.page.get_by_role("button", name="Devices").click()
    expect(desk.page.get_by_label("Speaker")).to_be_hidden()
    expect(desk.panel).to_contain_text("the speaker that the machine is set to")


def test_the_level_is_measured_while_somebody_looks(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    meter = desk.panel.get_by_label("Level of the microphone")
    desk.page.get_by_role("button", name="Devices").click()
    expect(meter).to_have_js_property("value", 0.6)
    desk.page.get_by_role("button", name="Devices").click()
    expect(meter).to_have_js_property("value", 0)
    assert desk.did("listen") == [True, False]


def test_nothing_of_it_is_touched_by_a_push(people: People, petra: Agent, tell: Tell) -> None:
    desk = at_desk(people).talks()
    desk.page.keyboard.press("b")
    desk.page.get_by_label("Microphone", exact=True).select_option(label="Built-in microphone")
    desk.page.keyboard.press("Tab")
    Agent.objects.filter(pk=petra.pk).update(name="Petra Ortiz-Vega")
    tell(live.desk(petra.user_id))
    expect(desk.page.get_by_role("heading", name="Desk of Petra Ortiz-Vega")).to_have_count(1)
    expect(desk.line).to_have_text("Talking")
    expect(desk.page.get_by_label("Microphone", exact=True)).to_have_value("built-in")


def test_a_test_call_lets_one_hear_oneself(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.page.get_by_role("button", name="Test call").click()
    assert desk.waits_for("connect") == [{"test": "1"}]
    expect(desk.line).to_have_text("Test call")
    expect(desk.remarks).to_contain_text("you hear what it heard")
    assert line_of(desk) == {"is": "ready", "on": ""}
    desk.page.get_by_role("button", name="End the test").click()
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).to_be_empty()


def test_a_test_call_gives_way_to_a_real_one(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.page.get_by_test_id("softphone").get_by_role("button", name="Test call").click()
    expect(desk.line).to_have_text("Test call")
    desk.orders("connect-now", "a-leg")
    expect(desk.line).to_have_text("Talking")
    assert desk.did("connect") == [{"test": "1"}, {"leg": "a-leg"}]


# Calls --------------------------------------------------------------------------------------------


def test_an_accepted_call_is_connected(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    desk = at_desk(people).is_ready()
    offer = offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    desk.page.get_by_role("button", name="Accept").click()
    expect(desk.line).to_have_text("Talking")
    assert desk.did("connect") == [{"leg": str(offer.leg_id)}]
    assert line_of(desk) == {"is": "ready", "on": str(offer.leg_id)}
    desk.happens("ends()")
    expect(desk.line).to_have_text("Ready")


def test_a_second_press_connects_nothing_more(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    desk = at_desk(people).is_ready()
    offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    desk.page.get_by_test_id("accept").dblclick()
    desk.page.keyboard.press("y")
    expect(desk.line).to_have_text("Talking")
    assert len(desk.did("connect")) == 1


def test_who_wants_it_is_connected_by_themselves_after_a_tone(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    Agent.objects.filter(pk=petra.pk).update(auto_answer=True)
    desk = at_desk(people).is_ready()
    desk.page.get_by_role("button", name="Devices").click()
    played = sounds_played(desk.page)
    offer = offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    expect(desk.line).to_have_text("Talking")
    assert desk.done[-2:] == [["heard", "accept.wav"], ["connect", {"leg": str(offer.leg_id)}]]
    assert played() == ["accept.wav"]


def test_a_browser_that_cannot_connect_keeps_no_caller_waiting(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("refuses(31402, 'Requested device not found')")
    offer = offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    desk.page.get_by_role("button", name="Accept").click()
    expect(desk.remarks).to_contain_text("The microphone cannot be used.")
    expect(desk.page.get_by_test_id("offer")).to_be_hidden()
    offer.refresh_from_db()
    assert offer.state == OfferState.FAILED
    assert "31402" in offer.note


def test_a_call_that_rings_in_the_browser_is_answered_by_a_press(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("rings('a-leg')")
    desk.orders("answer", "a-leg")
    assert desk.did("answer") == []
    desk.page.get_by_role("button", name="Ordered").click()
    expect(desk.line).to_have_text("Talking")
    assert desk.did("answer") == ["a-leg"]


def test_who_presses_before_it_rings_is_answered_when_it_does(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.orders("answer", "late")
    desk.page.get_by_role("button", name="Ordered").click()
    expect(desk.line).to_have_text("Connecting")
    desk.happens("rings('late')")
    expect(desk.line).to_have_text("Talking")


def test_a_line_that_is_kept_open_is_answered_at_once(people: People, petra: Agent) -> None:
    """Whichever is there first, the ringing or the order."""
    desk = at_desk(people).is_ready()
    desk.orders("answer-now", "standby", kept_open=True)
    assert desk.did("answer") == []
    desk.happens("rings('standby')")
    expect(desk.line).to_have_text("Line open")
    desk.takes_back()
    desk.happens("ends()")
    desk.happens("rings('again')")
    desk.orders("answer-now", "again")
    expect(desk.line).to_have_text("Talking")
    assert desk.did("answer") == ["standby", "again"]


def test_who_muted_themselves_on_a_kept_line_is_heard_by_the_next_caller(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).is_ready()
    desk.orders("answer-now", "standby", kept_open=True)
    desk.happens("rings('standby')")
    expect(desk.line).to_have_text("Line open")
    desk.shows_talk("first")
    desk.page.get_by_test_id("mute-me").click()
    desk.shows_talk("first")
    assert desk.did("mute")[-1] is True
    desk.shows_talk("")
    assert desk.did("mute")[-1] is False


def test_after_a_reload_the_page_comes_back_to_its_call(people: People, petra: Agent) -> None:
    desk = at_desk(people)
    desk.orders("rejoin", "a-leg")  # before the line is there
    expect(desk.line).to_have_text("Talking")
    assert desk.did("connect") == [{"leg": "a-leg"}]


def test_it_is_tried_again_to_come_back_for_as_long_as_that_is_wanted(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("refuses(53405, 'no route')")
    desk.orders("rejoin", "a-leg")
    desk.waits_for("connect", 2)
    expect(desk.remarks).to_contain_text("No sound gets through")
    desk.happens("refuses(0)")
    expect(desk.line).to_have_text("Talking")
    expect(desk.remarks).to_be_empty()


def test_who_is_waited_for_does_not_wait_for_the_carrier_s_next_try(
    people: People, petra: Agent
) -> None:
    page = people.unopened("petra")
    page.clock.install()
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    desk.happens("breaks()")
    page.clock.fast_forward("00:20")
    expect(desk.line).to_have_text("Not connected")
    desk.orders("rejoin", "a-leg")
    for _ in range(2):
        page.clock.fast_forward("00:05")
    expect(desk.line).to_have_text("Talking")
    assert (len(desk.did("start")), desk.did("connect")) == (2, [{"leg": "a-leg"}])


def test_nobody_comes_back_to_what_is_over(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.happens("refuses(53405, 'no route')")
    desk.orders("rejoin", "a-leg")
    desk.waits_for("connect")
    desk.takes_back()
    desk.happens("refuses(0)")
    desk.page.wait_for_timeout(1500)
    assert len(desk.did("connect")) == 1


def test_a_line_that_breaks_in_a_call_says_so_and_comes_back(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.happens("breaks()")
    expect(desk.line).to_have_text("Line lost, coming back")
    expect(desk.remarks).to_contain_text("being brought back")
    desk.happens("comesBack()")
    expect(desk.line).to_have_text("Talking")
    expect(desk.remarks).to_be_empty()


@pytest.mark.parametrize("leg", ["a-leg", "another-leg"])
def test_a_line_that_the_carrier_gave_up_is_begun_anew(
    people: People, petra: Agent, leg: str
) -> None:
    desk = at_desk(people).talks()
    desk.happens("breaks()")
    desk.orders("rejoin", leg)
    desk.waits_for("hangUp")
    desk.happens("comesBack()")
    expect(desk.line).to_have_text("Talking")
    assert desk.did("connect") == [{"leg": "a-leg"}, {"leg": leg}]


def test_missing_sound_is_remarked_on(people: People, petra: Agent) -> None:
    desk = at_desk(people, silent="{mute: true}").talks()
    expect(desk.remarks).to_contain_text("No sound has come in yet")
    desk.happens("tell('sound')")
    expect(desk.remarks).to_be_empty()


def test_a_silent_microphone_is_remarked_on(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.happens("tell('warning', {name: 'constant-audio-input-level', on: true})")
    expect(desk.remarks).to_contain_text("Your microphone is silent")
    desk.happens("tell('warning', {name: 'constant-audio-input-level', on: false})")
    expect(desk.remarks).to_be_empty()


def test_one_mutes_oneself_by_key(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    mute = desk.page.get_by_test_id("mute-me")
    expect(mute).to_be_disabled()
    desk.talks()
    desk.page.keyboard.press("u")
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(mute).to_have_text("Muted")
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "false")
    assert desk.did("mute") == [False, True, False]


def test_digits_are_sent_by_keypad_and_keyboard(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.page.keyboard.press("n")
    desk.panel.get_by_role("button", name="4", exact=True).click()
    desk.page.keyboard.type("2#")
    expect(desk.panel.get_by_label("Pressed")).to_have_text("42#")
    assert desk.waits_for("digits") == ["42#"]


def test_a_closed_keypad_sends_nothing(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.page.keyboard.type("42")
    assert desk.did("digits") == []


def test_whoever_closes_the_window_in_a_call_is_asked_first(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.page.get_by_test_id("mute-me").click()  # a page that was never touched may not ask
    asked: list[str] = []

    def stays(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    desk.page.on("dialog", stays)
    desk.page.close(run_before_unload=True)
    desk.page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert not desk.page.is_closed()


def test_whoever_is_in_no_call_leaves_without_a_question(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    desk.page.get_by_role("button", name="Devices").click()
    asked: list[str] = []

    def leaves(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    desk.page.on("dialog", leaves)
    desk.page.goto("about:blank")
    assert asked == []


def test_other_pages_open_beside_the_call(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    with desk.page.context.expect_page() as opened:
        desk.page.get_by_role("link", name="Call centre").click()
    opened.value.close()
    expect(desk.line).to_have_text("Talking")


# With an account ----------------------------------------------------------------------------------

WITH_ACCOUNT = """async ([chunder, edge]) => {
  const made = [];
  const audio = {on() {}, incoming() {}, outgoing() {}, disconnect() {}};
  window.Twilio = {Device: class {
    constructor(token, options) { made.push({token, ...options}); }
    audio = audio;
    on() {}
    async register() {}
  }};
  const {TwilioPhone} = await import("/static/js/softphone/twilio.js");
  await new TwilioPhone({chunder, edge}).start({token: "a.b.c", ttl: 600});
  return made[0];
}"""


def test_with_an_account_the_sdk_is_given_nothing_but_what_twilio_documents(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).is_ready()
    given = desk.page.evaluate(WITH_ACCOUNT, ["", "dublin,frankfurt"])
    sounds = given.pop("sounds")
    assert given == {
        "token": "a.b.c",
        "codecPreferences": ["pcmu", "opus"],
        "edge": ["dublin", "frankfurt"],
        "logLevel": "silent",
        "maxCallSignalingTimeoutMs": 10_000,
        "tokenRefreshMs": 120_000,
    }
    assert len(sounds) == 15
    assert all(each.startswith(people.web.address) for each in sounds.values())
    assert all(desk.page.request.get(each).ok for each in sounds.values())


def test_with_an_account_the_nearest_edge_is_the_sdks_own_choice(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).is_ready()
    assert "edge" not in desk.page.evaluate(WITH_ACCOUNT, ["", ""])


def test_with_the_sandbox_it_is_told_where_that_is(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    given = desk.page.evaluate(WITH_ACCOUNT, ["127.0.0.1:8810", ""])
    assert (given["chunderw"], given["publishEvents"]) == ("127.0.0.1:8810", False)


# Two windows --------------------------------------------------------------------------------------


def test_of_two_windows_the_newer_has_the_line_and_the_older_says_so(
    people: People, petra: Agent
) -> None:
    older = at_desk(people).is_ready()
    newer = Desk(people.tab(older.page, "/desk")).is_ready()
    expect(older.line).to_have_text("In another window")
    expect(older.remarks).to_contain_text("calls reach you there")
    assert len(older.did("stop")) == 1
    older.page.get_by_role("link", name="Use this window instead").click()
    older.is_ready()
    expect(newer.line).to_have_text("In another window")


def test_a_call_is_talked_to_its_end_in_the_older_window(people: People, petra: Agent) -> None:
    older = at_desk(people).talks()
    newer = Desk(people.tab(older.page, "/desk")).is_live()
    expect(newer.line).to_have_text("In another window")
    expect(newer.remarks).to_contain_text("It comes here when its call is over")
    expect(older.line).to_have_text("Talking")
    expect(older.remarks).to_contain_text("Talk on here")
    older.happens("ends()")
    newer.is_ready()
    expect(older.line).to_have_text("In another window")


def test_a_window_that_is_closed_leaves_the_line_to_the_other(people: People, petra: Agent) -> None:
    older = at_desk(people).talks()
    newer = Desk(people.tab(older.page, "/desk")).is_live()
    expect(newer.line).to_have_text("In another window")
    older.page.close()
    newer.is_ready()


def test_a_second_sign_in_elsewhere_takes_the_line_there(people: People, petra: Agent) -> None:
    older = at_desk(people).is_ready()
    at_desk(people).is_ready()
    expect(older.line).to_have_text("In another window")
    assert len(older.did("stop")) == 1


# Outside the tab ----------------------------------------------------------------------------------

NOTIFICATIONS = """
window.notified = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return Notification.permission = "granted"; }
  constructor(title, options) { this.told = {title, ...options, open: true}; notified.push(this); }
  close() { this.told.open = false; }
};
document.hasFocus = () => false;
"""


def sounds_played(page: Page) -> Callable[[], list[str]]:
    """The names of the files that the page began to play from now on."""
    page.evaluate(
        """() => {
            window.played = [];
            const play = HTMLMediaElement.prototype.play;
            const { done } = document.getElementById("softphone").phone;
            HTMLMediaElement.prototype.play = function () {
                const name = this.src.split("/").at(-1);
                played.push(name);
                const heard = () => done.push(["heard", name]);
                this.addEventListener("ended", heard, { capture: true, once: true });
                return play.call(this);
            };
        }"""
    )
    return lambda: cast(list[str], page.evaluate("played"))


def withdraw(offer: Offer) -> None:
    """The caller has hung up."""
    now = timezone.now()
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.WITHDRAWN, settled_at=now)
    Leg.objects.filter(offer=offer).update(state=LegState.CANCELED, ended_at=now)


def test_a_call_rings_until_it_is_settled(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    desk = at_desk(people).is_ready()
    desk.page.get_by_role("button", name="Devices").click()
    played = sounds_played(desk.page)
    offer = offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    expect(desk.page.get_by_test_id("offer")).to_be_visible()
    assert played() == ["ring.wav"]
    desk.page.get_by_test_id("accept").click()
    expect(desk.line).to_have_text("Talking")
    withdraw(offer)
    tell(live.desk(petra.user_id))
    expect(desk.page.get_by_test_id("offer")).to_be_hidden()
    desk.happens("ends()")
    expect(desk.line).to_have_text("Ready")
    assert played() == ["ring.wav", "accept.wav", "end.wav"]


def test_a_line_that_is_lost_sounds_different_from_one_that_ends(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).talks()
    played = sounds_played(desk.page)
    desk.happens("ends({code: 31005, message: ''})")
    expect(desk.line).to_have_text("Ready")
    expect(desk.remarks).to_contain_text("was lost")
    assert played() == ["lost.wav"]


def test_a_call_is_shown_outside_the_window(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    page = people.unopened("petra")
    page.add_init_script(NOTIFICATIONS)
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    desk.page.get_by_role("button", name="Devices").click()
    desk.page.get_by_role("button", name="Show calls outside this window").click()
    expect(desk.panel).to_contain_text("Calls are shown outside this window, too.")
    offer = offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    expect(desk.page.get_by_test_id("offer")).to_be_visible()
    tell(live.desk(petra.user_id))  # again
    (shown,) = page.evaluate("notified.map((each) => each.told)")
    assert shown["title"] == "Priya Nair"
    assert shown["tag"] == f"call-{offer.leg_id}"
    page.get_by_test_id("decline").click()
    expect(desk.page.get_by_test_id("offer")).to_be_hidden()
    desk.waits_until("notified.every((each) => !each.told.open)")


def test_a_click_on_it_leads_to_the_window(
    people: People, afternoon: Scene, petra: Agent, tell: Tell
) -> None:
    page = people.unopened("petra")
    page.add_init_script(f"{NOTIFICATIONS} Notification.permission = 'granted';")
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    page.evaluate("() => { window.focus = () => { window.wasFocused = true; }; }")
    offered_in_browser(afternoon, petra)
    tell(live.desk(petra.user_id))
    expect(desk.page.get_by_test_id("offer")).to_be_visible()
    page.evaluate("() => notified[0].onclick()")
    assert page.evaluate("window.wasFocused")


# Everywhere ---------------------------------------------------------------------------------------


def test_it_is_read_and_operated_everywhere(people: People, petra: Agent, axe: str) -> None:
    """Unfolded, in a call, with something to say."""
    desk = at_desk(people).talks()
    desk.page.keyboard.press("n")
    desk.page.keyboard.press("b")
    desk.happens("breaks()")
    desk.page.evaluate(axe)
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (320, "dark")):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.page.emulate_media(color_scheme=cast(Literal["light", "dark"], scheme))
        assert barriers(desk.page) == [], f"{width} pixels wide, {scheme}"
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_line_that_cannot_be_asked_is_read_on_a_narrow_page(
    people: People, petra: Agent, axe: str
) -> None:
    desk = at_desk(people, silent="{permission: 'denied'}", viewport={"width": 320, "height": 800})
    desk.is_live()
    expect(desk.line).to_have_text("No microphone allowed")
    expect(desk.page.get_by_test_id("status")).to_contain_text("Away")
    desk.page.evaluate(axe)
    assert barriers(desk.page) == []
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_its_keys_do_is_in_the_list_of_keys(people: People, petra: Agent) -> None:
    desk = at_desk(people).talks()
    desk.page.keyboard.press("?")
    listed = desk.page.get_by_role("dialog")
    expect(listed).to_contain_text("Mute my microphone, here and now")
    expect(listed).to_contain_text(re.compile("Keypad"))


def test_no_key_does_two_things(people: People, petra: Agent) -> None:
    desk = at_desk(people).is_ready()
    keys = desk.page.evaluate(
        """[...document.querySelectorAll("main [data-key]")]
            .filter((each) => !each.disabled).map((each) => each.dataset.key)"""
    )
    assert sorted(keys) == sorted(set(keys))


def test_who_had_muted_themselves_is_muted_after_a_reload_and_in_no_call_after_it(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).talks()
    mute = desk.page.get_by_test_id("mute-me")
    mute.click()
    desk.page.once("dialog", lambda asked: asked.accept())
    desk.page.reload()
    desk.is_ready().orders("rejoin", "the-way-back")
    expect(mute).to_have_text("Muted")
    expect(desk.line).to_have_text("Talking")
    done = [did for did in desk.page.evaluate(f"{PHONE}.done") if did[0] in ("mute", "connect")]
    assert done == [["mute", True], ["connect", {"leg": "the-way-back"}]]
    desk.takes_back()
    desk.happens("ends()")
    desk.talks("another-leg")
    expect(mute).to_have_text("Mute")
    assert desk.did("mute")[-1] is False


def test_petra_is_not_muted_because_somebody_else_was_in_the_same_browser(
    people: People, petra: Agent
) -> None:
    desk = at_desk(people).talks()
    desk.page.get_by_test_id("mute-me").click()
    desk.page.evaluate(f"localStorage.setItem('softphone.muted', 'user_{petra.user_id + 1}')")
    desk.page.once("dialog", lambda asked: asked.accept())
    desk.page.reload()
    desk.is_ready().orders("rejoin", "the-way-back")
    expect(desk.line).to_have_text("Talking")
    assert desk.did("mute") == [False]


def test_a_ring_that_the_browser_does_not_play_yet_is_remarked_on_and_heard_after_a_click(
    people: People, afternoon: Scene, petra: Agent
) -> None:
    """As Chromium refuses it before the page was touched."""
    page = people.unopened("petra")
    page.add_init_script(
        """const plays = HTMLMediaElement.prototype.play;
        window.refuses = true;
        HTMLMediaElement.prototype.play = function () {
            if (window.refuses) return Promise.reject(new DOMException("", "NotAllowedError"));
            window.played = this.src;
            return plays.call(this);
        };"""
    )
    offered_in_browser(afternoon, petra)
    page.goto(f"{people.web.address}/desk")
    desk = Desk(page).is_ready()
    expect(desk.remarks).to_contain_text("plays no ring before you have clicked on this page")
    page.evaluate("() => { window.refuses = false; }")
    page.get_by_role("heading").first.click()
    expect(desk.remarks).to_be_empty()
    assert str(page.evaluate("window.played")).endswith("ring.wav")
