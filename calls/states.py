"""The words for where a call, a leg, an offer or an order is, and which moves are legal.

Plain Python: nothing here knows Django, the database or the carrier.
"""

from enum import StrEnum


class CallState(StrEnum):
    ARRIVING = "arriving"  # ringing in, or hearing the greeting, before a place in line exists
    DIALLING = "dialling"  # by an agent: their own line is rung, then the customer's
    WAITING = "waiting"  # has a place in line
    TALKING = "talking"  # with an agent in the call's room
    MESSAGE = "message"  # hearing a closing message or leaving a voicemail
    PARKED = "parked"  # set aside with music, until somebody retrieves it or its time is over
    GOING_ON = "going-on"  # the customer is gone, and others in the room talk on
    ELSEWHERE = "elsewhere"  # doing what an order told, out of our hands
    ENDING = "ending"  # we have asked the carrier to hang up
    ENDED = "ended"  # the customer is gone


class CallOutcome(StrEnum):
    """How the customer's visit came out: known when it ends, or when a message says so."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"  # hung up while waiting
    VOICEMAIL = "voicemail"
    CLOSED = "closed"
    FULL = "full"
    UNSTAFFED = "unstaffed"
    REDIRECTED = "redirected"  # sent out of our hands by an order
    ENDED_BY_US = "ended-by-us"
    FAILED = "failed"
    # Of a customer whom an agent dialled:
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    MACHINE = "machine"  # their voicemail answered
    CANCELLED = "cancelled"  # called off before anybody answered
    AGENT_GONE = "agent-gone"  # the agent's own line was not, or no longer, there


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class LegRole(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    CONSULT = "consult"
    SUPERVISOR = "supervisor"
    EXTERNAL = "external"
    BOT = "bot"


class LegState(StrEnum):
    """The carrier's words, after `planned`: written down here but not yet known to the carrier."""

    PLANNED = "planned"
    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


LEG_LIVE = (
    LegState.PLANNED,
    LegState.QUEUED,
    LegState.INITIATED,
    LegState.RINGING,
    LegState.IN_PROGRESS,
)
LEG_OVER = (
    LegState.COMPLETED,
    LegState.BUSY,
    LegState.FAILED,
    LegState.NO_ANSWER,
    LegState.CANCELED,
)
_LEG_RANK = {state: rank for rank, state in enumerate(LEG_LIVE)} | {
    state: len(LEG_LIVE) for state in LEG_OVER
}


def leg_may_become(*, now: LegState, then: LegState) -> bool:
    """Whether news that a leg is `then` still makes sense when it is known to be `now`.

    News comes in any order, so a leg only ever moves forward, may skip states, and what is over
    stays over.
    """
    return _LEG_RANK[then] > _LEG_RANK[now]


class WaitingExit(StrEnum):
    """Why somebody is no longer in line."""

    CONNECTED = "connected"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    UNSTAFFED = "unstaffed"
    TOO_LONG = "too-long"
    MOVED = "moved"  # to another queue
    REDIRECTED = "redirected"  # an order sent the caller elsewhere
    ENDED_BY_US = "ended-by-us"
    FAILED = "failed"


class OfferState(StrEnum):
    OFFERED = "offered"  # the agent's line is being rung
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MISSED = "missed"
    BUSY = "busy"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # the caller or the agent was gone first


OFFER_SETS_ASIDE = (OfferState.MISSED, OfferState.BUSY, OfferState.FAILED)


class Verb(StrEnum):
    """What we ask of the carrier."""

    STAND_BY = "stand-by"  # start a leg that is kept open
    DIAL = "dial"  # bring a leg to the call: start it, or move the one that is on standby
    JOIN_ROOM = "join-room"  # update a live leg: into the call's room
    ENQUEUE = "enqueue"  # update a live leg: back to waiting
    PLAY_OUT = "play-out"  # update a live leg: message, then voicemail or hang-up
    REDIRECT = "redirect"  # update a live leg: given TwiML or URL
    PARK = "park"  # update a live leg: music, until somebody retrieves it
    SEND_DIGITS = "send-digits"  # update a live leg: tones for its far end, then back to the room
    HANG_UP = "hang-up"  # let a leg go, whatever it is doing: end it, or back on standby
    # Of somebody in the room, whose leg goes on with what it does:
    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    COACH = "coach"  # who hears a supervisor
    ANNOUNCE = "announce"  # a message to this leg alone
    ANNOUNCE_ALL = "announce-all"  # a message to the room
    # Of a recording of the leg, which goes on with what it does:
    RECORD = "record"
    PAUSE_RECORDING = "pause-recording"
    RESUME_RECORDING = "resume-recording"
    STOP_RECORDING = "stop-recording"


# What is done to somebody in a room by updating the room, not their call.
IN_ROOM_VERBS = frozenset(
    {
        Verb.HOLD,
        Verb.RESUME,
        Verb.MUTE,
        Verb.UNMUTE,
        Verb.COACH,
        Verb.ANNOUNCE,
        Verb.ANNOUNCE_ALL,
    }
)
RECORDING_VERBS = frozenset(
    {Verb.RECORD, Verb.PAUSE_RECORDING, Verb.RESUME_RECORDING, Verb.STOP_RECORDING}
)


class OrderState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    ALREADY_OVER = "already-over"  # a hang-up of a leg that had ended: a success
    TOO_LATE = "too-late"  # a redirect of a leg that had ended
    REFUSED = "refused"  # the carrier said no and would say no again
    UNKNOWN = "unknown"  # asked, but no answer came; the reconciler finds out
    GAVE_UP = "gave-up"  # passing failures for longer than the order made sense
    DROPPED = "dropped"  # no longer made sense before it was asked


# What was wanted is so, and what comes after it may be asked.
ORDER_GOOD = (OrderState.DONE, OrderState.ALREADY_OVER)


class StandbyState(StrEnum):
    """How somebody's standby leg is getting on."""

    CONNECTING = "connecting"  # being rung, or asked for a key
    READY = "ready"  # between calls, or part of one
    DROPPED = "dropped"  # lost; it is rung again soon


class TransferKind(StrEnum):
    BLIND = "blind"  # sent on at once
    WARM = "warm"  # after a consult, in which the customer is on hold


class TransferState(StrEnum):
    SEEKING = "seeking"  # nobody of the queue is free yet
    RINGING = "ringing"
    CONSULTING = "consulting"  # the second is in the room
    COMPLETED = "completed"
    CANCELLED = "cancelled"  # by whoever began it
    DECLINED = "declined"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    VOICEMAIL = "voicemail"  # a machine answered
    CUSTOMER_GONE = "customer-gone"
    FIRST_GONE = "first-gone"  # whoever began it, before it was complete
    SECOND_GONE = "second-gone"  # hung up during the consult


TRANSFER_OPEN = (TransferState.SEEKING, TransferState.RINGING, TransferState.CONSULTING)


class WatchMode(StrEnum):
    """Who hears a supervisor."""

    LISTEN = "listen"  # nobody
    WHISPER = "whisper"  # the agent alone
    BARGE = "barge"  # all


class ParkingExit(StrEnum):
    RETRIEVED = "retrieved"
    RETURNED = "returned"  # nobody retrieved it in time: back to the line
    ABANDONED = "abandoned"
    REDIRECTED = "redirected"
    ENDED_BY_US = "ended-by-us"


class RecordingPolicy(StrEnum):
    NONE = "none"
    ALL = "all"
    PERCENTAGE = "percentage"
    ON_DEMAND = "on-demand"


class RecordingOnHold(StrEnum):
    """What becomes of a recording while the customer is on hold."""

    PAUSE = "pause"
    GO_ON = "go-on"


class RecordingOutside(StrEnum):
    """What becomes of a recording when the customer talks with outsiders alone."""

    STOP = "stop"
    GO_ON = "go-on"


class RecordingState(StrEnum):
    """The carrier's words, after `planned`."""

    PLANNED = "planned"
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    STOPPED = "stopped"  # ended by us; not ready to be heard yet
    COMPLETED = "completed"
    ABSENT = "absent"  # the carrier has nothing
    FAILED = "failed"
    DELETED = "deleted"  # by retention or erasure


RECORDING_OPEN = (RecordingState.PLANNED, RecordingState.IN_PROGRESS, RecordingState.PAUSED)


class ChangeState(StrEnum):
    """What came of something that somebody did to a live call."""

    GOING_ON = "going-on"  # its orders are being carried out
    DONE = "done"
    FAILED = "failed"  # a step failed; what was done before it was undone


class NewsState(StrEnum):
    PENDING = "pending"
    APPLIED = "applied"
    STALE = "stale"  # late, repeated or overtaken: kept, not applied
    FAILED = "failed"  # could not be applied; kept and shown


class Recourse(StrEnum):
    """What a caller who cannot be queued gets after the message."""

    VOICEMAIL = "voicemail"
    HANG_UP = "hang-up"


class AgentGone(StrEnum):
    """What happens to the customer when the last agent's line goes away in mid-call."""

    END = "end"
    REQUEUE = "requeue"
