"""Answering machine detection: a verdict from how long the far end talks after picking up.

Source: https://www.twilio.com/docs/voice/answering-machine-detection
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.core.callbacks import send_news
from sandbox.core.calls import Call, Callee
from sandbox.core.orders import MachineDetection
from sandbox.core.switch import Switch

FAX_TONE_AFTER = 1.0


@dataclass(slots=True, frozen=True)
class Verdict:
    """Who answered, and after how many seconds of listening that was known."""

    answered_by: str
    after: float


def judge(callee: Callee, order: MachineDetection) -> Verdict:
    """What the detector concludes. Short greetings of machines pass for people, as they do."""
    verdict = _untimed(callee, order)
    if verdict.after <= order.timeout:
        return verdict
    mid_greeting = callee.kind == "machine" and order.mode == "DetectMessageEnd"
    return Verdict("machine_end_other" if mid_greeting else "unknown", float(order.timeout))


def _untimed(callee: Callee, order: MachineDetection) -> Verdict:
    if callee.kind == "fax":
        return Verdict("fax", FAX_TONE_AFTER)
    if callee.kind == "silence":
        return Verdict("unknown", order.silence_timeout_ms / 1000)
    threshold = order.speech_threshold_ms / 1000
    pause = order.speech_end_threshold_ms / 1000
    if callee.greeting < threshold:
        return Verdict("human", callee.greeting + pause)
    if order.mode == "Enable":
        return Verdict("machine_start", threshold)
    if callee.kind == "machine" and callee.beep:
        return Verdict("machine_end_beep", callee.greeting)
    return Verdict("machine_end_silence", callee.greeting + pause)


async def detect(switch: Switch, call: Call, order: MachineDetection) -> str:
    """Listen to the far end until there is a verdict; it is also written on the call."""
    verdict = judge(call.line.callee(call), order)
    seconds = verdict.after + switch.timings.amd_latency
    await switch.kernel.sleep(seconds)
    _conclude(switch, call, order, verdict.answered_by, seconds)
    return verdict.answered_by


def detect_aside(switch: Switch, call: Call, order: MachineDetection) -> None:
    """Listen while the call goes on; the verdict goes to the order's callback."""
    began = switch.now
    task = switch.kernel.spawn(_listen(switch, call, order), f"amd {call.sid}")

    def give_up() -> None:
        if not task.done and switch.choices.amd_reports_unknown_on_hangup:
            _conclude(switch, call, order, "unknown", switch.now - began)
        task.cancel("the call has ended")

    call.wires.at_end.append(give_up)


async def _listen(switch: Switch, call: Call, order: MachineDetection) -> None:
    await detect(switch, call, order)


def _conclude(
    switch: Switch, call: Call, order: MachineDetection, answered_by: str, seconds: float
) -> None:
    call.answered_by = answered_by
    call.updated_at = switch.now
    switch.tell("call", call)
    if not order.asynchronous or not order.callback_url:
        return
    params = [
        ("CallSid", call.sid),
        ("AccountSid", call.account.sid),
        ("AnsweredBy", answered_by),
        ("MachineDetectionDuration", str(round(seconds * 1000))),
    ]
    send_news(
        switch,
        account=call.account,
        url=order.callback_url,
        method=order.callback_method,
        params=params,
        purpose="answering machine detection",
        call=call,
    )
