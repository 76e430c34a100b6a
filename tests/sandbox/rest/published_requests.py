"""The parameters of the published requests, with values that are taken.

Source: https://github.com/twilio/twilio-oai (twilio_api_v2010.json)
"""

from __future__ import annotations

URL = "http://app.test/x"
DETECTION = {
    "MachineDetection": "Enable",
    "MachineDetectionTimeout": "30",
    "MachineDetectionSpeechThreshold": "2400",
    "MachineDetectionSpeechEndThreshold": "1200",
    "MachineDetectionSilenceTimeout": "5000",
}
TAPE = {
    "RecordingStatusCallback": URL,
    "RecordingStatusCallbackMethod": "GET",
    "RecordingStatusCallbackEvent": "completed",
    "RecordingTrack": "both",
    "RecordingChannels": "dual",
    "Trim": "do-not-trim",
}
LEG = DETECTION | {
    "To": "+15550177",
    "From": "+15550100",
    "CallerId": "+15550100",
    "Timeout": "20",
    "TimeLimit": "600",
    "StatusCallback": URL,
    "StatusCallbackMethod": "GET",
    "StatusCallbackEvent": "completed",
    "SipAuthUsername": "omar",
    "SipAuthPassword": "secret",
    "Byoc": "BY" + "0" * 32,
    "CallReason": "an answer",
    "CallToken": "{}",
    "ClientNotificationUrl": URL,
    "Record": "true",
}
VOICE = {
    "ApiVersion": "2010-04-01",
    "FriendlyName": "desk",
    "VoiceUrl": URL,
    "VoiceMethod": "GET",
    "VoiceFallbackUrl": URL,
    "VoiceFallbackMethod": "GET",
    "StatusCallback": URL,
    "StatusCallbackMethod": "GET",
    "VoiceCallerIdLookup": "true",
    "SmsUrl": URL,
    "SmsMethod": "GET",
    "SmsFallbackUrl": URL,
    "SmsFallbackMethod": "GET",
}
APPLICATION = VOICE | {
    "SmsStatusCallback": URL,
    "MessageStatusCallback": URL,
    "PublicApplicationConnectEnabled": "true",
}
NUMBER = VOICE | {
    "SmsApplicationSid": "AP" + "0" * 32,
    "VoiceApplicationSid": "",
    "EmergencyStatus": "Inactive",
    "EmergencyAddressSid": "",
    "TrunkSid": "",
    "VoiceReceiveMode": "voice",
    "IdentitySid": "",
    "AddressSid": "",
    "BundleSid": "",
}
PAGE = {"PageSize": "2", "Page": "0", "PageToken": ""}
DAYS = ("", "<", ">")


def days(*names: str) -> dict[str, str]:
    return {f"{name}{sign}": "2026-11-04" for name in names for sign in DAYS}


SENT: dict[str, dict[str, str]] = {
    "POST Calls": LEG
    | TAPE
    | {
        "Url": URL,
        "Method": "GET",
        "ApplicationSid": "",
        "FallbackUrl": URL,
        "FallbackMethod": "GET",
        "SendDigits": "",
        "AsyncAmd": "true",
        "AsyncAmdStatusCallback": URL,
        "AsyncAmdStatusCallbackMethod": "GET",
    },
    "POST Calls/{call}": {
        "Url": URL,
        "Method": "GET",
        "Twiml": "",
        "FallbackUrl": URL,
        "FallbackMethod": "GET",
        "Status": "",
        "StatusCallback": URL,
        "StatusCallbackMethod": "GET",
        "TimeLimit": "600",
    },
    "POST Calls/{call}/Recordings": TAPE,
    "POST Conferences/{room}/Participants": LEG
    | TAPE
    | {
        "Label": "agent",
        "Muted": "false",
        "Beep": "false",
        "StartConferenceOnEnter": "true",
        "EndConferenceOnExit": "false",
        "WaitUrl": URL,
        "WaitMethod": "GET",
        "EarlyMedia": "false",
        "MaxParticipants": "5",
        "ConferenceRecord": "do-not-record",
        "ConferenceTrim": "do-not-trim",
        "ConferenceStatusCallback": URL,
        "ConferenceStatusCallbackMethod": "GET",
        "ConferenceStatusCallbackEvent": "join",
        "ConferenceRecordingStatusCallback": URL,
        "ConferenceRecordingStatusCallbackMethod": "GET",
        "ConferenceRecordingStatusCallbackEvent": "completed",
        "Region": "ie1",
        "Coaching": "false",
        "CallSidToCoach": "",
        "JitterBufferSize": "small",
        "AmdStatusCallback": URL,
        "AmdStatusCallbackMethod": "GET",
        "CallerDisplayName": "Acme",
    },
    "POST Conferences/{room}/Participants/{call}": {
        "Muted": "true",
        "Hold": "true",
        "HoldUrl": URL,
        "HoldMethod": "GET",
        "AnnounceUrl": URL,
        "AnnounceMethod": "GET",
        "WaitUrl": URL,
        "WaitMethod": "GET",
        "BeepOnExit": "false",
        "EndConferenceOnExit": "false",
        "Coaching": "false",
        "CallSidToCoach": "",
    },
    "POST Conferences/{room}": {"Status": "", "AnnounceUrl": URL, "AnnounceMethod": "GET"},
    "POST Queues": {"FriendlyName": "night", "MaxSize": "5"},
    "POST Applications": APPLICATION,
    "POST IncomingPhoneNumbers": NUMBER | {"PhoneNumber": "+15557000444", "AreaCode": ""},
    "GET Calls": {"To": "", "From": "", "ParentCallSid": "", "Status": ""}
    | days("StartTime", "EndTime")
    | PAGE,
    "GET Conferences": {"FriendlyName": "", "Status": ""}
    | days("DateCreated", "DateUpdated")
    | PAGE,
    "GET Conferences/{room}/Participants": {"Muted": "", "Hold": "", "Coaching": ""} | PAGE,
    "GET Recordings": {"CallSid": "", "ConferenceSid": "", "IncludeSoftDeleted": "true"}
    | days("DateCreated")
    | PAGE,
    "GET Calls/{call}/Recordings": days("DateCreated") | PAGE,
    "GET Conferences/{room}/Recordings": days("DateCreated") | PAGE,
    "GET Calls/{call}/Notifications": {"Log": "0"} | days("MessageDate") | PAGE,
    "GET Calls/{call}/Events": PAGE,
    "GET Queues": PAGE,
    "GET Applications": {"FriendlyName": ""} | PAGE,
    "GET IncomingPhoneNumbers": {
        "Beta": "false",
        "FriendlyName": "",
        "PhoneNumber": "",
        "Origin": "",
    }
    | PAGE,
    "GET OutgoingCallerIds": {"PhoneNumber": "", "FriendlyName": ""} | PAGE,
}
