"""What an operation is given: who asks, for what, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.core.accounts import Account
from sandbox.core.carrier import Carrier
from sandbox.core.errors import RestError
from sandbox.rest.exchange import RestRequest
from sandbox.rest.form import Form

API = "/2010-04-01"


@dataclass(frozen=True, slots=True)
class Asked:
    """One authenticated request, its path already taken apart into `names`."""

    carrier: Carrier
    account: Account
    request: RestRequest
    names: Mapping[str, str]
    query: Form
    form: Form

    @property
    def root(self) -> str:
        """The path under which all of the account's resources live."""
        return f"{API}/Accounts/{self.account.sid}"

    def missing(self) -> RestError:
        """The 404 of a resource that is not there, or not this account's."""
        return not_found(self.request.path)


def not_found(path: str) -> RestError:
    return RestError(20404, 404, f"The requested resource {path} was not found")
