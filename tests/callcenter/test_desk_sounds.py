"""The desk's sounds: what is in the repository is what the command makes, and can be heard."""

import wave
from pathlib import Path

import pytest
from django.conf import settings

from callcenter.management.commands.make_desk_sounds import RATE, sounds, write

FOLDER = Path(settings.BASE_DIR) / "static" / "audio" / "desk"


def samples(path: Path) -> list[int]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        heard = file.readframes(file.getnframes())
    return [
        int.from_bytes(heard[n : n + 2], "little", signed=True) for n in range(0, len(heard), 2)
    ]


def test_the_files_are_what_the_command_makes(tmp_path: Path) -> None:
    write(tmp_path)
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in tmp_path.iterdir()}
    for made in tmp_path.iterdir():
        kept, anew = samples(FOLDER / made.name), samples(made)
        assert len(kept) == len(anew)
        # Machines round a sine differently.
        assert max(abs(one - other) for one, other in zip(kept, anew, strict=True)) <= 1


@pytest.mark.parametrize("name", sorted(sounds()))
def test_each_is_heard_begins_and_ends_softly_and_is_short(name: str) -> None:
    heard = sounds()[name]
    assert 4_000 < max(heard) < 32_767
    assert abs(heard[0]) < 300
    assert abs(heard[-1]) < 300
    assert len(heard) <= 3 * RATE


def test_no_two_keys_sound_the_same() -> None:
    keys = [tuple(heard) for name, heard in sounds().items() if name.startswith("key-")]
    assert len(set(keys)) == len(keys) == 12
