"""Dial: somebody is called, answers or not, is talked with, and the application is told."""

from __future__ import annotations

import pytest

from sandbox.core.calls import Refusal
from sandbox.core.sounds import Ringback, Silence, Spoken, Talk, Tones
from tests.sandbox.core.stage import DANA, LENA, OMAR, OURS, Person, Stage, twiml

ALL = "statusCallback='/leg' statusCallbackEvent='initiated ringing answered completed'"


def dials(
    stage: Stage, attributes: str = "", nouns: str = f"<Number {ALL}>{OMAR}</Number>"
) -> Person:
    stage.pages["/voice"] = f"<Dial {attributes}>{nouns}</Dial><Say>next</Say>"
    stage.pages["/done"] = "<Say>done</Say>"
    return stage.dials_in()


def results(stage: Stage) -> dict[str, str]:
    return {k: v for k, v in stage.last("/done").params.items() if k.startswith("Dial")}


def test_two_people_talk_and_the_rest_follows(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "action='/done'")
    stage.advance(10)
    assert dana.hears_now == [Talk(omar.call.sid)]
    assert omar.hears_now == [Talk(dana.call.sid)]
    omar.call.hang_up()
    stage.advance(5)
    assert dana.words() == ["done"]


def test_the_callers_number_is_shown(stage: Stage) -> None:
    omar = stage.person()
    dials(stage)
    stage.advance(2)
    assert omar.call.from_ == DANA
    assert omar.call.to == OMAR
    assert omar.call.direction == "outbound-dial"


def test_another_number_may_be_shown(stage: Stage) -> None:
    omar = stage.person()
    dials(stage, f"callerId='{OURS}'")
    stage.advance(2)
    assert omar.call.from_ == OURS


def test_a_number_of_somebody_else_may_not_be_shown(stage: Stage) -> None:
    dials(stage, "callerId='+15550999' action='/done'")
    assert stage.codes() == [13214]
    assert results(stage)["DialCallStatus"] == "failed"


def test_a_verified_number_may_be_shown(stage: Stage) -> None:
    omar = stage.person()
    stage.carrier.add_caller_id(stage.account, "+15550999", "omar's mobile")
    dials(stage, "callerId='+15550999'")
    stage.advance(3)
    assert omar.call.from_ == "+15550999"


def test_a_plain_number_is_enough(stage: Stage) -> None:
    omar = stage.person()
    dials(stage, nouns=OMAR)
    stage.advance(3)
    assert omar.call.status == "in-progress"


def test_numbers_may_be_written_with_spaces_and_brackets(stage: Stage) -> None:
    omar = stage.person()
    dials(stage, nouns="<Number>+1 (555) 012-3</Number>")
    stage.advance(3)
    assert omar.calls


def test_while_it_rings_the_caller_hears_it(stage: Stage) -> None:
    stage.person(after=5)
    dana = dials(stage)
    stage.advance(2)
    assert dana.hears_now == [Ringback()]


def test_the_leg_is_never_queued_and_tells_its_four_events(stage: Stage) -> None:
    omar = stage.person(after=2)
    dials(stage)
    assert stage.carrier.calls[stage.last("/leg")["CallSid"]].status == "ringing"
    stage.advance(5)
    omar.call.hang_up()
    stage.advance(1)
    assert [a["CallStatus"] for a in stage.at("/leg")] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [a["SequenceNumber"] for a in stage.at("/leg")] == ["0", "1", "2", "3"]


def test_by_default_only_the_legs_end_is_told(stage: Stage) -> None:
    stage.person(refuses="busy")
    dials(stage, nouns=f"<Number statusCallback='/leg'>{OMAR}</Number>")
    stage.advance(2)
    assert [a["CallStatus"] for a in stage.at("/leg")] == ["busy"]
    assert stage.last("/leg")["SipResponseCode"] == "486"


def test_an_unknown_event_is_a_warning_and_the_others_count(stage: Stage) -> None:
    stage.person(refuses="busy")
    noun = f"<Number statusCallback='/leg' statusCallbackEvent='ended ringing'>{OMAR}</Number>"
    dials(stage, nouns=noun)
    stage.advance(2)
    assert stage.codes() == [12200]
    assert stage.at("/leg") == []


def test_a_talk_is_told_with_its_length(stage: Stage) -> None:
    omar = stage.person()
    dials(stage, "action='/done'")
    stage.advance(11.5)
    omar.call.hang_up()
    stage.advance(1)
    assert results(stage) == {
        "DialCallStatus": "completed",
        "DialCallSid": omar.call.sid,
        "DialCallDuration": "10",
        "DialBridged": "true",
    }


@pytest.mark.parametrize(
    ("how", "status"), [("busy", "busy"), ("no-answer", "no-answer"), ("failed", "failed")]
)
def test_a_refusal_is_told_by_its_name(stage: Stage, how: Refusal, status: str) -> None:
    omar = stage.person(refuses=how)
    dials(stage, "action='/done'")
    stage.advance(2)
    assert results(stage) == {
        "DialCallStatus": status,
        "DialCallSid": omar.call.sid,
        "DialBridged": "false",
    }


def test_nobody_answering_within_thirty_seconds_is_no_answer(stage: Stage) -> None:
    stage.person(after=None)
    dials(stage, "action='/done'")
    stage.advance(29.9)
    assert stage.at("/done") == []
    stage.advance(0.2)
    assert results(stage)["DialCallStatus"] == "no-answer"


@pytest.mark.parametrize(("given", "seconds"), [("10", 10), ("2", 5), ("9000", 600)])
def test_patience_is_between_five_seconds_and_ten_minutes(
    stage: Stage, given: str, seconds: float
) -> None:
    stage.person(after=None)
    dials(stage, f"action='/done' timeout='{given}'")
    stage.advance(seconds - 0.1)
    assert stage.at("/done") == []
    stage.advance(0.2)
    assert len(stage.at("/done")) == 1


def test_some_routes_ring_a_little_longer(stage: Stage) -> None:
    stage.carrier.timings.ring_buffer = 5
    stage.person(after=None)
    dials(stage, "action='/done' timeout='10'")
    stage.advance(14.9)
    assert stage.at("/done") == []


def test_without_an_action_the_next_verb_follows(stage: Stage) -> None:
    stage.person(refuses="busy")
    dana = dials(stage)
    stage.advance(5)
    assert dana.words() == ["next"]


def test_with_an_action_the_next_verb_is_never_reached(stage: Stage) -> None:
    stage.person(refuses="busy")
    dana = dials(stage, "action='/done'")
    stage.advance(5)
    assert dana.words() == ["done"]


def test_the_caller_hanging_up_while_it_rings_cancels_the_leg(stage: Stage) -> None:
    omar = stage.person(after=None)
    dana = dials(stage, "action='/done'")
    stage.advance(3)
    dana.call.hang_up()
    stage.advance(1)
    assert omar.call.status == "canceled"
    assert omar.ended == 1
    assert stage.last("/leg")["CallStatus"] == "canceled"
    assert results(stage)["DialCallStatus"] == "canceled"
    assert stage.last("/done")["CallStatus"] == "completed"


def test_the_caller_hanging_up_ends_everything_and_the_action_is_told_anyway(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "action='/done'")
    stage.advance(11.5)
    dana.call.hang_up()
    stage.advance(2)
    assert omar.call.status == "completed"
    assert stage.last("/done")["CallStatus"] == "completed"
    assert results(stage)["DialCallStatus"] == "completed"
    assert results(stage)["DialCallDuration"] == "10"
    assert dana.words() == []


def test_star_hangs_up_on_the_callee_if_asked(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "action='/done' hangupOnStar='true'")
    stage.advance(5)
    dana.call.press("*")
    stage.advance(2)
    assert omar.call.status == "completed"
    assert dana.words() == ["done"]
    assert results(stage)["DialCallStatus"] == "completed"


@pytest.mark.parametrize(
    ("attributes", "key"), [("hangupOnStar='true'", "1"), ("", "*"), ("hangupOnStar='false'", "*")]
)
def test_other_keys_and_an_unasked_star_do_nothing(stage: Stage, attributes: str, key: str) -> None:
    omar = stage.person()
    dana = dials(stage, attributes)
    stage.advance(5)
    dana.call.press(key)
    stage.advance(2)
    assert omar.call.status == "in-progress"


def test_the_callees_star_does_nothing(stage: Stage) -> None:
    omar = stage.person()
    dials(stage, "hangupOnStar='true'")
    stage.advance(5)
    omar.call.press("*")
    stage.advance(2)
    assert omar.call.status == "in-progress"


def test_a_time_limit_ends_the_talk(stage: Stage) -> None:
    omar = stage.person()
    dials(stage, "action='/done' timeLimit='20'")
    stage.advance(22)
    assert omar.call.status == "completed"
    assert results(stage)["DialCallDuration"] == "20"


def test_four_hours_are_the_longest_talk(stage: Stage) -> None:
    stage.person()
    dials(stage, "action='/done'")
    stage.advance(14410)
    assert results(stage)["DialCallDuration"] == "14400"


def test_each_hears_what_the_other_says_and_presses(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage)
    stage.advance(5)
    dana.call.speak("hello omar")
    omar.call.press("5")
    stage.advance(1)
    assert omar.moments == [Spoken(dana.call.sid, "hello omar")]
    assert dana.moments == [Tones(omar.call.sid, "5")]


def test_after_the_talk_nobody_hears_anybody(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "action='/done'")
    stage.pages["/done"] = "<Pause length='60'/>"
    stage.advance(5)
    omar.call.hang_up()
    stage.advance(1)
    assert dana.hears_now == [Silence()]
    assert dana.call.wires.peer is None


def test_all_ring_at_once_and_the_first_to_answer_wins(stage: Stage) -> None:
    omar, lena = stage.person(OMAR, after=5), stage.person(LENA, after=3)
    dana = dials(stage, "action='/done'", f"<Number>{OMAR}</Number><Number>{LENA}</Number>")
    stage.advance(4)
    assert dana.hears_now == [Talk(lena.call.sid)]
    assert omar.call.status == "canceled"
    lena.call.hang_up()
    stage.advance(1)
    assert results(stage)["DialCallSid"] == lena.call.sid


def test_one_refusing_does_not_end_the_others_ringing(stage: Stage) -> None:
    stage.person(OMAR, refuses="busy")
    lena = stage.person(LENA, after=3)
    dana = dials(stage, "", f"<Number>{OMAR}</Number><Number>{LENA}</Number>")
    stage.advance(4)
    assert dana.hears_now == [Talk(lena.call.sid)]


def test_of_two_who_answer_in_the_same_moment_one_talks_and_the_other_is_let_go(
    stage: Stage,
) -> None:
    omar, lena = stage.person(OMAR, after=2), stage.person(LENA, after=2)
    dana = dials(stage, "", f"<Number>{OMAR}</Number><Number>{LENA}</Number>")
    stage.advance(3)
    assert dana.hears_now == [Talk(omar.call.sid)]
    assert lena.call.ended


def test_one_after_another_if_asked(stage: Stage) -> None:
    omar, lena = stage.person(OMAR, after=None), stage.person(LENA, after=1)
    dana = dials(
        stage,
        "sequential='true' timeout='10'",
        f"<Number>{OMAR}</Number><Number>{LENA}</Number>",
    )
    stage.advance(9)
    assert (len(omar.calls), len(lena.calls)) == (1, 0)
    stage.advance(3)
    assert omar.call.status == "no-answer"
    assert dana.hears_now == [Talk(lena.call.sid)]


def test_in_a_sequence_the_rest_is_not_called_once_somebody_talked(stage: Stage) -> None:
    omar, lena = stage.person(OMAR), stage.person(LENA)
    dials(stage, "sequential='true'", f"<Number>{OMAR}</Number><Number>{LENA}</Number>")
    stage.advance(5)
    omar.call.hang_up()
    stage.advance(5)
    assert lena.calls == []


def test_ten_may_be_called_at_once_and_no_more(stage: Stage) -> None:
    nouns = "".join(f"<Number>+1555020{n:02}</Number>" for n in range(12))
    dana = dials(stage, "", nouns)
    stage.advance(1)
    assert len(dana.call.children) == 10
    assert stage.codes() == [12200]


@pytest.mark.parametrize("number", ["", "call me", "+1", "<b/>"])
def test_a_number_that_is_none_fails(stage: Stage, number: str) -> None:
    dials(stage, "action='/done'", f"<Number>{number}</Number>")
    assert results(stage) == {"DialCallStatus": "failed", "DialBridged": "false"}
    assert 13223 in stage.codes()


def test_a_client_is_called_by_its_identity(stage: Stage) -> None:
    lena = stage.person("client:lena")
    dials(stage, "", "<Client>lena</Client>")
    stage.advance(2)
    assert lena.call.to == "client:lena"
    assert lena.call.status == "in-progress"


def test_a_client_is_given_parameters(stage: Stage) -> None:
    lena = stage.person("client:lena")
    dials(
        stage,
        "",
        "<Client><Identity>lena</Identity><Parameter name='ticket' value='42'/></Client>",
    )
    stage.advance(2)
    assert lena.call.custom_parameters == {"ticket": "42"}


def test_a_client_that_is_not_there_rings_until_nobody_answers(stage: Stage) -> None:
    dials(stage, "action='/done' timeout='10'", f"<Client {ALL}>lena</Client>")
    stage.advance(11)
    statuses = [a["CallStatus"] for a in stage.at("/leg")]
    assert statuses == ["initiated", "ringing", "no-answer"]


def test_a_client_that_is_not_there_may_fail_at_once_by_choice(stage: Stage) -> None:
    stage.carrier.choices.offline_client = "fails"
    dials(stage, "action='/done'", f"<Client {ALL}>lena</Client>")
    stage.advance(1)
    assert [a["CallStatus"] for a in stage.at("/leg")] == ["initiated", "failed"]
    assert stage.last("/leg")["SipResponseCode"] == "404"


def test_a_client_needs_a_number_to_call_a_phone(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/voice"] = f"<Dial action='/done'>{OMAR}</Dial>"
    stage.pages["/done"] = "<Hangup/>"
    stage.dials_in("client:lena")
    assert stage.codes() == [13214]
    assert results(stage)["DialCallStatus"] == "failed"
    assert omar.calls == []


def test_a_client_with_a_number_calls_a_phone(stage: Stage) -> None:
    omar = stage.person()
    stage.pages["/voice"] = f"<Dial callerId='{OURS}'>{OMAR}</Dial>"
    stage.dials_in("client:lena")
    stage.advance(3)
    assert omar.call.from_ == OURS


def test_a_client_calls_a_client_as_itself(stage: Stage) -> None:
    omar = stage.person("client:omar")
    stage.pages["/voice"] = "<Dial><Client>omar</Client></Dial>"
    stage.dials_in("client:lena")
    stage.advance(3)
    assert omar.call.from_ == "client:lena"


def test_a_sip_phone_is_called_and_its_codes_are_told(stage: Stage) -> None:
    stage.person("sip:omar@desk.test", refuses="busy")
    dials(stage, "action='/done'", "<Sip>sip:omar@desk.test</Sip>")
    stage.advance(2)
    assert stage.last("/done")["DialSipResponseCode"] == "486"
    assert stage.last("/done")["DialSipCallId"]


def test_a_sip_phone_is_told_what_stands_behind_its_address(stage: Stage) -> None:
    omar = stage.person("sip:omar@desk.test")
    uri = "sip:omar@desk.test;region=ie1?X-Ticket=42&amp;X-Line=front%20door"
    header = "<Headers><Header name='X-Rank' value='gold'/></Headers>"
    dials(stage, "", f"<Sip><Uri>{uri}</Uri>{header}</Sip>")
    stage.advance(3)
    assert omar.call.status == "in-progress"
    told = {"X-Ticket": "42", "X-Line": "front door", "X-Rank": "gold"}
    assert omar.call.custom_parameters == told


def test_a_sip_address_must_be_one(stage: Stage) -> None:
    dials(stage, "action='/done'", "<Sip>omar@desk.test</Sip>")
    assert stage.codes() == [13223]


def test_digits_are_sent_to_who_answers_before_the_talk(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "", f"<Number sendDigits='ww12'>{OMAR}</Number>")
    stage.advance(2.4)
    assert dana.hears_now == [Ringback()]
    stage.advance(1)
    assert [m.keys for m in omar.moments if isinstance(m, Tones)] == ["1", "2"]
    assert dana.hears_now == [Talk(omar.call.sid)]


def test_nouns_of_later_days_are_passed_over_loudly(stage: Stage) -> None:
    dials(stage, "action='/done'", "<Application>AP1</Application>")
    assert 99001 in stage.codes()
    assert 12200 in stage.codes()
    assert results(stage)["DialCallStatus"] == "failed"


def test_a_leg_ended_over_rest_while_ringing_is_told_as_cancelled(stage: Stage) -> None:
    omar = stage.person(after=None)
    dials(stage, "action='/done'")
    stage.advance(2)
    stage.client.calls(omar.call.sid).update(status="canceled")
    assert results(stage)["DialCallStatus"] == "canceled"


def test_a_leg_ended_over_rest_gives_the_caller_back_to_the_action(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "action='/done'")
    stage.advance(5)
    stage.client.calls(omar.call.sid).update(status="completed")
    stage.advance(2)
    assert dana.words() == ["done"]
    assert results(stage)["DialCallStatus"] == "completed"


def test_ending_the_parent_over_rest_ends_the_leg(stage: Stage) -> None:
    omar = stage.person()
    dana = dials(stage, "action='/done'")
    stage.advance(5)
    stage.client.calls(dana.call.sid).update(status="completed")
    stage.advance(2)
    assert omar.call.status == "completed"
    assert dana.call.status == "completed"


def test_a_refer_of_the_callee_sends_the_caller_on(stage: Stage) -> None:
    omar = stage.person("sip:omar@desk.test")
    dana = dials(stage, "referUrl='/refer'", "<Sip>sip:omar@desk.test</Sip>")
    stage.pages["/refer"] = "<Say>moving you</Say>"
    stage.advance(5)
    omar.call.refer("sip:lena@desk.test")
    stage.advance(2)
    assert stage.last("/refer")["ReferTransferTarget"] == "sip:lena@desk.test"
    assert dana.words() == ["moving you"]
    assert omar.call.ended


def test_a_refer_that_nobody_expects_does_nothing(stage: Stage) -> None:
    omar = stage.person("sip:omar@desk.test")
    dials(stage, "", "<Sip>sip:omar@desk.test</Sip>")
    stage.advance(5)
    omar.call.refer("sip:lena@desk.test")
    stage.advance(2)
    assert omar.call.status == "in-progress"


def test_an_action_that_is_slow_leaves_the_caller_in_silence(stage: Stage) -> None:
    stage.person(refuses="busy")
    dana = dials(stage, "action='/done'")
    stage.pages["/done"] = twiml("<Say>done</Say>", delay=3)
    stage.advance(3)
    assert dana.hears_now == [Silence()]
    stage.advance(2)
    assert dana.words() == ["done"]
