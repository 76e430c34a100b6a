"""Whoever is wrong about a password too often waits, at both doors, and is told until when."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from calls.models import Allowance
from tests import people
from tests.calls.admin.desk import AdminDesk, told

pytestmark = pytest.mark.django_db

DOORS = ["/login/", "/admin/login/"]
RIGHT = "a-long-enough-password"


@pytest.fixture(autouse=True)
def three(settings: Settings) -> None:
    settings.SIGN_IN_RATE_PER_ACCOUNT = "3/hour"
    settings.SIGN_IN_RATE_PER_ADDRESS = "5/hour"


@pytest.fixture(autouse=True)
def dana(db: None) -> User:
    user = people.make_agent_user("Dana", people.make_queue("Billing"))
    user.set_password(RIGHT)
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def tries(
    name: str = "dana", password: str = "wrong", *, door: str = "/login/", **sent: Any
) -> str:
    """What the door says; empty where it opened."""
    form = {"username": name, "password": password, "next": "/"}
    answered = Client().post(door, form, **sent)
    if answered.status_code == 302:
        return ""
    [said] = answered.context["form"].non_field_errors()
    assert escape(said) in answered.content.decode()
    return str(said)


@pytest.mark.parametrize("door", DOORS)
def test_after_too_many_wrong_passwords_even_the_right_one_waits(door: str) -> None:
    assert all("correct" in tries(door=door) for _ in range(3))
    said = tries(password=RIGHT, door=door)
    assert said.startswith("Too many failed sign-ins for this user name. Try again in 20 minutes")
    assert said.endswith("or ask an administrator to unlock it.")


def test_both_doors_count_together() -> None:
    for door in (*DOORS, "/login/"):
        tries(door=door)
    assert all("Too many" in tries(password=RIGHT, door=door) for door in DOORS)


def test_the_name_is_the_same_however_it_is_written() -> None:
    for name in ("dana", "Dana", "DANA"):
        tries(name)
    assert "Too many" in tries(password=RIGHT)


def test_somebody_who_does_not_exist_is_told_the_same() -> None:
    said = [tries("nobody") for _ in range(4)]
    assert "correct" in said[2]
    assert "Too many failed sign-ins for this user name" in said[3]


def test_others_are_not_kept_waiting(dana: User) -> None:
    for _ in range(4):
        tries("nobody")
    assert tries(password=RIGHT) == ""


def test_a_right_password_takes_the_accounts_mistakes_back() -> None:
    for _ in range(2):
        tries()
        tries()
        assert tries(password=RIGHT) == ""


def test_whoever_guesses_at_many_accounts_waits_too() -> None:
    """Their own account does not buy them more."""
    for guess in range(5):
        tries(f"agent-{guess}")
        assert tries(password=RIGHT) == "" or guess == 4
    assert "Too many failed sign-ins from your network." in tries("agent-6")
    assert "from your network" in tries(password=RIGHT)
    assert tries(password=RIGHT, REMOTE_ADDR="192.0.2.7") == ""


def test_who_is_refused_for_the_address_uses_up_no_account() -> None:
    for guess in range(5):
        tries(f"agent-{guess}")
    for _ in range(9):
        assert "from your network" in tries()
    assert "correct" in tries(REMOTE_ADDR="192.0.2.7")


def test_a_network_of_ipv6_is_one_house() -> None:
    for guess in range(5):
        tries(f"agent-{guess}", REMOTE_ADDR=f"2001:db8:1:2::{guess}")
    assert "network" in tries("omar", REMOTE_ADDR="2001:db8:1:2:ffff::1")
    assert "correct" in tries("omar", REMOTE_ADDR="2001:db8:1:3::1")


def test_who_is_signed_in_stays_so(dana: User) -> None:
    client = Client()
    client.force_login(dana)
    for _ in range(5):
        tries()
    assert client.get("/desk").status_code == 200


@pytest.mark.parametrize("sent", [{"username": "dana"}, {"password": "x"}, {}])
def test_an_empty_form_is_no_attempt(sent: dict[str, str]) -> None:
    assert Client().post("/login/", sent).status_code == 200
    assert not Allowance.objects.exists()


def test_a_very_long_name_is_counted_too() -> None:
    assert "correct" in tries("ß" * 150)
    assert Allowance.objects.filter(subject__startswith="account ss").exists()


def test_with_no_rate_nothing_is_counted(settings: Settings) -> None:
    settings.SIGN_IN_RATE_PER_ACCOUNT = settings.SIGN_IN_RATE_PER_ADDRESS = ""
    assert all("correct" in tries() for _ in range(9))
    assert tries(password=RIGHT) == ""
    assert not Allowance.objects.exists()


# Where somebody comes from ------------------------------------------------------------------------


def addresses() -> set[str]:
    found = Allowance.objects.filter(subject__startswith="address ")
    return {row.subject.removeprefix("address ") for row in found}


def test_what_a_browser_says_of_its_address_is_not_believed() -> None:
    tries(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.9", HTTP_X_REAL_IP="8.8.8.8")
    assert addresses() == {"192.0.2.1"}


@pytest.mark.parametrize(
    ("proxies", "given", "believed"),
    [
        (1, "198.51.100.9", {"198.51.100.9"}),
        (1, "1.1.1.1, 198.51.100.9", {"198.51.100.9"}),
        (2, "1.1.1.1, 198.51.100.9, 10.0.0.2", {"198.51.100.9"}),
        (2, "198.51.100.9", set()),
        (1, "::ffff:198.51.100.9", {"198.51.100.9"}),
        (1, "unknown", set()),
        (1, "", set()),
    ],
)
def test_behind_proxies_the_nearest_ones_are_believed(
    settings: Settings, proxies: int, given: str, believed: set[str]
) -> None:
    settings.PROXIES_IN_FRONT = proxies
    tries(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=given)
    assert addresses() == believed


def test_behind_a_proxy_that_nobody_told_of_everybody_is_not_one(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for guess in range(9):
        tries(f"agent-{guess}", REMOTE_ADDR="10.0.0.1")
    assert addresses() == set()
    assert tries(password=RIGHT, REMOTE_ADDR="10.0.0.1") == ""


# Unlocking ----------------------------------------------------------------------------------------


def test_an_administrator_sees_who_waits_and_unlocks_them() -> None:
    for _ in range(4):
        tries()
    ada = AdminDesk()
    page = ada.opens("calls/allowance/", refused="yes", q="dana")
    assert "account dana" in page
    assert "127.0.0.1" not in page
    row = Allowance.objects.get(subject="account dana")
    assert told(ada.acts("calls/allowance/", "unlock", row)) == ["Unlocked: account dana"]
    assert tries(password=RIGHT) == ""


def test_who_has_only_used_some_of_it_does_not_wait() -> None:
    tries()
    ada = AdminDesk()
    assert "account dana" in ada.opens("calls/allowance/")
    assert "account dana" not in ada.opens("calls/allowance/", refused="yes")


def test_the_last_administrator_is_unlocked_by_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(4):
        tries()
    call_command("unlock_sign_in", "Dana")
    assert capsys.readouterr().out == "Dana may try again.\n"
    assert tries(password=RIGHT) == ""


def test_an_agent_sees_nobodys_mistakes() -> None:
    omar = people.make_agent_user("Omar", people.make_queue("Sales"))
    client = Client()
    client.force_login(omar)
    assert client.get("/admin/calls/allowance/").status_code == 302


def test_a_password_in_the_wrong_field_does_not_come_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(4):
        tries(RIGHT)
    assert "too many failed sign-ins for this user name" in caplog.text
    assert RIGHT not in caplog.text
