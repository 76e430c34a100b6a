"""`/Applications`: TwiML Apps, addresses that calls and numbers refer to by one SID."""

from __future__ import annotations

from sandbox.core.accounts import API_VERSION, Application, VoiceUrls
from sandbox.core.errors import bad_request
from sandbox.rest.answers import Shape, answer, no_content
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.paging import Listing, page
from sandbox.rest.shapes import dates
from sandbox.rest.voice_urls import changed_extra, changed_urls

KEPT = (
    "SmsUrl",
    "SmsMethod",
    "SmsFallbackUrl",
    "SmsFallbackMethod",
    "SmsStatusCallback",
    "MessageStatusCallback",
    "PublicApplicationConnectEnabled",
)
LONGEST_NAME = 64


def create(asked: Asked) -> RestAnswer:
    form = asked.form
    application = asked.carrier.add_application(
        asked.account,
        _name(asked) or "",
        changed_urls(form, VoiceUrls()),
        extra=changed_extra(form, KEPT, {}),
    )
    application.voice_caller_id_lookup = form.flag("VoiceCallerIdLookup")
    return answer(201, shape(asked, application))


def fetch(asked: Asked) -> RestAnswer:
    return answer(200, shape(asked, _application(asked)))


def listed(asked: Asked) -> RestAnswer:
    name = asked.query.text("FriendlyName")
    listing = Listing(
        "applications",
        asked.newest(asked.carrier.applications),
        lambda app: app.sid,
        lambda app: shape(asked, app),
        lambda app: name in (None, app.friendly_name),
    )
    return page(asked, listing)


def update(asked: Asked) -> RestAnswer:
    application, form = _application(asked), asked.form
    application.urls = changed_urls(form, application.urls)
    application.friendly_name = _name(asked) or application.friendly_name
    application.voice_caller_id_lookup = form.flag(
        "VoiceCallerIdLookup", default=application.voice_caller_id_lookup
    )
    application.extra = changed_extra(form, KEPT, application.extra)
    asked.carrier.touch(application)
    return answer(200, shape(asked, application))


def delete(asked: Asked) -> RestAnswer:
    asked.carrier.remove_application(_application(asked))
    return no_content()


def _application(asked: Asked) -> Application:
    return asked.own(asked.carrier.applications, "application")


def _name(asked: Asked) -> str | None:
    name = asked.form.text("FriendlyName")
    if name is not None and len(name) > LONGEST_NAME:
        raise bad_request(f"FriendlyName must not be longer than {LONGEST_NAME} characters", 20002)
    return name


def shape(asked: Asked, app: Application) -> Shape:
    urls, extra = app.urls, app.extra
    return {
        "sid": app.sid,
        "account_sid": app.account.sid,
        "api_version": API_VERSION,
        "friendly_name": app.friendly_name,
        "voice_url": urls.voice_url or None,
        "voice_method": urls.voice_method,
        "voice_fallback_url": urls.voice_fallback_url or None,
        "voice_fallback_method": urls.voice_fallback_method,
        "voice_caller_id_lookup": app.voice_caller_id_lookup,
        "status_callback": urls.status_callback or None,
        "status_callback_method": urls.status_callback_method,
        "sms_url": extra.get("SmsUrl") or None,
        "sms_method": extra.get("SmsMethod") or "POST",
        "sms_fallback_url": extra.get("SmsFallbackUrl") or None,
        "sms_fallback_method": extra.get("SmsFallbackMethod") or "POST",
        "sms_status_callback": extra.get("SmsStatusCallback") or None,
        "message_status_callback": extra.get("MessageStatusCallback") or None,
        "public_application_connect_enabled": extra.get("PublicApplicationConnectEnabled")
        == "true",
        "uri": f"{asked.root}/Applications/{app.sid}.json",
        **dates(app),
    }
