"""Where the carrier reaches us: every callback address, with what it should do when we fail.

The part behind `#` is not sent; it tells the carrier how long to wait and what to try again
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
"""

from uuid import UUID

from django.conf import settings

# Somebody hears silence meanwhile: one more try within five seconds, then the fallback speaks.
ON_THE_LINE = "#ct=1500&rt=5000&rc=1&rp=ct,5xx"
# Nobody waits for the answer: try for as long as the carrier allows.
NEWS = "#rc=3&rp=5xx,ct,rt"

# What the carrier calls the far end that is a browser begins so.
BROWSER = "client:"


def voice() -> str:
    """Asked when one of our numbers is called."""
    return f"{settings.PUBLIC_URL}/twilio/voice{ON_THE_LINE}"


def browser() -> str:
    """Asked when an agent's browser connects."""
    return f"{settings.PUBLIC_URL}/twilio/browser{ON_THE_LINE}"


def browser_test() -> str:
    """Asked when somebody has tried out their microphone, and hears what they said."""
    return f"{settings.PUBLIC_URL}/twilio/browser-test{ON_THE_LINE}"


def wait(leg_id: UUID) -> str:
    """Asked for one round of announcements and music while the caller stands in line."""
    return f"{settings.PUBLIC_URL}/twilio/wait/{leg_id}{ON_THE_LINE}"


def queue_left(leg_id: UUID) -> str:
    """Told that the caller no longer stands in the carrier's queue."""
    return f"{settings.PUBLIC_URL}/twilio/queue-left/{leg_id}{ON_THE_LINE}"


def agent(leg_id: UUID) -> str:
    """Asked when the line that we rang was answered."""
    return f"{settings.PUBLIC_URL}/twilio/agent/{leg_id}{ON_THE_LINE}"


def agent_key(leg_id: UUID) -> str:
    """Told which key the person who answered pressed."""
    return f"{settings.PUBLIC_URL}/twilio/agent-key/{leg_id}{ON_THE_LINE}"


def room_left(leg_id: UUID) -> str:
    """Asked when a leg came out of its room and is still on the line."""
    return f"{settings.PUBLIC_URL}/twilio/room-left/{leg_id}{ON_THE_LINE}"


def voicemail(leg_id: UUID) -> str:
    """Told that the caller has finished leaving a message."""
    return f"{settings.PUBLIC_URL}/twilio/voicemail/{leg_id}{ON_THE_LINE}"


def resume(leg_id: UUID) -> str:
    """Asked what the leg should be doing now."""
    return f"{settings.PUBLIC_URL}/twilio/resume/{leg_id}{ON_THE_LINE}"


def resume_anyone(attempt: int) -> str:
    """The same for a caller of whom only the carrier's own id is known; counts the attempts."""
    return f"{settings.PUBLIC_URL}/twilio/resume?attempt={attempt}{ON_THE_LINE}"


def fallback() -> str:
    """Asked when one of the above could not be reached or answered with an error."""
    return f"{settings.FALLBACK_URL}/twilio/fallback{ON_THE_LINE}"


def standby(line_id: UUID | str) -> str:
    """Asked when a line that is kept open was answered, was moved, or has waited for a while."""
    return f"{settings.PUBLIC_URL}/twilio/standby/{line_id}{ON_THE_LINE}"


def standby_key(line_id: UUID) -> str:
    """Told which key was pressed by whoever answered such a line."""
    return f"{settings.PUBLIC_URL}/twilio/standby-key/{line_id}{ON_THE_LINE}"


def hold(leg_id: UUID) -> str:
    """Asked what somebody on hold hears."""
    return f"{settings.PUBLIC_URL}/twilio/hold/{leg_id}{ON_THE_LINE}"


def announcement(order_id: UUID) -> str:
    """Asked what an announcement in a room says."""
    return f"{settings.PUBLIC_URL}/twilio/announcement/{order_id}{ON_THE_LINE}"


def status(leg_id: UUID) -> str:
    """Told how a leg that we started is getting on."""
    return f"{settings.PUBLIC_URL}/twilio/status/{leg_id}{NEWS}"


def answered_by(leg_id: UUID) -> str:
    """Told whether a person or a machine answered a line that we rang."""
    return f"{settings.PUBLIC_URL}/twilio/answered-by/{leg_id}{NEWS}"


def standby_status(line_id: UUID) -> str:
    """Told how a line that is kept open is getting on."""
    return f"{settings.PUBLIC_URL}/twilio/standby-status/{line_id}{NEWS}"


def number_status() -> str:
    """Told that a call to one of our numbers is over."""
    return f"{settings.PUBLIC_URL}/twilio/number-status{NEWS}"


def browser_status() -> str:
    """Told that what an agent's browser connected is over."""
    return f"{settings.PUBLIC_URL}/twilio/browser-status{NEWS}"


def test_recording() -> str:
    """Told that what was said in a test call was recorded: it is deleted soon."""
    return f"{settings.PUBLIC_URL}/twilio/test-recording{NEWS}"


def conference(call_id: UUID) -> str:
    """Told who enters and leaves the call's room."""
    return f"{settings.PUBLIC_URL}/twilio/conference/{call_id}{NEWS}"


def recording(leg_id: UUID) -> str:
    """Told that a caller's message is ready to be heard."""
    return f"{settings.PUBLIC_URL}/twilio/recording/{leg_id}{NEWS}"


def call_recording(leg_id: UUID, recording_id: UUID) -> str:
    """Told how a recording of the leg is getting on."""
    address = f"{settings.PUBLIC_URL}/twilio/call-recording/{leg_id}"
    return f"{address}?recording={recording_id}{NEWS}"
