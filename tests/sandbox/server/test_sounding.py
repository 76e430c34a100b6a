"""A carrier that is heard, on the real clock: the packaged voice, real tapes, things that fail."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sandbox.audio.files import wav
from sandbox.audio.sound import RATE, Sound, of_waves
from sandbox.audio.tones import strength, tone
from sandbox.audio.voices import installed, open_voice
from sandbox.drivers.workshop import MOST_UNREAD, ReaderProcess, RealWorkshop
from tests.sandbox.server.office import Office

PATIENCE = 30.0
WELCOME = "Welcome to the shop. Thank you for calling, and please hold the line."
NOBODY = (
    sys.executable,
    "-c",
    "from sandbox.audio import reader; reader.installed = str; reader.main()",
)
MUTE = (sys.executable, "-c", """print('{"voice": "mute"}', flush=True); input(); input()""")
GONE = (sys.executable, "-c", 'print(\'{"voice": "dead"}\', flush=True)')


@pytest.fixture
def heard_office() -> Iterator[Office]:
    place = Office(heard=True)
    yield place
    place.close()


def tape_of(office: Office, sid: str) -> list[Sound]:
    body = office.do(lambda: office.carrier.sound_of(office.carrier.recordings[sid]))
    with wave.open(io.BytesIO(body)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return [samples[number :: file.getnchannels()] for number in range(file.getnchannels())]


def reads(reader: ReaderProcess, text: str) -> Sound | None:
    async def once() -> Sound | None:
        try:
            return await reader.read(text, 1.0)
        finally:
            await reader.stop()

    return asyncio.run(once())


def test_the_packaged_voice_is_there() -> None:
    assert installed() == "hibari"


def test_it_reads_a_sentence_at_the_pace_of_a_person() -> None:
    sound = reads(ReaderProcess(), "Welcome to the shop. For billing press one.")
    assert sound is not None
    assert 2 * RATE < sound.size < 6 * RATE
    assert np.abs(sound).max() > 5000


@pytest.mark.parametrize("command", [NOBODY, MUTE, GONE])
def test_a_voice_that_fails_is_nobody_and_keeps_nobody_waiting(command: tuple[str, ...]) -> None:
    assert reads(ReaderProcess(command, patience=1.0), "hello") is None


@pytest.mark.parametrize("name", ["flite", "espeak-ng", "espeak"])
def test_a_program_of_the_machine_reads_where_no_voice_is_packaged(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program here puts a tone where it is told to: what is tried is how it is asked."""
    (tmp_path / "tone.wav").write_bytes(wav([of_waves(tone(600, 1.0))]))
    program = tmp_path / name
    program.write_text(f'#!/bin/sh\nfor sound; do :; done\ncp "{tmp_path}/tone.wav" "$sound"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    sound = open_voice(name)("hello", 1.0)
    assert strength(sound, 600) > 0.2
    assert strength(open_voice(name)("hello", 1.1), 660) > 0.2


def test_a_voice_that_has_ended_is_started_anew() -> None:
    async def killed_in_between() -> list[Sound | None]:
        reader = ReaderProcess()
        try:
            first = await reader.read("one", 1.0)
            await reader.stop()
            return [first, await reader.read("two", 1.0)]
        finally:
            await reader.stop()

    assert all(sound is not None for sound in asyncio.run(killed_in_between()))


def test_a_voice_that_cannot_keep_up_leaves_texts_to_tones_instead_of_callers_waiting() -> None:
    async def many() -> list[Sound | None]:
        workshop = RealWorkshop(lambda: None, ReaderProcess(MUTE, patience=PATIENCE))
        found: list[Sound | None] = []
        for number in range(MOST_UNREAD + 2):
            workshop.read(f"text {number}", 1.0, found.append)
        at_once = list(found)
        await workshop.stop()
        return at_once

    assert asyncio.run(many()) == [None, None]


def test_a_prompt_is_read_out_onto_the_tape(heard_office: Office) -> None:
    office = heard_office
    menu = f"<Response><Say>{WELCOME}</Say><Pause length='60'/></Response>"
    office.app.documents["/voice"] = menu
    call = office.dana_dials()
    office.until(lambda: call.answered, PATIENCE)
    tape = office.client().calls(call.sid).recordings.create(recording_channels="dual")
    office.until(lambda: call.activity == "Pause", PATIENCE)
    office.do(call.hang_up)
    office.until(lambda: office.carrier.recordings[tape.sid].status == "completed", PATIENCE)
    own, other = tape_of(office, tape.sid)
    assert not own.any()
    assert np.abs(other).max() > 5000


def test_who_follows_a_script_speaks_with_a_voice(heard_office: Office) -> None:
    office = heard_office
    talk = "<Response><Dial record='record-from-answer-dual'>+15550100001</Dial></Response>"
    office.app.documents["/voice"] = talk
    call = office.dana_dials()
    office.until(lambda: call.recording_sids, PATIENCE)
    office.do(lambda: call.speak("my parcel has not arrived yet"))
    mouth = office.sounding.floor.seat(call).mouth
    office.until(lambda: mouth.speaks, PATIENCE)
    office.until(lambda: not mouth.speaks, PATIENCE)
    office.do(call.hang_up)
    (sid,) = call.recording_sids
    office.until(lambda: office.carrier.recordings[sid].status == "completed", PATIENCE)
    own, other = tape_of(office, sid)
    assert np.abs(own).max() > 5000
    assert not other.any()
