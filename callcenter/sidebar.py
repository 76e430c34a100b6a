"""How the admin is laid out: its name, its colours, and what its sidebar leads to."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _page(title: str, icon: str, name: str) -> dict[str, Any]:
    """A page outside of the admin, so never the one that is looked at."""
    return {"title": title, "icon": icon, "link": reverse_lazy(name), "active": _never}


def _never(_request: HttpRequest) -> bool:
    return False


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    """The list of a model, `app_model`."""
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


def _group(title: str, *items: dict[str, Any], folded: bool = False) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": folded, "items": list(items)}


def _favicon(_request: HttpRequest) -> str:
    return static("icons/favicon.svg")


NAVIGATION = [
    _group(
        "Call centre",
        _page("Board", "monitoring", "board"),
        _page("Calls and timelines", "timeline", "calls"),
        _page("API documentation", "api", "api-docs"),
    ),
    _group(
        "Lines",
        _list("Queues", "groups", "calls_queue"),
        _list("Numbers", "dialpad", "calls_phonenumber"),
        _list("Skills", "star", "calls_skill"),
        _list("Outcomes", "task_alt", "calls_disposition"),
    ),
    _group(
        "Dialling out",
        _list("Limits of dialling", "speed", "calls_dialrules"),
        _list("Prices", "payments", "calls_phoneprice"),
        _list("Directory", "contact_phone", "calls_directoryentry"),
        _list("Not to be called", "phone_disabled", "calls_donotcall"),
    ),
    _group(
        "People",
        _list("Agents", "support_agent", "agents_agent"),
        _list("Supervisors", "supervisor_account", "agents_supervisor"),
        _list("Break reasons", "coffee", "agents_breakreason"),
        _list("Users", "person", "auth_user"),
        _list("API keys", "key", "calls_apikey"),
        _list("Limits", "lock_clock", "calls_allowance"),
    ),
    _group(
        "What happens",
        _list("Calls", "call", "calls_call"),
        _list("Legs", "phone_forwarded", "calls_leg"),
        _list("Waiting", "hourglass_top", "calls_waiting"),
        _list("Offers", "ring_volume", "calls_offer"),
        _list("Dialled out", "phone_forwarded", "calls_dialling"),
        _list("Alarms of dialling", "notification_important", "calls_dialalarm"),
        _list("After-call work", "edit_note", "calls_wrapup"),
        _list("Voicemails", "voicemail", "calls_voicemail"),
        _list("Recordings", "graphic_eq", "calls_recording"),
        _list("Who listened", "headphones", "calls_recordingaccess"),
        _list("Monitoring", "hearing", "calls_watch"),
        _list("Calls for help", "front_hand", "calls_helprequest"),
        _list("Written whispers", "chat", "calls_textwhisper"),
        _list("Shifts", "schedule", "agents_intentchange"),
        _list("Standby lines", "phone_callback", "calls_standby"),
    ),
    _group(
        "Flight recorder",
        _list("Orders", "outbox", "calls_command"),
        _list("Carrier news", "inbox", "calls_carrierevent"),
        _list("Timeline", "history", "calls_timelineevent"),
        _list("Jobs", "work_history", "procrastinate_procrastinatejob"),
        _list("Deletions", "auto_delete", "calls_carrierdeletion"),
        _list("Workers", "memory", "calls_workerbeat"),
        folded=True,
    ),
]
UNFOLD = {
    "SITE_TITLE": "Call centre",
    "SITE_HEADER": "Call centre",
    "SITE_SUBHEADER": "Settings and records",
    "SITE_SYMBOL": "headset_mic",
    "SITE_URL": "/board",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "DASHBOARD_CALLBACK": "agents.admin_home.attend",
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": NAVIGATION},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .214 259.8)",
            "600": "oklch(54.6% .245 262.9)",
            "700": "oklch(48.8% .243 264.4)",
            "800": "oklch(42.4% .199 265.6)",
            "900": "oklch(37.9% .146 265.5)",
            "950": "oklch(28.2% .091 267.9)",
        }
    },
}
