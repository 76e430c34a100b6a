"""Who may do what, in one table: every address of the API, and everything the pages ask for.

Dana is talking with Ruth, who came through Billing; Omar serves Billing too, and has a caller of
his own to wrap up. Sofia watches over Billing, Sven over Sales. `no scope` and `scopes` are keys.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.deeds import DEEDS
from agents.models import Agent
from calls.models import Call, Change, Command, HelpRequest, LineChange, Queue, Recording, WrapUp
from calls.models.access import SCOPES
from calls.services import parking
from calls.states import OrderState
from tests import people
from tests.calls.api.programs import api_key

pytestmark = pytest.mark.django_db

# Where supervisors without a desk are rung.
OUR_LINE = "+15559001234"
ROLES = ("stranger", "dana", "omar", "sofia", "sven", "admin", "no scope", "scopes")

# fmt: off
TABLE = """
#                                        stranger dana omar sofia sven admin no-scope scopes
GET  /api/v1/calls                            401  200  200   200  200   200      403    200
GET  /api/v1/calls/{call}                     401  200  404   200  404   200      403    200
POST /api/v1/calls/{call}/end                 401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/end?dry_run=1       401  200  404   200  404   200      403    200
POST /api/v1/calls/{call}/redirect            401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/redirect#twiml      401  403  404   202  404   202      403    202
POST /api/v1/calls/{call}/redirect#number     401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/redirect#url        401  403  404   202  404   202      403    202
POST /api/v1/calls/{call}/redirect?dry_run=1  401  200  404   200  404   200      403    200
POST /api/v1/calls/{call}/redirect?dry_run=1#twiml 401 403 404 200 404 200   403    200
POST /api/v1/calls/{call}/announce            401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/legs/{leg}/hold     401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/legs/{leg}/resume   401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/legs/{leg}/mute     401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/legs/{leg}/unmute   401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/legs/{leg}/digits   401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/legs/{leg}/announce 401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/legs/{leg}/drop     401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/park                401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/retrieve            401  409  404   409  404   409      403    400
POST /api/v1/calls/{parked}/park              401  404  404   409  404   409      403    409
POST /api/v1/calls/{parked}/retrieve          401  409  202   409  404   409      403    400
GET  /api/v1/parked                           401  200  200   200  200   200      403    200
POST /api/v1/queues/billing/callers           401  403  403   202  404   202      403    202
POST /api/v1/queues/billing/callers?dry_run=1 401  403  403   200  404   200      403    200
GET  /api/v1/line-changes/{line_change}       401  403  403   200  404   200      403    200
POST /api/v1/line-changes/{line_change}/stop  401  403  403   409  404   409      403    409
POST /api/v1/calls/{call}/watch               401  403  404   202  404   202      403    403
POST /api/v1/calls/{call}/watch#whisper       401  403  404   202  404   202      403    403
POST /api/v1/calls/{call}/watch#barge         401  403  404   202  404   202      403    403
POST /api/v1/calls/{call}/watch#private       401  403  404   403  404   202      403    403
POST /api/v1/calls/{call}/watch?dry_run=1     401  403  404   200  404   200      403    403
POST /api/v1/calls/{call}/watch/switch        401  403  404   409  404   409      403    403
POST /api/v1/calls/{call}/watch/stop          401  403  404   409  404   409      403    403
POST /api/v1/calls/{call}/take-over           401  403  404   409  404   409      403    403
POST /api/v1/calls/{call}/help                401  201  404   409  404   409      403    403
POST /api/v1/calls/{call}/help/{help}/end     401  200  404   200  404   200      403    403
POST /api/v1/calls/{call}/text-whispers       401  403  404   201  404   201      403    403
POST /api/v1/calls/{waiting}/to-front         401  404  404   200  404   200      403    200
POST /api/v1/calls/{waiting}/pull             401  404  404   202  404   202      403    202
POST /api/v1/agents/{dana}/log-out            401  200  404   200  404   200      403    200
POST /api/v1/agents/{dana}/standby            401  409  404   409  404   409      403    409
POST /api/v1/agents/{dana}/standby/end        401  202  404   202  404   202      403    202
POST /api/v1/agents/{omar}/standby            401  404  403   403  404   403      403    403
POST /api/v1/agents/{dana}/dial               401  409  404   409  404   409      403    409
POST /api/v1/agents/{free}/dial               401  404  404   202  404   202      403    202
POST /api/v1/agents/{free}/dial#abroad        401  404  404   409  404   409      403    409
POST /api/v1/agents/{free}/dial?dry_run=1     401  404  404   200  404   200      403    200
POST /api/v1/agents/{dana}/state              401  200  404   200  404   200      403    200
POST /api/v1/agents/{omar}/finish-wrap-up     401  404  200   200  404   200      403    200
POST /api/v1/calls/{call}/recording/start     401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/recording/pause     401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/recording/resume    401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/recording/stop      401  409  404   409  404   409      403    409
GET  /api/v1/calls/{call}/recordings          401  200  404   200  404   200      403    200
GET  /api/v1/recordings/{recording}/sound     401  403  404   404  404   404      403    404
GET  /api/v1/calls/{call}/voicemail/sound     401  404  404   404  404   404      403    404
POST /api/v1/calls/{call}/legal-hold          401  403  404   403  404   200      403    200
POST /api/v1/calls/{call}/legal-hold/release  401  403  404   403  404   200      403    200
POST /api/v1/calls/{call}/transfer            401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/transfer#warm       401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/transfer#abroad     401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/transfer/swap       401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/transfer/three-way  401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/transfer/complete   401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/transfer/cancel     401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/transfer/decline    401  409  404   409  404   409      403    409
POST /api/v1/calls/{call}/add                 401  202  404   202  404   202      403    202
POST /api/v1/calls/{call}/leave               401  409  404   409  404   409      403    409
GET  /api/v1/calls/{call}/transfers           401  200  404   200  404   200      403    200
GET  /api/v1/changes/{change}                 401  200  404   200  404   200      403    200
GET  /api/v1/orders/{order}                   401  200  404   200  404   200      403    200
GET  /api/v1/waiting                          401  200  200   200  200   200      403    200
GET  /api/v1/offers                           401  200  200   200  200   200      403    200
GET  /api/v1/offers/{offer}                   401  200  404   200  404   200      403    200
GET  /api/v1/queues                           401  200  200   200  200   200      403    200
GET  /api/v1/queues/billing                   401  200  200   200  404   200      403    200
GET  /api/v1/queues/sales                     401  404  404   404  200   200      403    200
GET  /api/v1/agents                           401  200  200   200  200   200      403    200
GET  /api/v1/agents/{dana}                    401  200  404   200  404   200      403    200
GET  /api/v1/schema                           200  200  200   200  200   200      200    200
GET  /api/v1/docs                             200  200  200   200  200   200      200    200
GET  /api/v1/nowhere                          404  404  404   404  404   404      404    404
GET  /                                        302  302  302   302  302   302      302    302
GET  /login/                                  200  302  302   302  302   302      200    200
GET  /desk                                    302  200  200   403  403   403      302    302
POST /desk/state                              302  200  200   403  403   403      302    302
POST /desk/dial                               302  422  200   403  403   403      302    302
GET  /desk/directory                          302  200  200   403  403   403      302    302
POST /desk/standby                            302  200  200   403  403   403      302    302
POST /desk/softphone/token                    302  409  409   403  403   403      302    302
POST /desk/softphone/trouble                  302  400  400   403  403   403      302    302
POST /desk/after-call                         302  200  200   403  403   403      302    302
POST /desk/offers/{offer}/decline             302  200  404   403  403   403      302    302
POST /desk/calls/{call}/end                   302  200  404   403  403   403      302    302
POST /desk/wrap-ups/{wrap_up}                 302  404  200   403  403   403      302    302
POST /desk/wrap-ups/{wrap_up}/notes           302  404  200   403  403   403      302    302
GET  /desk/calls/{call}/whom                  302  200  404   200  404   200      302    302
GET  /board                                   302  403  403   200  200   200      302    302
POST /board/agents/{dana_agent}/standby/end   302  404  404   200  404   200      302    302
POST /board/agents/{dana_agent}/do/state      302  403  403   200  404   200      302    302
POST /board/agents/{dana_agent}/do/log-out    302  403  403   200  404   200      302    302
POST /board/agents/{omar_agent}/do/finish-wrap-up 302 403 403 200  404   200      302    302
POST /board/agents/{dana_agent}/do/nothing    302  403  403   404  404   404      302    302
POST /board/calls/{call}/end                  302  200  404   200  404   200      302    302
POST /board/queues/{billing}/preview          302  403  403   200  404   200      302    302
POST /board/queues/{billing}/move             302  403  403   200  404   200      302    302
POST /board/lines/{line_change}/stop          302  403  403   200  404   200      302    302
POST /desk/calls/{parked}/do/retrieve         302  200  200   403  403   403      302    302
POST /board/calls/{parked}/do/retrieve        302  403  403   200  404   200      302    302
GET  /calls                                   302  403  403   200  200   200      302    302
GET  /calls/{call}                            302  200  404   200  404   200      302    302
POST /calls/{call}/end                        302  200  404   200  404   200      302    302
GET  /calls/{call}/recordings/{recording}     302  403  404   404  404   404      302    302
GET  /calls/{call}/voicemail                  302  404  404   404  404   404      302    302
GET  /admin/                                  302  302  302   302  302   200      302    302
GET  /admin/calls/queue/                      302  302  302   302  302   200      302    302
GET  /admin/calls/call/                       302  302  302   302  302   200      302    302
GET  /admin/calls/apikey/add/                 302  302  302   302  302   200      302    302
GET  /admin/agents/agent/                     302  302  302   302  302   200      302    302
"""
# fmt: on

BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/calls/{call}/redirect": {"queue": "sales"},
    "/api/v1/calls/{call}/redirect#number": {"number": people.OUR_NUMBER},
    "/api/v1/calls/{call}/redirect#twiml": {"twiml": "<Response><Hangup/></Response>"},
    "/api/v1/calls/{call}/redirect#url": {"url": "https://crm.example/next"},
    "/api/v1/calls/{call}/redirect?dry_run=1": {"queue": "sales"},
    "/api/v1/calls/{call}/redirect?dry_run=1#twiml": {"twiml": "<Response><Hangup/></Response>"},
    "/api/v1/calls/{call}/announce": {"say": "Hello"},
    "/api/v1/calls/{call}/transfer": {"kind": "blind", "queue": "sales"},
    "/api/v1/calls/{call}/transfer#warm": {"kind": "warm", "number": "+15550009999"},
    "/api/v1/calls/{call}/transfer#abroad": {"kind": "warm", "number": "+18765550123"},
    "/api/v1/calls/{call}/add": {"number": "+15550009999"},
    "/api/v1/calls/{call}/recording/pause": {"reason": "card number"},
    "/api/v1/calls/{call}/legal-hold": {"reason": "a lawsuit"},
    "/api/v1/calls/{call}/legs/{leg}/digits": {"digits": "1"},
    "/api/v1/calls/{call}/legs/{leg}/announce": {"say": "Hello"},
    "/api/v1/calls/{call}/watch": {"mode": "listen", "number": OUR_LINE},
    "/api/v1/calls/{call}/watch#whisper": {"mode": "whisper", "number": OUR_LINE},
    "/api/v1/calls/{call}/watch#barge": {"mode": "barge", "number": OUR_LINE},
    "/api/v1/calls/{call}/watch#private": {"mode": "listen", "private": True, "number": OUR_LINE},
    "/api/v1/calls/{call}/watch?dry_run=1": {"mode": "listen", "number": OUR_LINE},
    "/api/v1/calls/{call}/watch/switch": {"mode": "whisper"},
    "/api/v1/calls/{call}/text-whispers": {"text": "Offer a refund"},
    "/api/v1/calls/{waiting}/pull": {"agent": "{free}"},
    "/api/v1/agents/{dana}/dial": {"number": "+15550009999"},
    "/api/v1/agents/{free}/dial": {"number": "+15550009999"},
    "/api/v1/agents/{free}/dial#abroad": {"number": "+18765550123"},
    "/api/v1/agents/{free}/dial?dry_run=1": {"number": "+15550009999"},
    "/desk/dial": {"number": "+15550009999"},
    "/desk/state": {"intent": "offline"},
    "/desk/after-call": {"intent": "offline"},
    "/api/v1/agents/{dana}/state": {"intent": "offline"},
    "/board/agents/{dana_agent}/do/state": {"wanted": "offline"},
    "/desk/wrap-ups/{wrap_up}": {"notes": "done"},
    "/desk/wrap-ups/{wrap_up}/notes": {"notes": "almost"},
}


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    expected: dict[str, int]


def _rows() -> list[Row]:
    lines = [line.split() for line in TABLE.strip().splitlines() if not line.startswith("#")]
    return [
        Row(method, path, dict(zip(ROLES, map(int, expected), strict=True)))
        for method, path, *expected in lines
    ]


# What is done to a call from a page: by those who are on it, or by those who watch over it.
# fmt: off
ON_THE_CALL = (
    "hold", "resume", "mute", "unmute", "drop", "digits", "say", "consult", "send-on", "add",
    "swap", "three-way", "complete", "cancel", "leave", "park", "record", "pause-recording",
    "resume-recording", "stop-recording", "was-voicemail", "ask-help", "end-help", "send-elsewhere",
)
# fmt: on
WATCHING_OVER = ("watch", "stop-watching", "take-over", "text", "to-front", "pull")
GIVEN = {
    "leg": "{leg}",
    "digits": "1",
    "say": "Hello",
    "to": "queue:{billing}",
    "to_queue": "{sales}",
    "help": "{help}",
    "mode": "listen",
    "text": "Well done",
    "agent": "{free_agent}",
}


def _deeds() -> Iterator[Row]:
    for verb in DEEDS:
        on_it = verb in ON_THE_CALL
        dana, sofia = (200, 200) if on_it else (403, 403)
        if verb == "decline":
            dana = 200
        elif verb in WATCHING_OVER:
            sofia = 200
        desk = (302, dana, 404, 403, 403, 403, 302, 302)
        board = (302, 403, 403, sofia, 404, sofia, 302, 302)
        for page, expected in (("desk", desk), ("board", board)):
            path = f"/{page}/calls/{{call}}/do/{verb}"
            yield Row("POST", path, dict(zip(ROLES, expected, strict=True)))


ROWS = [*_rows(), *_deeds()]


@dataclass
class Place:
    """A believable moment, and everybody's way in."""

    ids: dict[str, Any]
    come_in: dict[str, Callable[[], Client]]


def _signed_in(user: User) -> Callable[[], Client]:
    def come_in() -> Client:
        client = Client()
        client.force_login(user)
        return client

    return come_in


def _deleted(call: Call, now: datetime) -> Recording:
    """Of what was recorded before, the sound is gone."""
    leg = people.customer(call)
    return Recording.objects.create(call=call, leg=leg, state="deleted", planned_at=now)


def _with_key(secret: str) -> Callable[[], Client]:
    return lambda: Client(headers={"Authorization": f"Api-Key {secret}"})


@pytest.fixture
def place(settings: Settings) -> Place:
    settings.SUPERVISOR_LINES, settings.API_TWIML_HOSTS = [OUR_LINE], ["crm.example"]
    now = timezone.now()
    billing = people.make_queue("Billing", recording="on-demand")
    sales = people.make_queue("Sales")
    people.make_number(billing)
    dana, omar = (people.make_agent_user(name, billing) for name in ("Dana", "Omar"))
    Agent.objects.filter(user=dana).update(may_stand_by=True)
    earlier = people.rings(now=now)
    people.over(people.talking(earlier, omar, now=now), now=now)
    ruth = people.rings(now=now)
    leg = people.talking(ruth, dana, now=now)
    everything = [scope for scope, _ in SCOPES]
    line_change = LineChange.objects.create(
        queue=billing, asked_at=now, ended_at=now, wanted=1, done=1
    )
    ids = {
        "call": ruth.pk,
        "parked": _parked(people.make_agent_user("Pia", billing), now).pk,
        "line_change": line_change.pk,
        "billing": billing.pk,
        "sales": sales.pk,
        "free_agent": Agent.objects.get(user=people.make_agent_user("Ida", billing)).pk,
        "waiting": people.rings(now=now).pk,
        "free": people.make_agent_user("Ivy", billing).pk,
        "help": HelpRequest.objects.create(call=ruth, asked_by=dana, asked_at=now).pk,
        "omar": omar.pk,
        "offer": leg.offer.pk,
        "leg": people.customer(ruth).pk,
        "recording": _deleted(ruth, now).pk,
        "change": Change.objects.create(
            call=ruth, kind="hold", text="Put the caller on hold", asked_at=now
        ).pk,
        "order": Command.objects.filter(call=ruth).latest("ordered_at").pk,
        "wrap_up": WrapUp.objects.get(user=omar).pk,
        "dana": dana.pk,
        "dana_agent": Agent.objects.get(user=dana).pk,
        "omar_agent": Agent.objects.get(user=omar).pk,
    }
    come_in = {
        "stranger": Client,
        "dana": _signed_in(dana),
        "omar": _signed_in(omar),
        "sofia": _signed_in(people.make_supervisor("Sofia", billing)),
        "sven": _signed_in(people.make_supervisor("Sven", sales)),
        "admin": _signed_in(User.objects.create_superuser("ada")),
        "no scope": _with_key(api_key()),
        "scopes": _with_key(api_key(*everything)),
    }
    return Place(ids, come_in)


def _parked(pia: User, now: datetime) -> Call:
    """Eve, whom Pia talked with and has parked; another caller waits."""
    eve = people.rings(now=now)
    people.talking(eve, pia, now=now)
    parking.park(call_id=eve.pk, by=pia, now=now)
    Command.objects.filter(call=eve).update(state=OrderState.DONE, settled_at=now)
    people.rings(now=now)
    return eve


def _given(path: str) -> dict[str, Any]:
    """What is filled in on a page: every deed finds what it asks for."""
    if "/do/" not in path:
        return {}
    return GIVEN | ({"to": "{dana}"} if path.endswith("/text") else {})


def _ask(place: Place, row: Row, role: str) -> int:
    path = row.path.partition("#")[0].format(**place.ids)
    client = place.come_in[role]()
    body = {
        name: value.format(**place.ids) if isinstance(value, str) else value
        for name, value in BODIES.get(row.path, _given(path)).items()
    }
    if row.method == "GET":
        return client.get(path).status_code
    if path.startswith("/api/"):
        return client.post(path, body, content_type="application/json").status_code
    return client.post(path, body).status_code


TEN = 10


def in_tens(rows: list[Row]) -> list[Any]:
    """The moment is made once for ten of them, which is most of the time that they take."""
    tens = [rows[first : first + TEN] for first in range(0, len(rows), TEN)]
    return [pytest.param(ten, id=f"{ten[0].method} {ten[0].path} …") for ten in tens]


def asked_by_all(place: Place, rows: list[Row], who: Iterable[str]) -> dict[str, dict[str, int]]:
    """What each finds at each address; everybody finds the same moment."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        answers = found[f"{row.method} {row.path}"] = {}
        for name in who:
            with transaction.atomic():
                answers[name] = _ask(place, row, name)
                transaction.set_rollback(True)
    return found


def as_in_the_table(rows: list[Row]) -> dict[str, dict[str, int]]:
    return {f"{row.method} {row.path}": row.expected for row in rows}


@pytest.mark.parametrize("rows", in_tens(ROWS))
def test_everybody_may_do_what_is_theirs_and_nothing_else(place: Place, rows: list[Row]) -> None:
    assert asked_by_all(place, rows, ROLES) == as_in_the_table(rows)


def test_an_agent_of_another_queue_finds_nothing_of_this_one(place: Place) -> None:
    """Ela serves Sales alone: whatever names a call, a line or an agent of Billing is not hers."""
    ela = people.make_agent_user("Ela", Queue.objects.get(slug="sales"))
    place.come_in["ela"] = _signed_in(ela)
    theirs = [row for row in ROWS if "{" in row.path or "queues/billing" in row.path]
    found = asked_by_all(place, theirs, ["ela"])
    let_in = {what: code for what, code in found.items() if code["ela"] not in (403, 404)}
    assert let_in == {}


def _addresses(patterns: list[Any], before: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found |= _addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            found.add("/" + path)
    return found


def test_no_address_is_missing_in_the_table() -> None:
    """The admin's hundreds stand behind one door; whatever else there is has a row."""
    known = {
        get_resolver().resolve(row.path.partition("#")[0].format(**_AN_ID)).route for row in ROWS
    }
    ours = {path.removeprefix("/") for path in _addresses(get_resolver().url_patterns)}
    missing = {path for path in ours if not path.startswith(("admin/", "logout/"))} - known
    assert missing == set()


_AN_ID = {
    "call": "00000000-0000-0000-0000-000000000000",
    "order": "00000000-0000-0000-0000-000000000000",
    "leg": "00000000-0000-0000-0000-000000000000",
    "recording": "00000000-0000-0000-0000-000000000000",
    "change": "00000000-0000-0000-0000-000000000000",
    "parked": "00000000-0000-0000-0000-000000000000",
    "waiting": "00000000-0000-0000-0000-000000000000",
    **dict.fromkeys(("help", "omar", "free"), 1),
    **dict.fromkeys(
        ("line_change", "billing", "offer", "wrap_up", "dana", "dana_agent", "omar_agent"), 1
    ),
}
