"""The part of a call's page that plays what was recorded."""

from django.contrib.auth.models import User
from django.template.loader import render_to_string

from agents import recorded
from calls import live
from calls.live.panes import Pane
from calls.models import Call, Voicemail
from calls.services import access


def pane(user: User, call: Call) -> Pane:
    """One drawing for all who may hear it, one for those who may only know of it."""
    hears, private = access.may_hear(user, call), access.may_see_private(user, call)
    key = f"recordings:{call.pk}:{'hear' if hears else 'know'}:{'all' if private else 'seen'}"

    def draw() -> str:
        return _draw(call, hears=hears, private=private)

    return Pane(key, frozenset({live.call(call.pk)}), draw)


def draw(user: User, call: Call) -> str:
    private = access.may_see_private(user, call)
    return _draw(call, hears=access.may_hear(user, call), private=private)


def _draw(call: Call, *, hears: bool, private: bool) -> str:
    fresh = Call.objects.select_related("queue").get(pk=call.pk)
    context = {
        "call": fresh,
        "message": Voicemail.objects.filter(call=fresh).select_related("heard_by").first(),
        "recordings": recorded.of_call(fresh, private=private),
        "hears": hears,
        "width": recorded.WIDTH,
    }
    return render_to_string("calls/recordings.html", context)
