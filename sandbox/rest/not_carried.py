"""Parts of the API that this carrier does not have: they say so, and never pretend."""

from __future__ import annotations

from sandbox.core.errors import RestError
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.routes import Operation

NOT_CARRIED = 20501
WITHOUT_EFFECT = (
    ("ApiVersion", "there is only 2010-04-01"),
    ("Beta, Origin", "of numbers; all are alike"),
    ("Byoc", "there are no trunks"),
    ("CallReason", "nothing is displayed to a callee"),
    ("ClientNotificationUrl", "clients are reached without being woken"),
    ("JitterBufferSize, Region", "everybody is on this machine: sound is hardly late"),
    ("SipAuthUsername, SipAuthPassword", "SIP phones answer without asking who calls"),
)


class NotCarried(RestError):
    """501 with a code of our own: Twilio has no error for what it can do and we cannot."""

    def __init__(self, what: str) -> None:
        super().__init__(NOT_CARRIED, 501, f"The sandbox carrier does not carry {what} yet")

    @property
    def more_info(self) -> str:
        return "docs/sandbox.md#not-carried"


def refusing(what: str) -> Operation:
    """The operation of a route that is known but not carried."""

    def refuse(_: Asked) -> RestAnswer:
        raise NotCarried(what)

    return refuse
