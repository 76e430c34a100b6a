"""Twilio's own SDK, as npm has it, in two real browsers: who hears whom is judged by tones."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

import pytest

from sandbox.audio.tones import strength
from sandbox.core.calls import Call, CallStatus
from sandbox.core.conferences import Conference
from sandbox.core.orders import ParticipantUpdate
from tests.sandbox.browsers.house import ADA, BEN, PATIENCE, House, Phone
from tests.sandbox.server.office import OFFICE

pytestmark = pytest.mark.browser
NINA = 1300.0
TALK = "<Response><Dial>{client}</Dial></Response>"
SHORT = "<Response><Dial timeout='2'>{client}</Dial></Response>"
MENU = (
    "<Response><Gather numDigits='9' timeout='60' action='/chosen'>"
    "<Say loop='0'>Welcome to the shop. For billing press one.</Say></Gather></Response>"
)
ROOM = "<Response><Dial><Conference beep='false' waitUrl=''>tea</Conference></Dial></Response>"


def in_room(house: House, *people: Phone) -> Conference:
    house.app.documents["/voice"] = ROOM
    for each in people:
        each.opens()
        each.dials({"To": "tea"})
        each.waits_for("accept")
    rooms: Iterable[Conference] = house.carrier.conferences.values()
    return next(room for room in rooms if not room.ended)


def change(house: House, room: Conference, phone: Phone, update: ParticipantUpdate) -> None:
    address = f"client:{phone.identity}"
    who = next(each for each in room.present() if address in (each.call.from_, each.call.to))
    house.do(lambda: house.carrier.update_participant(who, update))


def calls_in(house: House, to: Phone, twiml: str = TALK, **parameters: str) -> Call:
    """Somebody at an ordinary telephone is connected with a browser."""
    custom = "".join(f"<Parameter name='{k}' value='{escape(v)}'/>" for k, v in parameters.items())
    client = f"<Client><Identity>{to.identity}</Identity>{custom}</Client>"
    house.app.documents["/voice"] = twiml.format(client=client)
    call = house.dana_dials()
    to.waits_for("incoming")
    return call


def status(call: Call, child: int = 0) -> str:
    return str(call.children[child].status.value)


# rooms


def test_two_in_a_conference_hear_each_other_and_not_themselves(
    house: House, ada: Phone, ben: Phone
) -> None:
    in_room(house, ada, ben)
    ada.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)
    ada.waits_not_to_hear(ADA)
    ben.waits_not_to_hear(BEN)
    assert ada.errors == ben.errors == []


def test_hold_is_music_for_one_and_silence_for_the_other(
    house: House, ada: Phone, ben: Phone
) -> None:
    room = in_room(house, ada, ben)
    ada.waits_to_hear(BEN)
    change(house, room, ada, ParticipantUpdate(hold=True))
    ada.waits_not_to_hear(BEN)
    ada.waits_for_sound()
    ben.waits_for_silence()
    change(house, room, ada, ParticipantUpdate(hold=False))
    ada.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)


def test_mute_in_the_page_and_mute_by_the_carrier(house: House, ada: Phone, ben: Phone) -> None:
    room = in_room(house, ada, ben)
    ben.waits_to_hear(ADA)
    ada.does("mute(true)")
    ben.waits_not_to_hear(ADA)
    ada.does("mute(false)")
    ben.waits_to_hear(ADA)
    change(house, room, ada, ParticipantUpdate(muted=True))
    ben.waits_not_to_hear(ADA)
    ada.waits_to_hear(BEN)


def test_a_page_that_would_rather_have_opus_is_heard_as_well(
    house: House, ada: Phone, ben: Phone
) -> None:
    house.app.documents["/voice"] = ROOM
    for each in (ada, ben):
        each.opens(codecPreferences=["opus", "pcmu"])
        each.dials({"To": "tea"})
        each.waits_for("accept")
    ada.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)


# calls out


def test_a_page_calls_through_its_twiml_app_and_says_what_it_wants(
    house: House, ada: Phone
) -> None:
    house.app.asked.clear()
    house.app.documents["/voice"] = "<Response><Pause length='60'/><Say>bye</Say></Response>"
    ada.opens()
    ada.dials({"To": "+15550100002", "ticket": "Zoë & 42"})
    house.until(lambda: house.app.at("/voice"), PATIENCE)
    asked = house.app.at("/voice")[0].params
    assert asked["From"] == asked["Caller"] == "client:ada"
    assert asked["To"] == "+15550100002"
    assert asked["ticket"] == "Zoë & 42"
    assert asked["team"] == "support"
    assert asked["ApplicationSid"] == house.application.sid
    assert asked["Direction"] == "inbound"
    ada.waits_for("ringing")
    ada.does("disconnect()")
    house.until(lambda: house.call(asked["CallSid"]).ended, PATIENCE)


def test_a_page_hears_what_is_read_to_it_and_presses_keys(house: House, ada: Phone) -> None:
    house.app.documents["/voice"] = MENU
    house.app.documents["/chosen"] = "<Response><Hangup/></Response>"
    house.app.asked.clear()
    ada.opens()
    ada.dials()
    ada.waits_for("accept")
    ada.waits_for_sound()
    ada.does("sendDigits('12w#')")
    house.until(lambda: house.app.at("/chosen"), PATIENCE)
    assert house.app.at("/chosen")[0].params["Digits"] == "12"
    ada.waits_for("disconnect")


def test_a_page_hears_it_ring_before_the_answer(house: House, ada: Phone) -> None:
    house.app.documents["/voice"] = (
        f"<Response><Dial answerOnBridge='true' callerId='{OFFICE}'>+15550100003</Dial></Response>"
    )
    ada.opens()
    ada.dials()
    ada.waits_for("ringing")
    ada.waits_to_hear(440, 480)
    assert "accept" not in ada.happened
    nina = house.server.world.town.person_at("+15550100003")
    house.until(lambda: nina.call is not None, PATIENCE)
    call = nina.call
    assert call is not None
    house.do(call.answer)
    ada.waits_for("accept")
    ada.waits_for_silence()
    ada.does("disconnect()")


def test_a_page_whose_call_is_refused_is_told_why(house: House, ada: Phone) -> None:
    house.app.documents["/voice"] = "<Response><Reject reason='busy'/></Response>"
    ada.opens()
    ada.dials()
    ada.waits_for("disconnect")
    assert any("31486" in error or "31005" in error for error in ada.errors), ada.errors


# calls in


def test_a_caller_is_connected_with_a_page(house: House, ada: Phone) -> None:
    ada.registers()
    call = calls_in(house, ada, ticket="Zoë & 42")
    assert ada.page.evaluate("phone.call.parameters.From") == call.from_
    assert ada.page.evaluate("phone.call.customParameters.get('ticket')") == "Zoë & 42"
    assert call.children[0].status is CallStatus.RINGING
    ada.accepts()
    house.until(lambda: status(call) == "in-progress", PATIENCE)
    house.hums(call, NINA)
    ada.waits_to_hear(NINA)
    ada.does("disconnect()")
    house.until(lambda: call.ended, PATIENCE)
    assert status(call) == "completed"


def test_the_caller_hangs_up(house: House, ada: Phone) -> None:
    ada.registers()
    call = calls_in(house, ada)
    ada.accepts()
    house.until(lambda: status(call) == "in-progress", PATIENCE)
    house.do(call.hang_up)
    ada.waits_for("disconnect")
    assert ada.errors == []


def test_the_caller_gives_up_while_it_rings(house: House, ada: Phone) -> None:
    ada.registers()
    call = calls_in(house, ada)
    house.do(call.hang_up)
    ada.waits_for("cancel")


def test_a_page_declines(house: House, ada: Phone) -> None:
    ada.registers()
    call = calls_in(house, ada)
    ada.does("reject()")
    house.until(lambda: call.ended, PATIENCE)
    assert status(call) == "busy"


def test_a_page_that_ignores_a_call_is_rung_until_the_time_is_up(house: House, ada: Phone) -> None:
    ada.registers()
    call = calls_in(house, ada, SHORT)
    ada.does("ignore()")
    house.until(lambda: call.ended, PATIENCE)
    assert status(call) == "no-answer"


def test_rest_rings_a_page(house: House, ada: Phone) -> None:
    ada.registers()
    twiml = "<Response><Say loop='0'>Please hold the line for a moment.</Say></Response>"
    made = house.client().calls.create(to="client:ada?desk=7", from_=OFFICE, twiml=twiml)
    ada.waits_for("incoming")
    assert ada.page.evaluate("phone.call.customParameters.get('desk')") == "7"
    ada.accepts()
    ada.waits_for_sound()
    house.client().calls(made.sid).update(status="completed")
    ada.waits_for("disconnect")


def test_a_page_that_has_unregistered_is_not_rung(house: House, ada: Phone) -> None:
    ada.registers()
    ada.page.evaluate("phone.device.unregister()")
    ada.waits_for("unregistered")
    made = house.client().calls.create(
        to="client:ada", from_=OFFICE, timeout=1, twiml="<Response/>"
    )
    house.until_status(made.sid, CallStatus.NO_ANSWER)
    assert "incoming" not in ada.happened


def test_all_tabs_of_an_identity_ring_and_the_first_has_the_call(
    house: House, ada: Phone, ben: Phone
) -> None:
    ben.identity = "ada"
    ada.registers()
    ben.registers()
    call = calls_in(house, ada)
    ben.waits_for("incoming")
    ben.accepts()
    ada.waits_for("cancel")
    house.until(lambda: status(call) == "in-progress", PATIENCE)
    ben.does("disconnect()")
    house.until(lambda: call.ended, PATIENCE)


def test_a_recording_has_each_of_two_pages_on_its_own_channel(
    house: House, ada: Phone, ben: Phone
) -> None:
    ben.registers()
    house.app.documents["/voice"] = (
        "<Response><Dial record='record-from-answer-dual'><Client>ben</Client></Dial></Response>"
    )
    ada.opens()
    ada.dials()
    ben.waits_for("incoming")
    ben.accepts()
    ada.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)
    ada.waits_to_hear(BEN)
    ada.does("disconnect()")
    house.until(lambda: house.finished_recordings(), PATIENCE)
    (sid,) = house.finished_recordings()
    adas, bens = house.last_second_of(sid)
    assert strength(adas, ADA) > 10 * strength(adas, BEN)
    assert strength(bens, BEN) > 10 * strength(bens, ADA)


# what goes wrong on the way


def test_a_call_survives_the_loss_of_its_socket(house: House, ada: Phone, ben: Phone) -> None:
    in_room(house, ada, ben)
    ada.waits_to_hear(BEN)
    house.drop_sockets()
    for each in (ada, ben):
        each.waits_for("reconnected")
    ada.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)
    ada.does("disconnect()")
    ada.waits_for("disconnect")
    house.until(lambda: sum(not call.ended for call in house.carrier.calls.values()) == 1, PATIENCE)


def test_a_registered_page_is_reached_again_after_the_loss(house: House, ada: Phone) -> None:
    ada.registers()
    ada.forgets()
    house.drop_sockets()
    ada.waits_for("registered")
    call = calls_in(house, ada)
    ada.accepts()
    house.until(lambda: status(call) == "in-progress", PATIENCE)
    house.do(call.hang_up)
    ada.waits_for("disconnect")


def test_sound_comes_back_after_a_new_connection(house: House, ada: Phone, ben: Phone) -> None:
    """What the SDK does when packets stop to come: it restarts ICE."""
    in_room(house, ada, ben)
    ada.waits_to_hear(BEN)
    ada.page.evaluate("() => { phone.call._mediaHandler.iceRestart() }")
    house.until(lambda: house.renewed(), PATIENCE)
    ada.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)


def test_another_page_takes_a_call_over(house: House, ada: Phone, ben: Phone) -> None:
    in_room(house, ada, ben)
    ada.waits_to_hear(BEN)
    token = ada.page.evaluate("phone.call.connectToken")
    other = Phone(ada.page.context.new_page(), house, "ada", ADA)
    other.opens()
    other.page.evaluate("connectToken => again(connectToken)", token)
    other.waits_for("accept")
    other.waits_to_hear(BEN)
    ben.waits_to_hear(ADA)
    assert sum(not call.ended for call in house.carrier.calls.values()) == 2


def test_a_page_that_is_closed_hangs_up(house: House, ada: Phone) -> None:
    house.app.documents["/voice"] = MENU
    ada.opens()
    ada.dials()
    ada.waits_for("accept")
    ada.page.close(run_before_unload=True)
    house.until(lambda: all(call.ended for call in house.carrier.calls.values()), PATIENCE)


def test_a_token_is_renewed_before_it_expires(house: House, ada: Phone) -> None:
    ada.registers(seconds=12)
    ada.waits_for("tokenWillExpire")
    ada.page.evaluate("token => phone.device.updateToken(token)", house.token("ada"))
    call = calls_in(house, ada)
    assert ada.errors == []
    house.do(call.hang_up)
    ada.waits_for("cancel")


def test_who_lets_it_expire_is_no_longer_reached(house: House, ada: Phone) -> None:
    ada.registers(seconds=3)
    ada.waits_for("unregistered")
    assert any(error.startswith("20104") for error in ada.errors), ada.errors


def test_a_token_of_somebody_else_opens_nothing(house: House, ada: Phone) -> None:
    house.secret, real = "x" * 32, house.secret
    ada.opens()
    house.secret = real
    ada.page.evaluate("() => { phone.device.register().catch(() => 0) }")
    house.until(lambda: ada.errors, PATIENCE)
    assert ada.errors[0].startswith("20101")


def test_a_message_of_the_page_is_taken(house: House, ada: Phone) -> None:
    house.app.documents["/voice"] = MENU
    ada.opens()
    ada.dials()
    ada.waits_for("accept")
    ada.does("sendMessage({content: {mood: 'good'}, messageType: 'user-defined-message'})")
    ada.waits_for("messageSent")
    ada.does("disconnect()")
