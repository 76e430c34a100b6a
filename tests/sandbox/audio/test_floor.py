"""Who hears whom, judged by tones: rooms, hold, mute, coaching, whispers, announcements, queues."""

from __future__ import annotations

import numpy as np

from sandbox.audio.files import wav
from sandbox.audio.sound import of_waves
from sandbox.audio.tones import keys_in, tone
from sandbox.core.calls import Address, Call
from sandbox.core.conferences import Conference
from sandbox.core.effects import FetchAnswer
from sandbox.core.orders import CallOrder, ConferenceUpdate, ParticipantUpdate
from sandbox.core.sounds import HOLD_MUSIC
from tests.sandbox.audio.hall import READING, Hall, Somebody
from tests.sandbox.core.stage import APP, DANA, LENA, OMAR, OURS

HERS, HIS, COACH = 500.0, 700.0, 900.0
ROOM = "<Dial><Conference beep='false'>tea</Conference></Dial>"
MUSIC_HERTZ = 130.81  # the lowest string of the first chord


def in_room(hall: Hall, hertz: float, from_: str = DANA, twiml: str = ROOM) -> Somebody:
    hall.stage.pages["/voice"] = twiml
    return hall.somebody(hall.stage.dials_in(from_).call, hertz)


def tea(hall: Hall) -> Conference:
    room = hall.stage.carrier.open_conference(hall.stage.account, "tea")
    assert room is not None
    return room


def change(hall: Hall, call: Call, update: ParticipantUpdate) -> None:
    hall.stage.carrier.update_participant(tea(hall).participants[call.sid], update)
    hall.stage.town.settle()


def dialled(hall: Hall, twiml: str) -> tuple[Somebody, Somebody]:
    """Dana calls in and is connected with omar."""
    omar = hall.stage.person(OMAR)
    dana = in_room(hall, HERS, twiml=twiml)
    hall.passes(2.0)
    return dana, hall.somebody(omar.call, HIS)


def test_three_in_a_room_hear_the_others_and_not_themselves(hall: Hall) -> None:
    people = {
        hertz: in_room(hall, hertz, from_)
        for hertz, from_ in ((HERS, DANA), (HIS, OMAR), (COACH, LENA))
    }
    hall.listen()
    for own, somebody in people.items():
        assert {hertz for hertz in people if somebody.hears(hertz)} == set(people) - {own}


def test_the_first_one_in_a_room_waits_with_music(hall: Hall) -> None:
    dana = in_room(hall, HERS)
    hall.listen(3.0)
    assert dana.hears_anything()
    assert not dana.hears(HERS)
    omar = in_room(hall, HIS, OMAR)
    hall.listen()
    assert dana.hears(HIS)
    assert omar.hears(HERS)


def test_hold_is_music_for_the_held_and_silence_for_the_other(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    change(hall, dana.call, ParticipantUpdate(hold=True))
    hall.listen(1.0)
    assert dana.hears_anything()
    assert not dana.hears(HIS)
    assert not omar.hears_anything()
    change(hall, dana.call, ParticipantUpdate(hold=False))
    hall.listen()
    assert dana.hears(HIS)
    assert omar.hears(HERS)


def test_a_muted_one_hears_and_is_not_heard(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    change(hall, dana.call, ParticipantUpdate(muted=True))
    hall.listen()
    assert dana.hears(HIS)
    assert not omar.hears_anything()


def test_a_coach_hears_all_and_is_heard_by_the_coached_alone(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    twiml = ROOM.replace("beep", f"coach='{omar.call.sid}' beep")
    sam = in_room(hall, COACH, LENA, twiml)
    hall.listen()
    assert omar.hears(COACH)
    assert not dana.hears(COACH)
    assert sam.hears(HERS)
    assert sam.hears(HIS)


def test_who_barges_in_is_heard_by_all(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    sam = in_room(hall, COACH, LENA, ROOM.replace("beep", "muted='true' beep"))
    hall.listen()
    assert not dana.hears(COACH)
    change(hall, sam.call, ParticipantUpdate(muted=False))
    hall.listen()
    assert dana.hears(COACH)
    assert omar.hears(COACH)


def test_in_a_consultation_the_customer_on_hold_hears_nothing_of_it(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    change(hall, dana.call, ParticipantUpdate(hold=True))
    lena = in_room(hall, COACH, LENA)
    hall.listen()
    assert omar.hears(COACH)
    assert lena.hears(HIS)
    assert not lena.hears(HERS)
    assert not dana.hears(HIS)
    assert not dana.hears(COACH)


def test_an_announcement_covers_the_room(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    hall.stage.pages["/closing"] = "<Say>we close in five minutes so please come to an end</Say>"
    announce = ConferenceUpdate(announce=Address(f"{APP}/closing"))
    hall.stage.carrier.update_conference(tea(hall), announce)
    hall.listen()
    assert dana.hears(READING)
    assert omar.hears(READING)
    assert not omar.hears(HERS)


def test_a_room_beeps_when_somebody_comes(hall: Hall) -> None:
    dana = in_room(hall, HERS)
    in_room(hall, HIS, OMAR)
    dana.hums = False
    in_room(hall, COACH, LENA, ROOM.replace("beep='false'", "beep='true'"))
    dana.heard.clear()
    hall.passes(0.24)
    assert dana.hears(1000)


def test_two_who_are_connected_hear_each_other(hall: Hall) -> None:
    dana, omar = dialled(hall, f"<Dial><Number>{OMAR}</Number></Dial>")
    hall.listen()
    assert dana.hears(HIS)
    assert omar.hears(HERS)
    assert not dana.hears(HERS)
    assert not omar.hears(HIS)


def test_a_whisper_is_heard_by_the_callee_alone(hall: Hall) -> None:
    hall.stage.pages["/whisper"] = "<Say>a call about billing from a very good customer</Say>"
    dana, omar = dialled(hall, f"<Dial><Number url='{APP}/whisper'>{OMAR}</Number></Dial>")
    hall.listen(0.3)
    assert omar.hears(READING)
    assert not omar.hears(HERS)
    assert not dana.hears(READING)
    hall.passes(3.0)
    hall.listen()
    assert omar.hears(HERS)


def test_the_caller_hears_it_ring(hall: Hall) -> None:
    hall.stage.person(OMAR, after=None)
    dana = in_room(hall, HERS, twiml=f"<Dial><Number>{OMAR}</Number></Dial>")
    hall.passes(1.0)
    hall.listen(0.5)
    assert dana.hears(440)
    assert dana.hears(480)


def test_keys_are_heard_by_the_other_side(hall: Hall) -> None:
    dana, omar = dialled(hall, f"<Dial><Number>{OMAR}</Number></Dial>")
    dana.hums = omar.hums = False
    hall.listen()
    dana.call.press("59#")
    hall.passes(1.0)
    assert keys_in(np.concatenate(omar.heard)) == "59#"
    assert not dana.hears_anything()


def test_keys_that_a_document_sends_are_heard(hall: Hall) -> None:
    dana = in_room(hall, HERS, twiml="<Play digits='1w2'/><Pause length='9'/>")
    dana.heard.clear()
    hall.passes(1.5)
    assert keys_in(np.concatenate(dana.heard)) == "12"


def test_a_file_is_heard_from_its_beginning_as_often_as_asked(hall: Hall) -> None:
    first, second = of_waves(tone(800, 0.5)), of_waves(tone(1200, 0.5))
    file = wav([np.concatenate((first, second))])
    hall.stage.pages["/chime.wav"] = FetchAnswer(200, {"Content-Type": "audio/wav"}, file)
    dana = in_room(hall, HERS, twiml=f"<Play loop='2'>{APP}/chime.wav</Play><Pause length='9'/>")
    dana.heard.clear()
    for expected in (800, 1200, 800, 1200):
        hall.listen(0.3, settling=0.1)
        assert dana.hears(expected)
        assert not dana.hears(2000 - expected)
        hall.passes(0.1)
    hall.listen()
    assert not dana.hears_anything()


def test_one_who_waits_in_a_queue_hears_its_document(hall: Hall) -> None:
    hall.stage.pages["/wait"] = f"<Say>you are second</Say><Play>{APP}/song.wav</Play>"
    song = FetchAnswer(200, {"Content-Type": "audio/wav"}, wav([of_waves(tone(1100, 3.0))]))
    hall.stage.pages["/song.wav"] = song
    dana = in_room(hall, HERS, twiml=f"<Enqueue waitUrl='{APP}/wait'>support</Enqueue>")
    hall.listen(0.3)
    assert dana.hears(READING)
    hall.passes(1.0)
    hall.listen()
    assert dana.hears(1100)


def test_a_call_to_a_number_of_ours_carries_sound_through_both_legs(hall: Hall) -> None:
    """Dana dials a number of the carrier's that answers with a room where omar is."""
    hall.stage.pages["/room"] = ROOM
    omar = in_room(hall, HIS, OMAR)
    hall.stage.pages["/out"] = f"<Dial><Number>{OURS}</Number></Dial>"
    hall.stage.person(LENA)
    call = hall.stage.carrier.create_call(
        hall.stage.account, CallOrder(to=LENA, from_=OURS, document=Address(f"{APP}/out"))
    )
    hall.passes(2.0)
    lena = hall.somebody(call, COACH)
    hall.passes(2.0)
    hall.listen()
    assert lena.hears(HIS)
    assert omar.hears(COACH)
    assert not lena.hears(COACH)
    assert not omar.hears(HIS)


def test_one_who_has_hung_up_is_heard_no_more(hall: Hall) -> None:
    dana, omar = in_room(hall, HERS), in_room(hall, HIS, OMAR)
    lena = in_room(hall, COACH, LENA)
    hall.listen()
    assert omar.hears(HERS)
    dana.call.hang_up()
    hall.listen()
    assert not omar.hears(HERS)
    assert omar.hears(COACH)
    assert lena.hears(HIS)


def test_with_nobody_listening_there_is_nothing_to_do(hall: Hall) -> None:
    assert not hall.floor.busy
    hall.stage.pages["/voice"] = ROOM
    dana = hall.stage.dials_in()
    assert not hall.floor.busy
    there = hall.somebody(dana.call, HERS)
    assert hall.floor.busy
    hall.floor.unplug(dana.call, there.heard.append)
    assert HOLD_MUSIC in dana.hears_now


def test_whoever_takes_a_leg_over_hears_it_alone(hall: Hall) -> None:
    """A browser that has come back after its connection broke replaces what it was before."""
    in_room(hall, HIS, OMAR)
    before = in_room(hall, HERS)
    after = hall.somebody(before.call, COACH)
    hall.listen()
    assert after.hears(HIS)
    assert not before.heard
