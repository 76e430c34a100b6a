"""One button that changes a live call, as the desk and the board show it."""

from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse

register = template.Library()
# Found on pages that do not show the call otherwise.
HARMLESS_TWICE = ("retrieve", "decline")


@register.inclusion_tag("parts/deed.html")
def deed(
    page: str,
    call_id: UUID,
    verb: str,
    label: str,
    *,
    key: str = "",
    row: bool = False,
    of: str = "",
    look: str = "",
    title: str = "",
    confirm: str = "",
    yes: str = "",
    busy: bool = False,
    pressed: bool | None = None,
    **given: Any,
) -> dict[str, Any]:
    """`key` does the same as the button, with `row` in the row that was gone to; `of` says for
    ears alone whom it is about; `given` is what the form holds. With `confirm` it asks first, and
    `yes` is what the answer says."""
    told = title or f"{label} {of}".strip()
    return {
        "address": address(page, call_id, verb),
        "call_id": call_id,
        "verb": verb,
        "token": verb not in HARMLESS_TWICE,
        "label": label,
        "key": key,
        "row": row,
        "of": of,
        "look": look,
        "title": f"{told} ({key})" if key else title,
        "confirm": confirm,
        "yes": yes or label,
        "busy": busy,
        "pressed": pressed,
        "given": [(name, value) for name, value in given.items() if value is not None],
    }


@register.simple_tag
def address(page: str, call_id: UUID, verb: str) -> str:
    """Where a form of one's own is sent."""
    return reverse(f"{page}-act", args=[call_id, verb])
