"""The file that describes a whole carrier: what it builds, and what it answers to mistakes."""

from pathlib import Path

import pytest

from sandbox.people import Person
from sandbox.world import (
    BEHAVING_AREA,
    SANDBOX_SID,
    SANDBOX_TOKEN,
    Wishes,
    World,
    from_file,
    from_text,
)
from sandbox.written.parts import WrittenWrong

AC, SK, AP = "AC" + "1" * 32, "SK" + "2" * 32, "AP" + "3" * 32
FULL = f"""
seed: 42
cps: 5
base url: http://127.0.0.1:8810/
areas: [+1555900, +1555800]
accounts:
  - sid: {AC}
    token: secret
    name: Harbour Insurance
    api keys:
      {SK}: quiet
    shared key: {{webhooks_sharedkey_1: loud}}
    applications:
      - name: desk
        sid: {AP}
        voice url: http://127.0.0.1:8000/voice
        voice method: GET
    numbers:
      - number: +15557000100
        name: front door
        voice url: http://127.0.0.1:8000/voice
        fallback url: http://127.0.0.1:8000/fallback
        status callback: http://127.0.0.1:8000/status
      - {{number: +15557000101, application: desk}}
    caller ids: [+15550009999]
people:
  dana:
    number: +15550100001
    when called: [answers after: {{uniform: [2, 5]}}, waits for the end]
  omar:
    number: client:omar
    when called: is busy
  nina:
    number: +15550100003
    after: 10
    does: [dials: +15557000100, waits: 20]
  callers:
    number: +1555020####
    dials: +15557000100
    arrives every: {{exponential: 20}}
    patience: {{normal: [90, 30]}}
    talks for: 3m
    about: [My roof leaks., My car is gone.]
    at most: 12
    times: 100
faults:
  callback late: 0.1
  callback delay: [1, 2]
  rest next: [429, timeout]
choices:
  redirect while ringing: true
  status_with_url: url-wins
timings:
  post dial delay: 0.2
"""


def world(text: str, **wishes: object) -> World:
    return from_text(text, "town.yaml", now=0.0, wishes=Wishes(**wishes))  # type: ignore[arg-type]


@pytest.fixture
def full() -> World:
    return world(FULL)


def complaint(text: str) -> str:
    with pytest.raises(WrittenWrong) as caught:
        world(text)
    return str(caught.value)


def test_an_empty_file_is_a_carrier_with_one_account() -> None:
    found = world("")
    account = found.carrier.accounts[SANDBOX_SID]
    assert account.auth_token == SANDBOX_TOKEN
    assert found.town.areas == (BEHAVING_AREA,)


def test_accounts_with_keys_numbers_and_applications(full: World) -> None:
    carrier = full.carrier
    account = carrier.accounts[AC]
    assert account.accepts(AC, "secret")
    assert account.accepts(SK, "quiet")
    assert account.shared_key == ("webhooks_sharedkey_1", "loud")
    assert carrier.applications[AP].urls.voice_method == "GET"
    front = carrier.number_called("+15557000100")
    second = carrier.number_called("+15557000101")
    assert front is not None
    assert second is not None
    assert front.urls.voice_fallback_url.endswith("/fallback")
    assert front.urls.status_callback.endswith("/status")
    assert second.voice_application_sid == AP
    assert [each.phone_number for each in carrier.caller_ids.values()] == ["+15550009999"]


def test_limits_faults_choices_and_timings(full: World) -> None:
    config, faults = full.carrier.config, full.carrier.faults
    assert (config.cps, config.base_url) == (5, "http://127.0.0.1:8810")
    assert config.choices.redirect_while_ringing is True
    assert config.choices.status_with_url == "url-wins"
    assert config.timings.post_dial_delay == 0.2
    assert (faults.callback_late, faults.callback_delay) == (0.1, (1, 2))
    assert faults.rest_next == ["429", "timeout"]


def test_people_move_in_and_streams_come_by(full: World) -> None:
    assert {each.name for each in full.town.people.values()} == {"dana", "omar", "nina"}
    assert isinstance(full.carrier.phones.find("client:omar"), Person)
    (callers,) = full.town.arrivals
    assert (callers.at_most, callers.times) == (12, 100)
    assert callers.about == ("My roof leaks.", "My car is gone.")


def test_the_command_line_wins() -> None:
    found = world(FULL, seed=7, cps=0.0, quiet=True)
    assert (found.seed, found.carrier.config.cps) == (7, 0)
    assert found.town.arrivals == []


def test_quiet_people_still_answer() -> None:
    found = world(FULL, quiet=True)
    dana = found.town.people["+15550100001"]
    assert dana.when_called is not None


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "town.yaml"
    path.write_text(FULL, encoding="utf-8")
    assert from_file(path, now=0.0).seed == 42


def test_the_same_seed_draws_the_same_names() -> None:
    text = "accounts: [{name: One}, {name: Two}]"
    assert list(world(text, seed=3).carrier.accounts) == list(world(text, seed=3).carrier.accounts)
    assert list(world(text, seed=3).carrier.accounts) != list(world(text, seed=4).carrier.accounts)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acounts: []", "town.yaml, line 1: the file does not know the word 'acounts'"),
        ("accounts:\n  - sid: AC123", "line 2: an account's sid is AC and 32 hexadecimal digits"),
        ("accounts:\n  - {api keys: {XX: y}}", "an API key is SK and 32 hexadecimal digits"),
        ("accounts:\n  - {numbers: [{name: x}]}", "this number has no number. Write number: +1555"),
        ("accounts:\n  - {numbers: [{number: 555}]}", "'555' is not a number in E.164"),
        (
            "accounts:\n  - {numbers: [{number: +15557000100, voice url: /voice}]}",
            "voice url is '/voice'. Write a whole address: http://",
        ),
        (
            "accounts:\n  - {numbers: [{number: +15557000100, application: desk}]}",
            "no application is called 'desk'. Known here: none are written down",
        ),
        (
            "accounts:\n  - {applications: [{name: a, sid: AP1}]}",
            "an application's sid is AP and 32 hexadecimal digits",
        ),
        (
            "accounts:\n  - {numbers: [{number: +15557000100, voice method: PUT}]}",
            "voice method is 'PUT'",
        ),
        ("people:\n  dana: {when called: answers}", "line 2: dana has no number"),
        ("people:\n  dana: {number: dana}", "number is to be a number or address, not 'dana'"),
        (
            "people:\n  dana: {number: +15550100001}\n  omar: {number: +15550100001}",
            "line 3: +15550100001 already belongs to dana. Write another number",
        ),
        ("people:\n  dana: {numbr: +15550100001}", "dana does not know the word 'numbr'"),
        ("people:\n  them: {arrives every: 3}", "lack number, dials, patience, talks for"),
        (
            "people:\n  them: {number: x, dials: +15557000100, arrives every: 1, patience: 1,"
            " talks for: 1}",
            "'x' is not a pattern of numbers. Write +1555020####",
        ),
        ("people:\n  dana: {number: +15550100001, when called: anwsers}", "Write 'answers'"),
        ("areas: here", "'here' is not the beginning of a number"),
        ("faults: {rest 430: 1}", "there is no setting 'rest_430'"),
        ("choices:\n  barge in: maybe", "line 2: barge_in is 'maybe'. Write true or false"),
        ("timings: {post dial delay: soon}", "Write a number from 0 up"),
        ("cps: fast", "cps is to be a number, not 'fast'"),
        ("seed: 1.5", "seed is to be a whole number"),
        ("cps: -1", "cps is -1. Write 0 or more"),
        ("cps: .inf", "cps is to be a number, not '.inf'"),
        ("log size: -5", "log size is -5. Write 0 or more"),
        ("&a {people: *a}", "the file is too deep or too large here. See whether an &anchor"),
    ],
)
def test_mistakes_are_told_with_line_and_remedy(text: str, said: str) -> None:
    assert said in complaint(text)
