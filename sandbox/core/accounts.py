"""Who has an account with this carrier, and what belongs to it: numbers, applications, keys."""

from __future__ import annotations

from dataclasses import dataclass, field

API_VERSION = "2010-04-01"


@dataclass(slots=True)
class Account:
    """One customer of the carrier. `api_keys` maps an `SK…` to its secret; `shared_key` is name and
    secret of what signs webhooks instead of the token."""

    sid: str
    auth_token: str
    friendly_name: str = "Sandbox"
    status: str = "active"
    api_keys: dict[str, str] = field(default_factory=dict)
    shared_key: tuple[str, str] | None = None
    created_at: float = 0.0

    def accepts(self, username: str, password: str) -> bool:
        """Whether these Basic credentials open this account."""
        if username == self.sid:
            return password == self.auth_token
        return self.api_keys.get(username) == password and username in self.api_keys


@dataclass(slots=True)
class VoiceUrls:
    """Where the application wants to be asked about calls."""

    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"


@dataclass(slots=True)
class Application:
    """A TwiML App: addresses that calls and numbers can refer to by one SID."""

    sid: str
    account: Account
    friendly_name: str
    urls: VoiceUrls
    created_at: float
    updated_at: float
    voice_caller_id_lookup: bool = False
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class IncomingPhoneNumber:
    """A number of ours: whoever dials it makes the carrier ask its voice URL.

    `extra` holds fields that have no effect on calls (messaging, regulatory), by their form names.
    """

    sid: str
    account: Account
    phone_number: str
    friendly_name: str
    urls: VoiceUrls
    created_at: float
    updated_at: float
    voice_application_sid: str = ""
    voice_caller_id_lookup: bool = False
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class OutgoingCallerId:
    """A number that is not ours but was verified, so that calls may come from it."""

    sid: str
    account: Account
    phone_number: str
    friendly_name: str
    created_at: float
    updated_at: float
