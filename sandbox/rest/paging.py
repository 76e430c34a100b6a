"""Lists, newest first, a page at a time.

A page token names the resource at the edge of the page before, so that resources which appear
meanwhile shift nothing. It also carries how many older ones there were: should the named one
have been deleted by then, as when a client deletes what it streams, the place is still known.
Filters are applied after the place was found, because a filter's answer changes over time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from sandbox.core.errors import bad_request
from sandbox.rest.answers import Shape, answer
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer

T = TypeVar("T")

PAGE_SIZE = 50
LARGEST_PAGE = 1000
PAGE_NAMES = ("PageSize", "Page", "PageToken")
TOKEN = re.compile(r"P([AB])(\w+)-(\d{1,9})")
AFTER, BEFORE = "A", "B"


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """What there is to list, newest first, and which of it is wanted."""

    key: str
    items: Sequence[T]
    sid: Callable[[T], str]
    shape: Callable[[T], Shape]
    wanted: Callable[[T], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: before or after the named resource, or at the very start."""

    side: str = AFTER
    sid: str = ""
    older: int = 0


def page(asked: Asked, listing: Listing[T]) -> RestAnswer:
    """The page that the request's PageSize, Page and PageToken ask for."""
    size = _size(asked)
    number = asked.query.whole("Page", 0, 10**9) or 0
    picked = _pick(listing, _place(asked), size)
    start = number * size
    body: Shape = {listing.key: [listing.shape(listing.items[index]) for index in picked]}
    body |= {
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(picked) - 1, 0),
        "uri": _uri(asked, size, number, asked.query.text("PageToken")),
        "first_page_uri": _uri(asked, size, 0, None),
        "next_page_uri": None,
        "previous_page_uri": None,
    }
    if picked and _any(listing, range(picked[-1] + 1, len(listing.items))):
        token = _token(AFTER, listing, picked[-1])
        body["next_page_uri"] = _uri(asked, size, number + 1, token)
    if picked and _any(listing, range(picked[0])):
        token = _token(BEFORE, listing, picked[0])
        body["previous_page_uri"] = _uri(asked, size, max(number - 1, 0), token)
    return answer(200, body)


def _size(asked: Asked) -> int:
    size = asked.query.whole("PageSize", 1, 10**9)
    if size is not None and size > LARGEST_PAGE:
        raise bad_request(f"Page size must not be greater than {LARGEST_PAGE}", 20007)
    return size or PAGE_SIZE


def _place(asked: Asked) -> Place:
    text = asked.query.text("PageToken")
    if text is None:
        return Place()
    found = TOKEN.fullmatch(text)
    if found is None:
        raise bad_request(f"Invalid PageToken: {text}", 21481)
    return Place(found[1], found[2], int(found[3]))


def _pick(listing: Listing[T], place: Place, size: int) -> list[int]:
    """Indexes of the page's resources, newest first."""
    indexes = _from(listing, place)
    picked: list[int] = []
    for index in indexes:
        if len(picked) == size:
            break
        if listing.wanted(listing.items[index]):
            picked.append(index)
    return sorted(picked)


def _from(listing: Listing[T], place: Place) -> range:
    count = len(listing.items)
    if not place.sid:
        return range(count)
    named = next((i for i, item in enumerate(listing.items) if listing.sid(item) == place.sid), -1)
    older_from = named + 1 if named >= 0 else max(count - place.older, 0)
    if place.side == AFTER:
        return range(older_from, count)
    newer_to = named if named >= 0 else older_from
    return range(newer_to - 1, -1, -1)


def _any(listing: Listing[T], indexes: range) -> bool:
    return any(listing.wanted(listing.items[index]) for index in indexes)


def _token(side: str, listing: Listing[T], index: int) -> str:
    older = len(listing.items) - 1 - index
    return f"P{side}{listing.sid(listing.items[index])}-{older}"


def _uri(asked: Asked, size: int, number: int, token: str | None) -> str:
    kept = [pair for pair in asked.request.query if pair[0] not in PAGE_NAMES]
    kept += [("PageSize", str(size)), ("Page", str(number))]
    if token is not None:
        kept.append(("PageToken", token))
    return f"{asked.request.path}?{urlencode(kept)}"
