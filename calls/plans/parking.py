"""The plan for a call that is set aside."""

from calls.plans.scene import CannotNow, Party, Plan, Scene, Step, present
from calls.states import CallState, LegRole, Verb

# Those who are in the conversation on our side, and let go when the caller is parked.
OURS = frozenset({LegRole.AGENT, LegRole.SUPERVISOR, LegRole.BOT})


def park(scene: Scene) -> Plan:
    """The customer alone, with music; our own people's lines end once the customer is there."""
    if scene.state == CallState.PARKED:
        raise CannotNow("The caller is parked already.", "already-parked")
    customer = scene.customer()
    if scene.state != CallState.TALKING or customer is None:
        raise CannotNow("Only a caller who is talking with somebody can be parked.", "not-talking")
    customer = present(scene, customer.leg_id)
    others = [party for party in scene.parties if party.leg_id != customer.leg_id]
    for other in others:
        if other.role not in OURS:
            text = f"{other.name} is on the call as well. Take them out before you park it."
            raise CannotNow(text, "others-on-the-call")
    _check_is_not_taken_over(others)
    moved = Step(verb=Verb.PARK, leg_id=customer.leg_id, why=f"Park {customer.name}"[:200])
    # A supervisor's line ends when nobody is left to hear, and may be one that is not to be seen.
    freed = tuple(
        _let_go(other, customer)
        for other in others
        if Verb.HANG_UP not in other.ordered and other.role != LegRole.SUPERVISOR
    )
    return Plan(kind="park", text=f"Park {customer.name}", steps=(moved, *freed))


def _check_is_not_taken_over(others: list[Party]) -> None:
    """Whose line is being ended while a supervisor stays does not have the caller any more."""
    stay = [other for other in others if Verb.HANG_UP not in other.ordered]
    if stay and len(stay) < len(others) and all(p.role == LegRole.SUPERVISOR for p in stay):
        ending = next(other for other in others if other not in stay)
        raise CannotNow(f"{ending.name}'s line is being ended already.", "line-is-ending")


def _let_go(party: Party, customer: Party) -> Step:
    return Step(verb=Verb.HANG_UP, leg_id=party.leg_id, why=f"{customer.name} is parked"[:200])
