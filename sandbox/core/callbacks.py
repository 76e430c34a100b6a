"""News for the application: requests whose answers nobody follows, in no guaranteed order.

Faults strike here: a callback may be late, sent twice, overtaken or lost.
"""

from __future__ import annotations

from sandbox.core.accounts import Account
from sandbox.core.calls import Call, CallStatus, Direction
from sandbox.core.dates import rfc2822
from sandbox.core.parameters import Params, attestation, call_params, merged
from sandbox.core.recordings import Recording
from sandbox.core.switch import Switch
from sandbox.core.webhooks import Question, Reply, ask, idempotency_token

XML_TYPES = ("text/xml", "application/xml", "text/html")
EVENT_OF_STATUS = {
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
}


def send_news(
    switch: Switch,
    *,
    account: Account,
    url: str,
    method: str,
    params: Params,
    purpose: str,
    call: Call | None = None,
) -> None:
    """Send a callback; it leaves by itself and its answer changes nothing."""
    fate = switch.faults.callback_fate()
    question = Question(
        url=url,
        account=account,
        method=method,
        standard=params,
        kind="callback",
        purpose=purpose,
        call=call,
        token=idempotency_token(switch),
    )
    for copy in range(fate.copies):
        delay = fate.delay if copy == 0 else fate.delay + switch.timings.repeat_after
        switch.kernel.spawn(_deliver(switch, question, delay), f"callback {purpose}")


async def _deliver(switch: Switch, question: Question, delay: float) -> None:
    if delay > 0:
        await switch.kernel.sleep(delay)
    reply = await ask(switch, question)
    code = reply.error_code or (15003 if _is_chatter(reply) else 0)
    if code:
        switch.notify(
            code,
            account=question.account,
            call=question.call,
            text=reply.error_text,
            url=question.url,
            method=question.method,
            warning=code == 15003,
        )


def _is_chatter(reply: Reply) -> bool:
    """Whether the answer to a callback has content other than empty TwiML."""
    body = reply.body.strip()
    return bool(body) and not (reply.content_type in XML_TYPES and b"<Response" in body)


def tell_progress(switch: Switch, call: Call, event: str) -> None:
    """`initiated`, `ringing`, `answered` or `completed`, if somebody wants to know."""
    target = call.status_callback
    wanted = bool(target.url) and event in target.events
    sequence = call.next_sequence
    if wanted or switch.choices.sequence_counts_unsubscribed:
        call.next_sequence += 1
    if not wanted:
        return
    status = "initiated" if event == "initiated" else call.status.value
    params = merged(call_params(call, status=status), _progress_params(switch, call, sequence))
    send_news(
        switch,
        account=call.account,
        url=target.url,
        method=target.method,
        params=params,
        purpose=f"status {event}",
        call=call,
    )


def _progress_params(switch: Switch, call: Call, sequence: int) -> Params:
    params = [
        ("CallbackSource", "call-progress-events"),
        ("Timestamp", rfc2822(switch.now)),
        ("SequenceNumber", str(sequence)),
    ]
    if call.status in (CallStatus.RINGING, CallStatus.IN_PROGRESS):
        params += attestation(call)
    return params + (_final_params(switch, call) if call.ended else [])


def _final_params(switch: Switch, call: Call) -> Params:
    seconds = call.duration or 0
    params = [("CallDuration", str(seconds)), ("Duration", str(-(-seconds // 60)))]
    if call.sip_response_code is not None:
        params.append(("SipResponseCode", str(call.sip_response_code)))
    if call.answered_by is not None and call.wires.answered_by_in_callbacks:
        params.append(("AnsweredBy", call.answered_by))
    if call.direction is Direction.OUTBOUND_API and call.wires.whole_recording is not None:
        params += recording_params(switch, call.wires.whole_recording)
    return params


def recording_params(switch: Switch, recording: Recording) -> Params:
    """`RecordingUrl`, `RecordingSid`, `RecordingDuration`, as actions and callbacks have them."""
    seconds = recording.duration
    if seconds is None:
        seconds = round(recording.seconds(switch.now))
    return [
        ("RecordingUrl", recording.url(switch.config.base_url)),
        ("RecordingSid", recording.sid),
        ("RecordingDuration", str(seconds)),
    ]
