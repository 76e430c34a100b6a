"""Programs and browsers that talk to the API."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from calls.models import ApiKey


def api_key(*scopes: str, name: str = "CRM", **fields: Any) -> str:
    """A new key's secret."""
    _, secret = ApiKey.objects.create_key(name=name, scopes=list(scopes), **fields)
    return str(secret)


class Program:
    """Sends requests with a key; what it gets back has `status_code`, `json()` and headers."""

    def __init__(self, key: str = "") -> None:
        self.client = Client(headers={"Authorization": f"Api-Key {key}"} if key else {})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/api/v1/{path}",
            body if isinstance(body, str) else json.dumps({} if body is None else body),
            content_type="application/json",
            headers=named,
        )

    def results(self, path: str, **query: Any) -> Any:
        answered = self.get(path, **query)
        assert answered.status_code == 200, answered.content
        return answered.json()["results"]


class Browser(Program):
    """Somebody who is signed in; the page's token goes along, as our own pages send it."""

    def __init__(self, user: User, *, sends_token: bool = True) -> None:
        super().__init__()
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)
        if sends_token:
            self.client.get("/api/v1/docs")
            token = self.client.cookies["csrftoken"].value
            self.client.defaults["HTTP_X_CSRFTOKEN"] = token


def assert_problem(answered: Any, status: int, code: str = "") -> dict[str, Any]:
    """It is a problem's document, of this status and for this reason."""
    assert answered.status_code == status, answered.content
    assert answered["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answered.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert not code or problem["code"] == code, problem
    return problem


def fields_of(problem: dict[str, Any]) -> set[str]:
    """The fields that have mistakes in them."""
    return {mistake["field"] for mistake in problem["errors"]}
