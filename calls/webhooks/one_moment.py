"""When our own answer failed: keep the caller on the line, and ask ourselves again in a moment.

Knows nothing and needs nothing but the request: the attempts are counted in the address that the
carrier says failed. Each pause is a little longer; after about ten minutes we say so and end.
"""

from urllib.parse import parse_qs

from calls import steps
from calls.carrier import addresses, twiml
from calls.webhooks.admission import CarrierRequest, Response, xml
from calls.webhooks.foregone import GOODBYE

PAUSES = (2, 3, 5, 8)
LONGEST_PAUSE = 10
# With the carrier's own tries in between, some ten minutes.
MOST_ATTEMPTS = 50
MESSAGE_LEFT = "/twilio/voicemail/"
GIVING_UP = "We are sorry. We cannot take your call at the moment. Please call again later."


def answer(request: CarrierRequest) -> Response:
    """The caller hears that we are there, waits, and is asked about again.

    Who has left a message is not asked for it once more.
    """
    failed = request.params.get("ErrorUrl", "")
    if MESSAGE_LEFT in failed.partition("?")[0]:
        return xml(twiml.render(steps.Say(text=GOODBYE)))
    return xml(twiml.render(_step(attempts_so_far(failed))))


def attempts_so_far(failed_url: str) -> int:
    """How often the address that failed was asked already: 0 for any but the resume address."""
    query = failed_url.partition("#")[0].partition("?")[2]
    text = parse_qs(query).get("attempt", ["0"])[0]
    return min(int(text), MOST_ATTEMPTS) if text.isascii() and text.isdigit() else 0


def _step(attempts: int) -> steps.Step:
    if attempts >= MOST_ATTEMPTS:
        return steps.Say(text=GIVING_UP)
    seconds = PAUSES[attempts] if attempts < len(PAUSES) else LONGEST_PAUSE
    return steps.OneMoment(resume_url=addresses.resume_anyone(attempts + 1), seconds=seconds)
