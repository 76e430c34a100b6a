"""The table of everything the REST API carries, and of what it knows but does not carry yet."""

from __future__ import annotations

from sandbox.rest import (
    accounts,
    applications,
    caller_ids,
    calls,
    conferences,
    events,
    notifications,
    participants,
    phone_numbers,
    queues,
    recordings,
)
from sandbox.rest.not_carried import refusing
from sandbox.rest.routes import Operation, Route

ACCOUNT = "Accounts/{account}"
CALL = f"{ACCOUNT}/Calls/{{call}}"
ROOM = f"{ACCOUNT}/Conferences/{{conference}}"
QUEUE = f"{ACCOUNT}/Queues/{{queue}}"
RECORDING = f"{ACCOUNT}/Recordings/{{recording}}"
NUMBER = f"{ACCOUNT}/IncomingPhoneNumbers/{{number}}"
APPLICATION = f"{ACCOUNT}/Applications/{{application}}"

CARRIED: tuple[tuple[str, str, Operation], ...] = (
    ("GET", ACCOUNT, accounts.fetch),
    ("POST", f"{ACCOUNT}/Calls", calls.create),
    ("GET", f"{ACCOUNT}/Calls", calls.listed),
    ("GET", CALL, calls.fetch),
    ("POST", CALL, calls.update),
    ("DELETE", CALL, calls.delete),
    ("GET", f"{CALL}/Events", events.listed),
    ("GET", f"{CALL}/Notifications", notifications.listed_of_call),
    ("GET", f"{CALL}/Notifications/{{notification}}", notifications.fetch_of_call),
    ("POST", f"{CALL}/Recordings", recordings.create_of_call),
    ("GET", f"{CALL}/Recordings", recordings.listed_of_call),
    ("GET", f"{CALL}/Recordings/{{recording}}", recordings.fetch_of_call),
    ("POST", f"{CALL}/Recordings/{{recording}}", recordings.update_of_call),
    ("DELETE", f"{CALL}/Recordings/{{recording}}", recordings.delete_of_call),
    ("GET", f"{ACCOUNT}/Conferences", conferences.listed),
    ("GET", ROOM, conferences.fetch),
    ("POST", ROOM, conferences.update),
    ("GET", f"{ROOM}/Recordings", recordings.listed_of_conference),
    ("GET", f"{ROOM}/Recordings/{{recording}}", recordings.fetch_of_conference),
    ("POST", f"{ROOM}/Recordings/{{recording}}", recordings.update_of_conference),
    ("DELETE", f"{ROOM}/Recordings/{{recording}}", recordings.delete_of_conference),
    ("POST", f"{ROOM}/Participants", participants.create),
    ("GET", f"{ROOM}/Participants", participants.listed),
    ("GET", f"{ROOM}/Participants/{{participant}}", participants.fetch),
    ("POST", f"{ROOM}/Participants/{{participant}}", participants.update),
    ("DELETE", f"{ROOM}/Participants/{{participant}}", participants.delete),
    ("POST", f"{ACCOUNT}/Queues", queues.create),
    ("GET", f"{ACCOUNT}/Queues", queues.listed),
    ("GET", QUEUE, queues.fetch),
    ("POST", QUEUE, queues.update),
    ("DELETE", QUEUE, queues.delete),
    ("GET", f"{QUEUE}/Members", queues.listed_members),
    ("GET", f"{QUEUE}/Members/{{member}}", queues.fetch_member),
    ("POST", f"{QUEUE}/Members/{{member}}", queues.dequeue),
    ("GET", f"{ACCOUNT}/Recordings", recordings.listed_of_account),
    ("GET", RECORDING, recordings.fetch_of_account),
    ("DELETE", RECORDING, recordings.delete_of_account),
    ("POST", f"{ACCOUNT}/Applications", applications.create),
    ("GET", f"{ACCOUNT}/Applications", applications.listed),
    ("GET", APPLICATION, applications.fetch),
    ("POST", APPLICATION, applications.update),
    ("DELETE", APPLICATION, applications.delete),
    ("POST", f"{ACCOUNT}/IncomingPhoneNumbers", phone_numbers.create),
    ("GET", f"{ACCOUNT}/IncomingPhoneNumbers", phone_numbers.listed),
    ("GET", NUMBER, phone_numbers.fetch),
    ("POST", NUMBER, phone_numbers.update),
    ("DELETE", NUMBER, phone_numbers.delete),
    ("GET", f"{ACCOUNT}/OutgoingCallerIds", caller_ids.listed),
    ("GET", f"{ACCOUNT}/OutgoingCallerIds/{{caller_id}}", caller_ids.fetch),
    ("GET", f"{ACCOUNT}/Notifications", notifications.listed_of_account),
    ("GET", f"{ACCOUNT}/Notifications/{{notification}}", notifications.fetch_of_account),
)

NOT_CARRIED: tuple[tuple[str, str, str], ...] = (
    ("POST", f"{CALL}/Streams", "media streams"),
    ("POST", f"{CALL}/Streams/{{stream}}", "media streams"),
    ("POST", f"{CALL}/Transcriptions", "real-time transcription"),
    ("POST", f"{CALL}/Transcriptions/{{transcription}}", "real-time transcription"),
    ("POST", f"{CALL}/Siprec", "SIPREC"),
    ("POST", f"{CALL}/Siprec/{{siprec}}", "SIPREC"),
    ("POST", f"{CALL}/Payments", "payments"),
    ("POST", f"{CALL}/Payments/{{payment}}", "payments"),
    ("POST", f"{CALL}/UserDefinedMessages", "user-defined messages"),
    ("POST", f"{CALL}/UserDefinedMessageSubscriptions", "user-defined messages"),
    ("DELETE", f"{CALL}/UserDefinedMessageSubscriptions/{{subscription}}", "user-defined messages"),
    ("POST", f"{ACCOUNT}/OutgoingCallerIds", "the verification of caller ids"),
    ("POST", f"{ACCOUNT}/OutgoingCallerIds/{{caller_id}}", "changes of caller ids"),
    ("DELETE", f"{ACCOUNT}/OutgoingCallerIds/{{caller_id}}", "changes of caller ids"),
    ("POST", ACCOUNT, "changes of accounts"),
    ("POST", f"{ACCOUNT}/Messages", "messages"),
    ("GET", f"{ACCOUNT}/Messages", "messages"),
)

MEDIA = (
    Route("GET", RECORDING, recordings.wav, ".wav", public=True),
    Route("GET", RECORDING, recordings.mp3, ".mp3", public=True),
    Route("GET", RECORDING, recordings.wav, "", public=True),
)

ROUTES = (
    *(Route(*row) for row in CARRIED),
    *(Route(method, path, refusing(what)) for method, path, what in NOT_CARRIED),
    *MEDIA,
)
