"""Whoever changes a call tells every browser that shows it."""

from calls import live
from calls.models import Call, Leg


def tell(call: Call, *user_ids: int | None) -> None:
    """The call's page, its line, the board, and the desks on the call are drawn again at commit.

    `user_ids`: further people whose desk shows something of this change.
    """
    on_the_call = Leg.objects.live().filter(call=call, user__isnull=False)
    people = {*on_the_call.values_list("user_id", flat=True), *user_ids}
    topics = [live.call(call.id), live.board()]
    if call.queue_id is not None:
        topics.append(live.queue(call.queue_id))
    live.announce(*topics, *(live.desk(person) for person in sorted(p for p in people if p)))
