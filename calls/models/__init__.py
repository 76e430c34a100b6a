"""The tables of the calls application, one module per idea."""

from calls.models.access import ApiKey, IdempotencyRecord
from calls.models.allowances import Allowance
from calls.models.calls import Call, Leg, Voicemail
from calls.models.dialling import (
    DialAlarm,
    Dialling,
    DialRules,
    DirectoryEntry,
    DoNotCall,
    PhonePrice,
)
from calls.models.flight import CarrierEvent, Change, Command, TimelineEvent, WorkerBeat
from calls.models.offers import Offer
from calls.models.parking import LineChange, Parking
from calls.models.queues import OpeningHours, PhoneNumber, Queue, QueueSkill, Skill
from calls.models.recordings import (
    CarrierDeletion,
    Recording,
    RecordingAccess,
    RecordingGap,
)
from calls.models.standby import Standby, StandbyLeg
from calls.models.transfers import Transfer
from calls.models.waiting import Waiting
from calls.models.watching import HelpRequest, TextWhisper, Watch
from calls.models.wrapups import Disposition, WrapUp

__all__ = [
    "Allowance",
    "ApiKey",
    "Call",
    "CarrierDeletion",
    "CarrierEvent",
    "Change",
    "Command",
    "DialAlarm",
    "DialRules",
    "Dialling",
    "DirectoryEntry",
    "Disposition",
    "DoNotCall",
    "HelpRequest",
    "IdempotencyRecord",
    "Leg",
    "LineChange",
    "Offer",
    "OpeningHours",
    "Parking",
    "PhoneNumber",
    "PhonePrice",
    "Queue",
    "QueueSkill",
    "Recording",
    "RecordingAccess",
    "RecordingGap",
    "Skill",
    "Standby",
    "StandbyLeg",
    "TextWhisper",
    "TimelineEvent",
    "Transfer",
    "Voicemail",
    "Waiting",
    "Watch",
    "WorkerBeat",
    "WrapUp",
]
