"""Any day at all: callers, agents, supervisors, the carrier and our own processes do as they like.

At every instant nobody hears what is not theirs, and nobody is left with neither music, a person
nor a next step (`company`). After every step what is on record makes sense (`judging`). At the end
of the day nothing is left open, and our records equal the carrier's.

The gate runs the same days each time. A soak looks for new ones:

    JOURNEY_DAYS=2000 JOURNEY_STEPS=60 pytest tests/journeys/test_any_day.py --timeout=0

With JOURNEY_SHRINK=1 a bad day is made short, which takes minutes.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from agents.models import Supervisor
from agents.services import dialling
from calls.models import Call, Leg, Queue
from calls.plans import CannotNow
from calls.services import offers, wrapups
from calls.states import AgentGone, CallState, LegRole, RecordingPolicy
from sandbox.core.calls import Call as Line
from tests.emptying import empty_tables
from tests.journeys.ears import Listener
from tests.journeys.judging import Judge
from tests.journeys.keeping_open import ends, is_idle, starts
from tests.journeys.people import Colleague, Outsider, Reachable
from tests.journeys.verbs import OFTEN, LiveVerbs
from tests.journeys.world import World

DAYS = int(os.environ.get("JOURNEY_DAYS", "0"))
STEPS = int(os.environ.get("JOURNEY_STEPS", "25"))
SHRINK = bool(os.environ.get("JOURNEY_SHRINK"))
GATE_DAYS = 4

# Which caller, agent, queue or kind: counted round.
some = st.integers(0, 23)
moments = st.sampled_from([0.2, 0.0, 0.7, 1.5, 4.0, 9.0, 16.0, 31.0, 65.0])
# Until somebody who does something to a live call sees what came of it.
soon = st.sampled_from([0.7, 0.0, 0.2, 2.5, 6.0, 13.0])
NUMBERS = ("", "", "anonymous", "+266696687")
TELEPHONES = ("at once", "soon", "late", "keyless", "short", "not", "no", "busy", "dead")
AT_THE_DESK = (
    *["available"] * 3, "break", "offline", "freezes", "opens", *["stands by"] * 3, "no standby",
)  # fmt: skip
GOES_WRONG = (
    "callbacks lost", "callbacks late", "callbacks repeated", "callbacks reordered",
    "not in progress", "429", "500", "503", "timeout", "refused", "all refused", "all 429",
    "webhook slow", "webhook 500", "webhook refused", "webhook garbage", "web", "worker",
)  # fmt: skip
# What happens, as often as it stands here.
HAPPENS = (
    *["somebody calls"] * 6, *["a caller hangs up"] * 3, "a caller presses a key",
    *["a telephone changes"] * 3, *["somebody hangs up"] * 3, *["an agent at the desk"] * 2,
    "an agent finishes or declines", *["an agent dials out"] * 2, *["something goes wrong"] * 4,
    *["all is well again"] * 2,
    *["time passes"] * 2,
)  # fmt: skip


class AnyDay(RuleBasedStateMachine):
    """One day of a small call centre."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[Listener] = []
        self.queues: list[Queue] = []
        self.agents: list[Colleague] = []
        self.supervisors: list[Colleague] = []
        self.outsiders: list[Outsider] = []

    @initialize(seed=st.integers(1, 1000))
    def opens(self, seed: int) -> None:
        AnyDay.world = self.world = World(seed=seed)
        self.judge = Judge(self.world)
        logging.getLogger().addHandler(self.judge.failures)
        billing = self.world.queue(
            "Billing", wrap_up_seconds=20, ring_seconds=15, recording=RecordingPolicy.ALL
        )
        support = self.world.queue(
            "Support",
            agent_gone=AgentGone.REQUEUE,
            max_wait_seconds=180,
            wrap_up_seconds=0,
            park_seconds=60,
            recording=RecordingPolicy.ON_DEMAND,
            recording_consent="This call is recorded.",
        )
        self.queues = [billing, support]
        self._people(billing, support)
        self.verbs = LiveVerbs(
            self.world, self.queues, self.agents, self.supervisors, self.outsiders
        )
        self._calls(0, 0)
        self._calls(1, 0)
        self._then(8)

    def _people(self, billing: Queue, support: Queue) -> None:
        self.agents = [
            self.world.agent("Ana", billing),
            self.world.agent("Ben", billing, support, confirm_by_key=True),
            self.world.agent("Cleo", support),
            self.world.agent("Dan", billing),
        ]
        self.supervisors = [self._supervisor("Sofia"), self._supervisor("Theo")]
        self.outsiders = [
            Outsider(self.world, self.world.caller("Lawyer")),
            Outsider(self.world, self.world.caller("Doctor")),
        ]
        for person in self._with_telephones():
            person.answers_after(2, presses="1")

    def _supervisor(self, name: str) -> Colleague:
        who = self.world.agent(name, available=False)
        watches = Supervisor.objects.create(user=who.agent.user, may_be_private=True)
        watches.queues.set(self.queues)
        self.judge.company.supervisors.add(who.phone.number)
        return who

    def _with_telephones(self) -> list[Reachable]:
        return [*self.agents, *self.outsiders, *self.supervisors]

    @rule(what=st.sampled_from(HAPPENS), which=some, other=some, then=moments)
    def something_happens(self, what: str, which: int, other: int, then: float) -> None:
        """One rule for all, so that every day has something of everything."""
        acts: dict[str, Callable[[], None]] = {
            "somebody calls": lambda: self._calls(which, other),
            "a caller hangs up": lambda: self._on_the_line(which, lambda line: line.hang_up()),
            "a caller presses a key": lambda: self._on_the_line(which, lambda x: x.press("1")),
            "a telephone changes": lambda: self._telephone(which, other),
            "somebody hangs up": lambda: self._hangs_up(which),
            "an agent at the desk": lambda: self._at_the_desk(which, other),
            "an agent finishes or declines": lambda: self._finishes_or_declines(which),
            "an agent dials out": lambda: self._dials_out(which, other),
            "something goes wrong": lambda: self._goes_wrong(GOES_WRONG[which % len(GOES_WRONG)]),
            "all is well again": self._repair,
            "time passes": lambda: None,
        }
        acts[what]()
        self._then(then)

    @rule(verb=st.sampled_from(OFTEN), which=some, other=some, twice=st.booleans(), then=soon)
    def somebody_changes_a_live_call(
        self, verb: str, which: int, other: int, twice: bool, then: float
    ) -> None:
        """An agent, a supervisor or a program; and perhaps a second one at the same instant."""
        self.verbs.tries(verb, which, other, twice=twice)
        self._then(then)

    def _then(self, seconds: float) -> None:
        self.judge.note_trouble()
        self.world.settle()
        self.world.run(seconds)
        self.judge.note_trouble()

    # callers

    def _calls(self, which: int, other: int) -> None:
        name = f"caller {len(self.callers)}"
        caller = Listener(self.world.carrier, f"+15553{len(self.callers):05}", name=name)
        self.callers.append(caller)
        number = NUMBERS[other % len(NUMBERS)] or caller.number
        caller.dials_as(number, self._queue(which).numbers.get().e164)

    def _on_the_line(self, which: int, acts: Callable[[Line], None]) -> None:
        lines = [c.line for c in self.callers if c.line is not None and c.line_is_up]
        if lines:
            acts(lines[which % len(lines)])

    # agents

    def _telephone(self, which: int, other: int) -> None:
        people = self._with_telephones()
        agent = people[which % len(people)]
        change: dict[str, Callable[[], None]] = {
            "at once": lambda: agent.answers_after(0, presses="1"),
            "soon": agent.answers_when_asked,
            "late": lambda: agent.answers_after(13, presses="1"),
            "keyless": lambda: agent.answers_after(2),
            "short": lambda: agent.answers_and_hangs_up_after(0.3),
            "not": agent.lets_it_ring,
            "no": lambda: agent.rejects_after(3),
            "busy": agent.is_busy,
            "dead": agent.cannot_be_reached,
        }
        change[TELEPHONES[other % len(TELEPHONES)]]()

    def _hangs_up(self, which: int) -> None:
        on_the_line = [p.phone.call for p in self._with_telephones() if p.phone.call is not None]
        if on_the_line:
            on_the_line[which % len(on_the_line)].hang_up()

    def _at_the_desk(self, which: int, other: int) -> None:
        agent = self._agent(which)
        does: dict[str, Callable[[], None]] = {
            "available": agent.goes_available,
            "break": agent.takes_break,
            "offline": agent.goes_offline,
            "freezes": agent.desk_freezes,
            "opens": agent.opens_desk,
            "stands by": lambda: self._stands_by(agent),
            "no standby": lambda: ends(agent),
        }
        does[AT_THE_DESK[other % len(AT_THE_DESK)]]()

    def _stands_by(self, agent: Colleague) -> None:
        """Whoever presses a key for each call has nobody here who would press it again."""
        if not agent.agent.confirm_by_key:
            with suppress(CannotNow):
                starts(agent)

    def _dials_out(self, which: int, other: int) -> None:
        """A number outside, or a colleague; or it is refused."""
        agent = self._agent(which)
        colleague = self._agent(other)
        number = self.outsiders[other % len(self.outsiders)].phone.number
        to = dialling.Target(number=number, detects_machine=other % 3 == 0)
        if other % 5 == 0 and colleague is not agent:
            to = dialling.Target(colleague=colleague.fresh())
        with suppress(CannotNow):
            dialling.dial(agent=agent.fresh(), to=to, by=agent.agent.user, now=self.world.now)

    def _finishes_or_declines(self, which: int) -> None:
        user, now = self._agent(which).agent.user, self.world.now
        for wrap_up in user.wrap_ups.filter(finished_at__isnull=True):
            wrapups.finish(
                wrap_up_id=wrap_up.pk, user=user, disposition_id=None, notes="done", now=now
            )
        for offer in user.offers.filter(settled_at__isnull=True):
            offers.decline(offer_id=offer.pk, user=user, now=now)

    def _agent(self, which: int) -> Colleague:
        return self.agents[which % len(self.agents)]

    def _queue(self, which: int) -> Queue:
        return self.queues[which % len(self.queues)]

    # the carrier and our own processes

    def _goes_wrong(self, what: str) -> None:
        faults, outage = self.world.carrier.faults, self.world.outage
        kind, _, word = what.partition(" ")
        if kind == "callbacks":
            setattr(faults, f"callback_{word}", 0.5 if word != "lost" else 0.7)
        elif kind == "webhook":
            # One at a time: where both we and the fallback fail, nobody can keep the caller.
            faults.webhook_next = [] if outage.web else [word]  # type: ignore[list-item]
        elif kind == "all":
            setattr(faults, f"rest_{word}", 1.0)
        elif what == "not in progress":
            faults.not_in_progress_window_ms = 1500
        elif what in ("web", "worker"):
            faults.webhook_next.clear()
            setattr(outage, what, True)
        else:
            faults.rest_next.append(what)  # type: ignore[arg-type]

    def _repair(self) -> None:
        self.world.carrier.faults = type(self.world.carrier.faults)(
            dice=self.world.carrier.faults.dice
        )
        self.world.outage.web = self.world.outage.worker = False

    # what must be true

    @invariant()
    def callers_are_safe(self) -> None:
        self.judge.look(self._everybody())

    def _everybody(self) -> list[Listener]:
        return [*self.callers, *(person.phone for person in self._with_telephones())]

    def teardown(self) -> None:
        try:
            self._end_of_the_day()
        except AssertionError:
            print("\n".join(self.verbs.told))  # noqa: T201 what led to it
            raise
        finally:
            logging.getLogger().removeHandler(self.judge.failures)
            self.world.close()
            empty_tables()

    def _end_of_the_day(self) -> None:
        """All is well again, everybody works and six more call: whoever waits is served."""
        self._repair()
        for which in (0, 0, 0, 1, 1, 1):
            self._calls(which, 0)
        for _ in range(2):
            for person in self._with_telephones():
                person.answers_after(1, presses="1")
            for agent in self.agents:
                agent.opens_desk()
                agent.goes_available()
            self._then(75)
        self._outsiders_hang_up()
        self.judge.look(self._everybody())
        self.judge.live_records_are_true()
        self._whoever_waits_is_served()
        for caller in self.callers:
            if caller.line is not None and caller.line_is_up:
                caller.line.hang_up()
        self._then(90)
        self._others_may_talk_on()
        self.judge.all_is_over()

    def _outsiders_hang_up(self) -> None:
        """Whom we dialled, and their agents are free for those who wait."""
        dialled = Leg.objects.live().filter(role=LegRole.CUSTOMER, call__direction="outbound")
        for sid in dialled.filter(sid__isnull=False).values_list("sid", flat=True):
            self.world.carrier.calls[sid or ""].hang_up()
        self._then(30)

    def _others_may_talk_on(self) -> None:
        """Without the customer, until one of the last two hangs up."""
        for agent in self.agents:
            ends(agent)
        left = Call.objects.filter(ended_at__isnull=True)
        assert not left.exclude(state=CallState.GOING_ON).exists()
        for person in self._with_telephones():
            if person.phone.call is not None:
                person.phone.call.hang_up()
        self._then(60 if left.exists() else 0)

    def _whoever_waits_is_served(self) -> None:
        self.world.run_until(lambda: all(map(self._has_enough_to_do, self.agents)), within=25)

    def _has_enough_to_do(self, agent: Colleague) -> bool:
        """On a call, or nobody waits whom they could serve."""
        queues = agent.agent.queues.all()
        waiting = Call.objects.filter(state=CallState.WAITING, queue__in=queues)
        busy = agent.phone.through and not is_idle(agent)
        return busy or not waiting.exists()


@pytest.mark.timeout(600)
def test_any_day_at_all(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AnyDay.world.now)
    run_state_machine_as_test(
        AnyDay,
        settings=settings(
            max_examples=DAYS or GATE_DAYS,
            stateful_step_count=STEPS,
            derandomize=not DAYS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if SHRINK else [Phase.generate],
        ),
    )
