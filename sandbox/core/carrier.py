"""The carrier: the one object that drivers, the REST API, people and the console hold.

    carrier = Carrier(Config(cps=0), now=0.0, seed=7)
    account = carrier.add_account()
    number = carrier.add_number(account, "+15550100", VoiceUrls(voice_url="http://…/voice"))
    call = carrier.create_call(account, CallOrder(to="+15550123", from_="+15550100", …))
    dana = carrier.dial_in(line, from_="+15550177", to="+15550100")

Every method takes effect at once as far as its answer shows it; what follows (ringing, requests to
the application) happens when the kernel runs. Methods that can be refused raise `RestError`.
"""

from __future__ import annotations

from sandbox.core.accounts import (
    Account,
    Application,
    IncomingPhoneNumber,
    OutgoingCallerId,
    VoiceUrls,
)
from sandbox.core.calls import Address, Call, CallStatus, Line
from sandbox.core.conferences import Conference, Participant
from sandbox.core.config import Config
from sandbox.core.errors import not_complete, not_recordable, queue_name_taken, queue_not_empty
from sandbox.core.lines import arrive, arrive_from_client, number_called
from sandbox.core.live_update import change_call, in_answer_window, redirect_call
from sandbox.core.orders import (
    CallOrder,
    CallUpdate,
    ConferenceUpdate,
    ParticipantOrder,
    ParticipantUpdate,
    RecordingOrder,
    RecordingUpdate,
)
from sandbox.core.outbound import invite_by_phone, place_call
from sandbox.core.queueing import new_queue, queue_named
from sandbox.core.queues import Member, Queue
from sandbox.core.recorder import change_recording, live_recording, start_recording
from sandbox.core.recordings import Recording, RecordingSource, RecordingStatus
from sandbox.core.room_changes import change_participant, change_room, kick
from sandbox.core.rooms import live_room
from sandbox.core.sids import ACCOUNT, API_KEY, APPLICATION, NUMBER
from sandbox.core.switch import Switch
from sandbox.core.twiml.table import VERBS


class Carrier(Switch):
    """A whole telephone company in memory."""

    def __init__(self, config: Config | None = None, *, now: float = 0.0, seed: int = 1) -> None:
        super().__init__(config or Config(), now=now, seed=seed)
        self.verbs = VERBS

    # accounts, numbers, applications

    def add_account(
        self, *, sid: str | None = None, auth_token: str | None = None, name: str = "Sandbox"
    ) -> Account:
        """Open an account; SID and token come from the dice unless given."""
        account = Account(
            sid=sid or self.sid(ACCOUNT),
            auth_token=auth_token or self._secret(),
            friendly_name=name,
            created_at=self.now,
        )
        self.accounts[account.sid] = account
        self.tell("account", account)
        return account

    def add_api_key(self, account: Account) -> tuple[str, str]:
        """Another way in for REST clients: (`SK…`, secret)."""
        sid, secret = self.sid(API_KEY), self._secret()
        account.api_keys[sid] = secret
        return sid, secret

    def add_number(
        self,
        account: Account,
        phone_number: str,
        urls: VoiceUrls | None = None,
        *,
        friendly_name: str = "",
        voice_application_sid: str = "",
        extra: dict[str, str] | None = None,
    ) -> IncomingPhoneNumber:
        """A number of ours, from now on reachable."""
        number = IncomingPhoneNumber(
            sid=self.sid(NUMBER),
            account=account,
            phone_number=phone_number,
            friendly_name=friendly_name or phone_number,
            urls=urls or VoiceUrls(),
            created_at=self.now,
            updated_at=self.now,
            voice_application_sid=voice_application_sid,
            extra=extra or {},
        )
        self.numbers[number.sid] = number
        self.tell("number", number)
        return number

    def remove_number(self, number: IncomingPhoneNumber) -> None:
        """Nobody reaches us by it any more; calls that are on stay on."""
        self.numbers.pop(number.sid, None)
        self.tell("number", number)

    def add_application(
        self,
        account: Account,
        friendly_name: str,
        urls: VoiceUrls | None = None,
        *,
        extra: dict[str, str] | None = None,
    ) -> Application:
        """A set of addresses that numbers, calls and browsers can name by one SID."""
        application = Application(
            sid=self.sid(APPLICATION),
            account=account,
            friendly_name=friendly_name,
            urls=urls or VoiceUrls(),
            created_at=self.now,
            updated_at=self.now,
            extra=extra or {},
        )
        self.applications[application.sid] = application
        self.tell("application", application)
        return application

    def remove_application(self, application: Application) -> None:
        """Numbers that named it have no voice URL any more."""
        self.applications.pop(application.sid, None)
        self.tell("application", application)

    def add_caller_id(
        self, account: Account, phone_number: str, friendly_name: str = ""
    ) -> OutgoingCallerId:
        """A number that is not ours but from which calls may come."""
        caller_id = OutgoingCallerId(
            sid=self.sid(NUMBER),
            account=account,
            phone_number=phone_number,
            friendly_name=friendly_name or phone_number,
            created_at=self.now,
            updated_at=self.now,
        )
        self.caller_ids[caller_id.sid] = caller_id
        return caller_id

    def touch(self, thing: Application | IncomingPhoneNumber) -> None:
        """Its fields, assigned directly, have changed."""
        thing.updated_at = self.now
        self.tell("number" if isinstance(thing, IncomingPhoneNumber) else "application", thing)

    def number_called(self, phone_number: str) -> IncomingPhoneNumber | None:
        """The number of ours with this E.164 form."""
        return number_called(self, phone_number)

    # calls

    def create_call(self, account: Account, order: CallOrder) -> Call:
        """Ring somebody; the answer to the REST client is a `queued` call."""
        return place_call(self, account, order)

    def update_call(self, call: Call, update: CallUpdate) -> Call:
        """Redirect, end or limit a live call; RestError 21220 if it is not in-progress."""
        change_call(self, call, update)
        return call

    def delete_call(self, call: Call) -> None:
        """Take an ended call out of the books; RestError 20009 if it has not ended."""
        if not call.ended:
            raise not_complete()
        call.deleted = True
        self.calls.pop(call.sid, None)
        self.tell("call", call)

    def dial_in(
        self,
        line: Line,
        *,
        from_: str,
        to: str,
        caller_name: str | None = None,
        forwarded_from: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> Call:
        """Somebody dials a number of ours; LookupError if `to` is none.

        `extra` is added to every request about the call (`StirVerstat`, `SipHeader_…`).
        """
        number = number_called(self, to)
        if number is None:
            raise LookupError(f"{to} is not a number of this carrier")
        return arrive(
            self,
            line=line,
            number=number,
            from_=from_,
            caller_name=caller_name,
            forwarded_from=forwarded_from,
            extra=extra,
        )

    def dial_application(
        self, line: Line, *, identity: str, application: Application, params: dict[str, str]
    ) -> Call:
        """A browser client calls out through a TwiML App; `params` are its own, `To` among them."""
        return arrive_from_client(
            self,
            line=line,
            account=application.account,
            identity=identity,
            application=application,
            params=params,
        )

    # conferences

    def open_conference(self, account: Account, friendly_name: str) -> Conference | None:
        """The room of this name that is not over, if there is one."""
        return live_room(self, account, friendly_name)

    def update_conference(self, conference: Conference, update: ConferenceUpdate) -> Conference:
        """End the room, or announce something to everybody in it."""
        change_room(self, conference, update)
        return conference

    def create_participant(
        self, account: Account, room: Conference | str, order: ParticipantOrder
    ) -> Participant:
        """Ring somebody into a live conference, or into one of this name, which may be new.

        RestError 16028 if the participant to coach is not there, 400 if there is no place.
        """
        return invite_by_phone(self, account, room, order)

    def update_participant(
        self, participant: Participant, update: ParticipantUpdate
    ) -> Participant:
        """Mute, hold, coach, announce; RestError 16028 if the coached one is not there."""
        change_participant(self, participant, update)
        return participant

    def kick_participant(self, participant: Participant) -> None:
        """Put somebody out of the room; their call goes on behind the Dial."""
        kick(self, participant)

    # queues

    def create_queue(
        self, account: Account, friendly_name: str, max_size: int | None = None
    ) -> Queue:
        """An empty queue; RestError if the name is taken."""
        if queue_named(self, account, friendly_name) is not None:
            raise queue_name_taken(friendly_name)
        return new_queue(self, account, friendly_name, max_size)

    def update_queue(
        self, queue: Queue, *, friendly_name: str | None = None, max_size: int | None = None
    ) -> Queue:
        """Rename or resize; those who wait keep their places."""
        if friendly_name is not None and friendly_name != queue.friendly_name:
            if queue_named(self, queue.account, friendly_name) is not None:
                raise queue_name_taken(friendly_name)
            queue.friendly_name = friendly_name
        if max_size is not None:
            queue.max_size = max_size
        queue.updated_at = self.now
        self.tell("queue", queue)
        return queue

    def delete_queue(self, queue: Queue) -> None:
        """RestError if somebody waits in it."""
        if queue.members:
            raise queue_not_empty()
        self.queues.pop(queue.sid, None)
        self.tell("queue", queue)

    def dequeue(self, member: Member, document: Address) -> Member:
        """Take a caller out of the queue and run `document` on the call."""
        redirect_call(self, member.call, document)
        return member

    # recordings

    def record_call(self, call: Call, order: RecordingOrder) -> Recording:
        """Tape a live call; RestError 21220 if it is not in-progress.

        A second tape at the same time looks as if it ran, and turns out to be empty.
        """
        if call.status is not CallStatus.IN_PROGRESS or in_answer_window(self, call):
            raise not_recordable()
        already = live_recording(self, call.recording_sids)
        recording = start_recording(
            self,
            account=call.account,
            source=RecordingSource.START_CALL_API,
            order=order,
            call=call,
        )
        recording.void = already is not None and already.source is RecordingSource.START_CALL_API
        return recording

    def update_recording(self, recording: Recording, update: RecordingUpdate) -> Recording:
        """Pause, resume or stop; RestError 21220 if it has stopped already."""
        if not recording.live:
            raise not_recordable()
        change_recording(self, recording, update)
        return recording

    def current_recording(self, owner: Call | Conference) -> Recording | None:
        """What `Twilio.CURRENT` means: the live recording that was started last."""
        return live_recording(self, owner.recording_sids)

    def delete_recording(self, recording: Recording) -> None:
        """The sound is gone, the entry stays as `deleted`; RestError 20009 while it runs."""
        if recording.status not in (RecordingStatus.COMPLETED, RecordingStatus.ABSENT):
            raise not_complete()
        recording.status = RecordingStatus.DELETED
        recording.kept_seconds = 0.0
        recording.updated_at = self.now
        self.tell("recording", recording)

    def sound_of(self, recording: Recording) -> bytes:
        """The WAV file: what was said if somebody made it heard, else a tone for each sort."""
        real = self.studio.tape(recording) if self.studio is not None else None
        return recording.media() if real is None else real

    def _secret(self) -> str:
        return f"{self.dice.getrandbits(128):032x}"
