"""The carrier asks or tells, and the database afterwards says what we made of it."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from calls.carrier import addresses, twiml
from calls.models import Call, CarrierEvent, Leg, Offer, Queue
from calls.services import news, offering, offers
from calls.states import CallState, LegState, NewsState, OfferState
from calls.webhooks import door, instructions
from calls.webhooks.admission import Response
from tests.calls.webhooks.carrier_requests import (
    AGENT_SID,
    CALL_SID,
    DANA,
    NOW,
    OMAR,
    RECORDING_SID,
    ROOM_SID,
    answer,
    asked,
)

pytestmark = pytest.mark.django_db


def verbs(response: Response) -> list[str]:
    assert response.status == 200, response
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    return [verb.tag for verb in ElementTree.fromstring(response.body)]


@pytest.fixture
def dana(billing: Queue) -> Leg:
    """Dana rang the billing number and stands in line."""
    assert verbs(answer(asked(addresses.voice(), token="first"))) == ["Say", "Enqueue"]
    return Leg.objects.get(sid=CALL_SID)


# Instructions -----------------------------------------------------------------------------------


def test_a_caller_rings_and_stands_in_line(dana: Leg) -> None:
    assert dana.call.state == CallState.WAITING
    assert dana.call.customer_number == DANA
    assert dana.call.customer_name == "Dana Ø"


def test_a_repeated_ring_is_the_same_caller(dana: Leg) -> None:
    """The carrier tried again because our first answer was lost."""
    assert verbs(answer(asked(addresses.voice(), token="first")))[-1] == "Enqueue"
    assert Call.objects.count() == 1
    assert CarrierEvent.objects.count() == 1


def test_the_caller_hears_position_and_music(dana: Leg) -> None:
    heard = verbs(answer(asked(addresses.wait(dana.id), CallStatus="in-progress")))
    assert heard[0] == "Say"
    assert heard[-1] in ("Play", "Pause")


def test_every_question_is_recorded_with_what_was_answered(dana: Leg) -> None:
    answer(asked(addresses.wait(dana.id), CallStatus="in-progress", QueuePosition="1"))
    assert news.apply_pending(limit=10, now=NOW) == 1
    voice, wait = CarrierEvent.objects.order_by("id")
    assert (voice.kind, voice.state, voice.note) == ("voice", NewsState.APPLIED, "Wait")
    assert (wait.kind, wait.leg_id, wait.note) == ("wait", dana.id, "Announce")
    assert wait.params["QueuePosition"] == "1"
    assert wait.received_at == wait.applied_at == NOW


@pytest.mark.parametrize("result", ["redirected", "redirected-from-bridged"])
def test_a_caller_whom_we_moved_is_not_moved_again(dana: Leg, result: str) -> None:
    request = asked(addresses.queue_left(dana.id), CallStatus="in-progress", QueueResult=result)
    assert verbs(answer(request)) == []
    dana.call.refresh_from_db()
    assert dana.call.state == CallState.WAITING


@pytest.mark.parametrize("result", ["queue-full", "error", "system-error"])
def test_a_carrier_queue_without_room_is_not_tried_again_at_once(dana: Leg, result: str) -> None:
    request = asked(addresses.queue_left(dana.id), CallStatus="in-progress", QueueResult=result)
    assert verbs(answer(request)) == ["Say", "Pause", "Redirect"]


def test_a_caller_who_left_the_carriers_queue_gets_the_next_step(dana: Leg) -> None:
    left = asked(addresses.queue_left(dana.id), CallStatus="in-progress", QueueResult="leave")
    assert verbs(answer(left))[-1] == "Enqueue"


@pytest.mark.parametrize(
    ("address", "params"),
    [
        (addresses.queue_left, {"QueueResult": "hangup", "CallStatus": "in-progress"}),
        (addresses.queue_left, {"QueueResult": "hangup", "CallStatus": "completed"}),
        (addresses.room_left, {"CallStatus": "completed", "DialCallStatus": "answered"}),
        (addresses.resume, {"CallStatus": "completed"}),
        (addresses.wait, {"CallStatus": "no-answer"}),
    ],
)
def test_a_caller_who_hung_up_is_gone_at_once(
    dana: Leg, address: Callable[[UUID], str], params: dict[str, str]
) -> None:
    assert verbs(answer(asked(address(dana.id), **params))) == []
    assert news.apply_pending(limit=10, now=NOW) == 1
    dana.refresh_from_db()
    assert dana.ended_at == NOW
    assert Call.objects.get().state == CallState.ENDED


def test_a_late_question_about_a_caller_who_is_gone_is_old_news(dana: Leg) -> None:
    gone = asked(addresses.room_left(dana.id), CallStatus="completed", token="1")
    answer(gone)
    answer(gone.with_header("I-Twilio-Idempotency-Token", "2"))
    news.apply_pending(limit=10, now=NOW)
    told = CarrierEvent.objects.filter(kind="room-left").order_by("id")
    assert [event.state for event in told] == [NewsState.APPLIED, NewsState.STALE]
    assert Call.objects.get().state == CallState.ENDED


def test_a_caller_may_be_resumed_by_our_id_or_the_carriers(dana: Leg) -> None:
    for url in (addresses.resume(dana.id), addresses.resume_anyone(3)):
        assert verbs(answer(asked(url, CallStatus="in-progress")))[-1] == "Enqueue"
    assert Call.objects.count() == 1


def test_a_caller_whose_very_first_request_failed_is_received_by_the_second(
    billing: Queue,
) -> None:
    answer(asked(addresses.resume_anyone(1), CallStatus="in-progress"))
    assert Call.objects.get().state == CallState.WAITING
    assert CarrierEvent.objects.get().params["attempt"] == "1"


def test_a_caller_at_an_address_that_we_have_forgotten_is_received_anew(billing: Queue) -> None:
    heard = verbs(answer(asked(addresses.wait(uuid4()), CallStatus="in-progress")))
    assert heard[-1] == "Enqueue"
    assert Leg.objects.get().sid == CALL_SID


@pytest.mark.parametrize("address", [addresses.agent, addresses.agent_key, addresses.resume])
def test_a_line_of_ours_that_we_know_nothing_of_is_let_go(
    db: None, address: Callable[[UUID], str]
) -> None:
    request = asked(
        address(uuid4()),
        CallSid=AGENT_SID,
        Direction="outbound-api",
        CallStatus="in-progress",
    )
    assert verbs(answer(request)) == ["Hangup"]


@pytest.fixture
def omars_line(dana: Leg, django_user_model: type[User]) -> Leg:
    """Omar is offered Dana's call, and his phone rings."""
    waiting = dana.call.waitings.get()
    offer = offering.make(
        waiting=waiting,
        user=django_user_model.objects.create_user("omar"),
        address=OMAR,
        confirm_by_key=True,
        reason={},
        now=NOW,
    )
    assert offer is not None
    assert offer.leg is not None
    return offer.leg


def about_omars_line(address: Callable[[UUID], str], leg: Leg, **params: str) -> Response:
    usual = {"CallSid": AGENT_SID, "Direction": "outbound-api", "CallStatus": "in-progress"}
    return answer(asked(address(leg.id), **usual | params))


def test_whoever_answers_an_agents_line_is_asked_for_a_key_at_once(omars_line: Leg) -> None:
    response = about_omars_line(addresses.agent, omars_line)
    assert verbs(response) == ["Gather"]
    assert b"A call for Billing from Dana" in response.body


def test_that_the_line_was_answered_is_news(omars_line: Leg) -> None:
    heard = about_omars_line(addresses.agent, omars_line)
    assert news.apply_pending(limit=10, now=NOW) == 1
    omars_line.refresh_from_db()
    assert omars_line.state == LegState.IN_PROGRESS
    again = offers.agent_answered(leg_id=omars_line.id, now=NOW)
    assert twiml.render(again).encode() == heard.body


def test_a_key_pressed_before_that_news_is_applied_takes_the_call(omars_line: Leg) -> None:
    about_omars_line(addresses.agent, omars_line)
    heard = about_omars_line(addresses.agent_key, omars_line, Digits="1")
    assert verbs(heard) == ["Dial"]
    news.apply_pending(limit=10, now=NOW)
    assert Offer.objects.get().state == OfferState.ACCEPTED


def test_an_agent_without_a_key_to_press_takes_the_call_by_answering(omars_line: Leg) -> None:
    Offer.objects.update(confirm_by_key=False)
    assert verbs(about_omars_line(addresses.agent, omars_line)) == ["Dial"]
    assert Offer.objects.get().state == OfferState.ACCEPTED


def test_an_agent_who_answers_after_the_caller_hung_up_is_told(dana: Leg, omars_line: Leg) -> None:
    answer(asked(addresses.number_status(), CallStatus="completed"))
    news.apply_pending(limit=10, now=NOW)
    assert verbs(about_omars_line(addresses.agent, omars_line)) == ["Say", "Hangup"]


def test_a_finished_message_is_thanked_for(dana: Leg) -> None:
    request = asked(
        addresses.voicemail(dana.id),
        CallStatus="in-progress",
        RecordingSid=RECORDING_SID,
        RecordingUrl="https://api.example.com/recording",
        RecordingDuration="12",
    )
    assert verbs(answer(request)) == ["Say", "Hangup"]
    assert CarrierEvent.objects.get(kind="voicemail").params["RecordingDuration"] == "12"


def test_a_caller_who_hangs_up_after_the_message_is_gone(dana: Leg) -> None:
    request = asked(
        addresses.voicemail(dana.id),
        CallStatus="completed",
        Digits="hangup",
        RecordingSid=RECORDING_SID,
    )
    assert verbs(answer(request)) == []
    news.apply_pending(limit=10, now=NOW)
    dana.refresh_from_db()
    assert dana.state == LegState.COMPLETED


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687", "Anonymous"])
def test_a_caller_without_a_number_is_a_caller(billing: Queue, number: str) -> None:
    assert verbs(answer(asked(addresses.voice(), From=number)))[-1] == "Enqueue"
    assert Call.objects.get().customer_number == number


def test_the_fallback_keeps_the_caller_on_the_line_without_the_database(
    django_assert_num_queries: Callable[..., object],
) -> None:
    with connection.execute_wrapper(_no_database):
        request = asked(addresses.fallback(), ErrorUrl=addresses.voice(), ErrorCode="11200")
        assert verbs(answer(request)) == ["Say", "Pause", "Redirect"]


def _no_database(*_: object) -> object:
    raise OperationalError("the database is down")


# News -------------------------------------------------------------------------------------------


def news_of(leg_id: UUID) -> list[tuple[str, dict[str, str]]]:
    return [
        (addresses.status(leg_id), {"SequenceNumber": "2", "CallStatus": "in-progress"}),
        (addresses.number_status(), {"CallStatus": "completed"}),
        (addresses.conference(leg_id), {"ConferenceSid": ROOM_SID, "SequenceNumber": "7"}),
        (addresses.recording(leg_id), {"RecordingSid": RECORDING_SID}),
    ]


@pytest.mark.parametrize("which", range(4))
def test_news_is_written_down_and_left_for_the_worker(db: None, which: int) -> None:
    leg_id = uuid4()
    url, params = news_of(leg_id)[which]
    response = answer(asked(url, **params))
    assert (response.status, response.body) == (204, b"")
    event = CarrierEvent.objects.get()
    assert event.state == NewsState.PENDING
    assert event.call_sid == CALL_SID
    assert event.received_at == NOW
    assert params.items() <= event.params.items()


def test_news_is_found_again_by_everything_that_it_names(db: None) -> None:
    call_id = uuid4()
    url = addresses.conference(call_id)
    answer(asked(url, ConferenceSid=ROOM_SID, SequenceNumber="7"))
    event = CarrierEvent.objects.get()
    assert (event.kind, event.call_id, event.leg_id) == ("conference", call_id, None)
    assert (event.conference_sid, event.sequence) == (ROOM_SID, 7)


def test_repeated_news_is_thanked_for_and_kept_once(db: None) -> None:
    request = asked(addresses.status(uuid4()), token="t-1", SequenceNumber="1")
    assert [answer(request).status for _ in range(3)] == [204, 204, 204]
    assert CarrierEvent.objects.count() == 1


def test_forged_news_is_not_written_down(db: None) -> None:
    request = asked(addresses.status(uuid4())).with_header("X-Twilio-Signature", "no")
    assert answer(request).status == 403
    assert not CarrierEvent.objects.exists()


def test_news_takes_one_statement(
    db: None, django_assert_num_queries: Callable[..., object]
) -> None:
    # Between the savepoint of this test's own transaction and its release.
    with django_assert_num_queries(3):  # type: ignore[attr-defined]  # a context manager
        answer(asked(addresses.status(uuid4()), SequenceNumber="1"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", [addresses.status, addresses.room_left])
def test_whoever_applies_news_is_woken_when_there_is_some(
    address: Callable[[UUID], str],
) -> None:
    with connection.cursor() as listener:
        listener.execute("listen callcenter_wake")
    answer(asked(address(uuid4()), SequenceNumber="1", CallStatus="completed"))
    assert "inbox" in woken()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_woken_by_a_question(billing: Queue) -> None:
    answer(asked(addresses.voice()))
    with connection.cursor() as listener:
        listener.execute("listen callcenter_wake")
    answer(asked(addresses.resume_anyone(1)))
    assert "inbox" not in woken()


def woken() -> list[str]:
    assert connection.connection is not None
    return [notify.payload for notify in connection.connection.notifies(timeout=0.2)]


# Trouble ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_overnight_is_made_again(billing: Queue) -> None:
    connection.ensure_connection()
    connection.connection.close()
    assert verbs(answer(asked(addresses.voice()))) == ["Say", "Enqueue"]
    connection.connection.close()
    assert answer(asked(addresses.status(uuid4()))).status == 204


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_made_again(billing: Queue) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set idle_session_timeout = 50")
        cursor.execute("select pg_backend_pid()")
    _wait_for_the_server_to_end_it()
    assert verbs(answer(asked(addresses.voice()))) == ["Say", "Enqueue"]
    assert Call.objects.count() == 1


def _wait_for_the_server_to_end_it() -> None:
    time.sleep(0.3)


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_carrier_is_sent_to_the_fallback(billing: Queue) -> None:
    """Anything of 500 and above makes it ask there, and bring its news again."""
    with connection.execute_wrapper(_no_database):
        assert answer(asked(addresses.voice())).status == 503
        assert answer(asked(addresses.status(uuid4()))).status == 503


@pytest.mark.django_db(transaction=True)
def test_a_caller_is_sent_to_the_fallback_by_a_fault_of_ours_and_the_story_shows_it(
    billing: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: object) -> object:
        raise RuntimeError("a fault of ours")

    monkeypatch.setitem(instructions._AS_USUAL, "voice", fault)
    assert answer(asked(addresses.voice())).status == 500
    event = CarrierEvent.objects.get()
    assert (event.state, event.call_sid) == (NewsState.FAILED, CALL_SID)
    assert not Call.objects.exists()
    assert DANA not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_hangs_is_given_up(billing: Queue) -> None:
    connection.close()
    answer(asked(addresses.voice()))
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("4s",)


def test_inside_a_transaction_of_its_own_the_door_cannot_try_again(billing: Queue) -> None:
    with (
        transaction.atomic(),
        connection.execute_wrapper(_no_database),
        pytest.raises(OperationalError),
    ):
        door._in_database(lambda: Response(int(bool(Call.objects.count()))), door.NOT_NOW)


def test_a_query_keeps_its_place_in_the_record(billing: Queue, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"
    answer(asked(addresses.resume_anyone(7), CallStatus="in-progress"))
    assert CarrierEvent.objects.get().params["attempt"] == "7"
