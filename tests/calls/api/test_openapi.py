"""The API's document says what the API does, and its page shows it without anybody else's help."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from callcenter.content_security import policy_for
from calls.models import Call
from tests import people
from tests.calls.api.programs import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def document() -> Any:
    return Client().get("/api/v1/schema?format=json").json()


def test_the_document_is_valid_and_nothing_in_it_is_guessed(tmp_path: Path) -> None:
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml")
    )


def test_every_address_of_the_api_is_in_it(document: Any) -> None:
    assert set(document["paths"]) == {
        "/api/v1/agents",
        "/api/v1/agents/{user_id}",
        "/api/v1/calls",
        "/api/v1/calls/{call_id}",
        "/api/v1/calls/{call_id}/announce",
        "/api/v1/calls/{call_id}/end",
        *(
            f"/api/v1/calls/{{call_id}}/legs/{{leg_id}}/{verb}"
            for verb in ("announce", "digits", "drop", "hold", "mute", "resume", "unmute")
        ),
        *(
            f"/api/v1/calls/{{call_id}}/{what}"
            for what in (
                "watch",
                "watch/switch",
                "watch/stop",
                "take-over",
                "help",
                "help/{help_id}/end",
                "text-whispers",
                "to-front",
                "pull",
            )
        ),
        "/api/v1/agents/{user_id}/log-out",
        "/api/v1/agents/{user_id}/finish-wrap-up",
        "/api/v1/calls/{call_id}/park",
        "/api/v1/calls/{call_id}/retrieve",
        "/api/v1/parked",
        "/api/v1/agents/{user_id}/state",
        "/api/v1/agents/{user_id}/dial",
        "/api/v1/agents/{user_id}/standby",
        "/api/v1/agents/{user_id}/standby/end",
        "/api/v1/queues/{slug}/callers",
        "/api/v1/line-changes/{id}",
        "/api/v1/line-changes/{id}/stop",
        *(
            f"/api/v1/calls/{{call_id}}/recording/{verb}"
            for verb in ("pause", "resume", "start", "stop")
        ),
        "/api/v1/calls/{call_id}/recordings",
        "/api/v1/recordings/{id}/sound",
        "/api/v1/calls/{call_id}/voicemail/sound",
        "/api/v1/calls/{call_id}/legal-hold",
        "/api/v1/calls/{call_id}/legal-hold/release",
        *(
            f"/api/v1/calls/{{call_id}}/transfer{verb}"
            for verb in ("", "s", "/cancel", "/complete", "/decline", "/swap", "/three-way")
        ),
        "/api/v1/calls/{call_id}/add",
        "/api/v1/calls/{call_id}/leave",
        "/api/v1/changes/{id}",
        "/api/v1/calls/{call_id}/redirect",
        "/api/v1/offers",
        "/api/v1/offers/{id}",
        "/api/v1/orders/{id}",
        "/api/v1/queues",
        "/api/v1/queues/{slug}",
        "/api/v1/waiting",
    }


def test_every_operation_has_words_and_problems(document: Any) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert {"401", "403", "429"} <= set(operation["responses"]), path


def test_a_write_tells_of_its_key_and_its_conflicts(document: Any) -> None:
    end = document["paths"]["/api/v1/calls/{call_id}/end"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in end["parameters"]}
    assert {"202", "400", "404", "409", "415", "422"} <= set(end["responses"])


def _answers_as_written(document: Any, path: str, answered: Any, status: str = "200") -> None:
    """The answer is what the document promises; formats of strings are not looked at."""
    operation = next(iter(document["paths"][path].values()))
    [content] = operation["responses"][status]["content"].values()
    schema = {**content["schema"], "components": document["components"]}
    jsonschema.validate(answered.json(), _nullable(schema))


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, which plain JSON Schema does not know."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _nullable(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def test_what_is_answered_is_what_the_document_promises(
    document: Any, crm: Program, ruth: Call, dana: User, omar: User
) -> None:
    people.talking(ruth, dana)
    waits = people.rings(number="anonymous")
    offer = people.offered(waits, omar)
    for path, asked in {
        "/api/v1/calls": "calls",
        "/api/v1/calls/{call_id}": f"calls/{ruth.pk}",
        "/api/v1/waiting": "waiting",
        "/api/v1/offers": "offers",
        "/api/v1/offers/{id}": f"offers/{offer.pk}",
        "/api/v1/queues": "queues",
        "/api/v1/queues/{slug}": "queues/billing",
        "/api/v1/agents": "agents",
        "/api/v1/agents/{user_id}": f"agents/{dana.pk}",
    }.items():
        _answers_as_written(document, path, crm.get(asked))
    ended = crm.post(f"calls/{ruth.pk}/end")
    _answers_as_written(document, "/api/v1/calls/{call_id}/end", ended, "202")
    _answers_as_written(document, "/api/v1/orders/{id}", crm.get(f"orders/{ended.json()['id']}"))
    _answers_as_written(document, "/api/v1/calls/{call_id}", crm.get("calls/x"), "404")


def test_the_docs_page_fetches_nothing_from_anywhere_else() -> None:
    page = Client().get("/api/v1/docs")
    fetched = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert all(address.startswith("/") for address in fetched)
    statics = [address for address in fetched if address.startswith("/static/")]
    assert all(finders.find(address.removeprefix("/static/")) for address in statics)
    assert "<script>" not in page.content.decode()


def test_each_page_may_do_what_it_needs_and_no_more() -> None:
    assert "unsafe" not in policy_for("/desk")
    assert "unsafe" not in policy_for("/administer")
    assert "unsafe" not in policy_for("/api/v1/calls")
    assert "script-src 'self';" in policy_for("/api/v1/docs")
    assert "unsafe-eval" in policy_for("/admin/calls/queue/")


def test_the_document_and_its_page_tell_nothing_of_anybody(ruth: Call) -> None:
    for path in ("/api/v1/docs", "/api/v1/schema"):
        answered = Client().get(path)
        assert answered.status_code == 200
        assert b"15551230001" not in answered.content
