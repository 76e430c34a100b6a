"""Dialling phones, clients and SIP addresses: they ring, the first to answer is connected.

Each leg is driven by its own program and reports to the Dial's mailbox; the Dial decides.
"""

from __future__ import annotations

from sandbox.core.amd import detect_aside
from sandbox.core.bridge import connect, disconnect
from sandbox.core.calls import Call, CallStatus, Direction, Interrupt, Refer
from sandbox.core.kernel import Cancelled, Future
from sandbox.core.legs import drive, end_leg, new_leg, ring
from sandbox.core.lines import find_line
from sandbox.core.sounds import Ringback
from sandbox.core.twiml.dialling import (
    Answered,
    Dialling,
    Lost,
    News,
    Outcome,
    Ready,
    broken_off,
)
from sandbox.core.twiml.nouns import LEG_NOUNS, Destination, read_noun
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import (
    WHISPER,
    DocumentFailed,
    Ending,
    GoTo,
    call_run,
    run_documents,
)
from sandbox.core.twiml.verbs_speak import play_digits

MOST_NOUNS = 10


async def dial_legs(dialling: Dialling, nouns: tuple[Element, ...]) -> Outcome:
    """Ring everybody named, all at once or one after another, and connect who answers."""
    destinations = _destinations(dialling, nouns)
    if not destinations or not _caller_id_fits(dialling, destinations):
        return Outcome("failed")
    dialling.run.hear(Ringback())
    dialling.start_tape("ringing")
    groups = [destinations]
    if dialling.verb.flag("sequential"):
        groups = [[destination] for destination in destinations]
    outcome = Outcome("failed")
    for group in groups:
        outcome = await _ring_group(dialling, group)
        if outcome.bridged:
            break
    dialling.stop_tape()
    dialling.run.hear()
    return outcome


def plain_number(verb: Element) -> tuple[Element, ...]:
    """`<Dial>+1555…</Dial>` means one `<Number>`."""
    return (Element("Number", {}, verb.text),) if verb.text and not verb.children else ()


def _destinations(dialling: Dialling, nouns: tuple[Element, ...]) -> list[Destination]:
    wanted = [noun for noun in nouns if noun.name in LEG_NOUNS]
    if len(wanted) > MOST_NOUNS:
        dialling.run.notify(12200, "at most 10 nouns in one <Dial>", warning=True)
    read = [read_noun(dialling.run, noun) for noun in wanted[:MOST_NOUNS]]
    return [destination for destination in read if destination is not None]


def _caller_id(dialling: Dialling) -> str:
    return dialling.verb.get("callerId") or dialling.call.from_


def _caller_id_fits(dialling: Dialling, destinations: list[Destination]) -> bool:
    """A phone can only be called from a number, so a client or SIP caller must name one, and the
    number has to be one that this account may show. https://www.twilio.com/docs/voice/twiml/dial
    """
    to_phone = any(not d.to.startswith(("client:", "sip")) for d in destinations)
    if to_phone and not _may_show(dialling, _caller_id(dialling)):
        dialling.run.notify(13214, _caller_id(dialling))
        return False
    return True


def _may_show(dialling: Dialling, caller_id: str) -> bool:
    """The numbers of the call itself, the account's own, and those it has verified."""
    if caller_id.startswith(("client:", "sip")):
        return False
    call, switch = dialling.call, dialling.run.switch
    own = {n.phone_number for n in switch.numbers.values() if n.account is call.account}
    verified = {n.phone_number for n in switch.caller_ids.values() if n.account is call.account}
    return caller_id in {call.from_, call.to} | own | verified


async def _ring_group(dialling: Dialling, destinations: list[Destination]) -> Outcome:
    pending = {leg.sid: leg for leg in (_launch(dialling, d) for d in destinations)}
    try:
        result = await _first_ready(dialling, pending)
    except Cancelled as cancelled:
        await _abandon(dialling, list(pending.values()), cancelled.reason)
        raise
    return result if isinstance(result, Outcome) else await _talk(dialling, result)


async def _first_ready(dialling: Dialling, pending: dict[str, Call]) -> Call | Outcome:
    """The leg to connect, or how the last one was lost."""
    outcome = Outcome("failed")
    while pending:
        news = await dialling.mail.get()
        if isinstance(news, Lost) and news.leg.sid in pending:
            del pending[news.leg.sid]
            outcome = Outcome(_lost_status(dialling, news), news.leg)
        elif isinstance(news, Answered) and news.leg.sid in pending:
            _first_answer(dialling, pending, news.leg)
        elif isinstance(news, Ready) and news.leg.sid in pending:
            _drop_others(dialling, pending, news.leg)
            return news.leg
    return outcome


def _launch(dialling: Dialling, destination: Destination) -> Call:
    switch, parent = dialling.run.switch, dialling.call
    leg = new_leg(
        switch,
        account=parent.account,
        line=find_line(switch, destination.to),
        from_=_caller_id(dialling),
        to=destination.to,
        direction=Direction.OUTBOUND_DIAL,
        status=CallStatus(switch.choices.child_status_before_ringing),
        parent=parent,
    )
    leg.status_callback = destination.status_callback
    leg.custom_parameters = destination.custom_parameters
    drive(switch, leg, lambda: _leg_program(dialling, leg, destination))
    return leg


async def _leg_program(dialling: Dialling, leg: Call, destination: Destination) -> None:
    try:
        if not await ring(dialling.run.switch, leg, dialling.timeout):
            dialling.mail.put(Lost(leg))
            return
        dialling.mail.put(Answered(leg))
        if not await _prepare(dialling, leg, destination):
            end_leg(dialling.run.switch, leg, CallStatus.COMPLETED)
            dialling.mail.put(Lost(leg))
            return
        dialling.mail.put(Ready(leg))
        await Future[None]()
    except Cancelled as cancelled:
        dialling.mail.put(Lost(leg, redirected=cancelled.reason is Interrupt.REPLACED))
        raise


async def _prepare(dialling: Dialling, leg: Call, destination: Destination) -> bool:
    """Digits, detection and whisper before the callee is connected; False if that ended it."""
    run = call_run(dialling.run.switch, leg, WHISPER)
    if destination.detection is not None:
        detect_aside(dialling.run.switch, leg, destination.detection)
    await play_digits(run, destination.send_digits)
    if not destination.whisper.url:
        return True
    try:
        return await run_documents(run, GoTo(destination.whisper)) is not Ending.HANGUP
    except DocumentFailed:
        return False


def _first_answer(dialling: Dialling, pending: dict[str, Call], leg: Call) -> None:
    if dialling.run.switch.choices.whispering_leg_cancels_others:
        _drop_others(dialling, pending, leg)


def _drop_others(dialling: Dialling, pending: dict[str, Call], winner: Call) -> None:
    for sid in [sid for sid in pending if sid != winner.sid]:
        _drop(dialling, pending.pop(sid))


def _drop(dialling: Dialling, leg: Call) -> None:
    status = CallStatus.COMPLETED if leg.answered else CallStatus.CANCELED
    end_leg(dialling.run.switch, leg, status, sip_code=None if leg.answered else 487)


def _lost_status(dialling: Dialling, news: Lost) -> str:
    if news.redirected:
        return "completed"
    if news.leg.answered:
        return dialling.run.switch.choices.whisper_hangup_status
    return news.leg.status.value


async def _talk(dialling: Dialling, leg: Call) -> Outcome:
    """Both are connected until one of them, a key, a limit or an update ends it."""
    switch = dialling.run.switch
    dialling.run.answer()
    dialling.start_tape("answer")
    began = switch.now
    connect(switch, dialling.call, leg)
    try:
        with dialling.talking(leg):
            news = await _until_over(dialling, leg)
    except Cancelled as cancelled:
        await _break_bridge(dialling, leg, round(switch.now - began), cancelled.reason)
        raise
    disconnect(switch, dialling.call, leg)
    return _after_talk(dialling, leg, news, round(switch.now - began))


async def _until_over(dialling: Dialling, leg: Call) -> News:
    while True:
        news = await dialling.mail.get()
        if not isinstance(news, Lost) or news.leg is leg:
            return news


def _after_talk(dialling: Dialling, leg: Call, news: News, seconds: int) -> Outcome:
    """A leg that was redirected lives on by itself, and the action has no duration for it."""
    outcome = Outcome("completed", leg, bridged=True)
    if isinstance(news, Lost) and news.redirected:
        return outcome
    if isinstance(news, Refer):
        outcome.next_step = dialling.referred(news)
    _drop(dialling, leg)
    outcome.seconds = seconds
    return outcome


async def _break_bridge(dialling: Dialling, leg: Call, seconds: int, reason: object) -> None:
    disconnect(dialling.run.switch, dialling.call, leg)
    await _abandon(dialling, [leg], reason, Outcome("completed", leg, seconds, bridged=True))


async def _abandon(
    dialling: Dialling, legs: list[Call], reason: object, outcome: Outcome | None = None
) -> None:
    """The caller is gone or redirected: every leg of this Dial ends, the action is told."""
    switch = dialling.run.switch
    if reason is Interrupt.REPLACED:
        ends = dialling.call.wires.redirected_at + switch.timings.redirect_child_ends
        await switch.kernel.sleep(ends - switch.now)
    for leg in legs:
        _drop(dialling, leg)
    dialling.stop_tape()
    last = legs[-1] if legs else None
    await broken_off(dialling, outcome or Outcome("canceled", last), reason)
