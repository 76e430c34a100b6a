"""What a key may do, in one table: every address of the API, and each scope alone."""

import pytest

from calls.models.access import SCOPES
from tests.agents.api.test_roles import (
    ROWS,
    Place,
    Row,
    _with_key,
    as_in_the_table,
    asked_by_all,
    in_tens,
    place,
)
from tests.calls.api.programs import api_key

pytestmark = pytest.mark.django_db

__all__ = ["place"]
KEYS = (
    "calls:read",
    "calls:write",
    "queues:read",
    "agents:read",
    "recordings:read",
    "records:hold",
    "revoked",
)

# fmt: off
TABLE = """
#                                              read write queues agents sounds holds revoked
GET  /api/v1/calls                              200   403    403    403    403   403     401
GET  /api/v1/calls/{call}                       200   403    403    403    403   403     401
POST /api/v1/calls/{call}/end                   403   202    403    403    403   403     401
POST /api/v1/calls/{call}/end?dry_run=1         403   200    403    403    403   403     401
POST /api/v1/calls/{call}/redirect              403   202    403    403    403   403     401
POST /api/v1/calls/{call}/redirect#number       403   202    403    403    403   403     401
POST /api/v1/calls/{call}/redirect#twiml        403   202    403    403    403   403     401
POST /api/v1/calls/{call}/redirect#url          403   202    403    403    403   403     401
POST /api/v1/calls/{call}/redirect?dry_run=1    403   200    403    403    403   403     401
POST /api/v1/calls/{call}/redirect?dry_run=1#twiml 403 200   403    403    403   403     401
POST /api/v1/calls/{call}/announce              403   202    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/hold       403   202    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/resume     403   409    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/mute       403   202    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/unmute     403   409    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/digits     403   202    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/announce   403   202    403    403    403   403     401
POST /api/v1/calls/{call}/legs/{leg}/drop       403   409    403    403    403   403     401
POST /api/v1/calls/{call}/park                  403   202    403    403    403   403     401
POST /api/v1/calls/{call}/retrieve              403   400    403    403    403   403     401
POST /api/v1/calls/{parked}/park                403   409    403    403    403   403     401
POST /api/v1/calls/{parked}/retrieve            403   400    403    403    403   403     401
GET  /api/v1/parked                             403   403    200    403    403   403     401
POST /api/v1/queues/billing/callers             403   202    403    403    403   403     401
POST /api/v1/queues/billing/callers?dry_run=1   403   200    403    403    403   403     401
GET  /api/v1/line-changes/{line_change}         200   200    403    403    403   403     401
POST /api/v1/line-changes/{line_change}/stop    403   409    403    403    403   403     401
POST /api/v1/calls/{call}/watch                 403   403    403    403    403   403     401
POST /api/v1/calls/{call}/watch#whisper         403   403    403    403    403   403     401
POST /api/v1/calls/{call}/watch#barge           403   403    403    403    403   403     401
POST /api/v1/calls/{call}/watch#private         403   403    403    403    403   403     401
POST /api/v1/calls/{call}/watch?dry_run=1       403   403    403    403    403   403     401
POST /api/v1/calls/{call}/watch/switch          403   403    403    403    403   403     401
POST /api/v1/calls/{call}/watch/stop            403   403    403    403    403   403     401
POST /api/v1/calls/{call}/take-over             403   403    403    403    403   403     401
POST /api/v1/calls/{call}/help                  403   403    403    403    403   403     401
POST /api/v1/calls/{call}/help/{help}/end       403   403    403    403    403   403     401
POST /api/v1/calls/{call}/text-whispers         403   403    403    403    403   403     401
POST /api/v1/calls/{waiting}/to-front           403   200    403    403    403   403     401
POST /api/v1/calls/{waiting}/pull               403   202    403    403    403   403     401
POST /api/v1/agents/{dana}/log-out              403   200    403    403    403   403     401
POST /api/v1/agents/{dana}/standby              403   409    403    403    403   403     401
POST /api/v1/agents/{dana}/standby/end          403   202    403    403    403   403     401
POST /api/v1/agents/{omar}/standby              403   403    403    403    403   403     401
POST /api/v1/agents/{dana}/dial                 403   409    403    403    403   403     401
POST /api/v1/agents/{free}/dial                 403   202    403    403    403   403     401
POST /api/v1/agents/{free}/dial#abroad          403   409    403    403    403   403     401
POST /api/v1/agents/{free}/dial?dry_run=1       403   200    403    403    403   403     401
POST /api/v1/agents/{dana}/state                403   200    403    403    403   403     401
POST /api/v1/agents/{omar}/finish-wrap-up       403   200    403    403    403   403     401
POST /api/v1/calls/{call}/recording/start       403   202    403    403    403   403     401
POST /api/v1/calls/{call}/recording/pause       403   409    403    403    403   403     401
POST /api/v1/calls/{call}/recording/resume      403   409    403    403    403   403     401
POST /api/v1/calls/{call}/recording/stop        403   409    403    403    403   403     401
GET  /api/v1/calls/{call}/recordings            200   403    403    403    200   403     401
GET  /api/v1/recordings/{recording}/sound       403   403    403    403    404   403     401
GET  /api/v1/calls/{call}/voicemail/sound       403   403    403    403    404   403     401
POST /api/v1/calls/{call}/legal-hold            403   403    403    403    403   200     401
POST /api/v1/calls/{call}/legal-hold/release    403   403    403    403    403   200     401
POST /api/v1/calls/{call}/transfer              403   202    403    403    403   403     401
POST /api/v1/calls/{call}/transfer#warm         403   202    403    403    403   403     401
POST /api/v1/calls/{call}/transfer#abroad       403   409    403    403    403   403     401
POST /api/v1/calls/{call}/transfer/swap         403   409    403    403    403   403     401
POST /api/v1/calls/{call}/transfer/three-way    403   409    403    403    403   403     401
POST /api/v1/calls/{call}/transfer/complete     403   409    403    403    403   403     401
POST /api/v1/calls/{call}/transfer/cancel       403   409    403    403    403   403     401
POST /api/v1/calls/{call}/transfer/decline      403   409    403    403    403   403     401
POST /api/v1/calls/{call}/add                   403   202    403    403    403   403     401
POST /api/v1/calls/{call}/leave                 403   409    403    403    403   403     401
GET  /api/v1/calls/{call}/transfers             200   403    403    403    403   403     401
GET  /api/v1/changes/{change}                   200   200    403    403    403   403     401
GET  /api/v1/orders/{order}                     200   200    403    403    403   403     401
GET  /api/v1/waiting                            403   403    200    403    403   403     401
GET  /api/v1/offers                             403   403    403    200    403   403     401
GET  /api/v1/offers/{offer}                     403   403    403    200    403   403     401
GET  /api/v1/queues                             403   403    200    403    403   403     401
GET  /api/v1/queues/billing                     403   403    200    403    403   403     401
GET  /api/v1/queues/sales                       403   403    200    403    403   403     401
GET  /api/v1/agents                             403   403    403    200    403   403     401
GET  /api/v1/agents/{dana}                      403   403    403    200    403   403     401
GET  /api/v1/schema                             200   200    200    200    200   200     200
GET  /api/v1/docs                               200   200    200    200    200   200     200
GET  /api/v1/nowhere                            404   404    404    404    404   404     404
"""
# fmt: on


def _rows() -> list[Row]:
    lines = [line.split() for line in TABLE.strip().splitlines() if not line.startswith("#")]
    return [
        Row(method, path, dict(zip(KEYS, map(int, expected), strict=True)))
        for method, path, *expected in lines
    ]


SCOPED = _rows()


@pytest.mark.parametrize("rows", in_tens(SCOPED))
def test_a_scope_opens_what_it_names_and_nothing_else(place: Place, rows: list[Row]) -> None:
    everything = [scope for scope, _ in SCOPES]
    keys = {name: api_key(name) for name in KEYS if name != "revoked"}
    keys["revoked"] = api_key(*everything, revoked=True)
    place.come_in = {name: _with_key(secret) for name, secret in keys.items()}
    assert asked_by_all(place, rows, KEYS) == as_in_the_table(rows)


def test_no_address_and_no_scope_is_missing_in_the_table() -> None:
    ours = {(row.method, row.path) for row in ROWS if row.path.startswith("/api/")}
    assert {(row.method, row.path) for row in SCOPED} == ours
    assert set(KEYS) - {"revoked"} == {scope for scope, _ in SCOPES}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_there_are_no_other_ways_to_ask(place: Place, method: str) -> None:
    """Not even with every scope: 405, or 403 where a write would need another one."""
    client = place.come_in["scopes"]()
    for row in SCOPED:
        path = row.path.partition("#")[0].format(**place.ids)
        if "{" in row.path or path.endswith(("calls", "queues", "agents", "offers", "waiting")):
            assert getattr(client, method)(path).status_code == 405, path
