"""What the carrier has and what we hold to be true are brought together again."""

from collections.abc import Iterable
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from calls.carrier.outcomes import NoAnswer
from calls.carrier.readings import CarrierCall, CarrierParticipant
from calls.models import Call, Command, Leg, Queue
from calls.services import looking, orders, reconcile, rooms
from calls.services.reconcile import Report, Seen
from calls.states import CallOutcome, CallState, LegState, OfferState, OrderState, Verb
from tests import people
from tests.calls.carrier.scripted_carrier import ScriptedCarrier, page, problem
from tests.calls.carrier.scripted_carrier import call as carrier_call
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


def on_the_line(leg: Leg, status: str = "in-progress", **more: str) -> CarrierCall:
    facts = {"direction": "outbound-api", "to": leg.address, "from_": leg.our_number} | more
    return CarrierCall(
        sid=more.get("sid", leg.sid or ""),
        status=status,
        direction=facts["direction"],
        to=facts["to"],
        from_=facts["from_"],
        parent_sid="",
        started_at=NOON,
        ended_at=None,
    )


def repair(
    *calls: CarrierCall,
    rooms: dict[UUID, set[str]] | None = None,
    held: str = "",
    now: float = 60,
) -> dict[str, int]:
    """`held` is who of those in the rooms is on hold."""
    report = Report()
    inside = {
        call_id: {
            sid: CarrierParticipant(sid, "", muted=False, hold=sid == held, status="connected")
            for sid in sids
        }
        for call_id, sids in (rooms or {}).items()
    }
    seen = Seen({call.sid: call for call in calls}, inside)
    reconcile.repair(seen, report=report, now=at(now))
    return {kind: number for kind, number in report.repaired.items() if number}


def hang_ups() -> Iterable[str]:
    return [order.leg.role for order in Command.objects.filter(verb=Verb.HANG_UP)]


def test_nothing_is_repaired_where_both_agree(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    assert repair(on_the_line(leg), on_the_line(people.customer(call))) == {}


def test_a_caller_whose_end_we_were_not_told_of_is_over(
    call: Call, dana: User, carrier: ScriptedCarrier
) -> None:
    leg = people.talking(call, dana)
    carrier.will_say(carrier_call("completed", people.customer(call).sid or ""))
    assert repair(on_the_line(leg)) == {"lines that were over": 1}
    assert Call.objects.get().outcome == CallOutcome.ANSWERED


def test_an_agents_line_the_carrier_has_never_heard_of_is_lost(
    call: Call, dana: User, carrier: ScriptedCarrier
) -> None:
    people.talking(call, dana)
    carrier.will_say(problem(404, 20404))
    repair(on_the_line(people.customer(call)))
    assert Call.objects.get().state == CallState.WAITING


def test_a_line_that_began_after_the_look_is_left_alone(call: Call, dana: User) -> None:
    people.line_of(people.offered(call, dana, now=at(50)))
    assert repair(on_the_line(people.customer(call)), now=60) == {}


def test_a_line_that_we_call_over_is_hung_up_on(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    people.over(people.customer(call), now=at(5))
    people.over(leg, now=at(6))
    Command.objects.filter(verb=Verb.HANG_UP).delete()
    found = repair(on_the_line(people.customer(call)), on_the_line(leg))
    assert found == {"lines that were still up": 2}
    stray = Command.objects.filter(verb=Verb.HANG_UP, leg=leg).get()
    assert orders.prepare(order_id=stray.id, now=at(61)) is not None


def test_a_stray_line_is_not_hung_up_on_twice_at_once(call: Call, dana: User) -> None:
    people.over(people.customer(call), now=at(5))
    caller = on_the_line(people.customer(call))
    repair(caller, now=60)
    assert repair(caller, now=70) == {}


def test_a_dial_without_an_answer_is_found_by_its_numbers_and_let_go(
    call: Call, dana: User
) -> None:
    leg = people.offered(call, dana).leg
    assert leg is not None
    order = leg.orders.get()
    orders.prepare(order_id=order.id, now=at(1))
    orders.settle(order_id=order.id, outcome=NoAnswer("timed out"), now=at(11))
    found = repair(
        on_the_line(leg, "ringing", sid="CAstray"), on_the_line(people.customer(call)), now=60
    )
    assert found == {"lines that turned up": 1}
    leg.refresh_from_db()
    assert leg.sid == "CAstray"
    assert hang_ups() == ["agent"]


def test_other_peoples_calls_on_the_account_are_none_of_our_business(
    call: Call, dana: User
) -> None:
    foreign = on_the_line(Leg(sid="CAforeign", address="+4930123", our_number="+4930999"))
    assert repair(foreign, on_the_line(people.customer(call))) == {}


def test_a_caller_of_whom_nobody_told_us_is_put_in_line(billing: Queue, dana: User) -> None:
    stranger = CarrierCall(
        sid="CAlost",
        status="in-progress",
        direction="inbound",
        to=people.OUR_NUMBER,
        from_="+15551234567",
        parent_sid="",
        started_at=NOON,
        ended_at=None,
    )
    assert repair(stranger) == {"callers adopted": 1}
    assert Call.objects.get().state == CallState.WAITING
    assert Command.objects.get(verb=Verb.ENQUEUE).leg.sid == "CAlost"
    assert repair(stranger, now=90) == {}


def test_an_unknown_caller_of_a_closed_queue_hears_the_message(billing: Queue) -> None:
    leg = Leg(sid="CAlost", address=people.OUR_NUMBER, our_number="+15551234567")
    repair(on_the_line(leg, direction="inbound"))
    assert Command.objects.get(verb=Verb.PLAY_OUT).params["message"] == billing.unstaffed_message


def test_somebody_in_the_room_whose_coming_was_lost_is_counted(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    caller = people.customer(call)
    lines = on_the_line(leg), on_the_line(caller)
    assert repair(*lines, rooms={call.id: {leg.sid or ""}})["people counted in rooms"] == 1
    assert Command.objects.filter(verb=Verb.JOIN_ROOM).exists()
    repair(*lines, rooms={call.id: {leg.sid or "", caller.sid or ""}})
    assert Call.objects.get().state == CallState.TALKING


def test_somebody_whose_leaving_was_lost_is_not_in_the_room(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    caller = people.customer(call)
    repair(on_the_line(leg), on_the_line(caller), rooms={call.id: {caller.sid or ""}})
    assert Call.objects.get().alone_since == at(60)


def test_young_news_is_believed_more_than_an_old_reading(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=leg, now=at(58))
    found = repair(on_the_line(leg), on_the_line(people.customer(call)), rooms={call.id: set()})
    assert found == {}


def test_a_carrier_whose_clock_is_an_hour_ahead_is_counted_all_the_same(
    call: Call, dana: User
) -> None:
    leg = people.talking(call, dana)
    Leg.objects.filter(pk=leg.pk).update(room_event_at=at(3600))
    caller = people.customer(call)
    repair(on_the_line(leg), on_the_line(caller), rooms={call.id: {caller.sid or ""}})
    assert Call.objects.get().alone_since == at(60)


def test_only_rooms_in_doubt_are_read(
    call: Call, dana: User, omar: User, carrier: ScriptedCarrier
) -> None:
    people.talking(call, dana)
    lonely = people.rings(number="+15551239999")
    rooms.left(leg=people.talking(lonely, omar), now=at(5))
    room = {"sid": "CF1", "friendly_name": lonely.room, "status": "in-progress"}
    foreign = {"sid": "CF2", "friendly_name": "somebody-elses", "status": "in-progress"}
    there = {"call_sid": "CA5", "label": "", "muted": False, "hold": False, "status": "connected"}
    carrier.will_say(
        *[page("calls")] * 3,
        page("conferences", foreign),
        page("conferences", room),
        page("participants", there),
    )
    rooms_read = reconcile.seen(now=at(60)).rooms
    assert {call_id: set(company) for call_id, company in rooms_read.items()} == {
        lonely.id: {"CA5"}
    }


def test_a_hold_whose_news_was_lost_is_known_after_all(call: Call, dana: User) -> None:
    """The order was carried out, and the room did not tell us: the room is looked at."""
    leg, caller = people.talking(call, dana), people.customer(call)
    moments = {"ordered_at": at(1), "give_up_at": at(20), "settled_at": at(2)}
    order = Command(call=call, leg=caller, verb=Verb.HOLD, state=OrderState.DONE, **moments)
    order.save()
    assert call.id in reconcile._doubtful_rooms(at(60))
    both = {leg.sid or "", caller.sid or ""}
    found = repair(
        on_the_line(leg), on_the_line(caller), rooms={call.id: both}, held=caller.sid or ""
    )
    assert found == {"people counted in rooms": 1}
    assert people.customer(call).on_hold


def test_a_carrier_that_cannot_be_read_is_reported(
    billing: Queue, carrier: ScriptedCarrier
) -> None:
    carrier.will_say(problem(503, 20500))
    assert "could not be read" in reconcile.run(now=NOON).trouble


def test_an_order_that_came_too_late_asks_how_the_line_ended(
    call: Call, carrier: ScriptedCarrier
) -> None:
    caller = people.customer(call)
    carrier.will_say(carrier_call("no-answer", caller.sid or ""))
    assert looking.look(leg_id=caller.id)
    assert people.customer(call).state == LegState.NO_ANSWER
    assert not looking.look(leg_id=caller.id)


def test_the_report_reads_as_a_sentence() -> None:
    report = Report()
    assert str(report) == "nothing"
    report.repaired["callers adopted"] += 2
    report.trouble = "no carrier"
    assert str(report) == "2 callers adopted, no carrier"


def test_an_offer_of_a_line_that_is_gone_is_settled(
    call: Call, dana: User, carrier: ScriptedCarrier
) -> None:
    offer = people.offered(call, dana)
    people.line_of(offer)
    carrier.will_say(carrier_call("busy"))
    repair(on_the_line(people.customer(call)))
    offer.refresh_from_db()
    assert offer.state == OfferState.BUSY
