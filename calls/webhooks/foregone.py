"""Questions whose answer does not depend on anything that we know.

The carrier asks once more as a leg ends, or after we ourselves have moved it, and then listens to
nobody. That is news, not a question: it is written down with the news and the answer is known.
"""

from calls import steps
from calls.carrier import addresses
from calls.states import LEG_OVER
from calls.webhooks.admission import CarrierRequest

QUEUE_TROUBLE = {"queue-full", "error", "system-error"}
SECONDS_BEFORE_QUEUEING_AGAIN = 10
GOODBYE = "Thank you. Goodbye."


def answer(request: CarrierRequest) -> steps.Step | None:
    """The answer, where it is a foregone one; None where it has to be looked up."""
    if is_over(request):
        return steps.Nothing()
    if request.kind.name == "voicemail":
        return steps.Say(text=GOODBYE)
    if request.kind.name == "queue-left":
        return _after_the_queue(request)
    return None


def is_news(request: CarrierRequest) -> bool:
    """Whether the question tells something that the worker should do something about."""
    # The end of a message tells of its recording. So does other news: if one is lost, it is not.
    return is_over(request) or request.kind.name == "voicemail"


def is_over(request: CarrierRequest) -> bool:
    """Whether the leg has ended, by the carrier's own word: the worker does what follows."""
    hung_up = request.params.get("QueueResult") == "hangup"
    return hung_up or request.params.get("CallStatus") in LEG_OVER


def _after_the_queue(request: CarrierRequest) -> steps.Step | None:
    result = request.params.get("QueueResult", "")
    if result.startswith("redirected"):
        # Whoever redirected the leg has given it its next document already.
        return steps.Nothing()
    if result in QUEUE_TROUBLE and request.leg_id is not None:
        # Straight back into a queue that has no room would go round as fast as the carrier can.
        again = addresses.resume(request.leg_id)
        return steps.OneMoment(resume_url=again, seconds=SECONDS_BEFORE_QUEUEING_AGAIN)
    return None
