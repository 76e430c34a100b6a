"""Plans for a supervisor on a call: come in, change who hears them, take over, go.

Whoever listens is muted and, where an agent is there, coaches them already. From there to whisper
one thing changes at the carrier, from whisper to barge one other: in whatever order it applies
what an update says, nobody hears more than what is wanted.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from calls.plans.scene import (
    OPTIONAL,
    TALKERS,
    CannotNow,
    NewLeg,
    Party,
    Plan,
    Scene,
    Step,
    one_step,
    present,
)
from calls.states import CallState, LegRole, Verb, WatchMode

# In these there is something to hear.
WATCHED = frozenset({CallState.TALKING, CallState.GOING_ON})
RING_SECONDS = 30
# For so many seconds others wait until a supervisor who whispers is muted.
QUIETEN_PATIENCE = 3.0
COACHED = (LegRole.AGENT, LegRole.CONSULT)
_WORDS = {
    WatchMode.LISTEN: "listen",
    WatchMode.WHISPER: "whisper",
    WatchMode.BARGE: "be heard by everybody",
}
_DOING = {
    WatchMode.LISTEN: "listening",
    WatchMode.WHISPER: "whispering",
    WatchMode.BARGE: "heard by everybody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """A supervisor, and the line that they are rung on."""

    user_id: int
    name: str
    address: str = ""
    our_number: str = ""
    by_key: bool = True  # a key is pressed before the line joins


def watch(
    scene: Scene,
    watcher: Watcher,
    mode: WatchMode,
    *,
    private: bool = False,
    agent_leg: UUID | None = None,
) -> Plan:
    """The supervisor's line is rung, and joins so that from the first moment it is heard by those
    alone who are to hear it.

    `agent_leg`: whom to whisper to, where more than one agent is there. Raises CannotNow.
    """
    _something_to_hear(scene)
    _not_there_yet(scene, watcher)
    if not watcher.address:
        raise CannotNow("You have no line of your own: give a number.", "no-line")
    if private and mode is not WatchMode.LISTEN:
        raise CannotNow("Only somebody who just listens can stay unseen.", "heard-is-seen")
    coached = _coached(scene, None, mode, agent_leg)
    leg = NewLeg(
        role=LegRole.SUPERVISOR,
        address=watcher.address,
        our_number=watcher.our_number,
        user_id=watcher.user_id,
        is_private=private,
        confirm_by_key=watcher.by_key,
    )
    whom = f" to {coached.name}" if coached and mode is WatchMode.WHISPER else ""
    text = f"Ring {watcher.name} to {_WORDS[mode]}{whom}{', unseen' if private else ''}"
    params: dict[str, Any] = {
        "timeout": RING_SECONDS,
        "mode": mode.value,
        "coach_leg": str(coached.leg_id) if coached else "",
    }
    step = Step(verb=Verb.DIAL, leg_id=leg.leg_id, why=text, params=params)
    return Plan(kind="watch", text=text, steps=(step,), new_legs=(leg,))


def switch(
    scene: Scene, watcher: Watcher, mode: WatchMode, *, agent_leg: UUID | None = None
) -> Plan:
    """Heard by others than before, without another call. Raises CannotNow."""
    me = _mine(scene, watcher)
    coached = _coached(scene, me, mode, agent_leg)
    if Verb.COACH not in me.ordered and _is_so(me, mode, coached):
        raise CannotNow(f"You are {_DOING[mode]} already.", "already-so")
    whom = f" to {coached.name}" if coached and mode is WatchMode.WHISPER else ""
    text = f"Let {me.name} {_WORDS[mode]}{whom}"
    return Plan(kind="switch", text=text, steps=_steps(scene, me, mode, coached, text))


def take_over(scene: Scene, watcher: Watcher, *, agent_leg: UUID | None = None) -> Plan:
    """Heard by everybody and the call's agent from now on; the agent's line is ended.

    Raises CannotNow.
    """
    me = _mine(scene, watcher)
    customer = scene.customer()
    if customer is None:
        raise CannotNow("The customer is no longer on the call.", "no-customer")
    agent = _replaced(scene, agent_leg)
    text = f"{me.name} takes over from {agent.name}"
    params = _params(WatchMode.BARGE, None) | {
        "was": mode_of(me).value,
        "becomes": LegRole.AGENT.value,
        "before": _before(scene, me) | {"becomes": LegRole.SUPERVISOR.value},
    }
    steps = (
        Step(verb=Verb.COACH, leg_id=me.leg_id, why=text, params=params),
        *quieten(scene, agent.leg_id, but=me.leg_id),
        Step(verb=Verb.HANG_UP, leg_id=agent.leg_id, why=text),
    )
    return Plan(kind="take-over", text=text, steps=steps)


def stop(scene: Scene, watcher: Watcher) -> Plan:
    """The supervisor's line is ended, whatever it does. Raises CannotNow."""
    me = _own(scene, watcher)
    if Verb.HANG_UP in me.ordered:
        raise CannotNow("Your line is being ended already.", "already-leaving")
    return one_step("stop-watching", Verb.HANG_UP, me, f"End {me.name}'s line")


def quieten(scene: Scene, leg_id: UUID, *, but: UUID | None = None) -> tuple[Step, ...]:
    """The steps that come before somebody is taken out of the room: whoever whispers to them is
    muted first, so that their voice has nobody else to go to."""
    return tuple(
        Step(
            verb=Verb.COACH,
            leg_id=party.leg_id,
            why=f"{party.name} has nobody to whisper to any more",
            params=_params(WatchMode.LISTEN, None)
            | {"was": WatchMode.WHISPER.value, OPTIONAL: True},
            patience=QUIETEN_PATIENCE,
        )
        for party in scene.parties
        if party.whispers_to == leg_id and party.in_room and not party.muted and party.leg_id != but
    )


def mode_of(party: Party) -> WatchMode:
    """Who hears a supervisor now, as the carrier said last."""
    if party.muted:
        return WatchMode.LISTEN
    return WatchMode.BARGE if party.whispers_to is None else WatchMode.WHISPER


# Who is there ------------------------------------------------------------------------------------


def _something_to_hear(scene: Scene) -> None:
    talkers = [party for party in scene.parties if party.in_room and party.role in TALKERS]
    if scene.state not in WATCHED or not talkers:
        raise CannotNow("Nobody is talking on this call now.", "nothing-to-hear")


def _not_there_yet(scene: Scene, watcher: Watcher) -> None:
    own = [party for party in scene.parties if party.user_id == watcher.user_id]
    if any(party.role == LegRole.SUPERVISOR for party in own):
        raise CannotNow("Your line is on this call already.", "already-watching")
    if own:
        raise CannotNow("You are part of this call yourself.", "part-of-the-call")


def _own(scene: Scene, watcher: Watcher) -> Party:
    for party in scene.parties:
        if party.user_id == watcher.user_id and party.role == LegRole.SUPERVISOR:
            return party
    raise CannotNow("Your line is not on this call.", "not-watching")


def _mine(scene: Scene, watcher: Watcher) -> Party:
    me = _own(scene, watcher)
    if not me.in_room:
        raise CannotNow("Your line is not in the conversation yet.", "not-in-room")
    return present(scene, me.leg_id)


def _coached(
    scene: Scene, me: Party | None, mode: WatchMode, agent_leg: UUID | None
) -> Party | None:
    """Whom to whisper to, were one to: the one that is named, the one of before, the agent.

    Raises CannotNow where one whispers, and that is nobody or not clear.
    """
    if agent_leg is not None:
        named = present(scene, agent_leg)
        if named.role not in COACHED:
            raise CannotNow(f"{named.name} is not an agent of this call.", "not-an-agent")
        return named
    there = [party for role in COACHED for party in scene.parties if _is_there(party, role)]
    before = [party for party in there if me is not None and party.leg_id == me.whispers_to]
    found = before or [party for party in there if party.role == there[0].role]
    if mode is WatchMode.WHISPER and len(found) != 1:
        if not found:
            raise CannotNow("No agent is in the conversation to whisper to.", "no-agent")
        raise CannotNow("Say which of the agents you whisper to.", "which-agent")
    return next(iter(found), None)


def _is_there(party: Party, role: LegRole) -> bool:
    return party.role == role and party.in_room and Verb.HANG_UP not in party.ordered


def _replaced(scene: Scene, agent_leg: UUID | None) -> Party:
    agents = [party for party in scene.parties if _is_there(party, LegRole.AGENT)]
    if agent_leg is not None:
        agents = [party for party in agents if party.leg_id == agent_leg]
    if not agents:
        raise CannotNow("There is no agent on this call to take over from.", "no-agent")
    if len(agents) > 1:
        raise CannotNow("Say which of the agents you take over from.", "which-agent")
    return agents[0]


# What is asked of the carrier --------------------------------------------------------------------


def _is_so(me: Party, mode: WatchMode, coached: Party | None) -> bool:
    # To be silent is never refused: what we have heard of them may be old.
    if mode_of(me) is not mode or mode is WatchMode.LISTEN:
        return False
    return mode is not WatchMode.WHISPER or coached is None or me.whispers_to == coached.leg_id


def _steps(
    scene: Scene, me: Party, mode: WatchMode, coached: Party | None, why: str
) -> tuple[Step, ...]:
    was = {"was": mode_of(me).value}
    wanted = Step(
        verb=Verb.COACH,
        leg_id=me.leg_id,
        why=why,
        params=_params(mode, coached) | was | {"before": _before(scene, me)},
    )
    if mode is not WatchMode.WHISPER or coached is None or not me.muted:
        return (wanted,)
    if me.whispers_to == coached.leg_id:
        return (wanted,)
    # Whom to coach is settled while nobody hears anything yet.
    silently = _params(WatchMode.WHISPER, coached) | {"muted": True, "mode": "listen"} | was
    first = Step(verb=Verb.COACH, leg_id=me.leg_id, why=why, params=silently)
    return (first, wanted)


def _params(mode: WatchMode, coached: Party | None) -> dict[str, Any]:
    """What a participant update says, and the mode that it means."""
    if mode is WatchMode.LISTEN:
        # Nothing else: an update that names somebody who has just left is refused as a whole.
        return {"mode": mode.value, "muted": True}
    if mode is WatchMode.BARGE or coached is None:
        return {"mode": WatchMode.BARGE.value, "muted": False, "coaching": False}
    return {
        "mode": mode.value,
        "muted": False,
        "coaching": True,
        "call_sid_to_coach": coached.sid,
        "coach_leg": str(coached.leg_id),
    }


def _before(scene: Scene, me: Party) -> dict[str, Any]:
    """What brings back the mode of now; muted where whom they whispered to is gone."""
    coached = next((party for party in scene.parties if party.leg_id == me.whispers_to), None)
    mode = mode_of(me)
    if mode is WatchMode.WHISPER and coached is None:
        mode = WatchMode.LISTEN
    return _params(mode, coached) | {"was": WatchMode.BARGE.value}
