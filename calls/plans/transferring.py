"""Plans for a call that goes from one agent to somebody else, and for a third party in it."""

from dataclasses import dataclass

from calls.plans.scene import CannotNow, NewLeg, Party, Plan, Scene, Step, present, talking
from calls.plans.watching import quieten
from calls.states import CallState, LegRole, Verb

# What the changes of a transfer are called, where that is looked up again.
WARM, BLIND = "warm-transfer", "blind-transfer"
BEGINS = (WARM, BLIND)
COMPLETE, CANCEL, LEAVE = "complete-transfer", "cancel-transfer", "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """Somebody who is to be brought in, and the line that is rung for it."""

    role: LegRole  # consult for an agent of ours, external for anybody else
    name: str
    address: str  # number, sip:, client:
    shown_number: str  # what the far end sees
    ring_seconds: int
    user_id: int | None = None
    confirm_by_key: bool = False
    our_number: str = ""  # shown instead, should the carrier not allow the other
    detect_machine: bool = False


def consult(scene: Scene, first: Party, second: Second | None, *, of_queue: str = "") -> Plan:
    """The customer hears music while the first agent and a second person talk.

    Without a `second` nobody of the queue is free yet: the customer is held, and a line is rung as
    soon as somebody is.
    """
    customer = _held_for_transfer(scene, first)
    if first.on_hold:
        raise CannotNow(f"{first.name} is on hold. Take them off it first.", "first-on-hold")
    text = f"{first.name} consults {second.name if second else f'whoever is free in {of_queue}'}"
    held = _hold(customer, text)
    if second is None:
        return Plan(kind=WARM, text=text, steps=held)
    new, rung = _ring(second, text)
    return Plan(kind=WARM, text=text, steps=(*held, rung), new_legs=(new,))


def blind(scene: Scene, first: Party, second: Second) -> Plan:
    """The customer hears music while the second person's line is rung; the first agent leaves."""
    customer = _held_for_transfer(scene, first)
    text = f"{first.name} sends {customer.name} on to {second.name}"
    new, rung = _ring(second, text)
    steps = (*_hold(customer, text), rung, *_let_go(scene, first, text))
    return Plan(kind=BLIND, text=text, steps=steps, new_legs=(new,))


def to_queue(scene: Scene, first: Party, *, name: str, carrier_queue: str) -> Plan:
    """The customer stands in another line, and the first agent leaves."""
    customer = _held_for_transfer(scene, first)
    text = f"{first.name} sends {customer.name} on to {name}"
    params = {"queue_name": carrier_queue, "greeting": ""}
    moved = Step(verb=Verb.ENQUEUE, leg_id=customer.leg_id, why=text[:200], params=params)
    return Plan(kind=BLIND, text=text, steps=(moved, *_let_go(scene, first, text)))


def swap(scene: Scene, second: Party) -> Plan:
    """Whom of the two the first agent talks with changes places with the one who hears music."""
    customer = _customer(scene)
    present(scene, second.leg_id)
    held, talks = (customer, second) if customer.on_hold else (second, customer)
    if not held.on_hold:
        raise CannotNow("All are talking with each other. Put somebody on hold.", "three-way")
    if talks.on_hold:
        raise CannotNow("Both are on hold. Take one of them off hold.", "both-on-hold")
    _not_changing(held, talks)
    text = f"Talk with {held.name}, with {talks.name} on hold"
    steps = (*_hold(talks, text), *_resume([held], text))
    return Plan(kind="swap", text=text, steps=steps)


def three_way(scene: Scene, second: Party) -> Plan:
    """All are in one conversation."""
    customer = _customer(scene)
    present(scene, second.leg_id)
    text = f"{customer.name} and {second.name} hear each other, and everybody else"
    steps = _resume([customer, second], text)
    if not steps:
        raise CannotNow("All are talking with each other already.", "three-way")
    _not_changing(customer, second)
    return Plan(kind="three-way", text=text, steps=steps)


def complete(scene: Scene, first: Party, second: Party) -> Plan:
    """The second has the customer, and the first agent leaves."""
    customer = _customer(scene)
    if not second.in_room:
        raise CannotNow(f"{second.name} is not in the conversation yet.", "not-there-yet")
    present(scene, second.leg_id)
    _not_ending(first)
    text = f"{second.name} takes over {customer.name} from {first.name}"
    steps = (*_resume([customer, second], text), *_let_go(scene, first, text))
    return Plan(kind=COMPLETE, text=text, steps=steps)


def cancel(scene: Scene, first: Party, second: Party | None) -> Plan:
    """The second is hung up on, and the customer is with the first agent again."""
    customer = _customer(scene)
    _not_ending(first)
    text = f"{customer.name} is with {first.name} again"
    steps: tuple[Step, ...] = ()
    if second is not None:
        _not_ending(second)
        text = f"{text}, without {second.name}"
        steps = _let_go(scene, second, text)
    return Plan(kind=CANCEL, text=text, steps=(*steps, *_resume([customer], text, always=True)))


def add(scene: Scene, by: Party, second: Second) -> Plan:
    """Somebody more joins the conversation, which goes on meanwhile."""
    if scene.state not in (CallState.TALKING, CallState.GOING_ON):
        raise CannotNow("Somebody can be added to a conversation only.", "not-talking")
    text = f"{by.name} adds {second.name}"
    new, rung = _ring(second, text)
    return Plan(kind="add", text=text, steps=(rung,), new_legs=(new,))


def leave(scene: Scene, party: Party) -> Plan:
    """One agent goes, and the others talk on."""
    present(scene, party.leg_id)
    others = [other for other in talking(scene) if other.leg_id != party.leg_id]
    if len(others) < 2:
        raise CannotNow(
            "You would leave somebody alone. End the call, or transfer it.", "would-be-alone"
        )
    text = f"{party.name} leaves the others talking"
    steps = (*_resume(others, text), *_let_go(scene, party, text))
    return Plan(kind=LEAVE, text=text, steps=steps)


def first_of(scene: Scene, user_id: int | None) -> Party:
    """The agent who transfers: whoever asks, or the only one there is. Raises CannotNow."""
    agents = [party for party in talking(scene) if party.role == LegRole.AGENT]
    own = [party for party in agents if user_id is not None and party.user_id == user_id]
    if own:
        return own[0]
    if len(agents) == 1:
        return agents[0]
    if agents:
        raise CannotNow("Several agents are on this call: one of them has to do it.", "which-agent")
    raise CannotNow("No agent is talking with the caller.", "no-agent")


def _held_for_transfer(scene: Scene, first: Party) -> Party:
    """The customer of a conversation of two. Raises CannotNow."""
    if scene.state != CallState.TALKING:
        raise CannotNow("Only a caller who is talking with somebody can be sent on.", "not-talking")
    customer = _customer(scene)
    present(scene, customer.leg_id)
    present(scene, first.leg_id)
    if len(talking(scene)) > 2:
        others = [p.name for p in talking(scene) if p.leg_id not in (customer.leg_id, first.leg_id)]
        raise CannotNow(f"{' and '.join(others)} would be left behind.", "others-on-the-call")
    return customer


def _customer(scene: Scene) -> Party:
    customer = scene.customer()
    if customer is None:
        raise CannotNow("The caller has hung up.", "caller-gone")
    return customer


def _not_ending(party: Party) -> None:
    if Verb.HANG_UP in party.ordered:
        raise CannotNow(f"{party.name}'s line is being ended already.", "line-is-ending")


def _not_changing(*parties: Party) -> None:
    """Somebody else may be at it this moment."""
    for party in parties:
        if party.ordered & {Verb.HOLD, Verb.RESUME}:
            text = f"{party.name} is being put on hold, or taken off it, this moment."
            raise CannotNow(text, "being-changed")


def _hold(party: Party, why: str) -> tuple[Step, ...]:
    if party.on_hold and not party.resumed and Verb.RESUME not in party.ordered:
        return ()
    return (Step(verb=Verb.HOLD, leg_id=party.leg_id, why=why[:200]),)


def _resume(parties: list[Party], why: str, *, always: bool = False) -> tuple[Step, ...]:
    """`always`: also where we have not heard that the party is on hold."""
    return tuple(
        Step(verb=Verb.RESUME, leg_id=party.leg_id, why=why[:200])
        for party in parties
        if party.in_room and (party.on_hold or Verb.HOLD in party.ordered or always)
    )


def _let_go(scene: Scene, party: Party, why: str) -> tuple[Step, ...]:
    """Whoever whispers to them is muted first."""
    ended = Step(verb=Verb.HANG_UP, leg_id=party.leg_id, why=why[:200])
    return (*quieten(scene, party.leg_id), ended)


def ring(second: Second) -> tuple[NewLeg, dict[str, object]]:
    """The line that is rung for somebody, and what its dial has to say."""
    new = NewLeg(
        role=second.role,
        address=second.address,
        our_number=second.shown_number,
        user_id=second.user_id,
        confirm_by_key=second.confirm_by_key,
    )
    params: dict[str, object] = {"timeout": second.ring_seconds}
    if second.our_number and second.our_number != second.shown_number:
        params["or_from"] = second.our_number
    if second.detect_machine:
        params["detect_machine"] = True
    return new, params


def _ring(second: Second, why: str) -> tuple[NewLeg, Step]:
    new, params = ring(second)
    return new, Step(verb=Verb.DIAL, leg_id=new.leg_id, why=why[:200], params=params)
