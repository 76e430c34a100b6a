"""Recordings at the carrier: begun, paused, gone on with, stopped, listed, deleted, listened to.

Source: https://www.twilio.com/docs/voice/api/recording
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from requests.auth import HTTPBasicAuth
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from calls.carrier import addresses
from calls.carrier.clients import credentials, media_session, sync_client
from calls.carrier.outcomes import AlreadyOver, Done, Outcome, TooLate
from calls.carrier.readings import CarrierTrouble, in_our_words
from calls.states import Verb

NEWS = ["in-progress", "completed", "absent"]
# What the API has begun; other mechanisms make recordings of their own.
OURS = "StartCallRecordingAPI"
RUNS = ("in-progress", "paused")
TWILIO = "https://api.twilio.com"
CHUNK = 64 * 1024
# Names whatever the leg's recording is that runs now.
CURRENT = "Twilio.CURRENT"
_NOT_ELIGIBLE = 21220
_BECOMES = {
    Verb.PAUSE_RECORDING: "paused",
    Verb.RESUME_RECORDING: "in-progress",
    Verb.STOP_RECORDING: "stopped",
}

_Body = Mapping[str, Any]


# Orders -------------------------------------------------------------------------------------------


def body(verb: Verb, *, params: Mapping[str, Any], leg_id: UUID) -> _Body:
    """What is asked. `params`: recording (our id), sid (the carrier's, where it has one), behaviour
    of a pause, and `again` for a start that may have been made before."""
    if verb == Verb.RECORD:
        address = addresses.call_recording(leg_id, UUID(params["recording"]))
        return {
            "again": bool(params.get("again")),
            "recording_channels": "dual",
            "trim": "do-not-trim",
            "recording_status_callback": address,
            "recording_status_callback_method": "POST",
            "recording_status_callback_event": NEWS,
        }
    wanted: dict[str, Any] = {"sid": params.get("sid") or CURRENT, "status": _BECOMES[verb]}
    if verb == Verb.PAUSE_RECORDING:
        wanted["pause_behavior"] = params.get("behaviour", "silence")
    return wanted


async def send(client: Client, verb: Verb, call_sid: str, body: _Body) -> Outcome:
    """One order. The carrier's exceptions are the caller's to read."""
    if verb == Verb.RECORD:
        return await _begin(client, call_sid, body)
    return await _change(client, verb, call_sid, body)


async def _begin(client: Client, call_sid: str, body: _Body) -> Outcome:
    """A second recording of a leg looks like one and turns out empty: before asking once more, it
    is looked whether the first was heard."""
    recordings = client.calls(call_sid).recordings
    wanted = {name: value for name, value in body.items() if name != "again"}
    if body["again"]:
        for known in await recordings.list_async():
            if known.source == OURS and known.status in RUNS:
                return Done(sid=str(known.sid), status=str(known.status))
    begun = await recordings.create_async(**wanted)
    return Done(sid=str(begun.sid), status=str(begun.status))


async def _change(client: Client, verb: Verb, call_sid: str, body: _Body) -> Outcome:
    """A recording that is what it is to become is changed; one that has ended is not."""
    wanted = {name: value for name, value in body.items() if name != "sid"}
    recording = client.calls(call_sid).recordings(body["sid"])
    try:
        changed = await recording.update_async(**wanted)
    except TwilioRestException as said:
        if said.code != _NOT_ELIGIBLE:
            raise
        found = await recording.fetch_async()
        if found.status == body["status"]:
            return Done(sid=str(found.sid), status=str(found.status))
        if found.status in RUNS:
            raise
        return AlreadyOver() if verb == Verb.STOP_RECORDING else TooLate()
    return Done(sid=str(changed.sid), status=str(changed.status))


# Reading and deleting, for threads ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CarrierRecording:
    sid: str
    status: str
    seconds: int | None
    began_at: datetime | None
    changed_at: datetime | None


def of_call(call_sid: str) -> list[CarrierRecording]:
    """Those of this leg that were begun by order, the oldest first. Raises CarrierTrouble."""
    with in_our_words():
        found = sync_client().calls(call_sid).recordings.list()
    ours = [_recording(each) for each in found if each.source == OURS]
    return sorted(ours, key=lambda each: (each.began_at is None, each.began_at, each.sid))


def _recording(found: Any) -> CarrierRecording:
    length = str(found.duration or "")
    return CarrierRecording(
        sid=str(found.sid),
        status=str(found.status),
        seconds=int(length) if length.isdigit() else None,
        began_at=found.start_time,
        changed_at=found.date_updated,
    )


def delete(sid: str) -> None:
    """The sound of a recording (RE…), or the carrier's own record of a call (CA…), is gone for
    good; what is not there is deleted. Raises CarrierTrouble."""
    with in_our_words():
        client = sync_client()
        thing = client.calls(sid) if sid.startswith("CA") else client.recordings(sid)
        try:
            thing.delete()
        except TwilioException as said:
            if getattr(said, "status", None) != 404:
                raise


# The sound ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sound:
    """What the carrier answers to whoever wants to listen: its bytes, as they come."""

    status: int
    length: int | None
    byte_range: str  # of the whole, where this is a part
    answer: requests.Response

    def chunks(self) -> Iterator[bytes]:
        try:
            yield from self.answer.iter_content(CHUNK)
        finally:
            self.close()

    def close(self) -> None:
        """The carrier need not send the rest."""
        self.answer.close()


def listen(sid: str, *, byte_range: str = "") -> Sound | None:
    """A recording's sound as WAV, both channels, or a part of it; None where it is not there.

    The address is made from our own settings and the recording's id: never one that we were told.
    Raises CarrierTrouble.
    """
    headers = {"Accept-Encoding": "identity"} | ({"Range": byte_range} if byte_range else {})
    user, password = credentials()
    with in_our_words():
        answer = media_session().get(
            _address(sid),
            headers=headers,
            auth=HTTPBasicAuth(user, password),
            stream=True,
            timeout=settings.CARRIER_TIMEOUT,
        )
    if answer.status_code in (200, 206):
        length = answer.headers.get("Content-Length", "")
        part = answer.headers.get("Content-Range", "")
        return Sound(answer.status_code, int(length) if length.isdigit() else None, part, answer)
    answer.close()
    if answer.status_code in (404, 410):
        return None
    raise CarrierTrouble(f"the sound was answered with {answer.status_code}")


def _address(sid: str) -> str:
    account = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}"
    return f"{settings.CARRIER_API_URL or TWILIO}{account}/Recordings/{sid}.wav"
