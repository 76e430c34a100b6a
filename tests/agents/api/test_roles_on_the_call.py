"""Who is on a call without being its agent: whoever is consulted, and who watches it now.

Dana consults Lena about Ruth, who hears music. Sofia and Theo listen: she may do what supervisors
may, he may listen and nothing else. `desk` and `board` are what is pressed there: 200 is let in,
and then done, or refused with a sentence.
"""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.deeds import DEEDS
from agents.models import Supervisor
from agents.services import handoffs
from calls.models import Call, Command, HelpRequest, Leg, Queue
from calls.services import overhearing, rooms, second_party, watching
from calls.states import OrderState, WatchMode
from tests import people
from tests.agents.api.test_roles import BODIES, ON_THE_CALL, WATCHING_OVER, _given

pytestmark = pytest.mark.django_db

OUR_LINE = "+15559001234"
ROLES = ("dana", "lena", "sofia", "theo")

# fmt: off
TABLE = """
#                          dana lena sofia theo
GET  /                      200  200  200   200
POST /end                   202  403  202   202
POST /redirect              202  403  202   202
POST /redirect#number       202  403  202   202
POST /redirect#twiml        403  403  202   202
POST /redirect#url          403  403  202   202
POST /announce              202  403  202   202
POST /legs/{leg}/hold       409  403  409   409
POST /legs/{leg}/resume     202  403  202   202
POST /legs/{leg}/mute       202  403  202   202
POST /legs/{leg}/digits     409  403  409   409
POST /legs/{leg}/announce   202  403  202   202
POST /legs/{leg}/drop       202  403  202   202
POST /legs/{own}/hold       202  403  202   202
POST /legs/{own}/mute       202  403  202   202
POST /park                  409  403  409   409
POST /retrieve              409  409  409   409
POST /transfer              409  403  409   409
POST /transfer/swap         202  403  202   202
POST /transfer/three-way    202  403  202   202
POST /transfer/complete     202  403  202   202
POST /transfer/cancel       202  403  202   202
POST /transfer/decline      409  409  409   409
POST /add                   409  403  409   409
POST /leave                 202  202  409   409
POST /help                  201  201  409   409
POST /help/{help}/end       200  403  200   200
POST /text-whispers         403  403  201   403
POST /watch                 403  403  409   409
POST /watch#whisper         403  403  409   403
POST /watch#barge           403  403  409   403
POST /watch#private         403  403  403   403
POST /watch/switch          403  403  202   403
POST /watch/switch#barge    403  403  202   403
POST /watch/stop            403  403  202   202
POST /take-over             403  403  409   403
POST /recording/start       409  403  409   409
POST /recording/pause       409  403  409   409
POST /recording/stop        409  403  409   409
GET  /recordings            200  200  200   200
GET  /transfers             200  200  200   200
POST /legal-hold            403  403  403   403
"""
# What may be pressed, of all there is: at Dana's and Lena's desk, and at Sofia's and Theo's board.
PRESSED = {
    "dana": {*ON_THE_CALL, "decline"},
    "lena": {"leave", "ask-help", "decline"},
    "sofia": {*ON_THE_CALL, *WATCHING_OVER, "decline"},
    "theo": {*ON_THE_CALL, *WATCHING_OVER, "decline"} - {"take-over", "text"},
}
# fmt: on
MORE = {
    "/api/v1/calls/{call}/watch/switch#barge": {"mode": "barge"},
    "/api/v1/calls/{call}/text-whispers": {"text": "Offer a refund", "to": "{dana}"},
}


@pytest.fixture
def on_it(settings: Settings) -> dict[str, Any]:
    """Who and what is there, by name."""
    settings.SUPERVISOR_LINES, settings.API_TWIML_HOSTS = [OUR_LINE], ["crm.example"]
    now = timezone.now()
    billing, sales = people.make_queue("Billing", recording="on-demand"), people.make_queue("Sales")
    people.make_number(billing)
    dana, lena = (people.make_agent_user(name, billing) for name in ("Dana", "Lena"))
    ruth = people.rings(now=now)
    people.talking(ruth, dana, now=now)
    lena_leg = _consulted(ruth, dana, lena, now)
    watchers = [_watching(ruth, name, billing, now) for name in ("Sofia", "Theo")]
    Supervisor.objects.filter(user=watchers[1]).update(
        may_whisper=False, may_barge=False, may_take_over=False
    )
    asked = HelpRequest.objects.create(call=ruth, asked_by=dana, asked_at=now)
    return {
        "call": ruth.pk,
        "leg": people.customer(ruth).pk,
        "own": lena_leg.pk,  # Lena's
        "help": asked.pk,
        "billing": billing.pk,
        "sales": sales.pk,
        "free_agent": people.make_agent_user("Ida", billing).agent.pk,
        "dana": dana.pk,
        "users": dict(zip(ROLES, (dana, lena, *watchers), strict=True)),
    }


def _consulted(ruth: Call, dana: User, lena: User, now: datetime) -> Leg:
    handoffs.start_warm(call_id=ruth.pk, to=handoffs.Target(user=lena), by=dana, now=now)
    Leg.objects.filter(pk=people.customer(ruth).pk).update(held_at=now)
    leg = _answers(lena)
    second_party.answered(leg_id=leg.pk, now=now)
    second_party.pressed(leg_id=leg.pk, digits="1", now=now)
    return _in_the_room(leg, now)


def _watching(ruth: Call, name: str, billing: Queue, now: datetime) -> User:
    user = people.make_supervisor(name, billing)
    watching.watch(call_id=ruth.pk, by=user, mode=WatchMode.LISTEN, number=OUR_LINE, now=now)
    leg = _answers(user)
    overhearing.answered(leg_id=leg.pk, now=now)
    overhearing.pressed(leg_id=leg.pk, digits="1", now=now)
    leg = _in_the_room(leg, now)
    Leg.objects.filter(pk=leg.pk).update(muted=True)  # as the carrier tells of who just listens
    return user


def _answers(user: User) -> Leg:
    """The carrier has done what it was asked, and has named the line."""
    leg = Leg.objects.select_related("call").get(user=user)
    Leg.objects.filter(pk=leg.pk).update(sid=people.call_sid())
    Command.objects.filter(call=leg.call).update(state=OrderState.DONE, settled_at=leg.planned_at)
    return leg


def _in_the_room(leg: Leg, now: datetime) -> Leg:
    rooms.entered(leg=Leg.objects.select_related("call").get(pk=leg.pk), now=now)
    Command.objects.filter(call=leg.call).update(state=OrderState.DONE, settled_at=now)
    return Leg.objects.get(pk=leg.pk)


def _asks(on_it: dict[str, Any], role: str, method: str, path: str, given: dict[str, Any]) -> int:
    client = Client()
    client.force_login(on_it["users"][role])
    body = {
        name: value.format(**on_it) if isinstance(value, str) else value
        for name, value in given.items()
    }
    address = path.partition("#")[0].format(**on_it)
    is_api = path.startswith("/api/")
    with transaction.atomic():  # each finds the same moment
        if method == "GET":
            code = client.get(address).status_code
        elif is_api:
            code = client.post(address, body, content_type="application/json").status_code
        else:
            code = client.post(address, body).status_code
        transaction.set_rollback(True)
    return code


def _rows() -> list[list[str]]:
    return [line.split() for line in TABLE.strip().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("role", ROLES)
def test_who_is_consulted_or_watches_may_do_what_is_theirs_over_the_api(
    on_it: dict[str, Any], role: str
) -> None:
    found = {}
    for method, path, *_ in _rows():
        whole = f"/api/v1/calls/{{call}}{path if path != '/' else ''}"
        given = MORE.get(whole, BODIES.get(whole, {}))
        found[f"{method} {path}"] = _asks(on_it, role, method, whole, given)
    wanted = {f"{how} {path}": int(each[ROLES.index(role)]) for how, path, *each in _rows()}
    assert found == wanted


@pytest.mark.parametrize("role", ROLES)
def test_who_is_consulted_or_watches_may_press_what_is_theirs(
    on_it: dict[str, Any], role: str
) -> None:
    page = "desk" if role in ("dana", "lena") else "board"
    found = {
        verb: _asks(on_it, role, "POST", path, _given(path))
        for verb, path in ((verb, f"/{page}/calls/{{call}}/do/{verb}") for verb in DEEDS)
    }
    assert {verb for verb, code in found.items() if code == 200} == PRESSED[role]
    assert set(found.values()) <= {200, 403}
