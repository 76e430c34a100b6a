"""HTML as values: whatever is not made here is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

Attribute = str | int | float | bool | None
VOID = frozenset({"input", "meta", "link", "br", "hr"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | Iterable["Child"] | None


def el(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """One element. `class_`, `for_` lose their underscore; others become dashes; None and False
    leave an attribute out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{inside(*children)}</{name}>")


def inside(*children: Child) -> Markup:
    """Children one after another."""
    return Markup("".join(_piece(child) for child in children))


def _piece(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(child)
    return inside(*child)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{escape(str(value))}"'
