"""Supervisors on live calls, judged by what each person hears."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Supervisor
from agents.screens import call_pane, draw_board, draw_call, draw_desk, draw_watching
from agents.services import directing, handoffs
from agents.services.handoffs import Target
from calls import plans
from calls.models import Change, HelpRequest, Leg, TextWhisper, TimelineEvent, Watch, WrapUp
from calls.plans import CannotNow
from calls.services import parking, queueing, transfers, watching
from calls.states import CallState, ChangeState, LegRole, LegState, WatchMode
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.people import Colleague
from tests.journeys.talks import (
    Talk,
    hear_each_other,
    hears,
    hears_music,
    hears_nothing,
    is_told,
    talking,
)
from tests.journeys.world import World

LISTEN, WHISPER, BARGE = WatchMode


@dataclass
class Floor:
    """Ruth talks with Dana; Sofia watches over them. `heard` notes whenever a supervisor's voice
    reaches Ruth, at any instant."""

    talk: Talk
    sofia: Colleague

    @property
    def world(self) -> World:
        return self.talk.world

    @property
    def dana(self) -> Colleague:
        return self.talk.agents["Dana"]

    def does(self, verb: Callable[..., Any], *, by: Colleague | None = None, **more: Any) -> Change:
        """Somebody does it, and everything that follows happens. Raises CannotNow, MayNot."""
        made = verb(
            call_id=self.talk.call.pk,
            by=(by or self.sofia).agent.user,
            now=self.world.now,
            **more,
        )
        self.world.settle()
        return Change.objects.get(pk=made.change.pk)

    def joins(self, mode: WatchMode, *, by: Colleague | None = None, **more: Any) -> Change:
        who = by or self.sofia
        made = self.does(watching.watch, by=who, mode=mode, **more)
        self.world.run_until(lambda: self.leg(who).in_room)
        self.world.run(2)
        return made

    def switches(self, mode: WatchMode, **more: Any) -> Change:
        made = self.does(watching.switch, mode=mode, **more)
        self.world.run(3)
        return Change.objects.get(pk=made.pk)

    def leg(self, who: Colleague | None = None) -> Leg:
        return self.talk.leg_of(who or self.sofia)

    def modes(self) -> list[str]:
        return list(Watch.objects.order_by("id").values_list("mode", flat=True))

    def who_hears_sofia(self) -> set[str]:
        ears = {"Ruth": self.talk.ruth.person}
        ears |= {name: agent.phone for name, agent in self.talk.agents.items()}
        return {name for name, ear in ears.items() if hears(ear, self.sofia.phone)}

    def sofia_hears(self, *names: str) -> bool:
        mouths = {"Ruth": self.talk.ruth.person}
        mouths |= {name: agent.phone for name, agent in self.talk.agents.items()}
        return all(hears(self.sofia.phone, mouths[name]) for name in names)


def supervisor(world: World, name: str, *queues: Any, **may: bool) -> Colleague:
    """Somebody with a desk and a telephone who takes no calls, and watches over these queues."""
    who = world.agent(name, available=False)
    who.answers_after(2)
    Supervisor.objects.create(user=who.agent.user, **may).queues.set(queues)
    return who


def supervised(world: World, *agents: str, **queue: Any) -> Floor:
    talk = talking(world, agents=agents or ("Dana",), **queue)
    return Floor(talk, supervisor(world, "Sofia", talk.queue, may_be_private=True))


@pytest.fixture
def floor(world: World) -> Floor:
    return supervised(world)


@pytest.fixture
def ruths_ear(floor: Floor) -> Iterator[list[float]]:
    """Each instant at which Sofia's voice reached Ruth."""
    heard: list[float] = []
    ruth, plain = floor.talk.ruth.person, type(floor.talk.ruth.person).hears

    def noted(self: Any, call: Any, hearing: Any) -> None:
        plain(self, call, hearing)
        if self is ruth and hears(ruth, floor.sofia.phone):
            heard.append(floor.world.carrier.now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ruth), "hears", noted)
        yield heard


# Who hears whom -----------------------------------------------------------------------------------


def test_who_listens_hears_both_and_is_heard_by_nobody(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(LISTEN)
    assert floor.sofia_hears("Ruth", "Dana")
    assert floor.who_hears_sofia() == set()
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)
    assert ruths_ear == []


def test_who_whispers_is_heard_by_the_agent_alone(floor: Floor, ruths_ear: list[float]) -> None:
    floor.joins(WHISPER)
    assert floor.who_hears_sofia() == {"Dana"}
    assert floor.sofia_hears("Ruth", "Dana")
    assert ruths_ear == []


def test_who_barges_in_is_heard_by_everybody(floor: Floor) -> None:
    floor.joins(BARGE)
    assert floor.who_hears_sofia() == {"Ruth", "Dana"}


def test_the_mode_changes_in_place_and_the_customer_hears_a_barge_alone(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(LISTEN)
    line = floor.leg().sid
    floor.switches(WHISPER)
    assert floor.who_hears_sofia() == {"Dana"}
    assert ruths_ear == []
    floor.switches(BARGE)
    assert floor.who_hears_sofia() == {"Ruth", "Dana"}
    floor.switches(WHISPER)
    assert floor.who_hears_sofia() == {"Dana"}
    floor.switches(BARGE)
    floor.switches(LISTEN)
    assert floor.who_hears_sofia() == set()
    assert floor.leg().sid == line
    assert floor.modes() == ["listen", "whisper", "barge", "whisper", "barge", "listen"]


def test_from_listening_to_whisper_after_a_barge_nobody_hears_too_much(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(BARGE)
    floor.switches(LISTEN)
    ruths_ear.clear()
    made = floor.switches(WHISPER)
    assert made.state == ChangeState.DONE
    assert floor.who_hears_sofia() == {"Dana"}
    assert ruths_ear == []


def test_a_supervisor_who_leaves_is_gone_and_the_others_talk_on(floor: Floor) -> None:
    floor.joins(BARGE)
    floor.does(watching.stop)
    floor.world.run(60)
    assert floor.leg().ended_at is not None
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)


def test_a_phone_that_confirms_by_key_hears_nothing_before_the_key(floor: Floor) -> None:
    floor.sofia.agent.confirm_by_key = True
    floor.sofia.agent.save()
    floor.does(watching.watch, mode=LISTEN)
    floor.world.run(4)
    assert is_told(floor.sofia.phone, "Press 1")
    assert not floor.sofia_hears("Ruth")
    floor.sofia.presses("1")
    floor.world.run(2)
    assert floor.sofia_hears("Ruth", "Dana")


def test_a_mailbox_joins_no_call(floor: Floor) -> None:
    floor.sofia.agent.confirm_by_key = True
    floor.sofia.agent.save()
    floor.does(watching.watch, mode=BARGE)
    floor.world.run(40)
    assert floor.leg().ended_at is not None
    assert floor.leg().joined_at is None
    assert not Watch.objects.exists()
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)


def test_a_supervisor_who_does_not_answer_changes_nothing(floor: Floor) -> None:
    floor.sofia.lets_it_ring()
    floor.does(watching.watch, mode=LISTEN)
    floor.world.run(60)
    assert floor.leg().state == LegState.NO_ANSWER
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)


# During hold, consult, transfer -------------------------------------------------------------------


def test_a_held_customer_hears_music_alone_also_while_somebody_barges(floor: Floor) -> None:
    floor.joins(BARGE)
    floor.talk.does(plans.hold, floor.talk.ruth.leg.id)
    assert hears_music(floor.talk.ruth.person)
    assert floor.who_hears_sofia() == {"Dana"}
    floor.talk.does(plans.resume, floor.talk.ruth.leg.id)
    assert floor.who_hears_sofia() == {"Ruth", "Dana"}


def test_an_agent_on_hold_hears_no_whisper(floor: Floor) -> None:
    floor.joins(WHISPER)
    floor.talk.does(plans.hold, floor.leg(floor.dana).id)
    assert hears_music(floor.dana.phone)
    assert floor.who_hears_sofia() == set()


def test_a_coach_is_muted_when_the_agent_is_gone(floor: Floor, ruths_ear: list[float]) -> None:
    """Dana's line is lost while Ruth talks with somebody else as well: Sofia is heard by nobody."""
    omar = third(floor, "Omar")
    with pytest.raises(CannotNow, match="which of the agents"):
        floor.joins(WHISPER)
    floor.joins(WHISPER, agent_leg=floor.leg(floor.dana).id)
    floor.dana.hangs_up()
    floor.world.run(5)
    assert hear_each_other(floor.talk.ruth.person, omar.phone)
    assert floor.leg().muted
    assert floor.who_hears_sofia() == set()
    assert ruths_ear == []
    assert floor.modes() == ["whisper", "listen"]


def test_the_coach_follows_to_another_agent_by_order_alone(
    floor: Floor, ruths_ear: list[float]
) -> None:
    third(floor, "Omar")
    floor.joins(WHISPER, agent_leg=floor.leg(floor.dana).id)
    floor.dana.hangs_up()
    floor.world.run(5)
    floor.switches(WHISPER)
    assert floor.who_hears_sofia() == {"Omar"}
    assert ruths_ear == []


def test_one_whispers_to_the_agent_that_is_named(floor: Floor) -> None:
    omar = third(floor, "Omar")
    floor.joins(WHISPER, agent_leg=floor.leg(omar).id)
    assert floor.who_hears_sofia() == {"Omar"}
    floor.switches(WHISPER, agent_leg=floor.leg(floor.dana).id)
    assert floor.who_hears_sofia() == {"Dana"}


def third(floor: Floor, name: str) -> Colleague:
    """Another agent is added to the conversation."""
    who = another(floor, name)
    call, dana = floor.talk.call.pk, floor.dana.agent.user
    handoffs.add(call_id=call, to=Target(user=who.agent.user), by=dana, now=floor.world.now)
    floor.world.run_until(lambda: hears(who.phone, floor.talk.ruth.person))
    return who


def another(floor: Floor, name: str) -> Colleague:
    """Somebody who is free, and answers."""
    who = floor.world.agent(name, floor.talk.queue)
    who.answers_after(1)
    floor.talk.agents[name] = who
    return who


def consulting(floor: Floor, name: str) -> Colleague:
    who = another(floor, name)
    call, dana = floor.talk.call.pk, floor.dana.agent.user
    handoffs.start_warm(call_id=call, to=Target(user=who.agent.user), by=dana, now=floor.world.now)
    floor.world.run_until(lambda: hear_each_other(who.phone, floor.dana.phone))
    return who


def test_in_a_consult_the_supervisor_hears_the_two_and_the_customer_nobody(floor: Floor) -> None:
    floor.joins(BARGE)
    consulting(floor, "Omar")
    assert hears_music(floor.talk.ruth.person)
    assert floor.who_hears_sofia() == {"Dana", "Omar"}
    assert floor.sofia_hears("Dana", "Omar")
    assert not floor.sofia_hears("Ruth")


def test_a_whisper_stays_with_the_first_agent_in_a_consult(floor: Floor) -> None:
    floor.joins(WHISPER)
    consulting(floor, "Omar")
    assert floor.who_hears_sofia() == {"Dana"}


def test_an_agent_who_sends_digits_leaves_a_whisper_to_nobody(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(WHISPER)
    floor.talk.does(plans.send_digits, floor.leg(floor.dana).id, "12#")
    floor.world.run(10)
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)
    assert floor.who_hears_sofia() == set()
    assert ruths_ear == []


def test_a_message_to_one_is_not_heard_by_who_listens(floor: Floor) -> None:
    floor.joins(LISTEN)
    floor.talk.does(plans.announce, floor.talk.ruth.leg.id, say="You are recorded.")
    assert is_told(floor.talk.ruth.person, "You are recorded.")
    assert not is_told(floor.sofia.phone, "You are recorded.")
    floor.world.run(10)
    floor.talk.does(plans.announce, None, say="We close soon.")
    assert is_told(floor.sofia.phone, "We close soon.")


def test_two_supervisors_do_not_meet_unless_they_are_heard(floor: Floor) -> None:
    kim = supervisor(floor.world, "Kim", floor.talk.queue)
    floor.joins(WHISPER)
    floor.joins(LISTEN, by=kim)
    assert not hears(kim.phone, floor.sofia.phone)
    assert not hears(floor.sofia.phone, kim.phone)
    assert floor.who_hears_sofia() == {"Dana"}


def test_who_whispered_to_the_agent_is_silent_when_another_takes_over(
    floor: Floor, ruths_ear: list[float]
) -> None:
    kim = supervisor(floor.world, "Kim", floor.talk.queue)
    floor.joins(WHISPER)
    floor.joins(LISTEN, by=kim)
    floor.does(watching.take_over, by=kim)
    floor.world.run(5)
    assert hear_each_other(floor.talk.ruth.person, kim.phone)
    assert floor.who_hears_sofia() == set()
    assert not hears(kim.phone, floor.sofia.phone)
    assert ruths_ear == []


def test_when_a_transfer_is_complete_who_whispered_to_the_first_is_silent(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(WHISPER)
    omar = consulting(floor, "Omar")
    made = floor.does(transfers.complete, by=floor.dana)
    floor.world.run(5)
    assert made.state == ChangeState.DONE or Change.objects.get(pk=made.pk).state == "done"
    assert hear_each_other(floor.talk.ruth.person, omar.phone)
    assert floor.who_hears_sofia() == set()
    assert floor.sofia_hears("Ruth", "Omar")
    floor.switches(WHISPER)
    assert floor.who_hears_sofia() == {"Omar"}
    assert ruths_ear == []


def test_a_call_sent_to_another_line_leaves_no_supervisor_behind(floor: Floor) -> None:
    floor.joins(LISTEN)
    sales = floor.world.queue("Sales")
    queueing.send_to_queue(
        call_id=floor.talk.call.pk, queue=sales, by=None, reason="", now=floor.world.now
    )
    floor.world.run(5)
    assert floor.leg().ended_at is not None
    assert floor.sofia.phone.call is None


def test_a_parked_caller_is_listened_to_by_nobody(floor: Floor) -> None:
    floor.joins(LISTEN)
    parking.park(call_id=floor.talk.call.pk, by=floor.dana.agent.user, now=floor.world.now)
    floor.world.run(5)
    assert hears_music(floor.talk.ruth.person)
    assert floor.leg().ended_at is not None


def test_when_the_call_is_over_the_supervisors_line_is_ended(floor: Floor) -> None:
    floor.joins(LISTEN)
    floor.talk.ruth.hangs_up()
    floor.world.run(5)
    assert floor.leg().ended_at is not None
    assert Watch.objects.get().ended_at is not None


def test_a_listener_is_no_company(world: World) -> None:
    """Dana's line is lost: Ruth is next in line, and does not stay with who listens."""
    floor = supervised(world, agent_gone="requeue")
    floor.joins(BARGE)
    floor.dana.hangs_up()
    world.run(5)
    assert floor.talk.call.state == CallState.WAITING
    assert floor.leg().ended_at is not None
    assert not hears_nothing(floor.talk.ruth.person)


def test_a_customer_alone_with_a_listener_counts_as_alone(floor: Floor) -> None:
    floor.joins(LISTEN)
    floor.world.outage.lost = lambda fetch: True
    floor.dana.hangs_up()
    floor.world.run(5)
    floor.world.outage.lost = None
    floor.world.run(120)
    assert floor.leg().ended_at is not None
    assert floor.talk.call.state != CallState.TALKING


# Taking over --------------------------------------------------------------------------------------


def test_taking_over_leaves_customer_and_supervisor_and_frees_the_agent(world: World) -> None:
    floor = supervised(world, wrap_up_seconds=30)
    floor.joins(WHISPER)
    made = floor.does(watching.take_over)
    world.run(3)
    assert Change.objects.get(pk=made.pk).state == ChangeState.DONE
    assert hear_each_other(floor.talk.ruth.person, floor.sofia.phone)
    assert floor.dana.phone.call is None
    assert floor.leg().role == LegRole.AGENT
    assert WrapUp.objects.get().user == floor.dana.agent.user
    assert floor.modes() == ["whisper"]
    assert Watch.objects.get().ended_at is not None
    world.run(120)
    assert hear_each_other(floor.talk.ruth.person, floor.sofia.phone)


def test_who_took_over_is_the_calls_agent_in_every_way(world: World) -> None:
    floor = supervised(world, agent_gone="requeue", wrap_up_seconds=30)
    floor.joins(BARGE)
    floor.does(watching.take_over)
    world.run(3)
    floor.talk.does(plans.hold, floor.talk.ruth.leg.id, by=floor.sofia.agent.user)
    assert hears_music(floor.talk.ruth.person)
    floor.talk.does(plans.resume, floor.talk.ruth.leg.id, by=floor.sofia.agent.user)
    floor.sofia.hangs_up()
    world.run(5)
    assert floor.talk.call.state == CallState.WAITING
    assert WrapUp.objects.filter(user=floor.sofia.agent.user).exists()


def test_who_took_over_is_known_to_be_heard_though_that_news_was_lost(floor: Floor) -> None:
    """Two are in the room, and neither is a supervisor any more: nothing else looks doubtful."""
    floor.joins(LISTEN)
    floor.world.carrier.faults.callback_lost = 1.0
    floor.does(watching.take_over)
    floor.world.run(3)
    floor.world.carrier.faults.callback_lost = 0.0
    assert hear_each_other(floor.talk.ruth.person, floor.sofia.phone)
    floor.world.run(60)
    assert not floor.leg().muted


def test_a_take_over_that_the_carrier_refuses_leaves_all_as_it_was(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(LISTEN)
    with refusing(floor.world, 400):
        made = floor.does(watching.take_over)
    floor.world.run(30)
    assert Change.objects.get(pk=made.pk).state == ChangeState.FAILED
    assert floor.leg().role == LegRole.SUPERVISOR
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)
    assert ruths_ear == []


def test_an_agent_who_cannot_be_let_go_keeps_the_call(floor: Floor) -> None:
    """The carrier opens the supervisor's mouth, but does not end the agent's line in time."""
    floor.joins(LISTEN)
    dana = floor.leg(floor.dana).sid
    with refusing(floor.world, 503, only=f"/Calls/{dana}"):
        made = floor.does(watching.take_over)
        floor.world.run(20)
    floor.world.run(20)
    assert Change.objects.get(pk=made.pk).state == ChangeState.FAILED
    assert floor.leg().role == LegRole.SUPERVISOR
    assert floor.who_hears_sofia() == set()
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)


# When the carrier is late or fails ----------------------------------------------------------------


@contextmanager
def refusing(world: World, status: int, *, only: str = "/Participants/") -> Iterator[None]:
    """What is asked of the carrier so is not done, and answered with an error."""

    def answers(request: RestRequest) -> RestAnswer | None:
        if request.method != "POST" or only not in request.path:
            return None
        return RestAnswer(status, {}, b'{"code": 20001, "message": "no", "status": 400}')

    world.driver.ambush = answers
    yield
    world.driver.ambush = None


@contextmanager
def answering_badly(world: World, status: int = 500) -> Iterator[None]:
    """What is asked of the carrier next is done, and answered with an error."""

    def answers(request: RestRequest) -> RestAnswer | None:
        if request.method != "POST" or "/Participants/" not in request.path:
            return None
        world.driver.ambush = None
        world.driver.rest(request)
        return RestAnswer(status, {}, b"{}")

    world.driver.ambush = answers
    yield
    world.driver.ambush = None


@pytest.mark.parametrize("status", [400, 500])
def test_a_switch_that_fails_is_told_and_leaves_the_stricter_mode(
    floor: Floor, ruths_ear: list[float], status: int
) -> None:
    floor.joins(LISTEN)
    with refusing(floor.world, status):
        made = floor.does(watching.switch, mode=BARGE)
        floor.world.run(25)
    floor.world.run(40)
    assert Change.objects.get(pk=made.pk).state == ChangeState.FAILED
    assert floor.who_hears_sofia() == set()
    assert ruths_ear == []
    assert TimelineEvent.objects.filter(kind="change-failed").exists()


def test_a_barge_that_was_done_although_the_answer_is_an_error_is_taken_back(floor: Floor) -> None:
    floor.joins(WHISPER)
    with answering_badly(floor.world, 400):
        made = floor.does(watching.switch, mode=BARGE)
    floor.world.run(10)
    assert Change.objects.get(pk=made.pk).state == ChangeState.FAILED
    assert floor.who_hears_sofia() == {"Dana"}


def test_who_cannot_be_made_silent_is_taken_out(floor: Floor) -> None:
    floor.joins(BARGE)
    with refusing(floor.world, 400):
        floor.does(watching.switch, mode=LISTEN)
        floor.world.run(5)
    assert floor.leg().ended_at is not None
    assert floor.who_hears_sofia() == set()
    assert hear_each_other(floor.talk.ruth.person, floor.dana.phone)


def test_a_switch_back_to_listening_may_be_asked_for_while_another_is_under_way(
    floor: Floor,
) -> None:
    floor.joins(BARGE)
    with refusing(floor.world, 503):
        floor.does(watching.switch, mode=WHISPER)
        floor.does(watching.switch, mode=LISTEN)
    floor.world.run(10)
    assert floor.who_hears_sofia() == set()


def test_news_that_comes_late_or_never_makes_nobody_louder(
    floor: Floor, ruths_ear: list[float]
) -> None:
    floor.joins(LISTEN)
    floor.world.outage.lost = lambda fetch: "/conference/" in fetch.url
    floor.switches(WHISPER)
    assert floor.leg().muted  # as far as we have heard
    floor.world.outage.lost = None
    floor.switches(WHISPER)
    floor.switches(LISTEN)
    assert floor.who_hears_sofia() == set()
    assert ruths_ear == []


def test_the_agent_who_was_to_be_coached_is_gone_when_the_supervisor_answers(
    floor: Floor, ruths_ear: list[float]
) -> None:
    omar = third(floor, "Omar")
    floor.sofia.answers_after(8)
    floor.does(watching.watch, mode=WHISPER, agent_leg=floor.leg(floor.dana).id)
    floor.world.run(4)
    floor.dana.hangs_up()
    floor.world.run(10)
    assert floor.sofia_hears("Ruth", "Omar")
    assert floor.who_hears_sofia() == set()
    assert ruths_ear == []
    assert hear_each_other(floor.talk.ruth.person, omar.phone)


def test_who_comes_back_into_the_room_just_listens(floor: Floor, ruths_ear: list[float]) -> None:
    """The carrier puts a supervisor who barged in out of the room; the line asks what to do."""
    floor.joins(BARGE)
    ruths_ear.clear()
    room = floor.world.carrier.conferences[floor.talk.call.conference_sid]
    floor.world.carrier.kick_participant(room.participants[floor.leg().sid or ""])
    floor.world.run(5)
    assert floor.leg().in_room
    assert floor.who_hears_sofia() == set()
    assert floor.modes() == ["barge", "listen"]


# Who may, and who is shown ------------------------------------------------------------------------


def test_each_mode_is_a_permission_of_its_own(floor: Floor) -> None:
    kim = supervisor(floor.world, "Kim", floor.talk.queue, may_whisper=False, may_barge=False)
    with pytest.raises(watching.MayNot, match="may not whisper"):
        floor.joins(WHISPER, by=kim)
    with pytest.raises(watching.MayNot, match="unseen"):
        floor.joins(LISTEN, by=kim, private=True)
    floor.joins(LISTEN, by=kim)
    with pytest.raises(watching.MayNot, match="may not barge"):
        floor.does(watching.switch, by=kim, mode=BARGE)


def test_another_queues_supervisor_hears_nothing(floor: Floor) -> None:
    sven = supervisor(floor.world, "Sven", floor.world.queue("Sales"))
    with pytest.raises(watching.MayNot):
        floor.joins(LISTEN, by=sven)


def test_what_makes_no_sense_is_refused_with_a_sentence(floor: Floor) -> None:
    with pytest.raises(CannotNow, match="not on this call"):
        floor.does(watching.switch, mode=BARGE)
    floor.joins(LISTEN)
    floor.switches(BARGE)
    with pytest.raises(CannotNow, match="heard by everybody already"):
        floor.does(watching.switch, mode=BARGE)
    with pytest.raises(CannotNow, match="on this call already"):
        floor.does(watching.watch, mode=LISTEN)
    with pytest.raises(CannotNow, match="as a supervisor"):
        floor.talk.does(plans.drop, floor.leg().id)


def test_one_supervisor_listens_to_one_call_at_a_time(floor: Floor) -> None:
    floor.joins(LISTEN)
    omar = another(floor, "Omar")
    eve = floor.world.calls_in("Eve", floor.talk.queue)
    floor.world.run_until(lambda: hear_each_other(eve.person, omar.phone))
    with pytest.raises(CannotNow, match="on another call"):
        watching.watch(
            call_id=eve.call.pk, by=floor.sofia.agent.user, mode=LISTEN, now=floor.world.now
        )


def test_the_agent_is_shown_who_listens(floor: Floor) -> None:
    floor.joins(LISTEN)
    shown = draw_desk(floor.dana.agent.user)
    assert "sofia" in shown.lower()


def test_who_listens_unseen_is_shown_to_supervisors_alone(floor: Floor) -> None:
    floor.joins(LISTEN, private=True)
    call = floor.talk.call
    assert floor.sofia_hears("Ruth", "Dana")
    assert "sofia" not in draw_desk(floor.dana.agent.user).lower()
    assert "sofia" not in draw_call(call.pk, controls=True, private=False).lower()
    assert "sofia" in draw_call(call.pk, controls=True, private=True).lower()
    for viewer, sees in ((floor.dana, False), (floor.sofia, True)):
        client = Client()
        client.force_login(viewer.agent.user)
        answered = client.get(f"/api/v1/calls/{call.pk}").content.decode().lower()
        assert ("sofia" in answered) is sees
        assert ("supervisor" in answered) is sees or "supervisors" in answered
    floor.does(watching.stop)
    floor.world.run(5)
    assert "sofia" not in draw_call(call.pk, controls=True, private=False).lower()
    assert Watch.objects.get().is_private


def test_an_open_page_shows_the_unseen_no_longer_than_its_reader_may_see_them(
    floor: Floor,
) -> None:
    floor.joins(LISTEN, private=True)
    kim = supervisor(floor.world, "Kim", floor.talk.queue)
    page = call_pane(kim.agent.user, floor.talk.call)
    assert "sofia" in page.draw().lower()
    kim.agent.user.supervisor.queues.clear()
    assert "sofia" not in page.draw().lower()


def test_whoever_is_drawn_into_the_call_is_not_shown_on_an_open_page_who_listens_unseen(
    floor: Floor,
) -> None:
    floor.joins(LISTEN, private=True)
    kim = supervisor(floor.world, "Kim", floor.talk.queue)
    page = call_pane(kim.agent.user, floor.talk.call)
    kim.goes_available()
    wish = Target(user=kim.agent.user)
    floor.does(handoffs.add, by=floor.dana, to=wish)
    assert "sofia" not in page.draw().lower()


def test_it_is_shown_to_whom_a_supervisor_whispers(floor: Floor) -> None:
    floor.joins(WHISPER)
    assert "whispers to Dana" in draw_board(floor.sofia.agent.user)
    assert "whispers to Dana" in draw_desk(floor.dana.agent.user)
    assert "You whisper to Dana" in draw_watching(floor.sofia.agent.user)


def test_who_is_heard_is_shown(floor: Floor) -> None:
    floor.joins(LISTEN, private=True)
    floor.switches(WHISPER)
    assert "sofia" in draw_desk(floor.dana.agent.user).lower()
    assert [watch.is_private for watch in Watch.objects.order_by("id")] == [True, False]


def test_nobody_whispers_unseen(floor: Floor) -> None:
    with pytest.raises(CannotNow, match="stay unseen"):
        floor.does(watching.watch, mode=WHISPER, private=True)


def test_a_supervisor_without_a_desk_is_rung_where_it_is_allowed(
    floor: Floor, settings: Any
) -> None:
    kim = floor.world.caller("Kim")
    kim.when_called = None
    user = User.objects.create_user("kim")
    Supervisor.objects.create(user=user).queues.set([floor.talk.queue])
    asked: dict[str, Any] = {"call_id": floor.talk.call.pk, "by": user, "mode": LISTEN}
    with pytest.raises(CannotNow, match="no line of your own"):
        watching.watch(**asked, now=floor.world.now)
    with pytest.raises(watching.MayNot, match="may not be rung"):
        watching.watch(**asked, number=kim.number, now=floor.world.now)
    settings.SUPERVISOR_LINES = [kim.number]
    watching.watch(**asked, number=kim.number, now=floor.world.now)
    floor.world.run(2)
    assert kim.call is not None
    kim.call.answer()
    floor.world.run(1)
    assert is_told(kim, "Press 1")
    kim.call.press("1")
    floor.world.run(3)
    assert hears(kim, floor.talk.ruth.person)


@pytest.mark.parametrize(
    "sent",
    [
        {"mode": "listen", "coaching": False},
        {"mode": "listen", "call_sid_to_coach": "CA" + "0" * 32},
        {"mode": "listen", "muted": False},
        {"mode": "shout"},
    ],
)
def test_live_actions_take_only_their_own_fields(floor: Floor, sent: dict[str, Any]) -> None:
    """Scenario 30: whoever posts `coaching`, or another party's name, is refused."""
    client = Client()
    client.force_login(floor.sofia.agent.user)
    address = f"/api/v1/calls/{floor.talk.call.pk}/watch"
    answered = client.post(address, sent, content_type="application/json")
    assert answered.status_code == 400
    assert not Leg.objects.filter(role=LegRole.SUPERVISOR).exists()


def test_another_calls_line_cannot_be_coached(floor: Floor) -> None:
    omar = another(floor, "Omar")
    eve = floor.world.calls_in("Eve", floor.talk.queue)
    floor.world.run_until(lambda: hear_each_other(eve.person, omar.phone))
    with pytest.raises(CannotNow, match="not part of this call"):
        floor.joins(WHISPER, agent_leg=eve.call.legs.get(role=LegRole.AGENT).pk)


def test_every_minute_is_on_record(floor: Floor) -> None:
    floor.joins(LISTEN)
    floor.world.run(60)
    floor.switches(WHISPER)
    floor.world.run(60)
    floor.does(watching.stop)
    floor.world.run(3)
    listened, whispered = Watch.objects.order_by("id")
    assert listened.ended_at == whispered.began_at
    assert 60 <= (listened.ended_at - listened.began_at).total_seconds() <= 64
    assert whispered.ended_at is not None
    assert 60 <= (whispered.ended_at - whispered.began_at).total_seconds() <= 66
    told = list(TimelineEvent.objects.filter(kind="monitoring").values_list("text", flat=True))
    assert told == ["sofia listens", "sofia whispers to dana"]


def test_it_is_on_record_also_where_the_news_of_coming_in_is_lost(floor: Floor) -> None:
    floor.world.outage.lost = lambda fetch: "/conference/" in fetch.url
    floor.does(watching.watch, mode=WHISPER)
    floor.world.run(10)
    floor.world.outage.lost = None
    floor.world.run(60)
    assert floor.leg().in_room
    floor.does(watching.stop)
    floor.world.run(10)
    [watch] = Watch.objects.all()
    assert watch.mode == WHISPER
    assert watch.began_at == floor.leg().answered_at
    assert watch.ended_at is not None


def test_it_is_on_record_also_where_nothing_was_heard_before_they_left(floor: Floor) -> None:
    floor.world.outage.lost = lambda fetch: "/conference/" in fetch.url
    floor.does(watching.watch, mode=LISTEN)
    floor.world.run(6)
    floor.world.outage.lost = None
    floor.sofia.hangs_up()
    floor.world.run(30)
    [watch] = Watch.objects.all()
    assert watch.began_at == floor.leg().answered_at
    assert watch.ended_at is not None


# Help, and the rest of what supervisors do --------------------------------------------------------


def test_an_agent_who_asks_for_help_is_helped_by_who_joins(floor: Floor) -> None:
    dana = floor.dana.agent.user
    asked = watching.ask_for_help(
        call_id=floor.talk.call.pk, by=dana, text="She is angry", now=floor.world.now
    )
    again = watching.ask_for_help(call_id=floor.talk.call.pk, by=dana, now=floor.world.now)
    assert again.pk == asked.pk
    assert "Dana asks for help</strong>: She is angry" in draw_board(floor.sofia.agent.user)
    floor.joins(WHISPER)
    assert "asks for help" not in draw_board(floor.sofia.agent.user)
    asked.refresh_from_db()
    assert asked.answered_by == floor.sofia.agent.user
    assert asked.ended_at is not None


def test_who_listens_unseen_answers_nobody(floor: Floor) -> None:
    dana = floor.dana.agent.user
    watching.ask_for_help(call_id=floor.talk.call.pk, by=dana, now=floor.world.now)
    floor.joins(LISTEN, private=True)
    assert HelpRequest.objects.get().ended_at is None


def test_a_flag_is_dismissed_once(floor: Floor) -> None:
    asked = watching.ask_for_help(
        call_id=floor.talk.call.pk, by=floor.dana.agent.user, now=floor.world.now
    )
    sofia = floor.sofia.agent.user
    ended = watching.end_help(help_id=asked.pk, by=sofia, now=floor.world.now)
    assert ended.answered_by == sofia
    with pytest.raises(CannotNow, match="answered already"):
        watching.end_help(help_id=asked.pk, by=sofia, now=floor.world.now)


def test_help_is_not_asked_for_any_more_when_the_call_is_over(floor: Floor) -> None:
    watching.ask_for_help(call_id=floor.talk.call.pk, by=floor.dana.agent.user, now=floor.world.now)
    floor.talk.ruth.hangs_up()
    floor.world.run(5)
    assert HelpRequest.objects.get().ended_at is not None


def test_a_written_word_is_for_the_agent_and_makes_no_sound(floor: Floor) -> None:
    watching.whisper_text(
        call_id=floor.talk.call.pk,
        by=floor.sofia.agent.user,
        text="Offer a refund",
        now=floor.world.now,
    )
    assert TextWhisper.objects.get().to == floor.dana.agent.user
    assert not is_told(floor.dana.phone, "refund")
    assert not TimelineEvent.objects.filter(text__contains="refund").exists()
    assert "Offer a refund" in draw_desk(floor.dana.agent.user)


def test_a_written_word_is_shown_at_no_other_agents_desk(world: World) -> None:
    floor = supervised(world, "Dana", "Omar")
    omar = floor.talk.agents["Omar"]
    omar.answers_after(1)
    omar.goes_available()
    floor.does(handoffs.add, by=floor.dana, to=handoffs.Target(user=omar.agent.user))
    world.run_until(lambda: hears(omar.phone, floor.talk.ruth.person))
    dana = floor.dana.agent.user
    watching.whisper_text(
        call_id=floor.talk.call.pk,
        by=floor.sofia.agent.user,
        text="Offer a refund",
        to=dana.pk,
        now=world.now,
    )
    assert "Offer a refund" in draw_desk(dana)
    assert 'data-testid="live-call"' in draw_desk(omar.agent.user)
    assert "Offer a refund" not in draw_desk(omar.agent.user)


def test_a_caller_is_pulled_to_the_agent_that_is_chosen(floor: Floor) -> None:
    """Eve waits behind Adam, and gets Omar, because Sofia says so."""
    world, queue = floor.world, floor.talk.queue
    adam, eve = world.calls_in("Adam", queue), world.calls_in("Eve", queue)
    omar = world.agent("Omar", world.queue("Sales"))
    omar.answers_after(1)
    sofia = floor.sofia.agent.user
    offer = directing.pull_to(
        call_id=eve.call.pk, agent_id=omar.agent.pk, by=sofia, reason="he knows her", now=world.now
    )
    assert offer.reason["because"] == "chosen by sofia: he knows her"
    with pytest.raises(CannotNow, match="ringing for that caller"):
        directing.pull_to(call_id=eve.call.pk, agent_id=omar.agent.pk, by=sofia, now=world.now)
    with pytest.raises(CannotNow, match="not free"):
        directing.pull_to(call_id=adam.call.pk, agent_id=omar.agent.pk, by=sofia, now=world.now)
    world.run(5)
    assert hear_each_other(eve.person, omar.phone)
    with pytest.raises(CannotNow, match="not waiting"):
        directing.pull_to(call_id=eve.call.pk, agent_id=omar.agent.pk, by=sofia, now=world.now)


def test_a_caller_is_moved_to_the_front(floor: Floor) -> None:
    world, queue = floor.world, floor.talk.queue
    world.calls_in("Adam", queue)
    world.run(5)
    eve = world.calls_in("Eve", queue)
    sofia = floor.sofia.agent.user
    watching.to_front(call_id=eve.call.pk, by=sofia, now=world.now)
    with pytest.raises(CannotNow, match="next already"):
        watching.to_front(call_id=eve.call.pk, by=sofia, now=world.now)
    omar = another(floor, "Omar")
    world.run(5)
    assert hear_each_other(eve.person, omar.phone)


def test_an_agent_is_logged_out_now_or_after_the_call(world: World) -> None:
    floor = supervised(world, wrap_up_seconds=600)
    sofia, dana = floor.sofia.agent.user, floor.dana
    directing.log_out(agent=dana.fresh(), by=sofia, after_call=True, now=world.now)
    assert dana.fresh().intent == "available"
    floor.talk.ruth.hangs_up()
    world.run(5)
    assert WrapUp.objects.get().finished_at is None
    directing.finish_for(agent=dana.fresh(), by=sofia, now=world.now)
    world.run(5)
    assert WrapUp.objects.get().finished_at is not None
    assert dana.fresh().intent == "offline"
    with pytest.raises(CannotNow, match="no after-call work"):
        directing.finish_for(agent=dana.fresh(), by=sofia, now=world.now)
