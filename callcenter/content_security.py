"""What a browser may run and fetch on our pages: only what comes from here, nothing inline."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

OURS = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
# The admin's theme runs Alpine, which evaluates its own attributes, and writes inline styles.
ADMIN = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "form-action 'self'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    ]
)
# The API's documentation page writes inline styles and has pictures of its own in them.
DOCS = OURS.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)
# Whatever else the API answers is not a page.
NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'"
# The first that the path starts with.
POLICIES = (("/admin/", ADMIN), ("/api/v1/docs", DOCS), ("/api/", NOT_A_PAGE), ("/", OURS))

DESK = "/desk"
# A telephone in a browser that asks for the nearest edge comes back, after a break, to the one that
# it was led to; and it reports how calls sound to its account's region. Sources: README and
# `regions.ts` of @twilio/voice-sdk.
NEAREST = [
    "roaming",
    "ashburn",
    "dublin",
    "frankfurt",
    "sao-paulo",
    "singapore",
    "sydney",
    "tokyo",
    "umatilla",
]
REGIONS = ["us1", "ie1", "au1"]


def policy_for(path: str) -> str:
    """What a browser may do with the answer from this path."""
    if path == DESK:
        return with_telephone(OURS)
    return next((policy for begin, policy in POLICIES if path.startswith(begin)), OURS)


def with_telephone(policy: str) -> str:
    """The same for a page with a telephone in it, which meets the carrier and plays its sound."""
    meets = " ".join(["connect-src 'self'", *carriers_addresses()])
    return policy.replace("connect-src 'self'", meets).replace(
        "media-src 'self'", "media-src 'self' mediastream:"
    )


def carriers_addresses() -> list[str]:
    """Where the telephone in a browser signals, and to whom it reports."""
    if settings.CARRIER_IS_SANDBOX and settings.CARRIER_API_URL:
        return [f"ws://{urlsplit(settings.CARRIER_API_URL).netloc}"]
    edges = settings.TWILIO_EDGES or NEAREST
    homes = ["twilio.com", *(f"{region}.twilio.com" for region in REGIONS)]
    return [
        *(f"wss://voice-js.{edge}.twilio.com" for edge in edges),
        *(f"https://eventgw.{home}" for home in homes),
    ]


class ContentSecurity:
    """Sends the policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request.path))
        return response
