"""Enqueue: a caller waits with music or documents until an agent, a redirect or patience ends it.

Source: https://www.twilio.com/docs/voice/twiml/enqueue
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.core.calls import Address, CallStatus, Interrupt
from sandbox.core.kernel import Cancelled, Future
from sandbox.core.legs import end_leg
from sandbox.core.parameters import Params
from sandbox.core.queueing import join_queue, leave_queue, new_queue, queue_named
from sandbox.core.queues import Member, Queue, QueueResult, Taken
from sandbox.core.sounds import HOLD_MUSIC
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import (
    QUEUE_WAIT,
    QUEUE_WHISPER,
    DocumentFailed,
    Ending,
    GoTo,
    Run,
    Step,
    call_run,
    not_yet,
    request,
    run_documents,
)

UNEXECUTED = frozenset({QueueResult.REDIRECTED, QueueResult.REDIRECTED_FROM_BRIDGED})


@dataclass(slots=True)
class Waiting:
    """One execution of an `<Enqueue>`."""

    run: Run
    verb: Element
    queue: Queue
    began: float
    member: Member | None
    taken: Taken | None = None
    waited: int = 0

    def note_wait(self) -> None:
        self.waited = int(self.run.switch.now - self.began)

    def position_params(self) -> Params:
        """What the wait documents are told."""
        queue, now = self.queue, self.run.switch.now
        return [
            ("QueueSid", queue.sid),
            ("QueuePosition", str(self.member.position if self.member else 0)),
            ("QueueTime", str(int(now - self.began))),
            ("AvgQueueTime", str(queue.average_wait_time(now))),
            ("CurrentQueueSize", str(queue.current_size)),
            ("MaxQueueSize", str(queue.max_size)),
        ]

    def results(self, result: QueueResult) -> Params:
        return [
            ("QueueResult", result.value),
            ("QueueSid", self.queue.sid),
            ("QueueTime", str(self.waited)),
        ]


async def enqueue(run: Run, verb: Element) -> Step:
    """The caller takes a place; how the wait ended is told to the action."""
    run.answer()
    if verb.get("workflowSid"):
        not_yet(run, "Enqueue workflowSid")
    action = run.address(verb) if verb.get("action") else None
    wait = _wait_address(run, verb)
    waiting = _take_place(run, verb)
    if waiting.member is None:
        run.notify(13247, f"queue {waiting.queue.friendly_name!r}", warning=True)
        return _conclude(waiting, QueueResult.QUEUE_FULL, action)
    try:
        result = await _wait(waiting, waiting.member, wait)
    except Cancelled as cancelled:
        await _broken_off(waiting, cancelled.reason, action)
        raise
    leave_queue(run.switch, waiting.member)
    waiting.member.gone.set(None)
    run.hear()
    if result is QueueResult.HANGUP:
        return await _hang_up(waiting, action)
    if result is QueueResult.ERROR:
        return _after_error(waiting, action)
    return _conclude(waiting, result, action)


def _wait_address(run: Run, verb: Element) -> Address | None:
    """None for the carrier's own music; an empty URL for silence."""
    if "waitUrl" not in verb.attributes:
        return None
    given = verb.get("waitUrl")
    return Address(run.resolve(given), verb.method("waitUrlMethod")) if given else Address()


def _take_place(run: Run, verb: Element) -> Waiting:
    switch, account = run.switch, run.call.account
    queue = queue_named(switch, account, verb.text) or new_queue(switch, account, verb.text)
    limit = verb.number("maxQueueSize", queue.max_size)
    full = queue.current_size >= limit
    member = None if full else join_queue(switch, queue, run.call)
    return Waiting(run, verb, queue, switch.now, member)


async def _wait(waiting: Waiting, member: Member, wait: Address | None) -> QueueResult:
    kernel = waiting.run.switch.kernel
    music = kernel.spawn(_wait_documents(waiting, wait), f"wait {waiting.run.call.sid}")
    await kernel.race(member.taken_by, music)
    waiting.note_wait()
    if member.taken_by.done:
        return await _be_connected(waiting, member.taken_by.result())
    return music.result()


async def _wait_documents(waiting: Waiting, wait: Address | None) -> QueueResult:
    """The wait document, again and again."""
    if wait is None or not wait.url:
        waiting.run.hear(*((HOLD_MUSIC,) if wait is None else ()))
        await Future[None]()
    run = call_run(waiting.run.switch, waiting.run.call, QUEUE_WAIT)
    run.always = waiting.position_params
    while wait is not None:
        began = run.switch.now
        try:
            ending = await run_documents(run, GoTo(wait))
        except DocumentFailed:
            return QueueResult.ERROR
        if ending is Ending.LEAVE:
            return QueueResult.LEAVE
        if ending is Ending.HANGUP:
            return QueueResult.HANGUP
        if run.switch.now == began:
            await run.switch.kernel.sleep(run.switch.timings.wait_document_gap)
    return QueueResult.SYSTEM_ERROR


async def _be_connected(waiting: Waiting, taken: Taken) -> QueueResult:
    """The whisper, then the conversation, until the agent's side ends it."""
    waiting.taken = taken
    waiting.run.hear()
    kernel = waiting.run.switch.kernel
    whisper = kernel.spawn(_whisper(waiting, taken), f"whisper {waiting.run.call.sid}")
    await kernel.race(taken.over, whisper)
    if taken.over.done:
        return QueueResult(waiting.run.switch.choices.dialer_vanished_result)
    if not whisper.result():
        return QueueResult.ERROR
    taken.ready.set(None)
    await taken.over
    return QueueResult.BRIDGED


async def _whisper(waiting: Waiting, taken: Taken) -> bool:
    if not taken.whisper.url:
        return True
    run = call_run(waiting.run.switch, waiting.run.call, QUEUE_WHISPER)
    run.always = lambda: [
        ("QueueSid", waiting.queue.sid),
        ("QueueTime", str(waiting.waited)),
        ("DequeingCallSid", taken.by.sid),
    ]
    try:
        await run_documents(run, GoTo(taken.whisper))
    except DocumentFailed:
        return False
    return True


async def _broken_off(waiting: Waiting, reason: object, action: Address | None) -> None:
    """Hung up or redirected: the action is told how, and its answer is ignored."""
    if waiting.taken is None:
        waiting.note_wait()
    result = _broken_result(waiting, reason)
    if waiting.member is not None:
        leave_queue(waiting.run.switch, waiting.member)
        waiting.member.gone.set(None)
    if action is not None:
        await request(waiting.run, GoTo(action, waiting.results(result)))


def _broken_result(waiting: Waiting, reason: object) -> QueueResult:
    bridged = waiting.taken is not None and waiting.taken.ready.done
    if reason is Interrupt.REPLACED:
        return QueueResult.REDIRECTED_FROM_BRIDGED if bridged else QueueResult.REDIRECTED
    return QueueResult.BRIDGED if bridged else QueueResult.HANGUP


async def _hang_up(waiting: Waiting, action: Address | None) -> Step:
    """`<Hangup>` in a wait document."""
    end_leg(waiting.run.switch, waiting.run.call, CallStatus.COMPLETED)
    if action is not None:
        await request(waiting.run, GoTo(action, waiting.results(QueueResult.HANGUP)))
    return Ending.HANGUP


def _after_error(waiting: Waiting, action: Address | None) -> Step:
    """The wait document failed: action, next verb, or the call's fallback, in this order."""
    run = waiting.run
    if run.switch.choices.wait_failure == "hang-up":
        return Ending.HANGUP
    last = run.page.verbs[-1] is waiting.verb
    if action is None and last:
        text = "The wait document failed and nothing follows <Enqueue>"
        raise DocumentFailed(11200, text, run.page.url)
    return _conclude(waiting, QueueResult.ERROR, action)


def _conclude(waiting: Waiting, result: QueueResult, action: Address | None) -> Step:
    return GoTo(action, waiting.results(result)) if action else None
