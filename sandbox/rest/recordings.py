"""Recordings: under a call, under a conference, of the whole account, and their sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sandbox.core.accounts import API_VERSION
from sandbox.core.calls import Call
from sandbox.core.conferences import Conference
from sandbox.core.dates import rfc2822_or_none
from sandbox.core.orders import RecordingUpdate
from sandbox.core.recordings import Recording, RecordingStatus
from sandbox.rest.answers import Shape, answer, media, no_content, part_of
from sandbox.rest.asked import Asked
from sandbox.rest.dates import date_test
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.not_carried import NotCarried
from sandbox.rest.paging import Listing, page
from sandbox.rest.recording_forms import recording_order
from sandbox.rest.shapes import dates, subresources

CURRENT = "Twilio.CURRENT"
CHANGES: dict[str, Literal["paused", "in-progress", "stopped"]] = {
    "paused": "paused",
    "in-progress": "in-progress",
    "stopped": "stopped",
}
Shaper = Callable[[Asked, Recording], Shape]


# of one call


def create_of_call(asked: Asked) -> RestAnswer:
    """Start to record a call that is in progress; 21220 otherwise."""
    order = recording_order(asked.form, "do-not-trim")
    recording = asked.carrier.record_call(asked.call(), order)
    return answer(201, call_shape(asked, recording))


def listed_of_call(asked: Asked) -> RestAnswer:
    sid = asked.call().sid
    return _listed(asked, call_shape, lambda recording: recording.call_sid == sid)


def fetch_of_call(asked: Asked) -> RestAnswer:
    return answer(200, call_shape(asked, _of_call(asked)))


def update_of_call(asked: Asked) -> RestAnswer:
    return answer(200, call_shape(asked, _change(asked, _of_call(asked))))


def delete_of_call(asked: Asked) -> RestAnswer:
    return _delete(asked, _of_call(asked))


# of one conference


def listed_of_conference(asked: Asked) -> RestAnswer:
    sid = asked.conference().sid
    return _listed(asked, room_shape, lambda recording: recording.conference_sid == sid)


def fetch_of_conference(asked: Asked) -> RestAnswer:
    return answer(200, room_shape(asked, _of_conference(asked)))


def update_of_conference(asked: Asked) -> RestAnswer:
    return answer(200, room_shape(asked, _change(asked, _of_conference(asked))))


def delete_of_conference(asked: Asked) -> RestAnswer:
    return _delete(asked, _of_conference(asked))


# of the account


def listed_of_account(asked: Asked) -> RestAnswer:
    call, room = asked.query.text("CallSid"), asked.query.text("ConferenceSid")
    return _listed(
        asked,
        account_shape,
        lambda each: call in (None, each.call_sid) and room in (None, each.conference_sid),
    )


def fetch_of_account(asked: Asked) -> RestAnswer:
    return answer(200, account_shape(asked, _known(asked)))


def delete_of_account(asked: Asked) -> RestAnswer:
    return _delete(asked, _known(asked))


def wav(asked: Asked) -> RestAnswer:
    """The sound itself, as soon as it is complete. It needs no credentials."""
    recording = _known(asked)
    if recording.status is not RecordingStatus.COMPLETED:
        raise asked.missing()
    sound = asked.carrier.sound_of(recording)
    wanted = asked.request.headers.get("range", "") if asked.carrier.choices.media_ranges else ""
    return part_of("audio/x-wav", sound, wanted) or media("audio/x-wav", sound)


def mp3(asked: Asked) -> RestAnswer:
    raise NotCarried(f"MP3 of recordings; ask for {asked.names['recording']}.wav")


def _of_call(asked: Asked) -> Recording:
    call = asked.call()
    return _of(asked, call, lambda recording: recording.call_sid == call.sid)


def _of_conference(asked: Asked) -> Recording:
    room = asked.conference()
    return _of(asked, room, lambda recording: recording.conference_sid == room.sid)


def _of(asked: Asked, owner: Call | Conference, belongs: Callable[[Recording], bool]) -> Recording:
    """By SID, or the one that runs now."""
    if asked.names["recording"] == CURRENT:
        current = asked.carrier.current_recording(owner)
        if current is None:
            raise asked.missing()
        return current
    recording = _known(asked)
    if not belongs(recording):
        raise asked.missing()
    return recording


def _known(asked: Asked) -> Recording:
    recording = asked.own(asked.carrier.recordings, "recording")
    if _deleted(recording) and not asked.query.flag("IncludeSoftDeleted"):
        raise asked.missing()
    return recording


def _change(asked: Asked, recording: Recording) -> Recording:
    """Pause, resume or stop."""
    asked.form.required("Status")
    status = asked.form.choice("Status", tuple(CHANGES)) or ""
    behavior = asked.form.choice("PauseBehavior", ("skip", "silence"))
    order = RecordingUpdate(CHANGES[status], "skip" if behavior == "skip" else "silence")
    return asked.carrier.update_recording(recording, order)


def _delete(asked: Asked, recording: Recording) -> RestAnswer:
    """The sound goes, the metadata stays; 20009 while it is not complete."""
    asked.carrier.delete_recording(recording)
    return no_content()


def _listed(asked: Asked, shape: Shaper, belongs: Callable[[Recording], bool]) -> RestAnswer:
    created = date_test(asked.query, "DateCreated")
    deleted_too = asked.query.flag("IncludeSoftDeleted")

    def wanted(recording: Recording) -> bool:
        shown = deleted_too or not _deleted(recording)
        return shown and belongs(recording) and created(recording.created_at)

    recordings = asked.newest(asked.carrier.recordings)
    return page(
        asked, Listing("recordings", recordings, lambda r: r.sid, lambda r: shape(asked, r), wanted)
    )


def _deleted(recording: Recording) -> bool:
    return recording.status is RecordingStatus.DELETED


def _shape(uri: str, recording: Recording) -> Shape:
    return {
        "sid": recording.sid,
        "account_sid": recording.account.sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": recording.conference_sid,
        "start_time": rfc2822_or_none(recording.started_at),
        "duration": None if recording.duration is None else str(recording.duration),
        "channels": recording.channels,
        "source": recording.source,
        "status": recording.status,
        "price": None,
        "price_unit": "USD",
        "error_code": recording.error_code,
        "encryption_details": None,
        "uri": uri,
        **dates(recording),
    }


def call_shape(asked: Asked, recording: Recording) -> Shape:
    uri = f"{asked.root}/Calls/{recording.call_sid}/Recordings/{recording.sid}.json"
    return _shape(uri, recording) | {"track": recording.track}


def room_shape(asked: Asked, recording: Recording) -> Shape:
    uri = f"{asked.root}/Conferences/{recording.conference_sid}/Recordings/{recording.sid}.json"
    return _shape(uri, recording)


def account_shape(asked: Asked, recording: Recording) -> Shape:
    uri = f"{asked.root}/Recordings/{recording.sid}.json"
    return _shape(uri, recording) | {
        "media_url": recording.url(asked.carrier.config.base_url),
        "subresource_uris": subresources(
            uri, add_on_results="AddOnResults", transcriptions="Transcriptions"
        ),
    }
