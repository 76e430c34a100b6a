"""Each missing or contradictory setting is named, with what to do about it."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

REAL_SID, REAL_TOKEN = "AC" + "1" * 32, "2" * 32
LIVE: dict[str, Any] = {
    "SECRET_KEY": "a-long-and-random-key-that-is-nowhere-in-the-source-code-0123456789",
    "DATABASE_URL": "postgresql://callcenter@db.example.com/callcenter",
    "REDIS_URL": "",
    "TWILIO_ACCOUNT_SID": REAL_SID,
    "TWILIO_AUTH_TOKEN": REAL_TOKEN,
    "TWILIO_API_KEY": "",
    "TWILIO_API_SECRET": "",
    "TWILIO_TWIML_APP_SID": "",
    "CARRIER_IS_SANDBOX": False,
    "CARRIER_API_URL": "",
    "CARRIER_TIMEOUT": 10.0,
    "PUBLIC_URL": "https://calls.example.com",
    "FALLBACK_URL": "https://fallback.example.com",
    "ALLOWED_HOSTS": ["calls.example.com"],
    "SECURE_SSL_REDIRECT": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "PROXIES_IN_FRONT": 1,
}
SANDBOX = {"TWILIO_ACCOUNT_SID": "AC" + "5a" * 16, "CARRIER_IS_SANDBOX": True}
SANDBOX_URL = {"CARRIER_API_URL": "http://127.0.0.1:8810"}


def found(settings: Settings, **changes: Any) -> dict[str, str]:
    """Our own messages under these settings: id and hint."""
    for name, value in {**LIVE, **changes}.items():
        setattr(settings, name, value)
    messages = run_checks(include_deployment_checks=True)
    return {
        str(m.id).removeprefix("callcenter."): str(m.hint)
        for m in messages
        if str(m.id).startswith("callcenter.")
    }


def test_a_machine_that_is_ready_for_callers_hears_nothing(settings: Settings) -> None:
    assert found(settings) == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DATABASE_URL": "sqlite:///db.sqlite3"}, "E001"),
        ({"REDIS_URL": "localhost:6379"}, "E002"),
        ({"REDIS_URL": "redis://"}, "E002"),
        ({"TWILIO_ACCOUNT_SID": "SK" + "1" * 32}, "E003"),
        ({"TWILIO_AUTH_TOKEN": ""}, "E004"),
        ({"TWILIO_AUTH_TOKEN": "5a" * 16}, "E004"),
        ({"TWILIO_API_KEY": "SK" + "1" * 32}, "E005"),
        ({"TWILIO_API_SECRET": "secret"}, "E005"),
        ({"TWILIO_API_KEY": "key", "TWILIO_API_SECRET": "secret"}, "E006"),
        ({"TWILIO_TWIML_APP_SID": "AP" + "z" * 32}, "E031"),
        ({"TWILIO_TWIML_APP_SID": "AP" + "5a" * 16}, "E032"),
        ({"TWILIO_TWIML_APP_SID": "AP" + "1" * 32}, "E033"),
        ({"SOFTPHONE_TOKEN_SECONDS": 10}, "E034"),
        ({"SOFTPHONE_GRACE_SECONDS": 0}, "E035"),
        ({"TWILIO_EDGES": ["dublin", "https://edge"]}, "E036"),
        ({"SOFTPHONE_DRIVER": "silent"}, "E037"),
        ({"CARRIER_TIMEOUT": 0.0}, "E008"),
        ({"PUBLIC_URL": "calls.example.com"}, "E009"),
        ({"PUBLIC_URL": "https://calls.example.com/app"}, "E009"),
        ({"FALLBACK_URL": "ftp://fallback.example.com"}, "E010"),
        ({"ALLOWED_HOSTS": ["other.example.com"]}, "E011"),
        ({"PUBLIC_URL": "https://[::1"}, "E009"),
        ({"PUBLIC_URL": "https://calls.example.com:99999"}, "E009"),
        ({"FALLBACK_URL": "https://fallback.example.com:x"}, "E010"),
        ({"PUBLIC_URL": "http://calls.example.com"}, "E012"),
        ({"API_RATE": "600"}, "E013"),
        ({"API_RATE": "0/min"}, "E013"),
        ({"API_RATE": "6/fortnight"}, "E013"),
        ({"SIGN_IN_RATE_PER_ACCOUNT": "ten"}, "E017"),
        ({"SIGN_IN_RATE_PER_ADDRESS": "10 / hour"}, "E018"),
        ({"PROXIES_IN_FRONT": -1}, "E019"),
        ({"SIGN_IN_RATE_PER_ACCOUNT": ""}, "W028"),
        ({"PROXIES_IN_FRONT": 0}, "W029"),
        ({"API_TWIML_HOSTS": ["crm.example.com", "https://crm.example.com/"]}, "E014"),
        ({"API_TWIML_HOSTS": ["*.example.com"]}, "E014"),
        ({"OUTSIDE_PREFIXES": ["+49", "0049"]}, "E030"),
        ({"OUTSIDE_PREFIXES": ["+49", "+1"]}, "W038"),
        ({"HOLD_MUSIC": "audio/nothing.wav"}, "E015"),
        ({"NEWS_KEPT_DAYS": -1.0}, "E016"),
        ({"SECRET_KEY": "development-only-not-a-secret"}, "E020"),
        (SANDBOX | SANDBOX_URL, "W021"),
        (SANDBOX_URL, "W022"),
        ({"PUBLIC_URL": "https://localhost", "ALLOWED_HOSTS": ["localhost"]}, "E023"),
        ({"PUBLIC_URL": "http://calls.example.com"}, "E024"),
        ({"SECURE_PROXY_SSL_HEADER": None}, "W025"),
        ({"FALLBACK_URL": "https://calls.example.com"}, "W026"),
        ({"FALLBACK_URL": "http://fallback.example.com"}, "E027"),
    ],
)
def test_each_mistake_is_named(settings: Settings, changes: dict[str, Any], expected: str) -> None:
    messages = found(settings, **changes)
    assert expected in messages
    assert len(messages[expected]) > 20


def test_a_prefix_that_opens_one_country_alone_is_nothing_to_warn_of(settings: Settings) -> None:
    assert found(settings, OUTSIDE_PREFIXES=["+49", "+1415", "+3906"]) == {}


def test_the_sandboxs_account_needs_the_sandboxs_address(settings: Settings) -> None:
    assert "E007" in found(settings, **SANDBOX)


@pytest.mark.parametrize("rate", ["", "600/min", "5/s", "1000000/day"])
def test_the_api_may_be_asked_at_any_rate_that_can_be_read(settings: Settings, rate: str) -> None:
    assert found(settings, API_RATE=rate, API_TWIML_HOSTS=["crm.example.com:8443"]) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CARRIER_TIMEOUT", "soon"),
        ("SECURE_HSTS_SECONDS", "a year"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("DATABASE_URL", "postgresql://db.example.com:port/calls"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(name: str, value: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import callcenter.settings"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"ImproperlyConfigured: {name} " in told.stderr


@pytest.mark.parametrize("host", ["*", ".example.com", "calls.example.com"])
def test_allowed_hosts_may_be_a_pattern(settings: Settings, host: str) -> None:
    assert found(settings, ALLOWED_HOSTS=[host]) == {}


@pytest.mark.parametrize("url", ["redis://cache:6379/0", "rediss://cache", "unix:///run/redis"])
def test_a_redis_may_be_reached_in_each_usual_way(settings: Settings, url: str) -> None:
    assert found(settings, REDIS_URL=url) == {}
