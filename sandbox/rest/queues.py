"""`/Queues` and their `/Members`: lines of callers, and how one is called out of them."""

from __future__ import annotations

from sandbox.core.calls import Address
from sandbox.core.dates import rfc2822
from sandbox.core.errors import bad_request, no_url
from sandbox.core.queues import Member, Queue
from sandbox.rest.answers import Shape, answer, no_content
from sandbox.rest.asked import Asked
from sandbox.rest.documents import address
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page
from sandbox.rest.shapes import dates

LONGEST_NAME = 64
LARGEST_QUEUE = 5000


def create(asked: Asked) -> RestAnswer:
    name = asked.form.required("FriendlyName")
    queue = asked.carrier.create_queue(asked.account, _fitting(name), _max_size(asked))
    return answer(201, shape(asked, queue))


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, asked.queue()))


def listed(asked: Asked) -> RestAnswer:
    queues = asked.newest(asked.carrier.queues)
    return page(
        asked, Listing("queues", queues, lambda queue: queue.sid, lambda q: shape(asked, q))
    )


def update(asked: Asked) -> RestAnswer:
    queue = asked.queue()
    name = asked.form.text("FriendlyName")
    asked.carrier.update_queue(
        queue, friendly_name=name and _fitting(name), max_size=_max_size(asked)
    )
    return answer(200, shape(asked, queue))


def delete(asked: Asked) -> RestAnswer:
    """Only an empty queue can be deleted."""
    asked.carrier.delete_queue(asked.queue())
    return no_content()


def fetch_member(asked: Asked) -> RestAnswer:
    """One caller in line, by call SID or as `Front`."""
    return answer(200, member_shape(asked, _member(asked)))


def listed_members(asked: Asked) -> RestAnswer:
    """Who waits, the front first."""
    members = list(asked.queue().members)
    listing = Listing(
        "queue_members", members, lambda m: m.call.sid, lambda m: member_shape(asked, m)
    )
    return page(asked, listing)


def dequeue(asked: Asked) -> RestAnswer:
    """Take a caller out of the line and run another document on that call."""
    document = _document(asked)
    member = _member_to_take(asked)
    taken = member_shape(asked, member)
    asked.carrier.dequeue(member, document)
    return answer(200, taken)


def _document(asked: Asked) -> Address:
    document = address(asked.form, "Url", "Method")
    if document is None:
        raise no_url()
    return document


def _member(asked: Asked) -> Member:
    member = asked.queue().find(asked.names["member"])
    if member is None:
        raise asked.missing()
    return member


def _member_to_take(asked: Asked) -> Member:
    """A caller who exists but no longer waits here is 400, an empty front 404."""
    queue, name = asked.queue(), asked.names["member"]
    call = asked.carrier.calls.get(name)
    if queue.find(name) is None and call is not None and call.account is asked.account:
        raise bad_request(f"Call {name} is not in queue {queue.sid}", 21220)
    return _member(asked)


def _fitting(name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise bad_request(f"FriendlyName must not be longer than {LONGEST_NAME} characters", 20002)
    return name


def _max_size(asked: Asked) -> int | None:
    return asked.form.whole("MaxSize", 1, LARGEST_QUEUE)


def shape(asked: Asked, queue: Queue) -> Shape:
    return {
        "sid": queue.sid,
        "account_sid": queue.account.sid,
        "friendly_name": queue.friendly_name,
        "current_size": queue.current_size,
        "max_size": queue.max_size,
        "average_wait_time": queue.average_wait_time(asked.carrier.now),
        "uri": f"{asked.root}/Queues/{queue.sid}.json",
        **dates(queue),
    }


def member_shape(asked: Asked, member: Member) -> Shape:
    queue, call = member.queue.sid, member.call.sid
    return {
        "queue_sid": queue,
        "call_sid": call,
        "date_enqueued": rfc2822(member.enqueued_at),
        "position": member.position,
        "wait_time": member.wait_time(asked.carrier.now),
        "uri": f"{asked.root}/Queues/{queue}/Members/{call}.json",
    }
