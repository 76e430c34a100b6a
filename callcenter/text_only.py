"""What is asked of our pages and of the API can be looked up; a NUL character cannot.

PostgreSQL keeps none and Python's files know none, so that whatever looked something up with one
would fail with an error of ours. It is refused here, once for every page, filter and search.
(The carrier's requests do not pass by: see calls.webhooks.admission.)
"""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, QueryDict

from calls.api.problems import BadField, bad_request

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

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A list that was asked for what PostgreSQL cannot even compare, `?status__exact=odd`."""
        if request.method != "GET" or not isinstance(error, DataError):
            return None
        return bad_request(request, BadRequest("A value in the address does not fit its field."))


def _check(fields: QueryDict) -> None:
    for name, values in fields.lists():
        if any(NUL in text for text in (name, *values)):
            shown = name[:80].replace(NUL, r"\0")
            raise BadField(shown, f"There is a NUL character in the field {shown}.")
