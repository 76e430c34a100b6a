"""A carrier that is heard, and pages with Twilio's own SDK; a tone is each one's microphone."""

from __future__ import annotations

import io
import time
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests
from aiohttp import web
from playwright.sync_api import Browser, Page, Playwright
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from sandbox.audio.files import wav
from sandbox.audio.sound import RATE, Sound, of_waves, silence
from sandbox.audio.tones import tone
from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Call
from tests.conftest import find_chromium, playing
from tests.sandbox.server.office import FAST, Office

HERE = Path(__file__).parent
SDK = (
    Path(__file__).parents[3] / "node_modules" / "@twilio" / "voice-sdk" / "dist" / "twilio.min.js"
)
PATIENCE = 30.0
ADA, BEN = 1000.0, 700.0  # hertz of their microphones
HEARD = -55.0  # decibels: a tone that is there
UNHEARD = -65.0  # one that is not
FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # A machine without any network interface has only loopback to meet at.
    "--allow-loopback-in-peer-connection",
    "--disable-dev-shm-usage",
)


class House(Office):
    """An office whose account has a key for access tokens and a TwiML App."""

    def __init__(self) -> None:
        super().__init__(FAST, heard=True)
        self.app.doors |= {
            "/page": self._page,
            "/twilio.min.js": self._sdk,
            "/silence.wav": self._silence,
        }
        self.key, self.secret = self.do(lambda: self.carrier.add_api_key(self.account))
        self.application = self.do(
            lambda: self.carrier.add_application(
                self.account, "softphone", VoiceUrls(voice_url=f"{self.app_url}/voice")
            )
        )

    def token(self, identity: str, *, seconds: int = 600, takes_calls: bool = True) -> str:
        """What the application's server gives to a page, made by Twilio's own library."""
        token = AccessToken(self.account.sid, self.key, self.secret, identity=identity, ttl=seconds)
        token.add_grant(
            VoiceGrant(
                incoming_allow=takes_calls,
                outgoing_application_sid=self.application.sid,
                outgoing_application_params={"team": "support"},
            )
        )
        return str(token.to_jwt())

    def drop_sockets(self) -> None:
        """Every signalling socket breaks at once, as when the way between is cut."""

        async def drop() -> None:
            for socket in tuple(self.sounding.gateway.sockets):
                await socket.close(code=1001)

        self.run(drop())

    def hums(self, call: Call, hertz: float) -> None:
        """The far end of an ordinary leg says a tone for a minute."""
        self.do(lambda: self.sounding.floor.say(call, of_waves(tone(hertz, 60.0))))

    def finished_recordings(self) -> list[str]:
        return [r.sid for r in self.carrier.recordings.values() if r.status == "completed"]

    def last_second_of(self, sid: str) -> list[Sound]:
        """Of each channel of a recording, as REST serves it, the second before the last tenth."""
        url = f"{self.url}/2010-04-01/Accounts/{self.account.sid}/Recordings/{sid}.wav"
        with wave.open(io.BytesIO(requests.get(url, timeout=PATIENCE).content)) as file:
            channels = file.getnchannels()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        end = -RATE // 10
        return [samples[number::channels][end - RATE : end] for number in range(channels)]

    def renewed(self) -> bool:
        """Whether some call has had another connection since it began."""
        talks = self.sounding.gateway.exchange.talks.values()
        return any(talk.connections > 1 for talk in talks)

    async def _page(self, _: web.Request) -> web.Response:
        text = (HERE / "page.html").read_text().replace("CARRIER", self.url)
        return web.Response(text=text, content_type="text/html")

    async def _sdk(self, _: web.Request) -> web.Response:
        return web.Response(text=SDK.read_text(), content_type="text/javascript")

    async def _silence(self, _: web.Request) -> web.Response:
        return web.Response(body=wav([silence(RATE // 10)]), content_type="audio/wav")


def tone_file(folder: Path, hertz: float) -> Path:
    """A microphone's sound for Chromium: a whole number of periods, played over and over."""
    path, rate = folder / f"{hertz:.0f}.wav", 48000
    waves = np.sin(2 * np.pi * hertz * np.arange(rate) / rate) * 0.4
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(of_waves(waves).tobytes())
    path.write_bytes(file.getvalue())
    return path


def open_browser(playwright: Playwright, folder: Path, hertz: float) -> Browser:
    """A Chromium whose microphone hums at this pitch."""
    microphone = f"--use-file-for-fake-audio-capture={tone_file(folder, hertz)}"
    return playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, microphone])


@contextmanager
def humming(folder: Path, hertz: float) -> Iterator[Browser]:
    """The same, in a Playwright of its own."""
    with playing(lambda playwright: open_browser(playwright, folder, hertz)) as browser:
        yield browser


class Ears:
    """Whoever sits at a page and hears what comes out of it."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        page.add_init_script(path=HERE / "listen.js")

    def levels(self, *pitches: float, seconds: float = 0.6) -> tuple[list[float], float]:
        found = self.page.evaluate(
            "([pitches, time]) => levelsHeard(pitches, time)", [list(pitches), seconds * 1000]
        )
        return found["pitches"], found["loudest"]

    def waits_to_hear(self, *pitches: float, nothing_of: Sequence[float] = ()) -> None:
        """All of these at once, and none of those, within patience."""
        deadline, heard, others = time.monotonic() + PATIENCE, [-200.0], [0.0]
        while time.monotonic() < deadline:
            levels, _ = self.levels(*pitches, *nothing_of)
            heard, others = levels[: len(pitches)], levels[len(pitches) :]
            if min(heard) > HEARD and max(others, default=-200.0) < UNHEARD:
                return
        raise AssertionError(
            f"{self.name} does not hear {pitches}: {heard}, or still {nothing_of}: {others}"
        )

    @contextmanager
    def catches(self, *pitches: float) -> Iterator[None]:
        """What is done meanwhile makes them sound together for a moment."""
        self.levels(*pitches, seconds=0)  # a first look takes its time
        listening = "([all, level, time]) => { window.caught = togetherHeard(all, level, time) }"
        self.page.evaluate(listening, [list(pitches), HEARD, PATIENCE * 1000])
        yield
        together = self.page.evaluate("caught")
        assert together > HEARD, f"{self.name} did not hear {pitches}: {together} dB"

    def waits_not_to_hear(self, *pitches: float) -> None:
        """None of these for a whole second, within patience."""
        deadline, levels = time.monotonic() + PATIENCE, [0.0]
        while time.monotonic() < deadline:
            levels, _ = self.levels(*pitches, seconds=1.0)
            if max(levels) < UNHEARD:
                return
        raise AssertionError(f"{self.name} still hears {pitches}: {levels}")

    def waits_for_silence(self) -> None:
        """Nothing at all for a whole second, within patience."""
        deadline, loudest = time.monotonic() + PATIENCE, 0.0
        while time.monotonic() < deadline:
            _, loudest = self.levels(seconds=1.0)
            if loudest < UNHEARD:
                return
        raise AssertionError(f"{self.name} still hears something: {loudest} dB")

    def waits_for_sound(self) -> None:
        """Anything at all, within patience."""
        deadline, loudest = time.monotonic() + PATIENCE, -200.0
        while time.monotonic() < deadline:
            _, loudest = self.levels()
            if loudest > HEARD:
                return
        raise AssertionError(f"{self.name} hears nothing: {loudest} dB")


class Phone(Ears):
    """One page with the SDK, and what a person does with it."""

    def __init__(self, page: Page, house: House, identity: str, hertz: float) -> None:
        super().__init__(page, identity)
        self.house = house
        self.identity = identity
        self.hertz = hertz

    def opens(self, *, seconds: int = 600, **options: Any) -> None:
        """Load the page and start the SDK; it does not take calls yet."""
        self.page.goto(f"{self.house.app_url}/page")
        token = self.house.token(self.identity, seconds=seconds)
        self.page.evaluate("([token, options]) => start(token, options)", [token, options])

    def registers(self, **options: Any) -> None:
        self.opens(**options)
        self.page.evaluate("phone.device.register()")
        self.waits_for("registered")

    def dials(self, params: Mapping[str, str] | None = None) -> None:
        self.page.evaluate("dial", dict(params or {}))

    def accepts(self) -> None:
        self.page.evaluate("phone.call.accept({rtcConstraints: {audio: plain}})")
        self.waits_for("accept")

    def does(self, what: str) -> Any:
        """Something with the call: `mute(true)`, `sendDigits('1')`, `disconnect()`."""
        return self.page.evaluate(f"() => {{ phone.call.{what} }}")

    @property
    def happened(self) -> list[str]:
        found: list[str] = self.page.evaluate("phone.happened")
        return found

    @property
    def errors(self) -> list[str]:
        found: list[str] = self.page.evaluate("phone.errors")
        return found

    def forgets(self) -> None:
        self.page.evaluate("() => { phone.happened = []; phone.errors = [] }")

    def waits_for(self, event: str) -> None:
        self.page.wait_for_function(
            "name => phone.happened.includes(name)", arg=event, timeout=PATIENCE * 1000
        )
