"""Where an address leads, and how a call comes in.

A number of ours that is dialled from a call of ours becomes two legs: the outgoing one, and an
inbound one with its own SID that runs the number's voice URL.
"""

from __future__ import annotations

import re

from sandbox.core.accounts import Account, Application, IncomingPhoneNumber, VoiceUrls
from sandbox.core.calls import (
    Address,
    Call,
    Callee,
    CallStatus,
    Direction,
    Line,
    Refusal,
    StatusCallback,
)
from sandbox.core.endpoints import SilentLine, UnreachableLine
from sandbox.core.legs import drive, end_leg, new_leg
from sandbox.core.sounds import Beep, Hearing, Moment, Says, Spoken
from sandbox.core.switch import Switch
from sandbox.core.twiml.run import document_program

REFUSALS: dict[CallStatus, Refusal] = {
    CallStatus.BUSY: "busy",
    CallStatus.NO_ANSWER: "no-answer",
}


def number_called(switch: Switch, phone_number: str) -> IncomingPhoneNumber | None:
    """The number of ours with this E.164 form."""
    numbers = switch.numbers.values()
    return next((n for n in numbers if n.phone_number == phone_number), None)


def find_line(switch: Switch, address: str) -> Line:
    """What is at the end of an address; there is always something, if only a dead end."""
    number = number_called(switch, address)
    if number is not None:
        return LoopedLine(switch, number)
    line = switch.phones.find(_telephone(address))
    if line is not None:
        return line
    if address.startswith("client:") and switch.choices.offline_client == "fails":
        return UnreachableLine()
    return SilentLine()


def _telephone(address: str) -> str:
    """An address without what is said along the way (`;region=…`, `?X-Ticket=42`)."""
    is_name = address.startswith(("sip:", "sips:", "client:"))
    return re.split("[;?]", address, maxsplit=1)[0] if is_name else address


def arrive(
    switch: Switch,
    *,
    line: Line,
    number: IncomingPhoneNumber,
    from_: str,
    caller_name: str | None = None,
    forwarded_from: str | None = None,
    extra: dict[str, str] | None = None,
) -> Call:
    """Somebody calls a number of ours: it rings while the application is asked."""
    call = new_leg(
        switch,
        account=number.account,
        line=line,
        from_=from_,
        to=number.phone_number,
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
    )
    call.phone_number_sid = number.sid
    application = switch.applications.get(number.voice_application_sid)
    call.application_sid = application.sid if application else ""
    call.caller_name = caller_name
    call.forwarded_from = forwarded_from
    call.extra_params = dict(extra or {})
    _ask_application(switch, call, application.urls if application else number.urls)
    return call


def arrive_from_client(
    switch: Switch,
    *,
    line: Line,
    account: Account,
    identity: str,
    application: Application,
    params: dict[str, str],
) -> Call:
    """A browser calls out: its TwiML App is asked, as if it were an inbound call."""
    call = new_leg(
        switch,
        account=account,
        line=line,
        from_=f"client:{identity}",
        to=params.get("To", ""),
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
    )
    call.application_sid = application.sid
    own = {name: value for name, value in params.items() if name != "To"}
    call.extra_params = {"Called": "", **own}
    _ask_application(switch, call, application.urls)
    return call


def _ask_application(switch: Switch, call: Call, urls: VoiceUrls) -> None:
    call.started_at = switch.now
    call.document = Address(urls.voice_url, urls.voice_method)
    call.fallback = Address(urls.voice_fallback_url, urls.voice_fallback_method)
    call.status_callback = StatusCallback(urls.status_callback, urls.status_callback_method)
    if urls.voice_url:
        drive(switch, call, document_program(switch, call, call.document))
    else:
        status = CallStatus(switch.choices.missing_voice_url_status)
        switch.kernel.soon(
            lambda: end_leg(switch, call, status, silently=True), f"no voice URL {call.sid}"
        )


class LoopedLine(SilentLine):
    """The far end of an outgoing leg whose number is ours."""

    def __init__(self, switch: Switch, number: IncomingPhoneNumber) -> None:
        self._switch = switch
        self._number = number
        self._other: Call | None = None

    @property
    def far_leg(self) -> Call | None:
        """The leg that this one is the other side of."""
        return self._other

    def offered(self, call: Call) -> None:
        self._other = arrive(
            self._switch, line=LoopedEnd(call), number=self._number, from_=call.from_
        )

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:  # noqa: ARG002
        _pass_on(self._other, hearing)

    def heard(self, call: Call, moment: Moment) -> None:  # noqa: ARG002
        _pass_on_moment(self._other, moment)

    def hung_up(self, call: Call) -> None:  # noqa: ARG002
        if self._other is not None:
            self._other.hang_up()

    def callee(self, call: Call) -> Callee:  # noqa: ARG002
        return Callee()


class LoopedEnd(SilentLine):
    """The caller of such an inbound leg: our own outgoing leg."""

    def __init__(self, outgoing: Call) -> None:
        self._outgoing = outgoing

    @property
    def far_leg(self) -> Call | None:
        """The leg that this one is the other side of."""
        return self._outgoing

    def connected(self, call: Call) -> None:  # noqa: ARG002
        self._outgoing.answer()

    def hears(self, call: Call, hearing: tuple[Hearing, ...]) -> None:  # noqa: ARG002
        _pass_on(self._outgoing, hearing)

    def heard(self, call: Call, moment: Moment) -> None:  # noqa: ARG002
        _pass_on_moment(self._outgoing, moment)

    def hung_up(self, call: Call) -> None:
        if call.answered:
            self._outgoing.hang_up()
        else:
            self._outgoing.refuse(REFUSALS.get(call.status, "failed"))


def _pass_on(other: Call | None, hearing: tuple[Hearing, ...]) -> None:
    for fact in hearing:
        if other is not None and isinstance(fact, Says):
            other.speak(fact.text)


def _pass_on_moment(other: Call | None, moment: Moment) -> None:
    """Sound that has been on the other leg already is an echo, and is not passed on."""
    if other is None or isinstance(moment, Beep) or other.sid in moment.via:
        return
    if isinstance(moment, Spoken):
        other.speak(moment.text, via=moment.via)
    else:
        other.press(moment.keys, via=moment.via)
