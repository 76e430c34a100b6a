"""Plans for the recording of the customer's leg: begun, paused, gone on with, stopped."""

from typing import Any, Literal

from calls.plans.scene import CannotNow, NewRecording, Party, Plan, Scene, Step, one_step, present
from calls.states import RECORDING_OPEN, CallState, RecordingState, Verb

Behaviour = Literal["silence", "skip"]
# A step with this among its params is not asked when the one before it is done, but when the
# announcement that the one before it ordered has been heard to its end.
AWAITS_ANNOUNCEMENT = "awaits_announcement"
# Seconds: the longest consent takes about half of it to say.
ANNOUNCEMENT_PATIENCE = 90


def record(scene: Scene, *, because: str = "") -> Plan:
    """Whatever the customer says and hears from now on is recorded, both sides apart.

    Nothing is recorded before the caller has been told to the end that the call may be.
    """
    customer = _customer(scene)
    if not scene.tape.allowed:
        raise CannotNow("Calls of this queue are not recorded.", "not-recorded-here")
    if scene.tape.state in RECORDING_OPEN:
        raise CannotNow("The call is being recorded already.", "already-recording")
    if customer.on_hold or Verb.HOLD in customer.ordered:
        raise CannotNow(f"{customer.name} is on hold; nothing is recorded now.", "on-hold")
    new = NewRecording(leg_id=customer.leg_id, because=because)
    params: dict[str, Any] = {"recording": str(new.recording_id)}
    steps = [Step(verb=Verb.RECORD, leg_id=customer.leg_id, why="Record the call", params=params)]
    if scene.tape.consent:
        steps = [_consent(scene, customer), _afterwards(steps[0])]
    return Plan(kind="record", text="Record the call", steps=tuple(steps), new_recordings=(new,))


def _consent(scene: Scene, customer: Party) -> Step:
    """To everybody: nobody talks over it, and whoever joined later knows too."""
    said = scene.tape.consent
    return Step(
        verb=Verb.ANNOUNCE_ALL,
        leg_id=customer.leg_id,
        why=f"Tell everybody: “{said}”"[:200],
        params={"say": said},
    )


def _afterwards(step: Step) -> Step:
    return Step(
        verb=step.verb,
        leg_id=step.leg_id,
        why=step.why,
        params={**step.params, AWAITS_ANNOUNCEMENT: True},
        patience=ANNOUNCEMENT_PATIENCE,
    )


def pause_recording(scene: Scene, *, why: str, behaviour: Behaviour = "silence") -> Plan:
    """What is said from now on is not recorded; in its place is silence, or nothing at all."""
    customer = _customer(scene)
    if not why.strip():
        raise CannotNow("Say why the recording is paused.", "why")
    _runs(scene)
    if scene.tape.state == RecordingState.PAUSED:
        raise CannotNow(_paused(scene), "already-paused")
    if Verb.PAUSE_RECORDING in customer.ordered:
        raise CannotNow("The recording is being paused already.", "already-paused")
    params = {**_this(scene), "behaviour": behaviour, "why": why.strip()[:200]}
    return one_step(
        "pause-recording", Verb.PAUSE_RECORDING, customer, "Pause the recording", params
    )


def resume_recording(scene: Scene) -> Plan:
    """What is said is recorded again."""
    customer = _customer(scene)
    _runs(scene)
    if Verb.RESUME_RECORDING in customer.ordered:
        raise CannotNow("The recording is going on already.", "not-paused")
    is_ordered = Verb.PAUSE_RECORDING in customer.ordered
    if scene.tape.state != RecordingState.PAUSED and not is_ordered:
        raise CannotNow("The recording is not paused.", "not-paused")
    if scene.tape.paused_by_itself:
        raise CannotNow(_paused(scene), "paused-by-itself")
    return one_step(
        "resume-recording", Verb.RESUME_RECORDING, customer, "Go on recording", _this(scene)
    )


def stop_recording(scene: Scene) -> Plan:
    """Nothing more is recorded; what was, is kept."""
    customer = _customer(scene)
    _runs(scene)
    if Verb.STOP_RECORDING in customer.ordered:
        raise CannotNow("The recording is being stopped already.", "not-recording")
    return one_step("stop-recording", Verb.STOP_RECORDING, customer, "Stop recording", _this(scene))


def _customer(scene: Scene) -> Party:
    customer = scene.customer()
    if scene.state == CallState.DIALLING:
        raise CannotNow("Nobody has answered yet.", "not-answered")
    if customer is None:
        raise CannotNow("The caller is no longer there.", "customer-gone")
    return customer if scene.tape.state in RECORDING_OPEN else present(scene, customer.leg_id)


def _runs(scene: Scene) -> None:
    if scene.tape.state == RecordingState.PLANNED:
        raise CannotNow("The recording has not begun yet.", "not-begun")
    if scene.tape.state not in RECORDING_OPEN:
        raise CannotNow("The call is not being recorded.", "not-recording")


def _paused(scene: Scene) -> str:
    if scene.tape.paused_by_itself:
        return f"The recording is paused ({scene.tape.paused_why}), and goes on by itself."
    return "The recording is paused already."


def _this(scene: Scene) -> dict[str, Any]:
    return {"recording": str(scene.tape.recording_id)}
