"""Who may call whom: `To`, `From` and `CallerId` of an order, judged for this account."""

from __future__ import annotations

from sandbox.core.accounts import Account
from sandbox.core.calls import Direction
from sandbox.core.carrier import Carrier
from sandbox.core.errors import (
    RestError,
    bad_from,
    bad_request,
    bad_to,
    no_from,
    no_to,
    unverified_from,
)
from sandbox.core.parameters import call_token
from sandbox.rest.addresses import as_address, as_number, is_number
from sandbox.rest.asked import Asked
from sandbox.rest.form import Form


def callee(asked: Asked, form: Form) -> str:
    """The address to ring. Raises 21201, 21211, 21215, 21216, 21219."""
    text = form.text("To")
    if text is None:
        raise no_to()
    to = as_address(text)
    if to is None:
        raise bad_to(text)
    if is_number(to):
        _check_permitted(asked, to)
    return to


def caller(asked: Asked, form: Form, to: str) -> str:
    """As whom the call is made. Raises 21213, 21212, 21210.

    A number must be the account's own or verified by it, or that of a caller whose `CallToken`
    says that the call is passed on. Towards a number only a number may
    call; towards a client or a SIP address any name may.
    """
    text = form.text("From")
    if text is None:
        raise no_from()
    if _is_forwarded(asked, form.text("CallToken"), text):
        return text
    if is_number(to) or as_number(text) is not None:
        return _own_number(asked, text)
    return text


def _is_forwarded(asked: Asked, token: str | None, number: str) -> bool:
    """Whether the token is that of a caller with this number, who is being passed on."""
    if token is None:
        return False
    callers = (c for c in asked.newest(asked.carrier.calls) if c.direction is Direction.INBOUND)
    return any(each.from_ == number and call_token(each) == token for each in callers)


def shown_caller(asked: Asked, form: Form) -> str:
    """`CallerId`: what the callee sees instead of `From`; empty where not given."""
    text = form.text("CallerId")
    if text is None:
        return ""
    return text if as_number(text) is None else _own_number(asked, text)


def _own_number(asked: Asked, text: str) -> str:
    number = as_number(text)
    if number is None:
        raise bad_from(text)
    if not may_use(asked.carrier, asked.account, number):
        raise unverified_from(number)
    return number


def may_use(carrier: Carrier, account: Account, number: str) -> bool:
    """Whether the number is the account's own, or verified by it."""
    own = carrier.number_called(number)
    if own is not None and own.account is account:
        return True
    verified = carrier.caller_ids.values()
    return any(each.phone_number == number and each.account is account for each in verified)


def _check_permitted(asked: Asked, to: str) -> None:
    config = asked.carrier.config
    if to.startswith(config.forbidden_prefixes):
        raise _no_geo_permission(to)
    if to in config.blocked_numbers:
        raise bad_request(f"Account not allowed to call {to}", 21216)
    if config.trial and not may_use(asked.carrier, asked.account, to):
        raise _unverified_to(to)


def _no_geo_permission(to: str) -> RestError:
    return bad_request(
        f"Account not authorized to call {to}. Perhaps you need to enable some international"
        " permissions: https://www.twilio.com/console/voice/calls/geo-permissions/low-risk",
        21215,
    )


def _unverified_to(to: str) -> RestError:
    return bad_request(
        f"The number {to} is unverified. Trial accounts may only make calls to verified numbers.",
        21219,
    )
