"""What is heard in a room: waiting, holding, announcements, and otherwise each other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from sandbox.core.calls import Address, Call
from sandbox.core.conferences import Conference, Participant, ParticipantStatus
from sandbox.core.legs import hear
from sandbox.core.parameters import Params
from sandbox.core.room_news import tell_room_event
from sandbox.core.sounds import HOLD_MUSIC, Hearing, Ringback, Room, Silence
from sandbox.core.switch import Switch
from sandbox.core.twiml.run import (
    ANNOUNCEMENT,
    HOLD,
    ROOM_WAIT,
    DocumentFailed,
    GoTo,
    Page,
    Run,
    Setting,
    call_run,
    load,
    run_documents,
)


def refresh(switch: Switch, room: Conference) -> None:
    """Tell everybody in the room what they hear now."""
    heard = room.hears_whom()
    rings = any(
        p.early_media and p.status is ParticipantStatus.RINGING for p in room.participants.values()
    )
    for participant in room.present():
        facts = _overlay(participant)
        if rings and not room.started and not participant.hold:
            # Early media is for whoever waits for the one who is rung.
            facts = (Ringback(),)
        elif facts is None:
            voices = frozenset(heard[participant.call.sid])
            facts = (Room(room.sid, room.friendly_name, voices),)
            facts += (Ringback(),) if rings else ()
        hear(switch, participant.call, *facts)
    switch.tell("conference", room)


def _overlay(participant: Participant) -> tuple[Hearing, ...] | None:
    """What covers the voices of the room, if anything does."""
    room = participant.conference
    announced = participant.announced_sound or room.announced_sound
    if announced:
        return announced
    if participant.hold:
        return participant.holding_sound or (Silence(),)
    if not room.started:
        return participant.waiting_sound or (Silence(),)
    return None


async def load_wait(switch: Switch, call: Call, wait: Address | None) -> Page | None:
    """Fetch the wait document; raises DocumentFailed. None means music or silence."""
    if wait is None or not wait.url:
        return None
    return await load(call_run(switch, call, ROOM_WAIT), GoTo(wait))


def start_waiting(switch: Switch, participant: Participant, page: Page | None) -> None:
    """Hold music, silence, or the document; it is not asked for again when it ends."""
    if participant.wait is None:
        participant.waiting_sound = (HOLD_MUSIC,)
        refresh(switch, participant.conference)
        return
    if page is not None:
        run = _run(switch, participant, ROOM_WAIT, _wait_ear(switch, participant))
        _replace(switch, participant, "wait", _play(run, participant.wait, page))


def change_wait(switch: Switch, participant: Participant, wait: Address) -> None:
    """Another wait document for somebody who still waits."""
    participant.wait = wait
    if participant.conference.started or not participant.joined:
        return
    run = _run(switch, participant, ROOM_WAIT, _wait_ear(switch, participant))
    participant.waiting_sound = ()
    stop_sound(participant, "wait")
    if wait.url:
        _replace(switch, participant, "wait", _play(run, wait))
    refresh(switch, participant.conference)


def hold_with(switch: Switch, participant: Participant, document: Address | None) -> None:
    """Isolate somebody with music or a document; who is not in the room yet, on coming in."""
    participant.hold_document = document
    if participant.connected:
        start_holding(switch, participant)


def start_holding(switch: Switch, participant: Participant) -> None:
    document = participant.hold_document
    if document is None or not document.url:
        participant.holding_sound = (HOLD_MUSIC,) if document is None else ()
        return

    def ear(facts: tuple[Hearing, ...]) -> None:
        participant.holding_sound = facts
        refresh(switch, participant.conference)

    run = _run(switch, participant, HOLD, ear)
    _replace(switch, participant, "hold", _hold(run, document))


def stop_holding(participant: Participant) -> None:
    participant.holding_sound = ()
    stop_sound(participant, "hold")


def announce_to(switch: Switch, participant: Participant, document: Address) -> None:
    """Play a document to one participant."""

    def ear(facts: tuple[Hearing, ...]) -> None:
        participant.announced_sound = facts
        refresh(switch, participant.conference)

    run = _run(switch, participant, ANNOUNCEMENT, ear)
    room = participant.conference
    _replace(switch, participant, "announce", _announce(run, room, participant, document))


def announce_to_all(switch: Switch, room: Conference, document: Address) -> None:
    """Play a document to the whole room."""
    people = room.present()
    if not people:
        return

    def ear(facts: tuple[Hearing, ...]) -> None:
        room.announced_sound = facts
        refresh(switch, room)

    run = call_run(switch, people[0].call, ANNOUNCEMENT)
    run.ear = ear
    run.standard = lambda: _room_params(room)
    if room.announcement is not None:
        room.announcement.cancel("another announcement")
    room.announcement = switch.kernel.spawn(
        _announce(run, room, None, document), f"announcement {room.sid}"
    )


def stop_sound(participant: Participant, layer: str) -> None:
    task = participant.background.pop(layer, None)
    if task is not None:
        task.cancel(f"no more {layer}")


def stop_all_sounds(participant: Participant) -> None:
    for layer in list(participant.background):
        stop_sound(participant, layer)


def _run(
    switch: Switch,
    participant: Participant,
    setting: Setting,
    ear: Callable[[tuple[Hearing, ...]], None],
) -> Run:
    run = call_run(switch, participant.call, setting)
    run.ear = ear
    run.always = lambda: _room_params(participant.conference)
    return run


def _room_params(room: Conference) -> Params:
    return [
        ("ConferenceSid", room.sid),
        ("FriendlyName", room.friendly_name),
        ("AccountSid", room.account.sid),
    ]


def _wait_ear(switch: Switch, participant: Participant) -> Callable[[tuple[Hearing, ...]], None]:
    def ear(facts: tuple[Hearing, ...]) -> None:
        participant.waiting_sound = facts
        refresh(switch, participant.conference)

    return ear


def _replace(
    switch: Switch, participant: Participant, layer: str, coro: Coroutine[Any, Any, None]
) -> None:
    stop_sound(participant, layer)
    task = switch.kernel.spawn(coro, f"{layer} {participant.call.sid}")
    participant.background[layer] = task


async def _play(run: Run, document: Address, first: Page | None = None) -> None:
    """A document from its start to its end; a failure is in the debugger and leaves silence."""
    try:
        await run_documents(run, GoTo(document), first)
    except DocumentFailed:
        run.hear()


async def _hold(run: Run, document: Address) -> None:
    await _play(run, document)
    while run.switch.choices.hold_document_loops:
        await run.switch.kernel.sleep(run.switch.timings.wait_document_gap)
        await _play(run, document)


async def _announce(
    run: Run, room: Conference, participant: Participant | None, document: Address
) -> None:
    event, extra = "announcement-end", [("AnnounceUrl", document.url)]
    try:
        await run_documents(run, GoTo(document))
    except DocumentFailed as failure:
        event = "announcement-fail"
        extra.append(("ReasonAnnouncementFailed", failure.text))
    run.ear(())
    tell_room_event(run.switch, room, event, participant, extra)
