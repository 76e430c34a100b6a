"""`/Accounts/{AC}`: the account itself, which API keys may not read."""

from __future__ import annotations

from sandbox.core.accounts import Account
from sandbox.core.dates import rfc2822
from sandbox.rest.answers import Shape, answer
from sandbox.rest.asked import Asked
from sandbox.rest.credentials import not_authenticated
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.shapes import subresources

SUBRESOURCES = {
    "applications": "Applications",
    "calls": "Calls",
    "conferences": "Conferences",
    "incoming_phone_numbers": "IncomingPhoneNumbers",
    "notifications": "Notifications",
    "outgoing_caller_ids": "OutgoingCallerIds",
    "queues": "Queues",
    "recordings": "Recordings",
}


def fetch(asked: Asked) -> RestAnswer:
    if asked.with_api_key:
        raise not_authenticated()
    return answer(200, shape(asked.root, asked.account))


def shape(root: str, account: Account) -> Shape:
    uri = f"{root}.json"
    created = rfc2822(account.created_at)
    return {
        "sid": account.sid,
        "owner_account_sid": account.sid,
        "auth_token": account.auth_token,
        "friendly_name": account.friendly_name,
        "status": account.status,
        "type": "Full",
        "date_created": created,
        "date_updated": created,
        "uri": uri,
        "subresource_uris": subresources(uri, **SUBRESOURCES),
    }
