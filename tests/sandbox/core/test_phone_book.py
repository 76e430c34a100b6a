"""Which line an address reaches, and what else a carrier keeps in its books."""

from __future__ import annotations

import random
import re

import pytest

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from sandbox.core.dates import iso8601, rfc2822, rfc2822_or_none
from sandbox.core.endpoints import PhoneBook, SilentLine, UnreachableLine
from sandbox.core.lines import LoopedLine, find_line
from sandbox.core.sids import is_sid, new_sid
from sandbox.core.twiml.parse import TwimlError, parse_twiml
from tests.sandbox.core.stage import OURS, Stage


def test_a_listed_address_is_found() -> None:
    book, line = PhoneBook(), SilentLine()
    book.connect("+15550123", line)
    assert book.find("+15550123") is line
    book.disconnect("+15550123")
    assert book.find("+15550123") is None
    book.disconnect("+15550123")


def test_an_unlisted_address_may_be_answered_by_rule() -> None:
    book, line = PhoneBook(), UnreachableLine()
    book.unlisted = lambda address: line if address.endswith("404") else None
    assert book.find("+15550404") is line
    assert book.find("+15550405") is None


def test_a_listed_address_beats_the_rule() -> None:
    book, line = PhoneBook(), SilentLine()
    book.unlisted = lambda _: UnreachableLine()
    book.connect("+15550404", line)
    assert book.find("+15550404") is line


def test_a_number_of_ours_leads_to_itself(stage: Stage) -> None:
    stage.carrier.phones.connect(OURS, SilentLine())
    assert isinstance(find_line(stage.carrier, OURS), LoopedLine)


def test_there_is_always_a_line(stage: Stage) -> None:
    assert isinstance(find_line(stage.carrier, "+15550999"), SilentLine)


def test_a_removed_number_is_nobodys(stage: Stage) -> None:
    stage.carrier.remove_number(stage.number)
    assert stage.carrier.number_called(OURS) is None
    with pytest.raises(LookupError):
        stage.dials_in()


def test_a_number_whose_application_is_gone_has_no_voice_url(stage: Stage) -> None:
    application = stage.carrier.add_application(stage.account, "desk", VoiceUrls("http://x.test/"))
    stage.number.voice_application_sid = application.sid
    stage.carrier.remove_application(application)
    stage.dials_in()
    assert stage.story() == ["/voice"]


def test_touching_tells_the_watchers(stage: Stage) -> None:
    seen: list[str] = []
    stop = stage.carrier.watch(lambda kind, _: seen.append(kind))
    stage.advance(1)
    stage.carrier.touch(stage.number)
    assert seen == ["number"]
    assert stage.number.updated_at == stage.carrier.now
    stop()
    stage.carrier.touch(stage.number)
    assert seen == ["number"]


def test_watchers_see_a_call_live(stage: Stage) -> None:
    seen: list[str] = []

    def watch(kind: str, thing: object) -> None:
        if isinstance(thing, Call):
            seen.append(f"{kind} {thing.status}")

    stage.carrier.watch(watch)
    stage.pages["/voice"] = "<Say>hello</Say>"
    stage.dials_in()
    stage.advance(2)
    assert seen[0] == "call ringing"
    assert "hearing in-progress" in seen
    assert seen[-1] == "call completed"


def test_a_caller_id_is_kept(stage: Stage) -> None:
    kept = stage.carrier.add_caller_id(stage.account, "+15550888")
    assert stage.carrier.caller_ids[kept.sid].phone_number == "+15550888"


def test_an_account_opens_to_token_and_keys(stage: Stage) -> None:
    key, secret = stage.carrier.add_api_key(stage.account)
    account = stage.account
    assert account.accepts(account.sid, account.auth_token)
    assert account.accepts(key, secret)
    assert not account.accepts(key, "wrong")
    assert not account.accepts("SK" + "0" * 32, "")
    assert not account.accepts(account.sid, secret)


def test_the_same_seed_gives_the_same_names() -> None:
    def names(seed: int) -> list[str]:
        carrier = Carrier(now=0.0, seed=seed)
        account = carrier.add_account()
        return [account.sid, account.auth_token, *carrier.add_api_key(account)]

    assert names(1) == names(1)
    assert names(1) != names(2)


def test_the_same_story_is_told_twice() -> None:
    def story() -> list[tuple[float, str, str]]:
        stage = Stage(seed=11)
        stage.person()
        stage.pages["/voice"] = "<Dial action='/done'>+15550123</Dial>"
        stage.pages["/done"] = "<Hangup/>"
        for _ in range(3):
            stage.dials_in()
            stage.advance(2)
        return [(a.at, a.path, a["CallSid"]) for a in stage.asked]

    assert story() == story()


def test_names_have_their_shape() -> None:
    sid = new_sid(random.Random(1), "CA")
    assert re.fullmatch(r"CA[0-9a-f]{32}", sid)
    assert is_sid(sid, "CA")
    assert not is_sid(sid, "CF")
    assert not is_sid("CA123", "CA")


def test_dates_are_written_as_the_api_does() -> None:
    assert rfc2822(1283286988.0) == "Tue, 31 Aug 2010 20:36:28 +0000"
    assert rfc2822_or_none(None) is None
    assert iso8601(1283286988.1234) == "2010-08-31T20:36:28.123Z"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 12100),
        ("hello", 12100),
        ("<Response>", 12100),
        ("<Response/><Response/>", 12100),
        ("<Answer/>", 12102),
        ("<RESPONSE/>", 12102),
    ],
)
def test_what_is_no_document(text: str, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        parse_twiml(text)
    assert caught.value.code == code


def test_an_element_reads_its_attributes() -> None:
    (verb,) = parse_twiml(
        "<Response><Gather timeout='7' bargeIn='TRUE' input='dtmf  speech' method='get'"
        " numDigits='x'><Say> hello\n there </Say></Gather></Response>"
    )
    assert verb.number("timeout", 5) == 7
    assert verb.number("numDigits", 3) == 3
    assert verb.number("maxSpeechTime", 9) == 9
    assert verb.flag("bargeIn")
    assert verb.flag("debug", default=True)
    assert verb.words("input") == ("dtmf", "speech")
    assert verb.method() == "GET"
    assert verb.method("partialResultCallbackMethod") == "POST"
    assert verb.nested("Say")[0].text == "hello there"


def test_umlauts_survive() -> None:
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><Response><Say>Grüße</Say></Response>'
    assert parse_twiml(body.encode("latin-1"))[0].text == "Grüße"
