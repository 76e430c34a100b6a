"""How this carrier is set up: limits, timings, and a named choice for each undocumented behaviour.

Every `Choices` field carries, in its metadata, what it decides and on what evidence, so that the
documentation's table and the console are made from here (`Choices.table()`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple


@dataclass(slots=True)
class Timings:
    """Seconds that things take. Only the redirect figures were measured on the live service."""

    post_dial_delay: float = 0.5
    ring_buffer: float = 0.0
    redirect_fetch: float = 0.1
    redirect_child_ends: float = 0.166
    redirect_action: float = 0.320
    redirect_target: float = 0.651
    amd_latency: float = 0.3
    speech_chars_per_second: float = 15.0
    auto_speech_timeout: float = 0.8
    partial_result_every: float = 0.5
    unknown_media: float = 5.0
    wait_document_gap: float = 0.5
    tone: float = 0.1
    beep: float = 0.5
    recording_processing: float = 0.5
    repeat_after: float = 0.2
    webhook_cap: float = 15.0
    queued_call_expiry: float = 86400.0


class Choice(NamedTuple):
    """One row of the table of choices."""

    name: str
    value: object
    means: str
    evidence: str


def _choice(means: str, evidence: str, *, default: Any) -> Any:
    return field(default=default, metadata={"means": means, "evidence": evidence})


UNDOCUMENTED = "undocumented; nobody has published a measurement"


@dataclass(slots=True)
class Choices:
    """One field for each behaviour that the carrier's documentation leaves open."""

    redirect_while_ringing: bool = _choice(
        "a call that still rings or is queued accepts a new Url or Twiml",
        "the refusal's text says 'not in-progress': https://www.twilio.com/docs/api/errors/21220",
        default=False,
    )
    completed_while_ringing: Literal["canceled", "completed", "no-answer"] = _choice(
        "final status after Status=completed on a call that still rings",
        UNDOCUMENTED,
        default="canceled",
    )
    status_with_url: Literal["refuse", "status-wins", "url-wins"] = _choice(
        "an update that has both Status and Url or Twiml",
        "an independent carrier refuses",
        default="refuse",
    )
    conference_action_on_redirect: bool = _choice(
        "redirecting a party out of <Dial><Conference> requests the Dial's action, answer ignored",
        "by analogy with <Dial><Number>, which was measured",
        default=True,
    )
    discarded_action_before_target: bool = _choice(
        "the discarded action is answered before the redirect's target is fetched",
        "measured order 320 ms, 651 ms; one document request at a time per call",
        default=True,
    )
    redirect_runs_gather_action: bool = _choice(
        "a redirect in mid <Gather> requests its action",
        UNDOCUMENTED,
        default=False,
    )
    redirect_runs_record_action: bool = _choice(
        "a redirect in mid <Record> requests its action",
        UNDOCUMENTED,
        default=False,
    )
    barge_in: bool = _choice(
        "speech stops a prompt unless bargeIn says so",
        UNDOCUMENTED,
        default=True,
    )
    typeahead: bool = _choice(
        "keys pressed before a <Gather> starts count as its input",
        UNDOCUMENTED,
        default=False,
    )
    redirected_fetch_keeps: Literal["standard", "nothing", "everything"] = _choice(
        "parameters that follow a 301, 302 or 303 answer",
        "documented only that a redirected Gather action loses Digits",
        default="standard",
    )
    leaves_before_end: bool = _choice(
        "when a room ends, participant-leave comes before conference-end",
        UNDOCUMENTED,
        default=True,
    )
    start_before_join: bool = _choice(
        "conference-start comes before the join that caused it",
        UNDOCUMENTED,
        default=False,
    )
    end_event_of_unstarted_room: bool = _choice(
        "a room that never started sends conference-end when it empties",
        UNDOCUMENTED,
        default=True,
    )
    conference_first_sequence: int = _choice(
        "first SequenceNumber of conference callbacks",
        UNDOCUMENTED,
        default=1,
    )
    kicked_reason: str = _choice(
        "ReasonParticipantLeft after DELETE of a participant",
        "the documented list has no word for it",
        default="participant_updated_via_api",
    )
    invited_after_room_ended: Literal["new-room", "hang-up"] = _choice(
        "an invited participant answers after the room has ended",
        UNDOCUMENTED,
        default="new-room",
    )
    failed_add_event: bool = _choice(
        "an invited participant who never answers sends participant-leave with "
        "participant_add_failed",
        "the reason exists in the documented list",
        default=True,
    )
    dual_parent_first: bool = _choice(
        "channel 1 of a dual recording is the parent leg, or what a recorded leg itself says",
        "documentation; one note disagrees",
        default=True,
    )
    media_ranges: bool = _choice(
        "a part of a recording's sound can be asked for (Range)",
        UNDOCUMENTED,
        default=False,
    )
    room_recording_has_wait: bool = _choice(
        "a conference recording contains the wait before the start",
        "documentation says it does not; one live note disagrees",
        default=False,
    )
    amd_timeout_max: int = _choice(
        "largest MachineDetectionTimeout",
        "call resource says 59, <Number> says 60",
        default=59,
    )
    amd_reports_unknown_on_hangup: bool = _choice(
        "a call that ends before the verdict reports AnsweredBy=unknown",
        UNDOCUMENTED,
        default=False,
    )
    partial_result_stable: bool = _choice(
        "partial results also carry StableSpeechResult and SequenceNumber",
        UNDOCUMENTED,
        default=False,
    )
    record_without_sound: Literal["fall-through", "action"] = _choice(
        "what follows a <Record> that heard nothing",
        "the documented voicemail example relies on falling through",
        default="fall-through",
    )
    application_error_status: Literal["completed", "failed"] = _choice(
        "status of a call that ended with the application-error message",
        UNDOCUMENTED,
        default="completed",
    )
    unanswered_end_status: Literal["no-answer", "completed", "failed"] = _choice(
        "status of an inbound call whose document ends before anything answered it",
        "observed for a document of a lone <Pause>",
        default="no-answer",
    )
    missing_voice_url_status: Literal["failed", "completed", "no-answer"] = _choice(
        "status of an inbound call to a number without a voice URL",
        UNDOCUMENTED,
        default="failed",
    )
    child_status_before_ringing: Literal["ringing", "queued"] = _choice(
        "status that REST shows of a dialled leg before it rings",
        "the documentation says such legs are never queued",
        default="ringing",
    )
    sequence_counts_unsubscribed: bool = _choice(
        "SequenceNumber also counts progress events that nobody subscribed to",
        "field payloads of completed-only subscriptions start at 0",
        default=False,
    )
    whispering_leg_cancels_others: bool = _choice(
        "a callee who answers stops the other legs before the whisper document has run",
        "documented that the first leg to answer wins",
        default=True,
    )
    whisper_hangup_status: Literal["no-answer", "completed", "busy", "failed"] = _choice(
        "DialCallStatus when the callee's whisper document hung up",
        "the published screening tutorial treats it as not completed",
        default="no-answer",
    )
    wait_failure: Literal["leave-with-error", "hang-up"] = _choice(
        "what happens when an <Enqueue> wait document cannot be fetched",
        "QueueResult=error is documented; the rest follows action, next verb, fallback",
        default="leave-with-error",
    )
    fallback_serves: Literal["every-document", "first-document"] = _choice(
        "which failing documents of a call FallbackUrl stands in for",
        UNDOCUMENTED,
        default="every-document",
    )
    dialer_vanished_result: Literal["bridging-in-process", "hangup", "error"] = _choice(
        "QueueResult when the dequeuing call ends while the caller still hears the whisper",
        "the word exists in the documented list",
        default="bridging-in-process",
    )
    offline_client: Literal["rings-out", "fails"] = _choice(
        "calling a client that is not registered",
        "observed by a third party: initiated, ringing, no-answer",
        default="rings-out",
    )
    hold_document_loops: bool = _choice(
        "a HoldUrl document is requested again when it ends",
        UNDOCUMENTED,
        default=False,
    )
    signature_covers_userinfo: bool = _choice(
        "user:password@ of a webhook URL is part of what is signed",
        UNDOCUMENTED,
        default=False,
    )
    room_by_name_everywhere: bool = _choice(
        "REST finds a conference's participants by its friendly name too, not only to add one",
        "the published description gives only the create operation a free-form conference id",
        default=False,
    )
    rest_timeout_executes: bool = _choice(
        "a REST request whose answer never came was carried out all the same",
        "either can happen to a client that gives up waiting; this is the harder one",
        default=True,
    )
    finished_on_key_sent: bool = _choice(
        "a Gather action carries FinishedOnKey",
        "seen in field payloads only",
        default=True,
    )

    def table(self) -> list[Choice]:
        """Every choice with its value, meaning and evidence."""
        return [
            Choice(f.name, getattr(self, f.name), f.metadata["means"], f.metadata["evidence"])
            for f in fields(self)
        ]


@dataclass(slots=True)
class Config:
    """Everything that is decided before the first call.

    `cps`: outbound starts a second for each account (0 = no limit). `base_url`: where the REST API
    is reachable from the application; recordings' URLs begin with it. Calls to a number that begins
    with one of `forbidden_prefixes` are refused with 21215, to one of `blocked_numbers` with 21216,
    and on a `trial` with 21219 unless the number is verified or the account's own. `keep`: how many
    calls, rooms, recordings and notifications stay in the books once they are over. `longest_call`:
    seconds after which a call that was started without a TimeLimit is ended; four hours, unless the
    account has asked for a day (https://www.twilio.com/docs/sip-trunking/extended-call-duration).
    """

    cps: float = 1.0
    base_url: str = "https://api.twilio.com"
    ring_timeout: int = 60
    dial_timeout: int = 30
    longest_call: float = 14400.0
    max_queue_size: int = 1000
    log_size: int = 2000
    keep: int = 10000
    forbidden_prefixes: tuple[str, ...] = ()
    blocked_numbers: tuple[str, ...] = ()
    trial: bool = False
    timings: Timings = field(default_factory=Timings)
    choices: Choices = field(default_factory=Choices)
