"""Whom the API knows: programs by their key, people by their session."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from calls.models import ApiKey, Call, Queue
from tests import people
from tests.calls.api.programs import Browser, Program, api_key, assert_problem

pytestmark = pytest.mark.django_db


def test_a_stranger_is_told_how_to_come_in() -> None:
    answered = Program().get("calls")
    assert_problem(answered, 401, "not-authenticated")
    assert answered["WWW-Authenticate"] == 'Api-Key realm="api"'


@pytest.mark.parametrize("key", ["nonsense", "abcdefgh.", ".x", "abcdefgh.secret", "é.é", "a b.c"])
def test_a_made_up_key_is_refused(key: str) -> None:
    assert_problem(Program(key).get("calls"), 401, "authentication-failed")


def test_a_revoked_key_is_refused() -> None:
    program = Program(api_key("calls:read"))
    key = ApiKey.objects.get()
    key.revoked = True
    key.save()
    assert_problem(program.get("calls"), 401)


def test_an_expired_key_is_refused() -> None:
    program = Program(api_key("calls:read", expiry_date=timezone.now() - timedelta(minutes=1)))
    assert_problem(program.get("calls"), 401)


def test_the_right_prefix_with_a_wrong_secret_is_refused() -> None:
    secret = api_key("calls:read")
    assert_problem(Program(secret[:-1] + ("a" if secret[-1] != "a" else "b")).get("calls"), 401)


def test_a_key_without_the_scope_is_told_which_one(ruth: Call) -> None:
    problem = assert_problem(Program(api_key("queues:read")).get("calls"), 403, "scope-missing")
    assert "calls:read" in problem["detail"]


def test_a_key_that_may_write_sees_its_orders_but_not_the_calls(ruth: Call) -> None:
    program = Program(api_key("calls:write"))
    answered = program.post(f"calls/{ruth.pk}/end")
    assert program.client.get(answered["Location"]).status_code == 200
    assert_problem(program.get(f"calls/{ruth.pk}"), 403)


def test_when_a_key_was_used_is_noted_at_most_once_a_minute() -> None:
    program = Program(api_key("calls:read"))
    program.get("calls")
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    program.get("calls")
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    program.get("calls")
    assert ApiKey.objects.get().last_used_at > first


def test_a_browser_without_the_pages_token_writes_nothing(ruth: Call, billing: Queue) -> None:
    sofia = people.make_supervisor("Sofia", billing)
    answered = Browser(sofia, sends_token=False).post(f"calls/{ruth.pk}/end")
    assert_problem(answered, 403)
    assert Call.objects.get().state == "waiting"


def test_a_key_counts_before_the_session_that_comes_with_it(ruth: Call, omar: User) -> None:
    browser = Browser(omar)
    browser.client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {api_key('calls:read')}"
    assert len(browser.results("calls")) == 1


def test_somebody_who_was_switched_off_is_a_stranger(ruth: Call, dana: User) -> None:
    browser = Browser(dana)
    User.objects.filter(pk=dana.pk).update(is_active=False)
    assert_problem(browser.get("calls"), 401)


def test_somebody_without_a_part_sees_nothing(ruth: Call) -> None:
    browser = Browser(people.make_user("Nobody"))
    for path in ("calls", "waiting", "offers", "queues", "agents"):
        assert browser.results(path) == []


def test_too_much_is_too_much_and_says_when_to_come_back(settings: Any) -> None:
    settings.API_RATE = "2/min"
    busy, other = Program(api_key("calls:read")), Program(api_key("calls:read", name="Other"))
    assert [busy.get("calls").status_code for _ in range(2)] == [200, 200]
    answered = busy.get("calls")
    assert_problem(answered, 429, "throttled")
    assert 0 < int(answered["Retry-After"]) <= 60
    assert other.get("calls").status_code == 200


def test_the_limit_is_of_all_processes_together(settings: Any) -> None:
    """Another process has nothing of this one's memory."""
    settings.API_RATE = "2/min"
    program = Program(api_key("calls:read"))
    told = []
    for _ in range(4):
        cache.clear()
        told.append(program.get("calls").status_code)
    assert told == [200, 200, 429, 429]


def test_a_person_has_a_limit_too_and_no_stranger_uses_it_up(settings: Any, dana: User) -> None:
    settings.API_RATE = "1/min"
    assert {Program().get("calls").status_code for _ in range(3)} == {401}
    assert Browser(dana).get("calls").status_code == 200
    assert_problem(Browser(dana).get("calls"), 429, "throttled")


def test_no_rate_is_no_limit(settings: Any) -> None:
    settings.API_RATE = ""
    program = Program(api_key("calls:read"))
    assert {program.get("calls").status_code for _ in range(5)} == {200}


def test_another_scheme_is_not_a_key() -> None:
    stranger = Client(headers={"Authorization": f"Bearer {api_key('calls:read')}"})
    assert stranger.get("/api/v1/calls").status_code == 401
