"""What an operation is given: who asks, for what, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sandbox.core.accounts import API_VERSION, Account
from sandbox.core.calls import Call
from sandbox.core.carrier import Carrier
from sandbox.core.conferences import Conference
from sandbox.core.errors import RestError, not_found
from sandbox.core.queues import Queue
from sandbox.rest.exchange import RestRequest
from sandbox.rest.form import Form

API = f"/{API_VERSION}"


class Owned(Protocol):
    """Anything that belongs to an account."""

    @property
    def account(self) -> Account: ...


OwnedT = TypeVar("OwnedT", bound=Owned)


@dataclass(frozen=True, slots=True)
class Asked:
    """One authenticated request, its path already taken apart into `names`."""

    carrier: Carrier
    account: Account
    with_api_key: bool
    request: RestRequest
    names: Mapping[str, str]
    query: Form
    form: Form

    @property
    def root(self) -> str:
        """The path under which all of the account's resources live."""
        return f"{API}/Accounts/{self.account.sid}"

    def missing(self) -> RestError:
        """The 404 of a resource that is not there, or is another account's."""
        return not_found(self.request.path)

    def own(self, registry: Mapping[str, OwnedT], name: str) -> OwnedT:
        """The account's resource whose SID stands in the path under `name`."""
        found = registry.get(self.names[name])
        if found is None or found.account is not self.account:
            raise self.missing()
        return found

    def newest(self, registry: Mapping[str, OwnedT]) -> list[OwnedT]:
        """Everything in the registry that is the account's, newest first."""
        own = [each for each in registry.values() if each.account is self.account]
        own.reverse()
        return own

    def call(self) -> Call:
        """The call that the path names."""
        found = self.own(self.carrier.calls, "call")
        if found.deleted:
            raise self.missing()
        return found

    def conference(self) -> Conference:
        return self.own(self.carrier.conferences, "conference")

    def queue(self) -> Queue:
        return self.own(self.carrier.queues, "queue")
