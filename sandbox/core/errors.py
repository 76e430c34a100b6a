"""Refusals as the REST API words them.

`RestError` carries code, HTTP status and message; the REST layer turns it into the JSON body.
The functions below are the known refusals, so that a text is written once.
Source: https://www.twilio.com/docs/api/errors and the public error dictionary.
"""

from __future__ import annotations


class RestError(Exception):
    """The API refuses: `{"code", "message", "more_info", "status"}`."""

    def __init__(self, code: int, status: int, message: str, detail: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.detail = detail

    @property
    def more_info(self) -> str:
        return f"https://www.twilio.com/docs/errors/{self.code}"


def bad_request(message: str, code: int = 20001) -> RestError:
    return RestError(code, 400, message)


def not_found(path: str) -> RestError:
    """`path` is the request's path, as the message names it."""
    return RestError(20404, 404, f"The requested resource {path} was not found")


def no_credentials() -> RestError:
    return RestError(
        20003,
        401,
        "Authentication Error - No credentials provided",
        "Your AccountSid or AuthToken was incorrect.",
    )


def invalid_username() -> RestError:
    return RestError(20003, 401, "Authentication Error - invalid username")


def too_many_requests() -> RestError:
    return RestError(20429, 429, "Too Many Requests")


def not_in_progress() -> RestError:
    """The call is over, not yet answered, or just now between two states."""
    return RestError(21220, 400, "Call is not in-progress. Cannot redirect.")


def not_recordable() -> RestError:
    return RestError(21220, 400, "Requested resource is not eligible for recording")


def not_complete() -> RestError:
    return RestError(20009, 409, "Cannot delete this resource before it is complete")


def no_to() -> RestError:
    return RestError(21201, 400, "No 'To' number is specified")


def no_from() -> RestError:
    return RestError(21213, 400, "No 'From' number is specified")


def no_url() -> RestError:
    return RestError(21205, 400, "Url parameter is required.")


def bad_url(url: str) -> RestError:
    return RestError(21205, 400, f"Url is not a valid URL: {url}")


def bad_send_digits() -> RestError:
    return RestError(21206, 400, "SendDigits may only contain 0-9, A-D, #, *, w and W")


def unverified_from(number: str) -> RestError:
    return RestError(
        21210,
        400,
        f"The source phone number provided, {number}, is not yet verified for your account."
        " You may only make calls from phone numbers that you've verified or purchased from"
        " Twilio.",
    )


def bad_to(number: str) -> RestError:
    return RestError(
        21211, 400, f"The phone number you are attempting to call, {number}, is not valid."
    )


def bad_from(number: str) -> RestError:
    return RestError(21212, 400, f"The source phone number provided, {number}, is not valid.")


def bad_application() -> RestError:
    return RestError(21218, 400, "ApplicationSid is not valid")


def relative_action() -> RestError:
    return RestError(15004, 400, "Action URL must be absolute when updating a call with TwiML")


def record_without_action() -> RestError:
    return RestError(11100, 400, "Invalid URL format: <Record> needs an absolute action")


def bad_time_limit() -> RestError:
    return RestError(13216, 400, "TimeLimit is invalid")


def no_coached_participant() -> RestError:
    return RestError(16028, 400, "The participant to coach was not found in the conference")


def queue_name_taken(name: str) -> RestError:
    return RestError(22003, 400, f"A queue named '{name}' already exists")


def queue_not_empty() -> RestError:
    return RestError(22001, 400, "Cannot delete a queue that has members")
