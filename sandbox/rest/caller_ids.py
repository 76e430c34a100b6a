"""`/OutgoingCallerIds`: numbers that are not ours but were verified as their owner's."""

from __future__ import annotations

from sandbox.core.accounts import OutgoingCallerId
from sandbox.rest.answers import Shape, answer
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page
from sandbox.rest.shapes import dates


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, asked.own(asked.carrier.caller_ids, "caller_id")))


def listed(asked: Asked) -> RestAnswer:
    number, name = asked.query.text("PhoneNumber"), asked.query.text("FriendlyName")
    listing = Listing(
        "outgoing_caller_ids",
        asked.newest(asked.carrier.caller_ids),
        lambda each: each.sid,
        lambda each: shape(asked, each),
        lambda each: number in (None, each.phone_number) and name in (None, each.friendly_name),
    )
    return page(asked, listing)


def shape(asked: Asked, verified: OutgoingCallerId) -> Shape:
    return {
        "sid": verified.sid,
        "account_sid": verified.account.sid,
        "phone_number": verified.phone_number,
        "friendly_name": verified.friendly_name,
        "uri": f"{asked.root}/OutgoingCallerIds/{verified.sid}.json",
        **dates(verified),
    }
