"""How long things take when they are really heard, and who is told when they cannot be."""

from __future__ import annotations

import numpy as np

from sandbox.audio.tones import strength
from sandbox.core.effects import FetchAnswer
from tests.sandbox.audio.hall import READING, SECONDS_A_WORD, Hall, Somebody
from tests.sandbox.audio.test_sounds import mp3
from tests.sandbox.core.stage import APP, DANA, OMAR

HERS, HIS = 500.0, 700.0
SONG = f"<Play>{APP}/song.mp3</Play><Redirect>{APP}/after</Redirect>"


def calls(hall: Hall, twiml: str) -> Somebody:
    hall.stage.pages["/voice"] = twiml
    hall.stage.pages["/after"] = "<Pause length='60'/>"
    return hall.somebody(hall.stage.dials_in(DANA).call, HERS)


def served(hall: Hall, body: bytes) -> None:
    hall.stage.pages["/song.mp3"] = FetchAnswer(200, {"Content-Type": "audio/mpeg"}, body)


def test_a_text_takes_as_long_as_the_voice_needs(hall: Hall) -> None:
    calls(hall, f"<Say>one two three four</Say><Redirect>{APP}/after</Redirect>")
    hall.passes(3.0)
    assert 4 * SECONDS_A_WORD <= hall.stage.last("/after").at <= 4 * SECONDS_A_WORD + 0.1


def test_read_twice_takes_twice_as_long_and_is_rendered_once(hall: Hall) -> None:
    calls(hall, f"<Say loop='2'>one two</Say><Redirect>{APP}/after</Redirect>")
    hall.passes(3.0)
    assert 4 * SECONDS_A_WORD <= hall.stage.last("/after").at <= 4 * SECONDS_A_WORD + 0.1
    assert hall.voice.read_out == ["one two"]


def test_a_song_takes_as_long_as_it_is(hall: Hall) -> None:
    served(hall, mp3(800, 2.0))
    dana = calls(hall, SONG)
    hall.listen(1.0)
    assert dana.hears(800)
    hall.passes(3.0)
    assert 1.9 <= hall.stage.last("/after").at <= 2.2


def test_a_song_that_is_no_sound_is_in_the_debugger_and_passed_over(hall: Hall) -> None:
    served(hall, b"this is no song")
    calls(hall, SONG)
    hall.passes(1.0)
    assert 12300 in hall.stage.codes()
    assert hall.stage.at("/after")


def test_without_a_voice_there_are_pips_and_a_line_in_the_debugger(hall: Hall) -> None:
    hall.voice.has_voice = False
    dana = calls(hall, "<Say>welcome to the shop</Say><Say>press one</Say><Pause length='9'/>")
    dana.heard.clear()
    hall.passes(0.15)
    assert dana.hears(523)
    hall.passes(4.0)
    assert hall.stage.codes() == [99002]


def test_a_script_is_heard_by_the_other_side_in_the_same_voice_each_time(hall: Hall) -> None:
    omar = hall.stage.person(OMAR)
    dana = calls(hall, f"<Dial><Number>{OMAR}</Number></Dial>")
    hall.passes(2.0)
    dana.heard.clear()
    omar.call.speak("good morning to you")
    hall.passes(1.0)
    assert strength(np.concatenate(dana.heard), READING) > 0.1
    omar.call.speak("good morning to you")
    hall.passes(1.0)
    assert hall.voice.read_out == ["good morning to you"]


def test_what_nobody_could_hear_is_not_read_out(hall: Hall) -> None:
    hall.stage.pages["/voice"] = "<Pause length='9'/><Say>bye</Say>"
    dana = hall.stage.dials_in()
    dana.call.speak("is anybody there")
    hall.passes(1.0)
    assert hall.voice.read_out == []


def test_a_caller_who_hangs_up_while_a_text_is_being_read_disturbs_nobody(hall: Hall) -> None:
    hall.voice.at_once = False
    dana = calls(hall, "<Say>a very long welcome</Say>")
    hall.passes(0.5)
    dana.call.hang_up()
    hall.passes(0.5)
    hall.voice.unread[0](None)
    hall.passes(0.5)
    assert dana.call.ended


def test_nothing_to_read_takes_no_time(hall: Hall) -> None:
    calls(hall, f"<Say></Say><Redirect>{APP}/after</Redirect>")
    hall.passes(0.5)
    assert hall.stage.at("/after")
