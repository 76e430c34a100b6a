"""Plans for supervisors, tried against a carrier that applies what an update says in any order."""

from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.plans import CannotNow, Party, Plan, Scene, inverse
from calls.plans.watching import Watcher, mode_of, quieten, stop, switch, take_over, watch
from calls.states import CallState, LegRole, Verb, WatchMode

LISTEN, WHISPER, BARGE = WatchMode
SOFIA = Watcher(user_id=7, name="Sofia", address="+15559007777", our_number="+15550001000")
RUTH, DANA, OMAR, ME = (uuid4() for _ in range(4))
SIDS = {RUTH: "CAruth", DANA: "CAdana", OMAR: "CAomar", ME: "CAsofia"}

# Who hears Sofia: by what the carrier holds of her (muted, coaching, whom).
State = tuple[bool, bool, str]
STATES: dict[str, State] = {
    "listening": (True, False, ""),
    "listening, one step from whisper": (True, True, "CAdana"),
    "whispering to Dana": (False, True, "CAdana"),
    "whispering to Omar": (False, True, "CAomar"),
    "barging": (False, False, ""),
}


def audience(state: State) -> set[str]:
    muted, coaching, whom = state
    if muted:
        return set()
    return {whom} if coaching else {"CAruth", "CAdana", "CAomar"}


def party(leg_id: UUID, role: LegRole, **more: Any) -> Party:
    names = {RUTH: "Ruth", DANA: "Dana", OMAR: "Omar", ME: "Sofia"}
    return Party(
        leg_id=leg_id, role=role, name=names[leg_id], sid=SIDS[leg_id], in_room=True, **more
    )


def scene(state: State | None = None, *, omar: LegRole = LegRole.AGENT, **mine: Any) -> Scene:
    parties = [
        party(RUTH, LegRole.CUSTOMER),
        party(DANA, LegRole.AGENT, user_id=1),
        party(OMAR, omar, user_id=2),
    ]
    if state is not None:
        by_sid = {sid: leg_id for leg_id, sid in SIDS.items()}
        muted, coaching, whom = state
        parties.append(
            party(
                ME,
                LegRole.SUPERVISOR,
                user_id=SOFIA.user_id,
                muted=muted,
                whispers_to=by_sid[whom] if coaching else None,
                **mine,
            )
        )
    return Scene(state=CallState.TALKING, parties=tuple(parties))


def applied(state: State, field: str, value: Any) -> State:
    muted, coaching, whom = state
    if field == "muted":
        return value, coaching, whom
    if field == "coaching":
        return muted, value, whom
    return muted, coaching, value


def each_moment(state: State, plan: Plan) -> tuple[set[State], set[State]]:
    """All states on the way, and all ends, over every order in which the carrier may apply it."""
    on_the_way, now = {state}, {state}
    for step in plan.steps:
        fields = [f for f in ("muted", "coaching", "call_sid_to_coach") if f in step.params]
        ends: set[State] = set()
        for begin in now:
            for order in permutations(fields):
                there = begin
                for field in order:
                    there = applied(there, field, step.params[field])
                    on_the_way.add(there)
                ends.add(there)
        now = ends
    return on_the_way, now


@pytest.mark.parametrize("begin", STATES.values(), ids=STATES)
@pytest.mark.parametrize("to", [LISTEN, WHISPER, BARGE])
@pytest.mark.parametrize("whom", [DANA, OMAR], ids=["Dana", "Omar"])
def test_on_the_way_nobody_hears_who_hears_neither_before_nor_after(
    begin: State, to: WatchMode, whom: UUID
) -> None:
    expected = {LISTEN: set(), WHISPER: {SIDS[whom]}, BARGE: {"CAruth", "CAdana", "CAomar"}}
    if to is not LISTEN and audience(begin) == expected[to]:
        with pytest.raises(CannotNow, match="already"):
            switch(scene(begin), SOFIA, to, agent_leg=whom)
        return
    plan = switch(scene(begin), SOFIA, to, agent_leg=whom)
    moments, ends = each_moment(begin, plan)
    assert all(audience(end) == expected[to] for end in ends)
    allowed = audience(begin) | expected[to]
    for moment in moments:
        assert audience(moment) - {""} <= allowed


@pytest.mark.parametrize("begin", STATES.values(), ids=STATES)
def test_what_takes_a_take_over_back_makes_them_heard_as_before(begin: State) -> None:
    plan = take_over(scene(begin), SOFIA, agent_leg=DANA)
    opened = plan.steps[0]
    back = inverse(opened.verb, opened.params)
    assert back is not None
    verb, params = back
    assert verb == Verb.COACH
    assert params["becomes"] == LegRole.SUPERVISOR
    state: State = (False, False, "")
    for field in ("muted", "coaching", "call_sid_to_coach"):
        state = applied(state, field, params[field]) if field in params else state
    assert audience(state) == audience(begin) or not audience(state)


def test_taking_over_barges_first_and_then_lets_the_agent_go() -> None:
    plan = take_over(scene(STATES["listening"]), SOFIA, agent_leg=DANA)
    assert [(step.verb, step.leg_id) for step in plan.steps] == [
        (Verb.COACH, ME),
        (Verb.HANG_UP, DANA),
    ]


def test_of_two_agents_one_says_who_is_replaced() -> None:
    with pytest.raises(CannotNow, match="which of the agents"):
        take_over(scene(STATES["listening"]), SOFIA)


def test_who_whispers_to_somebody_who_leaves_is_muted_first() -> None:
    [step] = quieten(scene(STATES["whispering to Dana"]), DANA)
    assert step.params["muted"] is True
    assert quieten(scene(STATES["whispering to Omar"]), DANA) == ()
    assert quieten(scene(STATES["barging"]), DANA) == ()


@pytest.mark.parametrize("mode", [LISTEN, WHISPER, BARGE])
def test_the_line_is_rung_for_a_mode(mode: WatchMode) -> None:
    plan = watch(scene(), SOFIA, mode, agent_leg=DANA)
    [leg], [dial] = plan.new_legs, plan.steps
    assert (leg.role, leg.address, leg.user_id) == (LegRole.SUPERVISOR, SOFIA.address, 7)
    assert dial.verb == Verb.DIAL
    assert dial.params["mode"] == mode


@pytest.mark.parametrize("state", [CallState.WAITING, CallState.PARKED, CallState.MESSAGE])
def test_there_is_something_to_hear_where_somebody_talks(state: CallState) -> None:
    quiet = Scene(state=state, parties=scene().parties)
    with pytest.raises(CannotNow, match="Nobody is talking"):
        watch(quiet, SOFIA, LISTEN)


def test_nobody_listens_to_themselves() -> None:
    dana = Watcher(user_id=1, name="Dana", address="+15559001111")
    with pytest.raises(CannotNow, match="part of this call yourself"):
        watch(scene(), dana, LISTEN)


def test_a_line_that_is_being_ended_is_not_switched() -> None:
    leaving = scene(STATES["listening"], ordered=frozenset({Verb.HANG_UP}))
    with pytest.raises(CannotNow, match="being ended"):
        switch(leaving, SOFIA, BARGE)
    with pytest.raises(CannotNow, match="being ended already"):
        stop(leaving, SOFIA)


def test_silence_is_never_refused() -> None:
    for state in STATES.values():
        assert switch(scene(state), SOFIA, LISTEN).steps


def test_the_mode_is_what_the_carrier_said() -> None:
    modes = [mode_of(scene(state).parties[-1]) for state in STATES.values()]
    assert modes == [LISTEN, LISTEN, WHISPER, WHISPER, BARGE]
