"""Pieces that the JSON of several resources shares."""

from __future__ import annotations

from typing import Protocol

from sandbox.core.dates import rfc2822
from sandbox.rest.answers import Shape


class Dated(Protocol):
    """Anything that was made and changed at some moment."""

    @property
    def created_at(self) -> float: ...
    @property
    def updated_at(self) -> float: ...


def dates(thing: Dated) -> Shape:
    return {"date_created": rfc2822(thing.created_at), "date_updated": rfc2822(thing.updated_at)}


def subresources(uri: str, **paths: str) -> Shape:
    """`subresource_uris`: below the resource's own address, by name."""
    base = uri.removesuffix(".json")
    return {name: f"{base}/{path}.json" for name, path in paths.items()}
