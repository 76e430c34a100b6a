"""The debugger: what the carrier found wrong with the application's answers and orders."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.core.accounts import Account

ERROR = 0
WARNING = 1

NOTIFICATION_TEXTS: dict[int, str] = {
    11100: "Invalid URL format",
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    11210: "HTTP bad host name",
    11215: "Too many HTTP redirects",
    12100: "Document parse failure",
    12101: "Invalid TwiML XML document",
    12102: "No Response element in TwiML document",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    13201: "Dial: Cannot Dial out from a Dial Call Segment",
    13214: "Dial: Invalid callerId value",
    13223: "Dial: Invalid phone number format",
    13224: "Dial: Invalid phone number",
    13240: "Dial->Conference: Invalid call SID to coach",
    13247: "Enqueue: Queue is full",
    13310: "Gather: Invalid finishOnKey value",
    13910: "Leave: Call is not in a queue",
    15003: "Warning Response to Callback URL",
    16025: "Conference: participantLabel is already in use",
    16110: "Conference: wait document failed",
    21218: "Invalid ApplicationSid",
    21262: "No AMD status callback URL provided",
    21609: "Invalid StatusCallback",
    21626: "Invalid StatusCallbackEvents",
    99002: "No voice could read a text out",
}


@dataclass(slots=True, frozen=True)
class Notification:
    """One line of the debugger. `log` is 0 for an error, 1 for a warning."""

    sid: str
    account: Account
    call_sid: str | None
    error_code: int
    log: int
    message_text: str
    message_date: float
    request_url: str = ""
    request_method: str = "POST"
    response_body: str = ""

    @property
    def more_info(self) -> str:
        return f"https://www.twilio.com/docs/errors/{self.error_code}"
