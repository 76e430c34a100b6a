"""Whole stories over real HTTP: people from a file, faults, machines, two customers at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.sandbox.server.office import DANA, FAST, HOLD_ON, OFFICE, Office

MENU = (
    "<Response><Gather numDigits='1' action='/chosen' timeout='10'>"
    "<Say>Press 1 for billing.</Say></Gather></Response>"
)
SECOND = "AC" + "2" * 32


@pytest.fixture
def opened() -> Iterator[Callable[[str], Office]]:
    places: list[Office] = []

    def open_with(text: str) -> Office:
        places.append(Office(text))
        return places[-1]

    yield open_with
    for each in places:
        each.close()


def with_people(lines: str) -> str:
    return FAST + "\n".join(f"  {line}" for line in lines.strip().splitlines()) + "\n"


def test_somebody_from_a_file_goes_through_a_real_menu(
    opened: Callable[[str], Office],
) -> None:
    office = opened(
        with_people(
            """
kim:
  number: +15550100007
  after: 0.3
  does:
    - dials: +15557000100
    - waits to hear: press 1
    - presses: 1
    - waits to hear: hold the line
    - says: thank you
    - hangs up
"""
        )
    )
    office.app.documents |= {"/voice": MENU, "/chosen": HOLD_ON}
    office.until(lambda: office.app.at("/chosen"))
    assert office.app.at("/chosen")[0].params["Digits"] == "1"
    kim = office.server.world.town.people["+15550100007"]
    office.until(lambda: kim.diary and kim.diary[-1].text == "call over: completed")
    assert "says “thank you”" in [note.text for note in kim.diary]


def test_callers_come_by_themselves(opened: Callable[[str], Office]) -> None:
    office = opened(
        with_people(
            """
callers:
  number: +1555020####
  dials: +15557000100
  arrives every: 0.1
  patience: 0.4
  talks for: 1
  times: 8
"""
        )
    )
    office.until(lambda: len(office.app.at("/voice")) == 8)
    (stream,) = office.server.world.town.arrivals
    office.until(lambda: not stream.on_the_phone)
    numbers = {each.params["From"] for each in office.app.at("/voice")}
    assert len(numbers) == 8


def status_of_a_call(office: Office) -> list[tuple[str, str]]:
    """Dana is called and hangs up; sequence numbers and statuses as they arrived."""
    call = office.client().calls.create(
        to=DANA,
        from_=OFFICE,
        twiml="<Response><Pause length='1'/></Response>",
        status_callback=f"{office.app_url}/status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    office.until(lambda: office.call(call.sid).ended)
    office.until(lambda: not office.carrier.take_fetches())
    return [
        (each.params["SequenceNumber"], each.params["CallStatus"])
        for each in office.app.at("/status")
    ]


def test_lost_callbacks_never_arrive(office: Office) -> None:
    office.carrier.faults.callback_lost = 1.0
    assert status_of_a_call(office) == []


def test_repeated_callbacks_carry_the_same_token(office: Office) -> None:
    office.carrier.faults.callback_repeated = 1.0
    status_of_a_call(office)
    office.until(lambda: len(office.app.at("/status")) == 8)
    tokens = Counter(
        each.headers["I-Twilio-Idempotency-Token"] for each in office.app.at("/status")
    )
    assert set(tokens.values()) == {2}


def test_a_reordered_callback_is_overtaken(office: Office) -> None:
    office.carrier.faults.reorder_hold = 0.5
    office.carrier.faults.callback_next.append("reordered")
    status_of_a_call(office)
    office.until(lambda: len(office.app.at("/status")) == 4)
    assert office.app.at("/status")[0].params["SequenceNumber"] != "0"


def test_a_failing_webhook_is_told_in_the_debugger(office: Office) -> None:
    office.carrier.faults.webhook_next.append("500")
    call = office.dana_dials()
    office.until(lambda: call.ended)
    assert 11200 in office.codes()
    assert office.app.at("/voice") == []


def test_too_many_requests_are_refused_and_not_done(office: Office) -> None:
    office.carrier.faults.rest_next.append("429")
    with pytest.raises(TwilioRestException) as caught:
        office.client().calls.create(to=DANA, from_=OFFICE, twiml=HOLD_ON)
    assert (caught.value.status, caught.value.code) == (429, 20429)
    assert len(office.carrier.calls) == 0


def test_machine_detection_tells_a_machine_from_a_person(office: Office) -> None:
    client = office.client()
    verdicts = {}
    for number in (DANA, "+15559000014", "+15559000016"):
        call = client.calls.create(
            to=number,
            from_=OFFICE,
            url=f"{office.app_url}/voice",
            machine_detection="Enable",
        )
        verdicts[number] = call.sid
    office.until(lambda: len(office.app.at("/voice")) == 3, 15)
    heard = {each.params["To"]: each.params["AnsweredBy"] for each in office.app.at("/voice")}
    assert heard == {DANA: "human", "+15559000014": "machine_start", "+15559000016": "fax"}


@pytest.mark.parametrize(
    ("number", "status"),
    [("+15559000001", "busy"), ("+15559000003", "failed"), ("+15550100002", "busy")],
)
def test_who_does_not_take_the_call_ends_it(office: Office, number: str, status: str) -> None:
    call = office.client().calls.create(to=number, from_=OFFICE, twiml=HOLD_ON)
    office.until(lambda: office.call(call.sid).ended)
    assert office.client().calls(call.sid or "").fetch().status == status


def test_the_asynchronous_sdk_works_too(office: Office) -> None:
    async def calls_dana() -> str:
        http = AsyncTwilioHttpClient(timeout=5)
        client = Client(office.account.sid, office.account.auth_token, http_client=http)
        client.api.base_url = office.url
        call = await client.calls.create_async(to=DANA, from_=OFFICE, twiml=HOLD_ON)
        await http.close()
        return call.sid or ""

    sid = asyncio.run(calls_dana())
    office.until(lambda: office.call(sid).answered)


def test_an_api_key_opens_its_account_alone(opened: Callable[[str], Office]) -> None:
    key = "SK" + "3" * 32
    office = opened(
        f"accounts: [{{sid: {'AC' + '1' * 32}, token: one, api keys: {{{key}: quiet}}}},"
        f" {{sid: {SECOND}, token: two}}]"
    )
    own = Client(key, "quiet", "AC" + "1" * 32)
    own.api.base_url = office.url
    assert own.calls.list(limit=1) == []
    foreign = Client(key, "quiet", SECOND)
    foreign.api.base_url = office.url
    with pytest.raises(TwilioException, match="404"):
        foreign.calls.list(limit=1)


def test_two_customers_do_not_see_each_other(opened: Callable[[str], Office]) -> None:
    office = opened(f"accounts: [{{name: One}}, {{sid: {SECOND}, token: two}}]")
    office.dana_dials()
    other = Client(SECOND, "two")
    other.api.base_url = office.url
    assert other.calls.list(limit=5) == []
    assert len(office.client().calls.list(limit=5)) == 1


def test_outbound_calls_start_at_the_rate_that_was_set(
    opened: Callable[[str], Office],
) -> None:
    office = opened(FAST)
    office.do(lambda: setattr(office.carrier.config, "cps", 4.0))
    sids = [
        office.client().calls.create(to="+15559000090", from_=OFFICE, twiml=HOLD_ON).sid
        for _ in range(6)
    ]
    statuses = Counter(office.call(sid).status.value for sid in sids)
    assert statuses["queued"] >= 2
    office.until(lambda: all(office.call(sid).status.value == "ringing" for sid in sids))
    starts = sorted(office.call(sid).started_at or 0 for sid in sids)
    assert starts[-1] - starts[0] >= 1.0
