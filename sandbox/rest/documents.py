"""Where the application is to be asked, read from a request: URLs, methods, inline TwiML."""

from __future__ import annotations

from sandbox.core.calls import Address
from sandbox.core.errors import bad_request
from sandbox.rest.form import Form

LONGEST_TWIML = 4000


def address(form: Form, url: str, method: str, default_method: str = "POST") -> Address | None:
    """The address in the parameters named `url` and `method`; None where there is none."""
    text = form.url(url)
    return None if text is None else Address(text, form.method(method, default_method))


def inline(form: Form) -> Address | None:
    """The document in `Twiml` itself."""
    twiml = form.text("Twiml")
    if twiml is None:
        return None
    if len(twiml) > LONGEST_TWIML:
        raise bad_request(f"Twiml must not be longer than {LONGEST_TWIML} characters")
    return Address(twiml=twiml)
