"""Whatever callers, agents, the application and the network do, the carrier stays sound.

Random days at the exchange, repeatable by seed: afterwards nothing may be left running, no call
may be half over, no queue or room may hold a ghost.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from sandbox.core.calls import TERMINAL, Address, Call, CallStatus
from sandbox.core.config import Choices
from sandbox.core.effects import FetchAnswer, FetchError, FetchResult
from sandbox.core.endpoints import Callee
from sandbox.core.errors import RestError
from sandbox.core.orders import (
    CallOrder,
    CallUpdate,
    ConferenceUpdate,
    MachineDetection,
    ParticipantOrder,
    ParticipantUpdate,
    RecordingOrder,
    RecordingUpdate,
)
from tests.sandbox.core.stage import APP, OURS, Asked, Person, Stage, twiml

PHONES = [f"+155504{n:02}" for n in range(12)]
STATUS = "statusCallback='/status' statusCallbackEvent='initiated ringing answered completed'"
ROOM = (
    "statusCallback='/room' statusCallbackEvent='start end join leave mute hold modify speaker"
    " announcement'"
)
PAGES = [
    "<Say>welcome</Say><Gather numDigits='1' action='/any' timeout='3'><Say>press</Say></Gather>",
    "<Gather input='dtmf speech' action='/any' timeout='2' actionOnEmptyResult='true'/>",
    "<Enqueue action='/any' waitUrl='/wait'>support</Enqueue>",
    "<Enqueue waitUrl='' maxQueueSize='3'>support</Enqueue><Say>full</Say>",
    "<Dial action='/any'><Queue url='/whisper'>support</Queue></Dial>",
    "<Dial timeout='10'><Queue>support</Queue></Dial><Pause length='3'/>",
    f"<Dial action='/any' timeout='8' record='record-from-ringing-dual'>"
    f"<Number {STATUS}>{PHONES[0]}</Number>"
    f"<Number url='/whisper' {STATUS}>{PHONES[1]}</Number></Dial>",
    f"<Dial sequential='true' hangupOnStar='true' timeLimit='20' answerOnBridge='true'>"
    f"<Number>{PHONES[2]}</Number><Number machineDetection='Enable' amdStatusCallback='/amd'>"
    f"{PHONES[3]}</Number><Client>lena</Client></Dial><Redirect>/any</Redirect>",
    f"<Dial action='/any' hangupOnStar='true'><Conference {ROOM} waitUrl='/wait-room'"
    " record='record-from-start' participantLabel='x'>r</Conference></Dial>",
    f"<Dial action='/any'><Conference {ROOM} endConferenceOnExit='true'>r</Conference></Dial>",
    f"<Dial><Conference {ROOM} startConferenceOnEnter='false' muted='true'>r</Conference></Dial>",
    f"<Dial callerId='{OURS}' action='/any'>{OURS}</Dial>",
    "<Record action='/any' maxLength='10' recordingStatusCallback='/tape'/><Say>nothing</Say>",
    "<Start><Recording recordingStatusCallback='http://app.test/tape'/></Start><Pause length='5'/>",
    "<Pause length='2'/><Reject/>",
    "<Redirect>/any</Redirect>",
    "<Play>/song</Play><Play digits='1w2'/><Hangup/>",
    "<Response/>",
    "<Leave/><Connect><Stream url='wss://x/y'/></Connect>",
]
WHISPERS = [
    "<Say>a call</Say>",
    "<Gather numDigits='1' action='/whisper' timeout='2'/><Hangup/>",
    "<Response/>",
]
WAITS = [
    "<Say>hold on</Say><Pause length='4'/>",
    "<Gather numDigits='1' action='/wait' timeout='5'/>",
    "<Leave/>",
    "<Hangup/>",
    "<Pause length='3'/>",
]
BROKEN: list[FetchResult] = [
    FetchAnswer(500),
    FetchError("connect"),
    FetchError("read"),
    FetchAnswer(200, {"Content-Type": "text/xml"}, b"<Response><Say>"),
    FetchAnswer(302, {"Location": "/any"}),
]


class Day:
    """One day at the exchange."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.stage = Stage(seed=seed)
        self.carrier = self.stage.carrier
        self._turn_switches()
        for path in ("/voice", "/any", "/fallback"):
            self.stage.pages[path] = self._page(PAGES)
        self.stage.pages["/whisper"] = self._page(WHISPERS)
        self.stage.pages["/wait"] = self._page(WAITS)
        self.stage.pages["/wait-room"] = "<Say>please wait</Say><Pause length='2'/>"
        self.stage.pages["/song"] = twiml("x", "audio/mpeg")
        self.stage.number.urls.voice_fallback_url = f"{APP}/fallback"
        self.stage.number.urls.status_callback = f"{APP}/status"
        self.refusals: set[int] = set()
        self.people = [self._person(address) for address in [*PHONES, "client:lena"]]

    def _turn_switches(self) -> None:
        faults, choices = self.carrier.faults, self.carrier.choices
        faults.callback_late = faults.callback_repeated = 0.1
        faults.callback_lost = faults.callback_reordered = 0.05
        faults.webhook_slow = faults.webhook_failing = 0.02
        for choice in Choices().table():
            if isinstance(choice.value, bool):
                setattr(choices, choice.name, self.dice.random() < 0.5)

    def _page(self, pages: list[str]) -> Callable[[Asked], str | FetchResult]:
        def page(_: Asked) -> str | FetchResult:
            if self.dice.random() < 0.08:
                return self.dice.choice(BROKEN)
            answer = twiml(self.dice.choice(pages))
            delay = self.dice.choice([0, 0, 0, 0.2, 2])
            return FetchAnswer(answer.status, answer.headers, answer.body, delay=delay)

        return page

    def _person(self, address: str) -> Person:
        person = self.stage.person(
            address,
            after=self.dice.choice([None, 0, 1, 4, 9]),
            is_a=Callee(self.dice.choice(["person", "machine", "fax", "silence"])),
        )
        person.refuses = self.dice.choice([None, None, None, "busy", "failed"])
        return person

    def run(self, steps: int) -> None:
        acts = [
            self.arrives, self.arrives, self.rings, self.invites, self.acts, self.acts, self.acts,
            self.updates, self.updates, self.changes_room, self.dequeues, self.tapes,
        ]  # fmt: skip
        for _ in range(steps):
            try:
                self.dice.choice(acts)()
            except RestError as refusal:
                self.refusals.add(refusal.code)
            self.stage.advance(self.dice.choice([0, 0.05, 0.2, 0.5, 1, 3]))
            self.check()

    def live(self) -> list[Call]:
        return [call for call in self.carrier.calls.values() if not call.ended]

    def any_live(self) -> Call | None:
        calls = self.live()
        return self.dice.choice(calls) if calls else None

    def arrives(self) -> None:
        if len(self.live()) < 12:
            self.stage.dials_in(f"+15550{self.dice.randrange(500, 999)}")

    def rings(self) -> None:
        detection = self.dice.choice(
            [None, MachineDetection(), MachineDetection(asynchronous=True)]
        )
        self.stage.calls_out(
            order=CallOrder(
                to=self.dice.choice([*PHONES, "client:lena", OURS]),
                from_=OURS,
                document=Address(f"{APP}/voice"),
                fallback=Address(f"{APP}/fallback"),
                timeout=10,
                time_limit=self.dice.choice([None, 30]),
                recording=self.dice.choice([None, RecordingOrder()]),
                machine_detection=detection,
                status_callback=f"{APP}/status",
            )
        )

    def invites(self) -> None:
        order = ParticipantOrder(CallOrder(to=self.dice.choice(PHONES), from_=OURS, timeout=10))
        order.entrance.early_media = self.dice.random() < 0.5
        order.entrance.end_conference_on_exit = self.dice.random() < 0.3
        self.carrier.create_participant(self.stage.account, self.dice.choice("rs"), order)

    def acts(self) -> None:
        call = self.any_live()
        if call is not None:
            acts: list[Callable[[], None]] = [
                call.hang_up,
                call.answer,
                lambda: call.refuse("busy"),
                lambda: call.press(self.dice.choice(["1", "2#", "*", "12w3"])),
                lambda: call.speak("I want an agent"),
                lambda: call.refer("sip:x@y"),
            ]
            self.dice.choice(acts)()

    def updates(self) -> None:
        call = self.any_live()
        if call is not None:
            update = self.dice.choice(
                [
                    CallUpdate(document=Address(f"{APP}/any")),
                    CallUpdate(document=Address(f"{APP}/any")),
                    CallUpdate(document=Address(twiml="<Response><Say>inline</Say></Response>")),
                    CallUpdate(status="completed"),
                    CallUpdate(status="canceled"),
                    CallUpdate(time_limit=5),
                ]
            )
            self.carrier.update_call(call, update)

    def changes_room(self) -> None:
        rooms = [room for room in self.carrier.conferences.values() if not room.ended]
        if not rooms:
            return
        room = self.dice.choice(rooms)
        people = list(room.participants.values())
        if not people or self.dice.random() < 0.1:
            self.carrier.update_conference(room, ConferenceUpdate(status="completed"))
            return
        person = self.dice.choice(people)
        if self.dice.random() < 0.2:
            self.carrier.kick_participant(person)
            return
        update = ParticipantUpdate(
            muted=self.dice.choice([None, True, False]),
            hold=self.dice.choice([None, True, False]),
            hold_document=self.dice.choice([None, Address(f"{APP}/wait-room")]),
            announce=self.dice.choice([None, Address(f"{APP}/wait-room")]),
            end_conference_on_exit=self.dice.choice([None, True, False]),
            coaching=self.dice.choice([None, True, False]),
            call_sid_to_coach=self.dice.choice(people).call.sid,
        )
        self.carrier.update_participant(person, update)

    def dequeues(self) -> None:
        for queue in self.carrier.queues.values():
            member = queue.find("Front")
            if member is not None:
                self.carrier.dequeue(member, Address(f"{APP}/any"))
                return

    def tapes(self) -> None:
        call = self.any_live()
        if call is None:
            return
        current = self.carrier.current_recording(call)
        if current is None:
            self.carrier.record_call(call, RecordingOrder())
        else:
            update = self.dice.choice(
                [
                    RecordingUpdate("paused", "skip"),
                    RecordingUpdate("in-progress"),
                    RecordingUpdate("stopped"),
                ]
            )
            self.carrier.update_recording(current, update)

    def check(self) -> None:
        """What must be true at every moment."""
        for call in self.live():
            peer = call.wires.peer
            assert peer is None or (peer.wires.peer is call and not peer.ended)
            assert call.program is not None or call.status is not CallStatus.IN_PROGRESS
        for queue in self.carrier.queues.values():
            assert all(not member.call.ended for member in queue.members)
        for room in self.carrier.conferences.values():
            for person in room.present():
                assert not person.call.ended
                assert person.call.conference_sid == room.sid

    def close(self) -> None:
        """Everybody goes home; then it must be quiet."""
        self.stage.pages["/any"] = self.stage.pages["/voice"] = "<Hangup/>"
        for call in self.live():
            call.hang_up()
        self.stage.advance(60)
        for call in self.live():
            self.stage.hang_up(call)
        self.stage.advance(120)

    def check_quiet(self) -> None:
        assert self.refusals <= {21220, 16028, 16025, 16020, 20001, 13240}
        assert {call.status for call in self.carrier.calls.values()} <= TERMINAL
        assert self.carrier.kernel._tasks == {}
        assert all(queue.current_size == 0 for queue in self.carrier.queues.values())
        assert all(not queue.takers for queue in self.carrier.queues.values())
        assert all(room.ended for room in self.carrier.conferences.values())
        assert all(not tape.live for tape in self.carrier.recordings.values())
        assert [c for c in self.carrier.calls.values() if c.wires.listeners] == []
        assert self.carrier._awaited == {}


@pytest.mark.parametrize("seed", range(60))
def test_a_day_at_the_exchange_ends_in_quiet(seed: int) -> None:
    day = Day(seed)
    day.run(120)
    day.close()
    day.check_quiet()


def test_the_same_day_happens_twice() -> None:
    def story(seed: int) -> list[tuple[float, str, str | None]]:
        day = Day(seed)
        day.run(60)
        day.close()
        return [(asked.at, asked.path, asked.get("CallSid")) for asked in day.stage.asked]

    assert story(5) == story(5)
