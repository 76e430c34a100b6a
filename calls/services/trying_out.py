"""An agent tries out the microphone: they say something and hear it again. Nothing is kept."""

from datetime import datetime, timedelta

from calls import steps, timers

# Until it has been played.
KEPT_FOR = timedelta(minutes=1)
SAY_SOMETHING = "A test call. Say something after the tone, and hear how you sound."
NOTHING_HEARD = "Nothing was heard. Look at your microphone."
THAT_WAS_IT = "That was it. Goodbye."


def begin() -> steps.Step:
    """What they say after the tone is recorded for some seconds."""
    return steps.TryOut(text=SAY_SOMETHING, nothing_heard=NOTHING_HEARD)


def said(recording_url: str) -> steps.Step:
    """They hear it again."""
    if not recording_url:
        return steps.Say(text=NOTHING_HEARD)
    return steps.PlayBack(recording_url=recording_url, text=THAT_WAS_IT)


def recorded(*, recording_sid: str, now: datetime) -> None:
    """The carrier has the recording: it is deleted when it has been heard."""
    timers.forget_test(recording_sid=recording_sid, at=now + KEPT_FOR)
