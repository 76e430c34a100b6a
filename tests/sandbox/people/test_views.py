"""What the console says of calls, rooms and queues, on a clock that is turned by hand."""

import pytest

from sandbox.console import views
from sandbox.console.actions import ACTIONS, Impossible, act
from sandbox.console.panels import in_families
from sandbox.core.calls import Call
from sandbox.core.orders import ParticipantUpdate
from sandbox.core.sounds import Hearing, Plays, Ringback, Says, Silence, Talk
from sandbox.people import when_called
from sandbox.people.words import script
from sandbox.world import World
from tests.sandbox.people.town_square import DANA, NINA, OFFICE, OMAR, Square, written

ROOM = "<Response><Dial><Conference beep='false'>room</Conference></Dial></Response>"


@pytest.fixture
def floor(square: Square) -> views.Floor:
    looked_at = views.Floor(square.carrier)
    looked_at.start()
    return looked_at


def leg_of(square: Square, call: Call) -> views.LegView:
    return views.leg(square.carrier, call)


def somebody(square: Square, number: str, name: str) -> None:
    square.town.add(name, number, called=script(written("[answers, waits for the end]")))


def in_a_room(square: Square) -> dict[str, Call]:
    """Dana, Omar and Nina in one room; by name."""
    calls = {}
    for name, number in (("dana", DANA), ("omar", OMAR), ("nina", NINA)):
        somebody(square, number, name)
        calls[name] = square.rings(number, twiml=ROOM)
    square.advance(10)
    return calls


def seats(square: Square) -> dict[str, views.SeatView]:
    (room,) = views.rooms(square.carrier.conferences.values())
    return {seat.who: seat for seat in room.seats}


def change(square: Square, call: Call, **update: object) -> None:
    (room,) = square.carrier.conferences.values()
    participant = room.find(call.sid)
    assert participant is not None
    square.carrier.update_participant(
        participant,
        ParticipantUpdate(**update),  # type: ignore[arg-type]  # named by the test
    )
    square.driver.settle()


def test_calls_that_are_over_leave_the_floor(square: Square, floor: views.Floor) -> None:
    dana = square.person()
    call = dana.lifts(OFFICE)
    assert list(floor.live) == [call.sid]
    square.advance(3)
    call.hang_up()
    square.advance(1)
    assert floor.live == {}


def test_a_floor_that_is_opened_late_sees_who_is_there(square: Square) -> None:
    call = square.person().lifts(OFFICE)
    late = views.Floor(square.carrier)
    late.start()
    assert list(late.live) == [call.sid]


def test_a_leg_names_its_far_end_and_the_other_number(square: Square) -> None:
    inbound = leg_of(square, square.person().lifts(OFFICE))
    outbound = leg_of(square, square.rings(OMAR))
    assert (inbound.who, inbound.number, inbound.other) == ("dana", DANA, OFFICE)
    assert (outbound.who, outbound.number, outbound.other) == (OMAR, OMAR, OFFICE)


def test_only_a_called_telephone_can_be_answered(square: Square) -> None:
    call = square.rings(OMAR)
    square.advance(1)
    assert leg_of(square, call).rings_here
    assert not leg_of(square, square.person().lifts(OFFICE)).rings_here


def test_a_dialled_leg_stands_below_its_parent(square: Square, floor: views.Floor) -> None:
    somebody(square, OMAR, "omar")
    square.documents["/voice"] = f"<Response><Dial>{OMAR}</Dial></Response>"
    square.person().lifts(OFFICE)
    square.advance(10)
    legs = in_families([leg_of(square, call) for call in floor.live.values()])
    assert [each.who for each in legs] == ["dana", "omar"]
    assert legs[1].parent_sid == legs[0].sid
    assert [each.text for each in legs[0].hears] == ["omar"]


def test_every_sound_is_told_in_words(square: Square) -> None:
    call = square.person().lifts(OFFICE)
    told: dict[Hearing, tuple[str, str]] = {
        Says("Press 1"): ("voice", "“Press 1”"),
        Plays("https://app.example/music/hold.mp3"): ("music", "hold.mp3"),
        Plays("https://app.example/"): ("music", "https://app.example/"),
        Ringback(): ("ringing", "ringing"),
        Silence(): ("silence", "silence"),
        Talk(call.sid): ("person", "dana"),
        Talk("CA-gone"): ("person", "CA-gone"),
    }
    for heard, (kind, text) in told.items():
        assert views.sound(square.carrier, heard) == views.Sound(kind, text)


def test_everybody_in_a_room_hears_everybody_else(square: Square) -> None:
    in_a_room(square)
    assert {who: seat.hears for who, seat in seats(square).items()} == {
        "dana": ("nina", "omar"),
        "omar": ("dana", "nina"),
        "nina": ("dana", "omar"),
    }


def test_the_held_hear_nobody_and_are_heard_by_nobody(square: Square) -> None:
    calls = in_a_room(square)
    change(square, calls["dana"], hold=True)
    seated = seats(square)
    assert seated["dana"].hold
    assert seated["dana"].hears == ()
    assert seated["omar"].hears == ("nina",)


def test_a_coach_is_heard_by_the_coached_alone(square: Square) -> None:
    calls = in_a_room(square)
    change(square, calls["nina"], coaching=True, call_sid_to_coach=calls["omar"].sid)
    seated = seats(square)
    assert seated["nina"].coaches == "omar"
    assert seated["omar"].hears == ("dana", "nina")
    assert seated["dana"].hears == ("omar",)


def test_the_sentence_about_a_room_names_who_is_heard(square: Square) -> None:
    calls = in_a_room(square)
    assert [each.text for each in leg_of(square, calls["dana"]).hears] == ["nina, omar, in room"]


def test_rooms_that_are_over_are_not_shown(square: Square) -> None:
    for call in in_a_room(square).values():
        call.hang_up()
    square.advance(5)
    assert views.rooms(square.carrier.conferences.values()) == []


def test_those_who_wait_are_shown_in_their_order(square: Square) -> None:
    square.documents["/voice"] = "<Response><Enqueue>claims</Enqueue></Response>"
    for number, name in ((DANA, "dana"), (NINA, "nina")):
        square.person(number, name).lifts(OFFICE)
        square.advance(7)
    (queue,) = views.queues(square.carrier)
    assert [(each.position, each.who) for each in queue.waiting] == [(1, "dana"), (2, "nina")]
    assert (queue.name, queue.size) == ("claims", 2)
    assert queue.average > 0


@pytest.mark.parametrize(("after", "state"), [(0.0, "idle"), (1.0, "rings"), (10.0, "talks")])
def test_a_telephone_is_idle_then_rings_then_is_in_use(
    square: Square, after: float, state: str
) -> None:
    dana = square.town.add("dana", DANA)
    when_called(script(written("[answers after: 3, waits: 60]")), dana)
    if after:
        square.rings(DANA)
        square.advance(after)
    assert views.phone(dana).state == state


def test_a_caller_who_is_not_through_yet_is_calling(square: Square) -> None:
    square.documents["/voice"] = "<Response><Pause length='5'/><Say>Hello</Say></Response>"
    dana = square.person()
    dana.lifts(OFFICE)
    square.advance(2)
    assert views.phone(dana).state == "calls"


# what visitors do, without HTTP


@pytest.fixture
def world(square: Square) -> World:
    return World(square.carrier, square.town, seed=7)


def test_one_telephone_cannot_call_twice(square: Square, world: World) -> None:
    act(world, {"do": "dial", "from": DANA, "to": OFFICE})
    with pytest.raises(Impossible, match="is in a call already"):
        act(world, {"do": "dial", "from": DANA, "to": OFFICE})


def test_whoever_was_called_in_as_keeps_a_telephone(square: Square, world: World) -> None:
    act(world, {"do": "dial", "from": NINA, "to": OFFICE})
    assert [each.number for each in views.phones(square.town)] == [NINA]


def test_a_behaving_number_calls_in_without_moving_in(square: Square, world: World) -> None:
    act(world, {"do": "dial", "from": "+15559000001", "to": OFFICE})
    assert views.phones(square.town) == []


def test_long_speeches_are_cut(square: Square, world: World) -> None:
    call = square.person().lifts(OFFICE)
    square.advance(3)
    said = act(world, {"do": "say", "call": call.sid, "text": "x" * 5000})
    assert len(said) < 1100


@pytest.mark.parametrize("do", sorted(set(ACTIONS) - {"faults_off", "clear_log"}))
def test_an_action_without_its_words_asks_for_them(world: World, do: str) -> None:
    with pytest.raises(Impossible, match=r"Say which: \w+ is missing"):
        act(world, {"do": do})


@pytest.mark.parametrize("do", ["answer", "reject", "busy", "unreachable", "hang_up"])
def test_nothing_can_be_done_to_a_call_that_is_over(square: Square, world: World, do: str) -> None:
    call = square.person().lifts(OFFICE)
    call.hang_up()
    square.advance(1)
    with pytest.raises(Impossible, match="That call is over"):
        act(world, {"do": do, "call": call.sid})


def test_switching_faults_off_keeps_their_dice(square: Square, world: World) -> None:
    dice = square.carrier.faults.dice
    square.carrier.faults.rest_429 = 0.5
    act(world, {"do": "faults_off"})
    assert square.carrier.faults.dice is dice
    assert square.carrier.faults.rest_429 == 0
