"""Each mode, each role, each call: who may listen, whisper, barge, take over, and see who does."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from agents.models import Supervisor
from calls.models import Call
from calls.services import access
from calls.states import WatchMode
from tests import people

pytestmark = pytest.mark.django_db

# l listen, w whisper, b barge, p listen unseen (private), t take over, s see who is unseen; on a
# call of the supervisor's queue, of another queue, of no queue at all.
TABLE = """
#               own-queue  other-queue  no-queue
sofia           lwbpts     -            -
listener        ls         -            -
whisperer       lws        -            -
barger          bs         -            -
taker           ts         -            -
unseen          lps        -            -
dana            -          -            -
omar            -          -            -
admin           lwbpts     lwbpts       lwbpts
gone            -          -            -
stranger        -          -            -
"""
MAY = {"l": "may_listen", "w": "may_whisper", "b": "may_barge", "t": "may_take_over"}
SUPERVISORS = {
    "sofia": "lwbtp",
    "listener": "l",
    "whisperer": "lw",
    "barger": "b",
    "taker": "t",
    "unseen": "lp",
    "gone": "lwbtp",
}


def _rows() -> list[tuple[str, str, str]]:
    lines = [line.split() for line in TABLE.strip().splitlines() if not line.startswith("#")]
    calls = ("own queue", "other queue", "no queue")
    return [
        (who, whose, may.strip("-"))
        for who, *row in lines
        for whose, may in zip(calls, row, strict=True)
    ]


def _user(who: str) -> User | AnonymousUser:
    billing = people.make_queue("Billing")
    people.make_number(billing)
    if who == "stranger":
        return AnonymousUser()
    if who == "admin":
        return User.objects.create_superuser("ada")
    if who in ("dana", "omar"):
        return people.make_agent_user(who, billing)
    user = people.make_supervisor(who, billing)
    rights = SUPERVISORS[who]
    for letter, field in {**MAY, "p": "may_be_private"}.items():
        setattr(user.supervisor, field, letter in rights)
    user.supervisor.save()
    user.is_active = who != "gone"
    user.save()
    return user


def _call(whose: str, who: User | AnonymousUser) -> Call:
    if whose == "other queue":
        people.make_number(people.make_queue("Sales"), "+15550002000")
        return people.rings("+15550002000")
    call = people.rings()
    if isinstance(who, User) and who.username == "dana":
        people.talking(call, who)
    if whose == "no queue":
        Call.objects.filter(pk=call.pk).update(queue=None)
        call.refresh_from_db()
    return call


@pytest.mark.parametrize(("who", "whose", "may"), _rows())
def test_who_may(who: str, whose: str, may: str) -> None:
    user = _user(who)
    call = _call(whose, user)
    found = "".join(
        letter
        for letter, allowed in (
            ("l", access.may_watch(user, call, WatchMode.LISTEN)),
            ("w", access.may_watch(user, call, WatchMode.WHISPER)),
            ("b", access.may_watch(user, call, WatchMode.BARGE)),
            ("p", access.may_watch(user, call, WatchMode.LISTEN, private=True)),
            ("t", access.may_take_over(user, call)),
            ("s", access.may_see_private(user, call)),
        )
        if allowed
    )
    assert set(found) == set(may)


def test_a_supervisor_who_takes_the_call_is_not_shown_who_listens_to_them_unseen() -> None:
    billing = people.make_queue("Billing")
    people.make_number(billing)
    sofia = people.make_agent_user("Sofia", billing)
    Supervisor.objects.create(user=sofia).queues.set([billing])
    call = people.rings()
    people.talking(call, sofia)
    assert not access.may_see_private(sofia, call)
