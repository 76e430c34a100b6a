"""What the carrier has on its tapes, and what we say that it has."""

from collections.abc import Callable
from datetime import datetime

from calls.models import Recording, RecordingGap
from calls.states import Verb
from sandbox.core.recordings import Recording as Tape
from sandbox.core.sounds import Plays, Room, Says
from sandbox.people.person import Person
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.talks import Talk
from tests.journeys.world import World

CARRIER_AWAY = RestAnswer(500, {"Content-Type": "application/json"}, b'{"status": 500}')


def tapes(talk: Talk) -> list[Tape]:
    """Of Ruth's line, at the carrier."""
    sid = talk.ruth.leg.sid
    return [tape for tape in talk.world.carrier.recordings.values() if tape.call_sid == sid]


def tape(talk: Talk) -> Tape:
    """The only one."""
    [only] = tapes(talk)
    return only


def recording(talk: Talk) -> Recording:
    """What we know of it."""
    return Recording.objects.get(call=talk.call)


def gaps(talk: Talk) -> list[RecordingGap]:
    return list(RecordingGap.objects.filter(recording__call=talk.call).order_by("began_at"))


def over(talk: Talk) -> Recording:
    """Ruth hangs up, and all that follows has followed."""
    talk.ruth.hangs_up()
    talk.world.run(5)
    return recording(talk)


def seconds_of(talk: Talk, heard: Callable[[object], bool]) -> float:
    """For how long Ruth's tape has her hearing this."""
    parts = tape(talk).on_tape(talk.world.carrier.now)
    return sum(p.seconds for p in parts if not p.silent and any(map(heard, p.heard)))


def music(sound: object) -> bool:
    return isinstance(sound, Plays)


def voice_of(person: Person) -> Callable[[object], bool]:
    line = person.call
    assert line is not None

    def hears(sound: object) -> bool:
        return isinstance(sound, Room) and line.sid in sound.heard

    return hears


def says(words: str) -> Callable[[object], bool]:
    return lambda sound: isinstance(sound, Says) and words in sound.text


def asks_of_recordings(request: RestRequest) -> bool:
    return request.method == "POST" and "/Recordings" in request.path


def answers(
    world: World, answer: RestAnswer, *, times: int = 1, does_it: bool = False
) -> list[RestRequest]:
    """The carrier answers so the next few times that it is asked about a recording; the requests
    that it did. `does_it`: although it does what was asked."""
    met: list[RestRequest] = []

    def ambush(request: RestRequest) -> RestAnswer | None:
        if not asks_of_recordings(request) or len(met) >= times:
            return None
        met.append(request)
        if does_it:
            world.driver.ambush = None
            world.driver.rest(request)
            world.driver.ambush = ambush
        return answer

    world.driver.ambush = ambush
    return met


def starts(world: World) -> int:
    """How often the carrier was asked to record, and did."""
    return sum(
        1
        for entry in world.carrier.log
        if entry.kind == "rest"
        and entry.method == "POST"
        and entry.url.endswith("/Recordings.json")
        and entry.answer_status == 201
    )


def orders(talk: Talk, verb: Verb) -> list[str]:
    return list(talk.call.orders.filter(verb=verb).values_list("state", flat=True))


def between(gap: RecordingGap) -> tuple[datetime, datetime | None]:
    return gap.began_at, gap.ended_at
