"""`manage.py seed_demo`: a believable call centre; run again, it changes nothing that is there."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from agents.availability import Intent
from agents.models import Agent, AgentSkill, BreakReason, LineKind, Membership, Supervisor
from callcenter.demo import cast
from calls.models import (
    ApiKey,
    DirectoryEntry,
    Disposition,
    PhoneNumber,
    PhonePrice,
    Queue,
    QueueSkill,
    Skill,
)
from calls.models.access import SCOPES
from calls.states import RecordingPolicy


class Command(BaseCommand):
    help = "Fill an empty database with the demo's queues, people and numbers; print the logins."

    def handle(self, *_: Any, **__: Any) -> None:
        with transaction.atomic():
            queues = {line.slug: _queue(line) for line in cast.LINES}
            for line in cast.LINES:
                _show(line, queues)
            for worker in cast.WORKERS:
                _agent(worker, queues)
            _staff(queues)
            _dialling_out()
            key = _api_key()
        self.stdout.write(_logins(key))


def _queue(line: cast.Line) -> Queue:
    queue, _ = Queue.objects.get_or_create(
        slug=line.slug,
        defaults={
            "name": line.name,
            "greeting": line.greeting,
            "priority": line.priority,
            "wrap_up_seconds": 20,
            "recording": RecordingPolicy.ON_DEMAND,
        },
    )
    for name, level in line.skills.items():
        QueueSkill.objects.get_or_create(
            queue=queue, skill=_skill(name), defaults={"min_level": level}
        )
    if line.number:
        PhoneNumber.objects.get_or_create(
            e164=line.number, defaults={"queue": queue, "label": line.name}
        )
    return queue


def _show(line: cast.Line, queues: dict[str, Queue]) -> None:
    for number in PhoneNumber.objects.filter(e164=line.number, shown_by=None):
        number.shown_by.set(queues[slug] for slug in line.shown_by)


def _dialling_out() -> None:
    for name, (number, note) in cast.DIRECTORY.items():
        DirectoryEntry.objects.get_or_create(name=name, defaults={"number": number, "note": note})
    for prefix, (per_minute, label) in cast.PRICES.items():
        known = {"per_minute": per_minute, "label": label}
        PhonePrice.objects.get_or_create(prefix=prefix, defaults=known)


def _skill(name: str) -> Skill:
    return Skill.objects.get_or_create(name=name)[0]


def _agent(worker: cast.Worker, queues: dict[str, Queue]) -> None:
    agent, is_new = Agent.objects.get_or_create(
        user=_user(worker.login, worker.name),
        defaults={
            "name": worker.name,
            "line_kind": LineKind.PHONE if worker.telephone else LineKind.BROWSER,
            "line_address": worker.telephone,
            "needs_desk": worker.at_desk,
        },
    )
    if not is_new:
        return
    for slug, priority in worker.queues.items():
        Membership.objects.create(agent=agent, queue=queues[slug], priority=priority)
    for name, level in worker.skills.items():
        AgentSkill.objects.create(agent=agent, skill=_skill(name), level=level)
    if not worker.at_desk:
        agent.intent = Intent.AVAILABLE
        agent.intent_since = agent.idle_since = timezone.now()
        agent.save(update_fields=["intent", "intent_since", "idle_since"])


def _staff(queues: dict[str, Queue]) -> None:
    supervisor, _ = Supervisor.objects.get_or_create(
        user=_user(*cast.SUPERVISOR), defaults={"may_be_private": True}
    )
    supervisor.queues.set(queues.values())
    admin = _user(*cast.ADMIN)
    if not admin.is_superuser:
        admin.is_staff = admin.is_superuser = True
        admin.save(update_fields=["is_staff", "is_superuser"])
    for name, minutes in cast.BREAKS.items():
        BreakReason.objects.get_or_create(name=name, defaults={"max_minutes": minutes})
    for name in cast.DISPOSITIONS:
        Disposition.objects.get_or_create(name=name)


def _user(login: str, name: str) -> User:
    first, _, last = name.partition(" ")
    user, is_new = User.objects.get_or_create(
        username=login, defaults={"first_name": first, "last_name": last}
    )
    if is_new:
        user.set_password(cast.PASSWORD)
        user.save(update_fields=["password"])
    return user


def _api_key() -> str:
    """Only its hash is in the database, so the demo keeps the key itself beside its data."""
    path = settings.LOCAL_DIR / "demo-api-key"
    known = path.read_text().strip() if path.exists() else ""
    if known and ApiKey.objects.is_valid(known):
        return known
    ApiKey.objects.filter(name=cast.INTEGRATOR, revoked=False).update(revoked=True)
    key = ApiKey(name=cast.INTEGRATOR, scopes=[scope for scope, _ in SCOPES])
    secret: str = ApiKey.objects.assign_key(key)
    key.save()
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret)
    return secret


def _by_voice(worker: cast.Worker) -> str:
    return "" if worker.telephone else " (talks in the browser)"


def _logins(key: str) -> str:
    at_desk = [worker for worker in cast.WORKERS if worker.at_desk]
    rows = [
        *((worker.login, f"agent, {worker.name}: /desk{_by_voice(worker)}") for worker in at_desk),
        (cast.SUPERVISOR[0], f"supervisor, {cast.SUPERVISOR[1]}: /board"),
        (cast.ADMIN[0], "everything: /admin"),
    ]
    people = "\n".join(f"  {login:<8} {what}" for login, what in rows)
    return f"Sign in with the password {cast.PASSWORD}:\n{people}\nAPI key: {key}"
