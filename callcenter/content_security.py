"""What a browser may run and fetch on our pages: only what comes from here, nothing inline."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

OURS = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
# The admin theme and the API's documentation page write their own inline scripts and styles.
THEIRS = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "form-action 'self'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    ]
)
THEIR_PATHS = ("/admin/", "/api/")


class ContentSecurity:
    """Sends the policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        theirs = request.path.startswith(THEIR_PATHS)
        response.headers.setdefault("Content-Security-Policy", THEIRS if theirs else OURS)
        return response
