"""The exchange's floor: the registries, clock, dice, outgoing requests, log and watchers.

Engines get a `Switch`; outside code gets the `Carrier` that extends it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from sandbox.core.accounts import Account, Application, IncomingPhoneNumber, OutgoingCallerId
from sandbox.core.calls import Call
from sandbox.core.conferences import Conference
from sandbox.core.config import Choices, Config, Timings
from sandbox.core.effects import Fetch, FetchAnswer, FetchResult
from sandbox.core.endpoints import PhoneBook
from sandbox.core.faults import Faults
from sandbox.core.kernel import Future, Kernel
from sandbox.core.notifications import ERROR, NOTIFICATION_TEXTS, WARNING, Notification
from sandbox.core.queues import Queue
from sandbox.core.recordings import Recording
from sandbox.core.sids import NOTIFICATION, new_sid
from sandbox.core.studio import Studio

T = TypeVar("T")
Watcher = Callable[[str, object], None]
Verb = Callable[[Any, Any], Coroutine[Any, Any, Any]]


@dataclass(slots=True)
class LogEntry:
    """One request with its answer. `kind`: webhook, callback, media or rest.

    `answer_status` is 0 and `error` says why while there is no answer. `summary` is for people.
    """

    number: int
    kind: str
    at: float
    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    call_sid: str | None = None
    purpose: str = ""
    answer_status: int = 0
    answer_type: str = ""
    answer_body: str = ""
    error: str = ""
    answered_at: float | None = None


class Switch:
    """State of the whole carrier. Dictionaries are keyed by SID and keep order of creation.

    `verbs` is the language that documents are written in: what each verb does, by name.
    """

    def __init__(self, config: Config, *, now: float, seed: int) -> None:
        self.config = config
        self.kernel = Kernel(now)
        self.dice = Random(seed)  # noqa: S311 - repeatable on purpose
        self.faults = Faults(dice=Random(seed + 1))  # noqa: S311 - repeatable on purpose
        self.phones = PhoneBook()
        self.studio: Studio | None = None
        self.accounts: dict[str, Account] = {}
        self.calls: dict[str, Call] = {}
        self.conferences: dict[str, Conference] = {}
        self.queues: dict[str, Queue] = {}
        self.recordings: dict[str, Recording] = {}
        self.applications: dict[str, Application] = {}
        self.numbers: dict[str, IncomingPhoneNumber] = {}
        self.caller_ids: dict[str, OutgoingCallerId] = {}
        self.notifications: list[Notification] = []
        self.http_cache: dict[str, FetchAnswer] = {}
        self.media_seconds: dict[str, float] = {}
        self.log: deque[LogEntry] = deque(maxlen=config.log_size)
        self.verbs: Mapping[str, Verb] = {}
        self.pacers: dict[str, Any] = {}
        self._watchers: list[Watcher] = []
        self._outbox: list[Fetch] = []
        self._awaited: dict[int, Future[FetchResult]] = {}
        self._last_number = 0

    @property
    def now(self) -> float:
        return self.kernel.now

    @property
    def choices(self) -> Choices:
        return self.config.choices

    @property
    def timings(self) -> Timings:
        return self.config.timings

    def sid(self, prefix: str) -> str:
        return new_sid(self.dice, prefix)

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Be told `(kind, object)` of every change; returns what ends it.

        Kinds: account, number, application, call, hearing (a Call), moment (Call, Moment), speech
        (Call, text), conference, queue, recording, notification, log (a LogEntry, at the request
        and again at its answer).
        """
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self, kind: str, thing: object) -> None:
        for watcher in tuple(self._watchers):
            watcher(kind, thing)

    def file(self, registry: dict[str, T], sid: str, thing: T, over: Callable[[T], bool]) -> None:
        """Enter something into the books; the oldest that is `over` makes room for it."""
        registry[sid] = thing
        if len(registry) > self.config.keep:
            oldest = next((key for key, each in registry.items() if over(each)), None)
            if oldest is not None:
                del registry[oldest]

    def record_log(self, entry: LogEntry) -> None:
        self.log.append(entry)
        self.tell("log", entry)

    def notify(
        self,
        code: int,
        *,
        account: Account,
        call: Call | None = None,
        text: str = "",
        url: str = "",
        method: str = "POST",
        warning: bool = False,
    ) -> Notification:
        """Write a line into the debugger."""
        message = NOTIFICATION_TEXTS.get(code, "Error") + (f": {text}" if text else "")
        notification = Notification(
            sid=self.sid(NOTIFICATION),
            account=account,
            call_sid=call.sid if call else None,
            error_code=code,
            log=WARNING if warning else ERROR,
            message_text=message,
            message_date=self.now,
            request_url=url,
            request_method=method,
        )
        self.notifications.append(notification)
        if len(self.notifications) > self.config.keep:
            del self.notifications[0]
        self.tell("notification", notification)
        return notification

    def take_fetches(self) -> list[Fetch]:
        """The requests to perform since last asked; each is to be reported by `fetch_done`."""
        fetches, self._outbox = self._outbox, []
        return fetches

    def fetch_done(self, fetch_id: int, result: FetchResult) -> None:
        """Report the end of a request; a late report of one given up on is ignored."""
        awaited = self._awaited.pop(fetch_id, None)
        if awaited is not None:
            awaited.try_set(result)

    def send(self, fetch: Fetch) -> Future[FetchResult]:
        """Put a request into the outbox; the future is settled by `fetch_done`."""
        answer: Future[FetchResult] = Future()
        self._awaited[fetch.id] = answer
        self._outbox.append(fetch)
        return answer

    def give_up(self, fetch_id: int) -> None:
        """Nobody waits for this request any more."""
        self._awaited.pop(fetch_id, None)
