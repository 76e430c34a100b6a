"""What lets a browser call through the carrier, and be called.

Source: https://www.twilio.com/docs/iam/access-tokens and
https://www.twilio.com/docs/voice/sdks/javascript/get-started
"""

from django.conf import settings
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant


def browser_token(identity: str) -> str | None:
    """Lets a browser be `identity` for a while; None where no key or no application is set up."""
    if not are_possible():
        return None
    key, secret = _signs_with()
    token = AccessToken(
        settings.TWILIO_ACCOUNT_SID,
        key,
        secret,
        identity=identity,
        ttl=settings.SOFTPHONE_TOKEN_SECONDS,
    )
    grant = VoiceGrant(outgoing_application_sid=settings.TWILIO_TWIML_APP_SID, incoming_allow=True)
    token.add_grant(grant)
    return str(token.to_jwt())


def are_possible() -> bool:
    """Whether there is a key that signs them, and an application that browsers call through."""
    return all(_signs_with()) and bool(settings.TWILIO_TWIML_APP_SID)


def _signs_with() -> tuple[str, str]:
    """A token is signed with an API key; the account's own secret cannot."""
    if settings.TWILIO_API_KEY or not settings.CARRIER_IS_SANDBOX:
        return settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET
    return settings.SANDBOX_API_KEY, settings.SANDBOX_API_SECRET
