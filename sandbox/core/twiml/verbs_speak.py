"""Say, Play, Pause: what a caller is made to hear, and for how long."""

from __future__ import annotations

from sandbox.core.legs import hear_moment
from sandbox.core.media import MediaFailed, media_seconds, reading_seconds
from sandbox.core.sounds import Plays, Says, Tones
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import Run, Step

ENDLESS = 1000
WAITS = {"w": 0.5, "W": 1.0}


async def say(run: Run, verb: Element) -> Step:
    """A voice reads the text, `loop` times."""
    run.answer()
    says = Says(verb.text, verb.get("voice"), verb.get("language", "en-US"))
    seconds = await reading_seconds(run.switch, run.call, says)
    run.hear(says)
    await run.switch.kernel.sleep(_loops(verb) * seconds)
    run.hear()
    return None


async def play(run: Run, verb: Element) -> Step:
    """A sound file is played, `loop` times, or keys are sent."""
    run.answer()
    if "digits" in verb.attributes:
        await play_digits(run, verb.get("digits"))
        return None
    url = run.resolve(verb.text)
    try:
        seconds = await media_seconds(run.switch, run.call, url)
    except MediaFailed as failure:
        run.notify(failure.code, failure.text, url=url)
        return None
    run.hear(Plays(url))
    await run.switch.kernel.sleep(_loops(verb) * seconds)
    run.hear()
    return None


async def play_digits(run: Run, digits: str) -> None:
    """Send keys as sound: `w` waits half a second, `W` a second."""
    for key in digits:
        if key not in WAITS:
            hear_moment(run.switch, run.call, Tones("", key))
        await run.switch.kernel.sleep(WAITS.get(key, run.switch.timings.tone))


async def pause(run: Run, verb: Element) -> Step:
    """Silence. Before anything else in an inbound call's document, it keeps ringing."""
    run.hear()
    await run.switch.kernel.sleep(verb.number("length", 1))
    return None


def _loops(verb: Element) -> int:
    loops = verb.number("loop", 1)
    return min(loops, ENDLESS) if loops else ENDLESS
