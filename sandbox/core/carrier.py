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
from sandbox.core.calls import Address, Call
from sandbox.core.conferences import Conference, Participant
from sandbox.core.config import Config
from sandbox.core.endpoints import Line
from sandbox.core.orders import (
    CallOrder,
    CallUpdate,
    ConferenceUpdate,
    ParticipantOrder,
    ParticipantUpdate,
    RecordingOrder,
    RecordingUpdate,
)
from sandbox.core.queues import Member, Queue
from sandbox.core.recordings import Recording
from sandbox.core.switch import Switch


class Carrier(Switch):
    """A whole telephone company in memory."""

    def __init__(self, config: Config | None = None, *, now: float = 0.0, seed: int = 1) -> None:
        super().__init__(config or Config(), now=now, seed=seed)

    # accounts, numbers, applications

    def add_account(
        self, *, sid: str | None = None, auth_token: str | None = None, name: str = "Sandbox"
    ) -> Account:
        raise NotImplementedError

    def add_api_key(self, account: Account) -> tuple[str, str]:
        """(SK…, secret)"""
        raise NotImplementedError

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
        raise NotImplementedError

    def remove_number(self, number: IncomingPhoneNumber) -> None:
        raise NotImplementedError

    def add_application(
        self,
        account: Account,
        friendly_name: str,
        urls: VoiceUrls | None = None,
        *,
        extra: dict[str, str] | None = None,
    ) -> Application:
        raise NotImplementedError

    def remove_application(self, application: Application) -> None:
        raise NotImplementedError

    def add_caller_id(
        self, account: Account, phone_number: str, friendly_name: str = ""
    ) -> OutgoingCallerId:
        raise NotImplementedError

    def touch(self, thing: Application | IncomingPhoneNumber) -> None:
        """Its fields (assigned directly) have changed: sets updated_at and tells the watchers."""
        raise NotImplementedError

    def number_called(self, phone_number: str) -> IncomingPhoneNumber | None:
        """The number of ours with this E.164 form."""
        raise NotImplementedError

    # calls

    def create_call(self, account: Account, order: CallOrder) -> Call:
        raise NotImplementedError

    def update_call(self, call: Call, update: CallUpdate) -> Call:
        raise NotImplementedError

    def delete_call(self, call: Call) -> None:
        raise NotImplementedError

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
        """Somebody dials a number of ours; LookupError if `to` is none."""
        raise NotImplementedError

    def dial_application(
        self, line: Line, *, identity: str, application: Application, params: dict[str, str]
    ) -> Call:
        """A browser client calls out through a TwiML App."""
        raise NotImplementedError

    # conferences

    def open_conference(self, account: Account, friendly_name: str) -> Conference | None:
        """The room of this name that is not over, if there is one."""
        raise NotImplementedError

    def update_conference(self, conference: Conference, update: ConferenceUpdate) -> Conference:
        raise NotImplementedError

    def create_participant(
        self, account: Account, room: Conference | str, order: ParticipantOrder
    ) -> Participant:
        """`room` is a live conference, or a friendly name that may have to be created."""
        raise NotImplementedError

    def update_participant(
        self, participant: Participant, update: ParticipantUpdate
    ) -> Participant:
        raise NotImplementedError

    def kick_participant(self, participant: Participant) -> None:
        raise NotImplementedError

    # queues

    def create_queue(
        self, account: Account, friendly_name: str, max_size: int | None = None
    ) -> Queue:
        raise NotImplementedError

    def update_queue(
        self, queue: Queue, *, friendly_name: str | None = None, max_size: int | None = None
    ) -> Queue:
        raise NotImplementedError

    def delete_queue(self, queue: Queue) -> None:
        raise NotImplementedError

    def dequeue(self, member: Member, document: Address) -> Member:
        raise NotImplementedError

    # recordings

    def record_call(self, call: Call, order: RecordingOrder) -> Recording:
        raise NotImplementedError

    def update_recording(self, recording: Recording, update: RecordingUpdate) -> Recording:
        raise NotImplementedError

    def current_recording(self, owner: Call | Conference) -> Recording | None:
        """What `Twilio.CURRENT` means: the live recording that was started last."""
        raise NotImplementedError

    def delete_recording(self, recording: Recording) -> None:
        raise NotImplementedError
