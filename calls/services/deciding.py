"""What a leg should be doing now, read off what is true now; changes nothing.

Every way back to us ends here (a repeated voice request, the end of a room or a queue, the
fallback), so a repeat or a recovery is harmless.
"""

from uuid import UUID

from calls import steps
from calls.carrier import addresses, numbers
from calls.models import Call, Command, Leg, Offer, Waiting
from calls.services import handovers, line, music, overhearing
from calls.states import (
    CallOutcome,
    CallState,
    LegRole,
    OfferState,
    Recourse,
    TransferState,
    Verb,
)
from calls.timeline import name_of

NOT_IN_SERVICE = "This number is not in service."
PARKED = "Please stay on the line. Somebody will be with you soon."
CALLER_GONE = "The caller is no longer there. Goodbye."
# Of a name that is read out before a key can be asked for.
LONGEST_NAME = 40
LONGEST_REASON = 120
# Somebody may come into the room.
IN_CONVERSATION = (CallState.TALKING, CallState.GOING_ON)


def step_for(leg: Leg, call: Call) -> steps.Step:
    """The call and its leg are as locked and read by the caller of this."""
    if not leg.is_live or call.state in (CallState.ENDED, CallState.ENDING):
        return steps.HangUp() if leg.role == LegRole.CUSTOMER else steps.Say(text=CALLER_GONE)
    if leg.role == LegRole.CUSTOMER:
        return _customer_step(leg, call)
    if leg.role == LegRole.SUPERVISOR:
        return overhearing.next_step(leg, call)
    offer = Offer.objects.filter(leg=leg).first() if leg.role == LegRole.AGENT else None
    return _invited_step(leg, call) if offer is None else _offered_step(leg, call, offer)


def on_arrival(leg: Leg, call: Call) -> steps.Step:
    """The same for a caller who has just been received: nobody can be coming yet."""
    return _wait(leg, call) if call.state == CallState.WAITING else step_for(leg, call)


def _customer_step(leg: Leg, call: Call) -> steps.Step:
    if call.state in (CallState.TALKING, CallState.DIALLING):
        return join_room(leg, call)
    if call.state == CallState.WAITING:
        return join_room(leg, call) if agent_is_there(call) else _wait(leg, call)
    if call.state == CallState.MESSAGE:
        return play_out(leg, call)
    if call.state == CallState.PARKED:
        return steps.Parked(leg_id=leg.id, text=PARKED, music_url=music.url(_own_music(call)))
    return steps.OneMoment(resume_url=addresses.resume(leg.id))


def _own_music(call: Call) -> str:
    return call.queue.hold_music_url if call.queue else ""


def _offered_step(leg: Leg, call: Call, offer: Offer) -> steps.Step:
    if offer.state == OfferState.ACCEPTED and _belongs_in_room(leg, call):
        return join_room(leg, call)
    return steps.Say(text=CALLER_GONE)


def _invited_step(leg: Leg, call: Call) -> steps.Step:
    """Of somebody who was brought in, not offered the call."""
    if call.state in IN_CONVERSATION and (leg.accepted_at or leg.joined_at):
        return join_room(leg, call)
    if is_expected(leg, call) and leg.confirm_by_key:
        return ask_to_join(leg, call)
    return steps.Say(text=CALLER_GONE)


def is_expected(leg: Leg, call: Call) -> bool:
    """Whether whoever answers this line, which we rang to bring them in, is still wanted."""
    if not leg.is_live or leg.accepted_at is not None or call.state not in IN_CONVERSATION:
        return False
    transfer = handovers.latest_with(call, leg)
    return transfer is None or transfer.state == TransferState.RINGING


def _belongs_in_room(leg: Leg, call: Call) -> bool:
    if call.state in IN_CONVERSATION:
        return True
    waiting = line.current(call)
    return waiting is not None and line.is_coming(leg, waiting)


def agent_is_there(call: Call) -> bool:
    """Whether the agent who took the call is in the room already."""
    waiting = line.current(call)
    offer = line.claimant(waiting) if waiting else None
    return offer is not None and offer.leg is not None and offer.leg.in_room


def join_room(leg: Leg, call: Call) -> steps.JoinRoom:
    return steps.JoinRoom(leg_id=leg.id, call_id=call.id, room=call.room)


def ask_for_key(leg: Leg, call: Call) -> steps.AskForKey:
    return key_prompt(
        leg_id=leg.id,
        queue_name=call.queue.name if call.queue else "",
        caller_name=call.customer_name,
        caller_number=call.customer_number,
    )


def ask_to_join(leg: Leg, call: Call) -> steps.AskForKey:
    """Who asks, about whom, and why: heard by somebody who may have no screen to look at."""
    asked_by, reason = _invitation(leg, call)
    caller = _known_name(call.customer_name) or numbers.read_out(call.customer_number)
    text = f"{asked_by or 'A colleague'} wants you on a call"
    text += f" with {caller}" if caller else ""
    text += f" for {call.queue.name}" if call.queue else ""
    text += f", because: {reason[:LONGEST_REASON]}" if reason else ""
    return steps.AskForKey(leg_id=leg.id, text=f"{text}. Press 1 to come in, or 2 to decline.")


def _invitation(leg: Leg, call: Call) -> tuple[str, str]:
    transfer = handovers.latest_with(call, leg)
    if transfer is not None:
        return name_of(transfer.started_by), transfer.reason
    dial = Command.objects.filter(leg=leg, verb=Verb.DIAL).select_related("change__asked_by")
    made = next((order.change for order in dial if order.change is not None), None)
    return (name_of(made.asked_by), made.reason) if made is not None else ("", "")


def key_prompt(
    *, leg_id: UUID, queue_name: str, caller_name: str, caller_number: str
) -> steps.AskForKey:
    """Who calls, and for whom: heard by somebody who may have no screen to look at."""
    caller = _known_name(caller_name) or numbers.read_out(caller_number) or "a withheld number"
    queue = f" for {queue_name}" if queue_name else ""
    text = f"A call{queue} from {caller}. Press 1 to take it, or 2 to decline."
    return steps.AskForKey(leg_id=leg_id, text=text)


def _known_name(name: str) -> str:
    """What the carrier gives as a name is at times the number once more, or says that none is."""
    is_name = any(map(str.isalpha, name)) and not numbers.is_withheld(name)
    return name.strip()[:LONGEST_NAME] if is_name else ""


def _wait(leg: Leg, call: Call) -> steps.Step:
    if call.queue is None:
        return steps.OneMoment(resume_url=addresses.resume(leg.id))
    said = "" if call.greeted_at else greeting(call)
    return steps.Wait(leg_id=leg.id, greeting=said, queue_name=line.carrier_queue(call.queue))


def greeting(call: Call) -> str:
    if call.queue is None:
        return ""
    consent = call.queue.recording_consent if call.consent_in_greeting else ""
    return f"{call.queue.greeting} {consent}".strip()


def play_out(leg: Leg, call: Call) -> steps.PlayOut:
    """The closing message that was ordered when the caller left the line; without such an order,
    the one that the call's outcome stands for."""
    given = Command.objects.filter(leg=leg, verb=Verb.PLAY_OUT).order_by("-ordered_at").first()
    left = Waiting.objects.filter(call=call).order_by("-id").first()
    if given is None or left is None or left.left_at is None or given.ordered_at < left.left_at:
        return usual_message(leg, call)
    recourse = Recourse(given.params["recourse"])
    return steps.PlayOut(leg_id=leg.id, message=given.params["message"], recourse=recourse)


def usual_message(leg: Leg, call: Call) -> steps.PlayOut:
    """The closing message that the call's outcome stands for."""
    queue = call.queue
    if queue is None:
        return steps.PlayOut(leg_id=leg.id, message=NOT_IN_SERVICE, recourse=Recourse.HANG_UP)
    message, recourse = {
        CallOutcome.CLOSED: (queue.closed_message, queue.closed_recourse),
        CallOutcome.UNSTAFFED: (queue.unstaffed_message, queue.unstaffed_recourse),
    }.get(CallOutcome(call.outcome or CallOutcome.FULL), (queue.full_message, queue.full_recourse))
    return steps.PlayOut(leg_id=leg.id, message=message, recourse=Recourse(recourse))
