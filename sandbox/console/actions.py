"""What a visitor of the console can do: texts in, a sentence out that says what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

from sandbox.core.calls import Call, Direction
from sandbox.core.faults import Faults
from sandbox.people.person import DECLINED, NOT_FOUND
from sandbox.people.telephone import BUSY_HERE
from sandbox.people.words import ADDRESS, KEYS
from sandbox.world import World
from sandbox.written.knobs import knobs, turn

Asked = Mapping[str, str]
LONGEST_SPEECH = 1000


class Impossible(Exception):
    """It cannot be done; the text says why, for the visitor."""


def act(world: World, asked: Asked) -> str:
    """Do what was asked; the answer says what happened. `asked["do"]` names the action."""
    action = ACTIONS.get(asked.get("do", ""))
    if action is None:
        raise Impossible(f"There is no action {asked.get('do', '')!r}")
    return action(world, asked)


def _text(asked: Asked, name: str) -> str:
    value = asked.get(name, "").strip()
    if not value:
        raise Impossible(f"Say which: {name} is missing")
    return value


def _call(world: World, asked: Asked) -> Call:
    call = world.carrier.calls.get(_text(asked, "call"))
    if call is None or call.ended:
        raise Impossible("That call is over")
    return call


def _ringing(world: World, asked: Asked) -> Call:
    call = _call(world, asked)
    if call.answered or call.direction is Direction.INBOUND:
        raise Impossible("That telephone does not ring")
    return call


def _talking(world: World, asked: Asked) -> Call:
    call = _call(world, asked)
    if not call.answered:
        raise Impossible("Nobody has answered that call yet")
    return call


def _address(asked: Asked, name: str) -> str:
    value = _text(asked, name).replace(" ", "")
    if not ADDRESS.match(value):
        raise Impossible(f"{value} is no number: write +15550100001 or client:dana")
    return value


def _dial(world: World, asked: Asked) -> str:
    from_, to = _address(asked, "from"), _address(asked, "to")
    person = world.town.person_at(from_)
    if person.call is not None:
        raise Impossible(f"{person.name} is in a call already")
    try:
        person.lifts(to)
    except LookupError:
        ours = sorted(each.phone_number for each in world.carrier.numbers.values())
        known = ", ".join(ours) or "none yet; the application can make one through REST"
        raise Impossible(f"Nobody owns {to}. Numbers here: {known}") from None
    return f"{person.name} dials {to}"


def _answer(world: World, asked: Asked) -> str:
    _ringing(world, asked).answer()
    return "Answered"


def _reject(world: World, asked: Asked) -> str:
    _ringing(world, asked).refuse("busy", DECLINED)
    return "Declined"


def _busy(world: World, asked: Asked) -> str:
    _ringing(world, asked).refuse("busy", BUSY_HERE)
    return "Busy"


def _unreachable(world: World, asked: Asked) -> str:
    _ringing(world, asked).refuse("failed", NOT_FOUND)
    return "Cannot be reached"


def _press(world: World, asked: Asked) -> str:
    keys = _text(asked, "keys")
    if not KEYS.match(keys):
        raise Impossible("Keys are digits, *, # and w for half a second")
    _talking(world, asked).press(keys)
    return f"Pressed {keys}"


def _say(world: World, asked: Asked) -> str:
    text = _text(asked, "text")[:LONGEST_SPEECH]
    _talking(world, asked).speak(text)
    return f"Said “{text}”"


def _hang_up(world: World, asked: Asked) -> str:
    _call(world, asked).hang_up()
    return "Hung up"


def _fault(world: World, asked: Asked) -> str:
    name = _text(asked, "name")
    try:
        turn(world.carrier.faults, name, asked.get("value", ""))
    except ValueError as error:
        raise Impossible(str(error)) from error
    return f"{name.replace('_', ' ')}: {asked.get('value', '')}"


def _fault_next(world: World, asked: Asked) -> str:
    name, fault = _text(asked, "name"), _text(asked, "fault")
    knob = next((each for each in knobs(world.carrier.faults) if each.name == name), None)
    if knob is None or knob.kind != "list":
        raise Impossible(f"There is no list of faults {name!r}")
    _fault(world, {"name": name, "value": ",".join([*knob.value, fault])})
    return f"The next one will be {fault}"


def _faults_off(world: World, _: Asked) -> str:
    usual = Faults()
    for field in fields(Faults):
        if field.name != "dice":
            setattr(world.carrier.faults, field.name, getattr(usual, field.name))
    return "All faults are off"


def _arrivals(world: World, asked: Asked) -> str:
    name = _text(asked, "name")
    stream = next((each for each in world.town.arrivals if each.name == name), None)
    if stream is None:
        raise Impossible(f"Nobody called {name} comes by")
    stream.paused = _text(asked, "paused") == "true"
    return f"{name}: {'paused' if stream.paused else 'coming again'}"


def _clear_log(world: World, _: Asked) -> str:
    world.carrier.log.clear()
    return "The log is empty"


ACTIONS: dict[str, Callable[[World, Asked], str]] = {
    "dial": _dial,
    "answer": _answer,
    "reject": _reject,
    "busy": _busy,
    "unreachable": _unreachable,
    "press": _press,
    "say": _say,
    "hang_up": _hang_up,
    "fault": _fault,
    "fault_next": _fault_next,
    "faults_off": _faults_off,
    "arrivals": _arrivals,
    "clear_log": _clear_log,
}
