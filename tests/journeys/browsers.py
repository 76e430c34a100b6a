"""An agent's browser without sound: the page of a desk that does what it is told, and its line.

What the page is to do is read where the real page reads it (`agents.softphone.wanted`), and done as
it does it: through the TwiML App, with the leg as a parameter.
"""

from uuid import UUID

from django.contrib.auth.models import User

from agents import softphone
from sandbox.core.accounts import Application
from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from tests.journeys.ears import Listener


class Browser(Listener):
    """`accepts`: seconds until Accept is pressed, None: nobody does; `returns`: until a page that
    was loaded again is there, None: it stays closed."""

    def __init__(self, carrier: Carrier, user: User, app: Application, *, name: str) -> None:
        super().__init__(carrier, f"client:user_{user.pk}", name=name)
        self.user, self.app = user, app
        self.accepts: float | None = None
        self.returns: float | None = 1.0
        self.state = "ready"
        self._done: set[UUID] = set()

    def look(self) -> None:
        """The pane has come: act on it, once."""
        wanted = softphone.wanted(self.user)
        if wanted is None or wanted.leg_id is None or wanted.leg_id in self._done:
            return
        acts = {"connect": self.accepts, "connect-now": 0.2, "rejoin": self.returns}
        after = acts.get(wanted.act)
        if after is not None:
            leg_id = wanted.leg_id
            self._done.add(leg_id)
            self.carrier.kernel.call_later(after, lambda: self._presses(leg_id))

    def _presses(self, leg_id: UUID) -> None:
        """What is gone from the page meanwhile can be pressed no more."""
        wanted = softphone.wanted(self.user)
        if wanted is not None and wanted.leg_id == leg_id:
            self.connects(leg_id)

    def connects(self, leg_id: UUID | str, **params: str) -> Call:
        call = self.carrier.dial_application(
            self,
            identity=f"user_{self.user.pk}",
            application=self.app,
            params={"leg": str(leg_id), **params},
        )
        self._takes(call)
        return call

    def is_lost(self) -> None:
        """The page is loaded again, crashes or is closed: the carrier ends its line."""
        assert self.call is not None
        self.call.hang_up()
