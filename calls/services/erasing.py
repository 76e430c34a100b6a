"""One caller's data is erased: who they are, what they said, and what the carrier keeps of it.

What happened stays (when somebody called, how long they waited, who answered), without a number,
a name, a sound or a note that would tell who it was.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q, QuerySet

from calls.carrier.numbers import is_withheld, read_out
from calls.models import Call, CarrierEvent, Leg, Recording, Voicemail
from calls.services import announcing, deletions
from calls.timeline import note

logger = logging.getLogger(__name__)

ERASED = "erased"
# Shorter ones would be found inside other words.
SHORTEST_NAME = 3
# Free text about the caller: nobody can tell what is in it.
FREE_TEXT = ("notes",)
# Not words of people, and not to be touched.
NOT_WORDS = ("sid", "conference_sid", "recording_sid", "recording_url", "legal_hold", "kind")
# What the carrier adds about a number, and what somebody said.
PLACES = tuple(
    f"{who}{what}"
    for who in ("From", "To", "Caller", "Called")
    for what in ("City", "State", "Zip", "Country")
)
SAID = ("CallerName", "SpeechResult", "UnstableSpeechResult", "TranscriptionText", "RecordingUrl")


class CannotErase(Exception):
    """Nothing was erased; the message is a sentence for whoever asked."""


def erase(*, number: str, now: datetime) -> Counter[str]:
    """Everything of this number's calls; how much was erased, by kind. Raises CannotErase.

    The sounds go from the carrier as soon as it can be asked (deletions).
    """
    with transaction.atomic():
        counts = _erase(_whole(number), now)
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    logger.info("a caller's data was erased: %s", told or "nothing was there")
    return counts


def _whole(number: str) -> str:
    """As the carrier gives numbers; people leave the plus out."""
    number = number.strip()
    number = f"+{number}" if number.isascii() and number.isdigit() else number
    if not number or is_withheld(number):
        raise CannotErase("A withheld number is many people's: give the caller's own number.")
    return number


def _erase(number: str, now: datetime) -> Counter[str]:
    own = _locked(Q(customer_number=number))
    others = _locked(Q(legs__address=number) & ~Q(customer_number=number))
    _check([*own, *others])
    secrets = _secrets(number, own)
    counts: Counter[str] = Counter()
    for call in own:
        counts += _erase_call(call, secrets, now)
    for call in others:
        # Somebody else's call, in which this number was rung.
        counts += _erase_words(call.pk, _secrets(number, []))
    counts["kept answers"] += _forget_answers(number)
    return +counts


def _locked(condition: Q) -> list[Call]:
    ids = list(Call.objects.filter(condition).values_list("pk", flat=True).distinct())
    return list(Call.objects.filter(pk__in=ids).order_by("pk").select_for_update())


def _check(calls: list[Call]) -> None:
    held = sum(bool(call.legal_hold) for call in calls)
    if held:
        some = "One call" if held == 1 else f"{held} calls"
        raise CannotErase(f"{some} of this number cannot be deleted: there is a legal hold.")
    if any(call.ended_at is None for call in calls):
        raise CannotErase("This number is on the line now. Erase when the call is over.")


def _secrets(number: str, calls: list[Call]) -> list[str]:
    """Longest first, so that none is found inside another."""
    names = {call.customer_name.strip() for call in calls}
    spoken = {number, number.removeprefix("+"), read_out(number)}
    found = {*spoken, *(name for name in names if len(name) >= SHORTEST_NAME)}
    return sorted(found - {""}, key=len, reverse=True)


def _erase_call(call: Call, secrets: list[str], now: datetime) -> Counter[str]:
    counts = Counter({"calls": 1})
    counts["recordings"] += _erase_sounds(Recording.objects.filter(call=call), "sid", now)
    counts["voicemails"] += _erase_sounds(Voicemail.objects.filter(call=call), "recording_sid", now)
    for sid in Leg.objects.filter(call=call, role="customer").values_list("sid", flat=True):
        counts["calls at the carrier"] += deletions.want(sid, because="a caller's data", now=now)
    counts += _erase_words(call.pk, secrets)
    Voicemail.objects.filter(call=call).delete()
    # As one that is withheld: callers who are nobody have no history together.
    call.customer_number, call.customer_name = "", ""
    call.save(update_fields=["customer_number", "customer_name"])
    note(call=call, kind="erased", text="The caller's data was erased", now=now)
    announcing.tell(call)
    return counts


def _erase_sounds(sounds: QuerySet[Any], name: str, now: datetime) -> int:
    sids = sounds.exclude(**{name: None}).values_list(name, flat=True)
    return sum(deletions.want(sid, because="a caller's data", now=now) for sid in sids)


# Words --------------------------------------------------------------------------------------------


def _erase_words(call_id: UUID, secrets: list[str]) -> Counter[str]:
    """In every table that hangs on a call, also in those that are added some day."""
    counts: Counter[str] = Counter()
    for model, condition in _tables(call_id):
        names = _words_of(model)
        for row in model._base_manager.filter(condition):
            changed = [name for name in names if _erase_field(row, name, secrets)]
            if isinstance(row, CarrierEvent) and _erase_places(row):
                changed.append("params")
            if changed:
                row.save(update_fields=sorted(set(changed)))
                counts[str(model._meta.verbose_name_plural)] += 1
    return counts


def _tables(call_id: UUID) -> Iterable[tuple[type[models.Model], Q]]:
    for relation in Call._meta.related_objects:
        yield relation.related_model, Q(**{relation.field.name: call_id})
    legs = Leg.objects.filter(call=call_id)
    own = legs.filter(sid__isnull=False, standby__isnull=True)
    sids = list(own.values_list("sid", flat=True))
    about = Q(call_id=call_id) | Q(call_sid__in=sids) | Q(leg_id__in=legs.values("id"))
    yield CarrierEvent, about


def _words_of(model: type[models.Model]) -> list[str]:
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField, models.JSONField))
        and not field.choices
        and field.name not in NOT_WORDS
    ]


def _erase_field(row: models.Model, name: str, secrets: list[str]) -> bool:
    before = getattr(row, name)
    after = ERASED if name in FREE_TEXT and before else _without(before, secrets)
    setattr(row, name, after)
    return bool(after != before)


def _without(value: Any, secrets: list[str]) -> Any:
    """The same without the secrets, however deep they are in it."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, ERASED)
        return value
    if isinstance(value, list):
        return [_without(part, secrets) for part in value]
    if isinstance(value, dict):
        return {name: _without(part, secrets) for name, part in value.items()}
    return value


def _erase_places(event: CarrierEvent) -> bool:
    told = [name for name in (*PLACES, *SAID) if event.params.get(name)]
    for name in told:
        event.params[name] = ERASED
    return bool(told)


def _forget_answers(number: str) -> int:
    """Answers of the API that are kept for a day, should they be asked for again."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [number])
        return int(cursor.rowcount)


_ANSWERS = "delete from calls_idempotencyrecord where strpos(body::text, %s) > 0"
