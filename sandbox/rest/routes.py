"""From method and path to an operation: the table of everything the API carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.core.errors import RestError, not_found
from sandbox.rest.asked import API, Asked
from sandbox.rest.exchange import RestAnswer

Operation = Callable[[Asked], RestAnswer]

JSON_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation on one resource. `template` is the path below the API's root, its
    variable parts in braces; a `suffix` other than .json is that of media.
    `public` routes need no credentials."""

    method: str
    template: str
    operation: Operation
    suffix: str = JSON_SUFFIX
    public: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.template.split("/"))


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a request and what stood in the braces, percent-decoded."""

    route: Route
    names: Mapping[str, str]


class Router:
    """Looks routes up by length and by their first fixed word."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[int, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(len(route.parts), []).append(route)

    def find(self, method: str, path: str) -> Found:
        """The operation; 20404 where the path names nothing, 20004 where the method is wrong."""
        matching = self._matching(path)
        if not matching:
            raise not_found(path)
        for found in matching:
            if found.route.method == method:
                return found
        raise RestError(20004, 405, f"Method {method} is not allowed on {path}")

    def _matching(self, path: str) -> list[Found]:
        parts = path.removeprefix(f"{API}/").split("/") if path.startswith(f"{API}/") else []
        found = (_match(route, parts) for route in self._routes.get(len(parts), ()))
        return [each for each in found if each is not None]


def _match(route: Route, parts: list[str]) -> Found | None:
    last = parts[-1]
    if not last.endswith(route.suffix):
        return None
    given = [*parts[:-1], last.removesuffix(route.suffix) if route.suffix else last]
    names: dict[str, str] = {}
    for wanted, part in zip(route.parts, given, strict=True):
        if wanted.startswith("{"):
            names[wanted[1:-1]] = unquote(part)
        elif wanted != part:
            return None
    return None if "" in names.values() else Found(route, names)
