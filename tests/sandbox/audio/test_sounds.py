"""Samples, telephone coding, tones, music and files."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from sandbox.audio import mulaw
from sandbox.audio.files import NotSound, decode, wav
from sandbox.audio.library import Library
from sandbox.audio.mouths import MOST, Microphone, Mouth
from sandbox.audio.music import hold_music, pitch
from sandbox.audio.sound import LOUDEST, RATE, SILENCE, TICK, Sound, mix, of_waves, resample
from sandbox.audio.tones import beep, key_sound, keys_in, ringback, strength, tone
from sandbox.audio.tones import words_without_voice as pips


def hum(hertz: float, seconds: float = 1.0) -> Sound:
    return of_waves(tone(hertz, seconds))


def all_of(microphone: Microphone) -> list[Sound]:
    taken: list[Sound] = []
    while (part := microphone.take()) is not None:
        taken.append(part)
    return taken


def mp3(hertz: float, seconds: float) -> bytes:
    file, rate = io.BytesIO(), 44100
    waves = np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (waves * 8000).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.rate, frame.pts = rate, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def test_two_voices_at_once_are_their_sum() -> None:
    both = mix((hum(440), hum(660)))
    assert strength(both, 440) == pytest.approx(0.3, abs=0.01)
    assert strength(both, 660) == pytest.approx(0.3, abs=0.01)


def test_what_would_be_too_loud_is_as_loud_as_can_be() -> None:
    loud = np.full(TICK, 30000, dtype=np.int16)
    assert mix((loud, loud)).max() == LOUDEST
    assert mix((-loud, -loud)).min() == -LOUDEST


def test_nobody_at_all_is_silence() -> None:
    assert not mix(()).any()


def test_another_rate_keeps_the_pitch_and_the_length() -> None:
    waves = np.sin(2 * np.pi * 1000 * np.arange(24000) / 24000)
    sound = of_waves(resample(waves, 24000))
    assert sound.size == RATE
    assert strength(sound, 1000) > 0.9


def test_what_a_telephone_cannot_carry_does_not_come_back_as_another_tone() -> None:
    waves = np.sin(2 * np.pi * 7000 * np.arange(24000) / 24000)
    assert np.abs(of_waves(resample(waves, 24000))).max() < 100


def test_mulaw_keeps_every_sample_within_a_thirtieth() -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    off = np.abs(mulaw.decode(mulaw.encode(samples)).astype(int) - samples)
    assert (off <= np.abs(samples.astype(int)) / 30 + 4).all()


def test_known_codes_of_the_standard() -> None:
    assert mulaw.encode(SILENCE)[:1] == b"\xff"
    assert mulaw.decode(b"\x00\x80").tolist() == [-32124, 32124]


@pytest.mark.parametrize("key", "1234567890*#ABCD")
def test_each_key_is_recognised_by_its_sound(key: str) -> None:
    assert keys_in(key_sound(key)) == key


def test_a_number_is_recognised_key_by_key() -> None:
    pause = np.zeros(400, dtype=np.int16)
    dialled = np.concatenate([part for key in "5550177" for part in (key_sound(key), pause)])
    assert keys_in(dialled) == "5550177"


def test_music_voices_and_beeps_are_no_keys() -> None:
    assert keys_in(hold_music()) == ""
    assert keys_in(beep()) == ""
    assert keys_in(ringback()) == ""


def test_hold_music_is_the_same_every_time_and_never_silent_for_long() -> None:
    music = hold_music()
    assert pitch("A4") == 440
    assert np.abs(music).max() < LOUDEST
    for start in range(0, music.size, RATE):
        assert np.abs(music[start : start + RATE]).max() > 500


def test_a_stand_in_for_words_is_longer_for_more_of_them() -> None:
    assert pips("one two three").size > pips("one").size
    assert np.abs(pips("one")).max() > 1000


def test_a_wav_file_comes_back_as_it_went() -> None:
    left, right = hum(440), hum(660)
    back = decode("audio/wav", wav([left, right]))
    assert back.size == left.size
    assert strength(back, 440) > 0.1
    assert strength(back, 660) > 0.1


def test_an_mp3_file_is_heard_at_its_pitch_and_length() -> None:
    sound = decode("audio/mpeg", mp3(523, 2.0))
    assert sound.size == pytest.approx(2 * RATE, abs=RATE // 10)
    assert strength(sound, 523) > 0.1


def test_bare_mulaw_is_heard() -> None:
    assert strength(decode("audio/basic", mulaw.encode(hum(523))), 523) > 0.2


@pytest.mark.parametrize("body", [b"", b"<html>Sorry</html>", b"RIFF\x04\x00\x00\x00WAVE"])
def test_what_is_no_sound_is_refused(body: bytes) -> None:
    with pytest.raises(NotSound):
        decode("audio/mpeg", body)


def test_a_microphone_is_let_through_once_there_is_enough_to_be_steady() -> None:
    microphone, sound = Microphone(), hum(440, 0.08)
    microphone.hear(sound[:TICK])
    assert microphone.take() is None
    microphone.hear(sound[TICK : TICK * 3])
    assert [part.size for part in all_of(microphone)] == [TICK] * 3


def test_samples_that_make_no_whole_tick_wait_for_the_next() -> None:
    microphone, sound = Microphone(), hum(440, 0.1)
    for start in range(0, sound.size, 100):
        microphone.hear(sound[start : start + 100])
    heard = np.concatenate(all_of(microphone))
    assert (heard == sound[: heard.size]).all()
    assert heard.size == sound.size


def test_sound_that_has_piled_up_is_dropped_rather_than_said_late() -> None:
    microphone = Microphone()
    microphone.hear(hum(440, (MOST + 5) * TICK / RATE))
    assert len(all_of(microphone)) < MOST


def test_sentences_are_said_one_after_another() -> None:
    mouth = Mouth()
    mouth.say(hum(440, 0.05))
    mouth.say(hum(660, 0.05))
    said = []
    while mouth.speaks:
        said.append(mouth.take())
    half = len(said) // 2
    assert strength(np.concatenate(said[:half]), 440) > 0.1
    assert strength(np.concatenate(said[half:]), 660) > 0.1
    assert not mouth.take().any()


def test_texts_that_nobody_asked_for_in_a_while_make_room() -> None:
    library = Library(most_read=RATE)
    library.keep_reading("old", 1.0, hum(440, 0.4))
    library.keep_reading("used", 1.0, hum(440, 0.4))
    library.reading("old", 1.0)
    library.keep_reading("new", 1.0, hum(440, 0.4))
    assert library.reading("used") is None
    assert library.reading("old") is not None
    assert library.reading("new") is not None
