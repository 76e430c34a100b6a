"""Whatever can be done to a live call, an agent or a line can be looked at first: what is told is
what would be done, and nothing is done.

Each call of the scene is at another moment: a talk, a consult, a line that rings, a hold, a
recording, a supervisor who listens, a parked caller, two who wait.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.services import handoffs
from calls.models import Call, Command, HelpRequest, Leg, LineChange, Queue, Recording, StandbyLeg
from calls.services import parking, rooms, second_party, watching
from calls.states import LegRole, OrderState, WatchMode
from tests import people
from tests.agents.ui.test_every_verb import HAS_A_WAY_BACK, VERBS, controls, is_asked_first
from tests.calls.api.programs import Program

pytestmark = pytest.mark.django_db

# What concerns the keeping of a call that is over changes nobody's line.
NOT_LIVE = {
    "/api/v1/calls/{call_id}/legal-hold",
    "/api/v1/calls/{call_id}/legal-hold/release",
}
OUTSIDE = "+15550009999"
SALES = "+15550002000"  # where nobody is signed in
# Who asks; where (`{talk}` is a call, `{talk-customer}` a line of it, `{dana}` a person); for what.
ASKED: list[tuple[str, str, dict[str, Any]]] = [
    ("ada", "calls/{talk}/end", {}),
    ("ada", "calls/{talk}/redirect", {"queue": "sales"}),
    ("ada", "calls/{talk}/redirect", {"twiml": "<Response><Hangup/></Response>"}),
    ("ada", "calls/{waiting}/redirect", {"queue": "sales"}),
    ("dana", "calls/{talk}/redirect", {"number": people.OUR_NUMBER}),
    ("dana", "calls/{talk}/redirect", {"number": SALES}),
    ("ada", "calls/{talk}/announce", {"say": "Hello"}),
    ("ada", "calls/{talk}/legs/{talk-customer}/hold", {}),
    ("ada", "calls/{held}/legs/{held-customer}/resume", {}),
    ("ada", "calls/{talk}/legs/{talk-customer}/mute", {}),
    ("ada", "calls/{held}/legs/{held-agent}/unmute", {}),
    ("ada", "calls/{talk}/legs/{talk-customer}/digits", {"digits": "1"}),
    ("ada", "calls/{talk}/legs/{talk-customer}/announce", {"say": "Hello"}),
    ("ada", "calls/{consult}/legs/{consult-consult}/drop", {}),
    ("dana", "calls/{talk}/transfer", {"kind": "warm", "agent": "{ivy}"}),
    ("dana", "calls/{talk}/transfer", {"kind": "blind", "agent": "{ivy}"}),
    ("dana", "calls/{talk}/transfer", {"kind": "blind", "queue": "sales"}),
    ("dana", "calls/{talk}/add", {"number": OUTSIDE}),
    ("omar", "calls/{consult}/transfer/swap", {}),
    ("omar", "calls/{consult}/transfer/three-way", {}),
    ("omar", "calls/{consult}/transfer/complete", {}),
    ("omar", "calls/{consult}/transfer/cancel", {}),
    ("omar", "calls/{consult}/leave", {}),
    ("ida", "calls/{ringing}/transfer/decline", {}),
    ("dana", "calls/{talk}/park", {}),
    ("ivy", "calls/{parked}/retrieve", {}),
    ("ada", "calls/{parked}/retrieve", {"agent": "{jan}"}),
    ("dana", "calls/{talk}/recording/start", {}),
    ("tara", "calls/{taped}/recording/pause", {"reason": "card number"}),
    ("tara", "calls/{taped}/recording/stop", {}),
    ("hal", "calls/{held}/recording/resume", {}),
    ("dana", "calls/{talk}/help", {"text": "She is angry"}),
    ("hal", "calls/{held}/help/{help}/end", {}),
    ("sam", "calls/{talk}/watch", {"mode": "listen", "number": "+15559001234"}),
    ("sofia", "calls/{watched}/watch/switch", {"mode": "whisper"}),
    ("sofia", "calls/{watched}/watch/stop", {}),
    ("sofia", "calls/{watched}/take-over", {}),
    ("sofia", "calls/{talk}/text-whispers", {"text": "Offer a refund"}),
    ("ada", "calls/{waiting}/to-front", {}),
    ("ada", "calls/{waiting}/pull", {"agent": "{ivy}"}),
    ("ada", "calls/{waiting}/pull", {"agent": "{jan}"}),
    ("ada", "agents/{ivy}/state", {"intent": "offline"}),
    ("ada", "agents/{jan}/state", {"intent": "offline"}),
    ("ida", "agents/{ida}/state", {"intent": "offline"}),
    ("ada", "agents/{rita}/state", {"intent": "offline"}),
    ("ada", "agents/{rita}/log-out", {}),
    ("ada", "agents/{dana}/log-out", {"after_call": True}),
    ("ada", "agents/{kim}/finish-wrap-up", {}),
    ("ivy", "agents/{ivy}/standby", {}),
    ("jan", "agents/{jan}/standby/end", {}),
    ("ivy", "agents/{ivy}/dial", {"number": OUTSIDE}),
    ("ada", "queues/billing/callers", {"to_queue": "sales"}),
    ("ada", "line-changes/{change}/stop", {}),
]
# These change no live call and are not asked dry; each stands on what the one before it did.
KEPT = [
    ("ada", "calls/{talk}/legal-hold", {"reason": "a complaint"}),
    ("ada", "calls/{talk}/legal-hold/release", {"reason": "settled"}),
]
# Of these what would be done is told in words alone: nobody's line is touched by it now.
NO_LINE = re.compile(
    r"help|text-whispers|to-front|finish-wrap-up|callers$|line-changes|ivy\}/state|dana\}/log-out"
)


@pytest.fixture
def document() -> Any:
    return Client().get("/api/v1/schema?format=json").json()


def _posts(document: Any) -> dict[str, Any]:
    return {path: all["post"] for path, all in document["paths"].items() if "post" in all}


def test_the_document_offers_a_dry_run_of_every_live_verb(document: Any) -> None:
    dry = {
        path
        for path, post in _posts(document).items()
        if "dry_run" in {each["name"] for each in post["parameters"]}
    }
    assert set(_posts(document)) - dry == NOT_LIVE


def test_every_one_of_them_is_asked_dry_below(document: Any) -> None:
    def plain(path: str) -> str:
        return re.sub(r"\{.*?\}", "{}", path.removeprefix("/api/v1/").replace("{slug}", "billing"))

    live = {plain(path) for path in set(_posts(document)) - NOT_LIVE}
    assert live == {plain(path) for _, path, _ in ASKED}


# The scene ----------------------------------------------------------------------------------------


@dataclass
class Scene:
    ids: dict[str, Any]
    now: datetime

    def agent(self, name: str, **fields: Any) -> User:
        user = people.make_agent_user(name, Queue.objects.get(slug="billing"), **fields)
        self.ids[name.lower()] = user.pk
        return user

    def call(self, name: str, agent: User | None) -> Call:
        call = people.rings(now=self.now, name=name)
        if agent is not None:
            people.talking(call, agent, now=self.now)
        self.ids[name] = call.pk
        self.name(call)
        return call

    def name(self, call: Call) -> None:
        """The call's lines, by what they are in it."""
        for leg in call.legs.all():
            self.ids[f"{self._of(call)}-{leg.role}"] = leg.pk

    def _of(self, call: Call) -> str:
        return next(name for name, pk in self.ids.items() if pk == call.pk)


@pytest.fixture
def scene(settings: Settings) -> Scene:
    settings.SUPERVISOR_LINES = ["+15559001234"]
    billing = people.make_queue("Billing", recording="on-demand", recording_consent="")
    sales = people.make_queue("Sales")
    people.make_number(billing)
    people.make_number(sales, SALES)
    scene = Scene({"ada": User.objects.create_superuser("ada").pk}, timezone.now())
    dana, omar, hal = (scene.agent(name) for name in ("Dana", "Omar", "Hal"))
    scene.call("talk", dana)
    _taped(scene.call("taped", scene.agent("Tara")), "in-progress", scene.now)
    _held(scene, hal)
    _consulting(scene, omar)
    scene.ids["sam"] = people.make_supervisor("Sam", billing).pk
    _watched(scene, people.make_supervisor("Sofia", billing))
    _parked(scene)
    people.over(people.talking(people.rings(now=scene.now), scene.agent("Kim")), now=scene.now)
    people.rings(now=scene.now)
    scene.call("waiting", None)
    people.offered(scene.call("offered", None), scene.agent("Rita"), now=scene.now)
    scene.agent("Ivy", may_stand_by=True)
    jan = scene.agent("Jan", may_stand_by=True)
    people.kept_open(jan, now=scene.now)
    change = LineChange.objects.create(queue=sales, asked_at=scene.now, wanted=2)
    scene.ids["change"] = change.pk
    Command.objects.update(state=OrderState.DONE, settled_at=scene.now)
    return scene


def _taped(call: Call, state: str, now: datetime, **more: Any) -> Recording:
    leg = people.customer(call)
    return Recording.objects.create(
        call=call, leg=leg, state=state, planned_at=now, sid=f"RE{call.pk.hex}", **more
    )


def _held(scene: Scene, hal: User) -> None:
    """The carrier says that the caller is on hold and Hal muted; the recording is paused."""
    call = scene.call("held", hal)
    call.legs.filter(role=LegRole.CUSTOMER).update(held_at=scene.now)
    call.legs.filter(role=LegRole.AGENT).update(muted=True)
    asked = HelpRequest.objects.create(call=call, asked_by=hal, asked_at=scene.now)
    scene.ids["help"] = asked.pk
    _taped(call, "paused", scene.now)


def _consulting(scene: Scene, omar: User) -> None:
    """Omar consults Lena, who is there; Pia asks Ida, whose line rings."""
    for name, first, second in (
        ("consult", omar, scene.agent("Lena")),
        ("ringing", scene.agent("Pia"), scene.agent("Ida")),
    ):
        call = scene.call(name, first)
        to = handoffs.Target(user=second)
        handoffs.start_warm(call_id=call.pk, to=to, by=first, now=scene.now)
        scene.name(call)
    leg = Leg.objects.select_related("call").get(pk=scene.ids["consult-consult"])
    Command.objects.filter(call=leg.call).update(state=OrderState.DONE, settled_at=scene.now)
    Leg.objects.filter(pk=scene.ids["consult-customer"]).update(held_at=scene.now)
    leg.sid = people.call_sid()
    leg.save()
    second_party.answered(leg_id=leg.pk, now=scene.now)
    second_party.pressed(leg_id=leg.pk, digits="1", now=scene.now)
    rooms.entered(leg=leg, now=scene.now)


def _watched(scene: Scene, sofia: User) -> None:
    scene.ids["sofia"] = sofia.pk
    call = scene.call("watched", scene.agent("Will"))
    watching.watch(
        call_id=call.pk, by=sofia, mode=WatchMode.LISTEN, number="+15559001234", now=scene.now
    )
    leg = Leg.objects.select_related("call").get(user=sofia)
    Command.objects.filter(leg=leg).update(state=OrderState.DONE, settled_at=scene.now)
    leg.sid, leg.state, leg.answered_at = people.call_sid(), "in-progress", scene.now
    leg.save()
    rooms.entered(leg=leg, now=scene.now)


def _parked(scene: Scene) -> None:
    paula = scene.agent("Paula")
    call = scene.call("parked", paula)
    parking.park(call_id=call.pk, by=paula, now=scene.now)


# Asked dry, and then done -------------------------------------------------------------------------


AT_THE_DOOR = {"django_session", "auth_user", "calls_allowance"}


def _everything() -> dict[str, str]:
    """What each table holds, but for what every request leaves behind."""
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = sorted({name for (name,) in cursor.fetchall()} - AT_THE_DOOR)
        each = " union all ".join(
            f"select '{name}', md5(string_agg(t::text, '|' order by t::text)) from {name} t"
            for name in tables
        )
        cursor.execute(each)
        return dict(cursor.fetchall())


Steps = Counter[tuple[str, str]]


def _whose(leg_id: str | UUID) -> str:
    """A line that is new has another id each time: it is known by whose it is."""
    leg = Leg.objects.filter(pk=leg_id).select_related("user").first()
    if leg is not None:
        return f"{leg.role} {leg.user or leg.address}"
    return "kept open" if StandbyLeg.objects.filter(pk=leg_id).exists() else "new"


def _told(steps: list[dict[str, str]]) -> Steps:
    return Counter((step["verb"], _whose(step["leg"])) for step in steps)


def _orders(before: set[Any], lines: dict[Any, Any]) -> Steps:
    """What has been ordered; the lines of who was not there before are new."""
    found: Steps = Counter()
    for order in Command.objects.exclude(pk__in=before).select_related("leg__user"):
        found[(order.verb, "new" if order.verb == "dial" else _whose(order.leg_id))] += 1
    for line in StandbyLeg.objects.all():
        if line.pk not in lines:
            found[("dial", "new")] += 1
        elif line.let_go_at and not lines[line.pk]:
            found[("hang-up", "kept open")] += 1
    return found


def _ask(
    scene: Scene, who: str, path: str, body: dict[str, Any], *, dry: bool = False, **headers: str
) -> Any:
    program = Program()
    program.client.force_login(User.objects.get(pk=scene.ids[who]))
    given = {
        name: int(value.format(**scene.ids)) if name == "agent" else value
        for name, value in body.items()
    }
    address = path.format(**scene.ids) + ("?dry_run=1" if dry else "")
    return program.post(address, given, **headers)


def test_what_is_told_is_what_is_done_and_nothing_is_done_by_telling_it(scene: Scene) -> None:
    for who, path, body in ASKED:
        asked = f"{who}: {path} {body}"
        with transaction.atomic():
            before = _everything()
            told = _ask(scene, who, path, body, dry=True)
            assert told.status_code == 200, (asked, told.content)
            assert told.json()["text"], asked
            after = _everything()
            assert {name for name in after if after[name] != before[name]} == set(), asked
            steps = _told(told.json().get("steps", []))
            orders = set(Command.objects.values_list("pk", flat=True))
            lines = dict(StandbyLeg.objects.values_list("pk", "let_go_at"))
            done = _ask(scene, who, path, body)
            assert 200 <= done.status_code < 300, (asked, done.content)
            assert steps == _orders(orders, lines), asked
            assert bool(steps) != bool(NO_LINE.search(path)), asked
            transaction.set_rollback(True)


def test_what_is_asked_twice_with_one_key_is_done_once(scene: Scene) -> None:
    for who, path, body in ASKED:
        with transaction.atomic():
            _asked_twice(scene, who, path, body)
            transaction.set_rollback(True)
    for who, path, body in KEPT:
        _asked_twice(scene, who, path, body)


def _asked_twice(scene: Scene, who: str, path: str, body: dict[str, Any]) -> None:
    asked = f"{who}: {path} {body}"
    first = _ask(scene, who, path, body, Idempotency_Key=path)
    assert 200 <= first.status_code < 300, (asked, first.content)
    before = _everything()
    again = _ask(scene, who, path, body, Idempotency_Key=path)
    after = _everything()
    assert again.get("Idempotent-Replayed") == "true", asked
    assert again.status_code == first.status_code, asked
    assert not first.content or again.json() == first.json(), asked
    assert {name for name in after if after[name] != before[name]} == set(), asked


# What cannot be taken back ------------------------------------------------------------------------

FOR_GOOD = {"hang-up", "enqueue", "redirect", "play-out", "stop-recording"}


def _deeds_of(path: str) -> set[str]:
    """What is pressed on a page for this."""
    if path.endswith("/end") and path.count("/") == 2:
        return {"was-voicemail"}  # over the API such a call is ended, with that for a reason
    plain = re.sub(r"\{.*?\}", "{}", path.removeprefix("calls/{}/"))
    addresses = {name: re.sub(r"\{.*?\}", "{}", address) for name, (address, _) in VERBS.items()}
    return {name for name, address in addresses.items() if plain.endswith(f"}}/{address}")}


def test_what_cannot_be_taken_back_is_asked_first_on_every_page(scene: Scene) -> None:
    asked_first = set()
    for who, path, body in ASKED:
        steps = _ask(scene, who, path, body, dry=True).json().get("steps", [])
        if FOR_GOOD & {step["verb"] for step in steps}:
            asked_first |= _deeds_of(path)
    if "send-on" in asked_first:  # one address for both
        asked_first.discard("consult")
    for verb in asked_first - HAS_A_WAY_BACK.keys():
        for control in controls(verb):
            assert is_asked_first(control), control
    assert {"was-voicemail", "drop", "send-on", "complete", "leave", "take-over"} <= asked_first
    assert {"send-elsewhere", "stop-recording", *HAS_A_WAY_BACK} <= asked_first
    assert HAS_A_WAY_BACK.keys() | set(HAS_A_WAY_BACK.values()) <= VERBS.keys()
