"""`<Dial><Conference>`: a call goes into a room and stays until it leaves or the room ends.

Calls that the Participants API rang into a room sit in it the same way.
"""

from __future__ import annotations

from sandbox.core.calls import Address, Interrupt
from sandbox.core.conferences import ConferenceCallback, Entrance, LeaveReason, Participant
from sandbox.core.kernel import Cancelled
from sandbox.core.rooms import NotAdmitted, enter, leave
from sandbox.core.switch import Switch
from sandbox.core.twiml.dialling import Dialling, Outcome, broken_off
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import DocumentFailed, Run
from sandbox.core.twiml.verbs_record import callback_of

LABEL_TAKEN = 16025


async def dial_room(dialling: Dialling, noun: Element) -> Outcome:
    """Enter, stay, leave. Who is not let in goes on behind the Dial."""
    run = dialling.run
    run.answer()
    try:
        participant = await enter(run.switch, noun.text, run.call, _entrance(run, noun))
    except NotAdmitted as refusal:
        run.notify(refusal.code, refusal.text)
        return Outcome("failed", skips_action=refusal.code == LABEL_TAKEN)
    except DocumentFailed as failure:
        run.notify(failure.code, failure.text, url=failure.url)
        run.notify(16110, url=failure.url, warning=True)
        return Outcome("failed")
    outcome = Outcome("answered", bridged=True)
    try:
        with dialling.talking():
            await _stay(dialling, participant)
    except Cancelled as cancelled:
        await _taken_out(dialling, participant, outcome, cancelled.reason)
        raise
    leave(run.switch, participant, LeaveReason.HUNG_UP)
    return outcome


async def _stay(dialling: Dialling, participant: Participant) -> None:
    """Until the room lets go, or the star key or time limit does."""
    kernel = dialling.run.switch.kernel
    await kernel.race(participant.left, kernel.spawn(dialling.mail.get(), "dial conference"))


async def _taken_out(
    dialling: Dialling, participant: Participant, outcome: Outcome, reason: object
) -> None:
    switch = dialling.run.switch
    leave_for(switch, participant, reason)
    redirected = reason is Interrupt.REPLACED
    if redirected and not switch.choices.conference_action_on_redirect:
        outcome.skips_action = True
    await broken_off(dialling, outcome, reason)


def leave_for(switch: Switch, participant: Participant, reason: object) -> None:
    """Leave because the call was redirected or ended."""
    redirected = reason is Interrupt.REPLACED
    leave(switch, participant, LeaveReason.UPDATED if redirected else LeaveReason.HUNG_UP)


def _entrance(run: Run, noun: Element) -> Entrance:
    coach = noun.get("coach")
    return Entrance(
        muted=noun.flag("muted"),
        beep=noun.get("beep", "true"),
        start_conference_on_enter=noun.flag("startConferenceOnEnter", default=True),
        end_conference_on_exit=noun.flag("endConferenceOnExit"),
        label=noun.get("participantLabel"),
        wait=_wait(run, noun),
        max_participants=noun.number("maxParticipants", 250),
        record=noun.get("record", "do-not-record"),
        trim=noun.get("trim", "trim-silence"),
        coaching=bool(coach),
        call_sid_to_coach=coach or None,
        callback=_callback(run, noun),
        recording_callback=callback_of(run, noun),
    )


def _wait(run: Run, noun: Element) -> Address | None:
    """None for the carrier's own music; an empty URL for silence."""
    if "waitUrl" not in noun.attributes:
        return None
    given = noun.get("waitUrl")
    return Address(run.resolve(given), noun.method("waitMethod")) if given else Address()


def _callback(run: Run, noun: Element) -> ConferenceCallback:
    given = noun.get("statusCallback")
    return ConferenceCallback(
        run.resolve(given) if given else "",
        noun.method("statusCallbackMethod"),
        frozenset(noun.words("statusCallbackEvent")),
    )
