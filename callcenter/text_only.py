"""What is asked of our pages and of the API is text; a NUL character is in no text.

PostgreSQL keeps none and Python's files know none, so that whatever looked something up with one
would fail with an error of ours. It is refused here, once for every page, filter and search.
(The carrier's requests do not pass by: see calls.webhooks.admission.)
"""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict

from calls.api.problems import BadField

NUL = "\0"
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class TextOnly:
    """Answers 400 and says where the character is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path:
            raise BadRequest("There is a NUL character in the address.")
        if any(NUL in value for value in request.COOKIES.values()):
            raise BadRequest("There is a NUL character in a cookie.")
        _check(request.GET)
        # The API takes JSON alone, reads it itself, and names the field (calls.api.asked).
        if request.content_type in FORMS and not request.path.startswith("/api/"):
            _check(request.POST)
        return self.get_response(request)


def _check(fields: QueryDict) -> None:
    for name, values in fields.lists():
        if any(NUL in text for text in (name, *values)):
            shown = name[:80].replace(NUL, r"\0")
            raise BadField(shown, f"There is a NUL character in the field {shown}.")
