"""What a browser may run and fetch on our pages: only what comes from here, nothing inline."""

from collections.abc import Callable

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


def policy_for(path: str) -> str:
    """What a browser may do with the answer from this path."""
    return next((policy for begin, policy in POLICIES if path.startswith(begin)), OURS)


class ContentSecurity:
    """Sends the policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request.path))
        return response
