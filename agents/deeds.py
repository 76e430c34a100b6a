"""What can be done to a live call from a page: one table, one line for each button.

A deed takes what its form was given and calls the one service that does it. What makes no sense
now, the service refuses with a sentence for people.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from agents import deed_forms as forms
from agents.availability import Intent
from agents.forms import ForceForm
from agents.models import Agent
from agents.services import directing, handoffs
from calls import plans
from calls.models import Call, Leg
from calls.plans import CannotNow
from calls.services import (
    access,
    changing,
    lifecycle,
    parking,
    second_party,
    sending,
    transfers,
    watching,
)
from calls.states import LegRole
from calls.timeline import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Somebody pressed a button: what they filled in, and who they are."""

    user: User
    call: Call
    given: dict[str, Any]
    now: datetime

    @property
    def token(self) -> str:
        """The same for the same button in the same moment: pressed twice, it is one change."""
        moment = self.given.get("token", "")
        if not moment:
            return ""
        what = [moment, *(f"{name}={self.given[name]}" for name in sorted(self.given))]
        return hashlib.sha256("\0".join(what).encode()).hexdigest()[:32]

    @property
    def reason(self) -> str:
        return str(self.given.get("reason", ""))


May = Callable[[User, Call], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """`form` reads what was given; `may` says whose deed it is; `do` is what it comes to."""

    do: Callable[[Asking], object]
    form: type[forms.DeedForm] = forms.DeedForm
    may: May = access.may_control


def see(user: User, call: Call) -> bool:
    """Whether the call is there for this user: also one parked where they may retrieve it."""
    return access.may_see(user, call) or _team(user, call)


def _team(user: User, call: Call) -> bool:
    return access.retrievable_calls(user).filter(pk=call.pk).exists()


def _rung(user: User, call: Call) -> bool:
    """Whether their own line is part of the call, answered or not."""
    return Leg.objects.live().filter(call=call, user=user).exists()


# What each of them comes to -----------------------------------------------------------------------


def _change(asking: Asking, planning: changing.Planning) -> changing.Changed:
    return changing.change(
        call_id=asking.call.pk,
        planning=planning,
        by=asking.user,
        reason=asking.reason,
        token=asking.token,
        now=asking.now,
    )


def _to_leg(plan: Callable[[plans.Scene, Any], plans.Plan]) -> Callable[[Asking], object]:
    return lambda asking: _change(asking, lambda scene: plan(scene, asking.given["leg"]))


def _to_call(plan: Callable[[plans.Scene], plans.Plan]) -> Callable[[Asking], object]:
    return lambda asking: _change(asking, plan)


def _send_digits(asking: Asking) -> object:
    leg, digits = asking.given["leg"], asking.given["digits"]
    return _change(asking, lambda scene: plans.send_digits(scene, leg, digits))


def _say(asking: Asking) -> object:
    leg, say = asking.given["leg"], asking.given["say"]
    return _change(asking, lambda scene: plans.announce(scene, leg, say=say))


def _pause(asking: Asking) -> object:
    why = asking.reason or "paused at the desk"
    return _change(asking, lambda scene: plans.pause_recording(scene, why=why))


_HandOn = Callable[..., changing.Changed]


def _hand_on(begin: _HandOn) -> Callable[[Asking], object]:
    return lambda asking: begin(
        call_id=asking.call.pk,
        to=handoffs.Target(
            **asking.given["to"],
            show_caller=asking.given["show_caller"],
            reason=asking.reason,
            notes=asking.given["notes"],
        ),
        by=asking.user,
        token=asking.token,
        now=asking.now,
    )


def _go_on(verb: _HandOn) -> Callable[[Asking], object]:
    return lambda asking: verb(
        call_id=asking.call.pk,
        by=asking.user,
        reason=asking.reason,
        token=asking.token,
        now=asking.now,
    )


def _voicemail(asking: Asking) -> object:
    """Whoever dialled hears that it is nobody."""
    customer = asking.call.legs.filter(role=LegRole.CUSTOMER).first()
    if customer is None:
        raise lifecycle.CallIsOver
    lifecycle.machine_answered(leg_id=customer.pk, by=asking.user, now=asking.now)
    return None


def _decline(asking: Asking) -> object:
    second_party.decline(call_id=asking.call.pk, user=asking.user, now=asking.now)
    return None


def _retrieve(asking: Asking) -> object:
    return parking.retrieve_for(call_id=asking.call.pk, user=asking.user, now=asking.now)


def _watch(asking: Asking) -> object:
    """Switched in place by whoever is on the call already; else their line is rung."""
    mode, agent_leg = asking.given["mode"], asking.given["agent_leg"]
    if _rung(asking.user, asking.call):
        return watching.switch(
            call_id=asking.call.pk,
            by=asking.user,
            mode=mode,
            agent_leg=agent_leg,
            token=asking.token,
            now=asking.now,
        )
    return watching.watch(
        call_id=asking.call.pk,
        by=asking.user,
        mode=mode,
        private=asking.given["private"],
        number=asking.given["number"],
        agent_leg=agent_leg,
        token=asking.token,
        now=asking.now,
    )


def _take_over(asking: Asking) -> object:
    return watching.take_over(
        call_id=asking.call.pk,
        by=asking.user,
        agent_leg=asking.given["agent_leg"],
        token=asking.token,
        now=asking.now,
    )


def _ask_help(asking: Asking) -> object:
    return watching.ask_for_help(
        call_id=asking.call.pk, by=asking.user, text=asking.given["text"], now=asking.now
    )


def _end_help(asking: Asking) -> object:
    found = asking.call.help_requests.filter(pk=asking.given["help"]).first()
    if found is None:
        raise CannotNow("Nobody asks for help on this call any more.", "answered")
    return watching.end_help(help_id=found.pk, by=asking.user, now=asking.now)


def _text(asking: Asking) -> object:
    return watching.whisper_text(
        call_id=asking.call.pk,
        by=asking.user,
        text=asking.given["text"],
        to=asking.given["to"],
        now=asking.now,
    )


def _send_elsewhere(asking: Asking) -> object:
    """To a queue by whoever is on the call; to what a document says by those who watch over it."""
    given = asking.given
    to = sending.Elsewhere(
        queue=given["to_queue"],
        number=given["to_number"],
        url=given["url"],
        twiml=given["twiml"],
    )
    if to.is_dictated and not access.may_dictate(asking.user, asking.call):
        raise watching.MayNot(
            "You may send this call to a queue or a number of ours, and nowhere else."
        )
    reason = asking.reason or f"by {name_of(asking.user)}"
    sending.send(call_id=asking.call.pk, to=to, by=asking.user, reason=reason, now=asking.now)
    return None


def _to_front(asking: Asking) -> object:
    return watching.to_front(call_id=asking.call.pk, by=asking.user, now=asking.now)


def _pull(asking: Asking) -> object:
    agent: Agent = asking.given["agent"]
    if not directing.may_pull(asking.user, asking.call, agent):
        raise watching.MayNot("You may send callers to agents of your own queues only.")
    return directing.pull_to(
        call_id=asking.call.pk, agent_id=agent.pk, by=asking.user, now=asking.now
    )


DEEDS: dict[str, Deed] = {
    # Of one party
    "hold": Deed(form=forms.LegForm, do=_to_leg(plans.hold)),
    "resume": Deed(form=forms.LegForm, do=_to_leg(plans.resume)),
    "mute": Deed(form=forms.LegForm, do=_to_leg(plans.mute)),
    "unmute": Deed(form=forms.LegForm, do=_to_leg(plans.unmute)),
    "drop": Deed(form=forms.LegForm, do=_to_leg(plans.drop)),
    "digits": Deed(form=forms.DigitsForm, do=_send_digits),
    "say": Deed(form=forms.SayForm, do=_say),
    # To somebody else
    "consult": Deed(form=forms.TargetForm, do=_hand_on(handoffs.start_warm)),
    "send-on": Deed(form=forms.TargetForm, do=_hand_on(handoffs.start_blind)),
    "add": Deed(form=forms.TargetForm, do=_hand_on(handoffs.add)),
    "swap": Deed(do=_go_on(transfers.swap)),
    "three-way": Deed(do=_go_on(transfers.three_way)),
    "complete": Deed(do=_go_on(transfers.complete)),
    "cancel": Deed(do=_go_on(transfers.cancel)),
    "leave": Deed(do=_go_on(transfers.leave), may=access.takes_part),
    "decline": Deed(do=_decline, may=_rung),
    "was-voicemail": Deed(do=_voicemail),
    "park": Deed(form=forms.WhyForm, do=_go_on(parking.park)),
    "retrieve": Deed(do=_retrieve, may=_team),
    # The recording
    "record": Deed(do=_to_call(plans.record)),
    "pause-recording": Deed(form=forms.WhyForm, do=_pause),
    "resume-recording": Deed(do=_to_call(plans.resume_recording)),
    "stop-recording": Deed(do=_to_call(plans.stop_recording)),
    # Supervisors
    "ask-help": Deed(form=forms.TextForm, do=_ask_help, may=access.takes_part),
    "end-help": Deed(form=forms.HelpForm, do=_end_help, may=access.takes_part),
    "watch": Deed(form=forms.WatchForm, do=_watch, may=access.supervises),
    "stop-watching": Deed(do=_go_on(watching.stop), may=access.supervises),
    "take-over": Deed(form=forms.AgentLegForm, do=_take_over, may=access.supervises),
    "text": Deed(form=forms.WrittenForm, do=_text, may=access.supervises),
    "send-elsewhere": Deed(form=forms.ElsewhereForm, do=_send_elsewhere),
    "to-front": Deed(do=_to_front, may=access.supervises),
    "pull": Deed(form=forms.PullForm, do=_pull, may=access.supervises),
}


# Of an agent --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A supervisor pressed a button of an agent's."""

    user: User
    agent: Agent
    given: dict[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDeed:
    do: Callable[[Telling], object]
    form: type[forms.DeedForm | ForceForm] = forms.ToldForm


def _set_state(telling: Telling) -> object:
    return directing.set_state(
        agent=telling.agent,
        intent=Intent(telling.given["intent"]),
        break_reason=telling.given["reason"],
        by=telling.user,
        reason=telling.given["why"],
        now=telling.now,
    )


def _log_out(telling: Telling) -> object:
    return directing.log_out(
        agent=telling.agent,
        by=telling.user,
        after_call=telling.given["after_call"],
        reason=telling.given["why"],
        now=telling.now,
    )


def _finish_wrap_up(telling: Telling) -> object:
    return directing.finish_for(
        agent=telling.agent, by=telling.user, reason=telling.given["why"], now=telling.now
    )


OF_AGENTS: dict[str, AgentDeed] = {
    "state": AgentDeed(form=ForceForm, do=_set_state),
    "log-out": AgentDeed(form=forms.LogOutForm, do=_log_out),
    "finish-wrap-up": AgentDeed(do=_finish_wrap_up),
}
