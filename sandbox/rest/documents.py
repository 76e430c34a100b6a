"""Where the application is to be asked, read from a request: URLs, methods, inline TwiML."""

from __future__ import annotations

from xml.etree import ElementTree

from sandbox.core.calls import Address
from sandbox.core.errors import bad_request, relative_action
from sandbox.rest.form import Form, is_absolute_url

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


def check_for_live_call(document: Address) -> None:
    """Inline TwiML for a call in progress has no address of its own to resolve others against.

    A relative `action` is 15004, a `<Record>` without one 11100. What is no XML at all is not
    refused here: the call runs into 12100. https://www.twilio.com/docs/api/errors/15004
    """
    try:
        root = ElementTree.fromstring(document.twiml)  # noqa: S314 - the client's own words, short
    except ElementTree.ParseError:
        return
    for element in root.iter():
        action = element.get("action")
        if action and not is_absolute_url(action):
            raise relative_action()
        if element.tag == "Record" and not action:
            raise bad_request("Invalid URL format: <Record> needs an absolute action", 11100)
