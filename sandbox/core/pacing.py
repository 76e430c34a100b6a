"""How fast calls may be started: the account's calls a second; the rest waits as `queued`."""

from __future__ import annotations

from collections import deque

from sandbox.core.accounts import Account
from sandbox.core.calls import Call, CallStatus
from sandbox.core.kernel import Future
from sandbox.core.legs import end_leg
from sandbox.core.switch import Switch


class Pacer:
    """One account's line of calls that want to start."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._waiting: deque[tuple[Call, Future[None]]] = deque()
        self._free_at = 0.0
        self._ticking = False

    def expected_wait(self) -> float:
        """Seconds until a call that came now would start."""
        cps = self._switch.config.cps
        if not cps:
            return 0.0
        return max(self._free_at - self._switch.now, 0.0) + len(self._waiting) / cps

    async def turn(self, call: Call) -> None:
        """Wait until this call may start."""
        if not self._switch.config.cps:
            return
        start: Future[None] = Future()
        self._waiting.append((call, start))
        self._tick()
        expiry = self._switch.kernel.call_later(
            self._switch.timings.queued_call_expiry, lambda: self._expire(call)
        )
        try:
            await start
        finally:
            expiry.cancel()

    def _tick(self) -> None:
        """Start whoever is first, if the time has come; else look again when it has."""
        if self._ticking:
            return
        while self._waiting and self._waiting[0][0].ended:
            self._waiting.popleft()
        if not self._waiting:
            return
        now = self._switch.now
        if now >= self._free_at:
            self._free_at = now + 1 / self._switch.config.cps
            self._waiting.popleft()[1].try_set(None)
        self._ticking = True
        self._switch.kernel.call_at(self._free_at, self._tick_again)

    def _tick_again(self) -> None:
        self._ticking = False
        self._tick()

    def _expire(self, call: Call) -> None:
        end_leg(self._switch, call, CallStatus.CANCELED, silently=True)


def pacer_of(switch: Switch, account: Account) -> Pacer:
    pacer: Pacer = switch.pacers.setdefault(account.sid, Pacer(switch))
    return pacer
