"""Pages, and what is asked on them.

Every action answers with the page's own panes as they are now, so that a page without its socket
shows the truth too; a lost race is a sentence, not an error.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from agents import recording_pane, screens, search, softphone
from agents.answers import agent_of, answer, once, user_of
from agents.availability import Intent
from agents.forms import IntentForm, NotesForm, WrapUpForm
from agents.models import Agent
from agents.services import shifts, standby
from calls.models import Call, Disposition, Offer, WrapUp
from calls.plans import CannotNow
from calls.services import access, lifecycle, offers, queueing, wrapups

# Who is asking ------------------------------------------------------------------------------------


def _page(request: HttpRequest, template: str, page: str, **context: Any) -> HttpResponse:
    pages = screens.pages_of(user_of(request))
    return render(request, template, {"page": page, "pages": pages, **context})


def _html(drawn: str) -> SafeString:
    return mark_safe(drawn)  # noqa: S308 our own template's output


# Pages --------------------------------------------------------------------------------------------


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    pages = screens.pages_of(user_of(request))
    if pages.desk:
        return redirect("desk")
    if pages.board:
        return redirect("board")
    raise PermissionDenied("Nobody has given you a desk or queues to watch over yet.")


@require_GET
@login_required
def desk_page(request: HttpRequest) -> HttpResponse:
    agent = agent_of(request)
    return _page(
        request,
        "desk/page.html",
        "desk",
        desk=_html(screens.draw_desk(agent.user)),
        seat=time.time_ns() // 1_000_000,
        softphone=softphone.settings_for(agent),
    )


@require_GET
@login_required
def board_page(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not screens.pages_of(user).board:
        raise PermissionDenied("You watch over no queue.")
    return _page(
        request,
        "board/page.html",
        "board",
        board=_html(screens.draw_board(user)),
        watching=_html(screens.draw_watching(user)),
    )


@require_GET
@login_required
def call_page(request: HttpRequest, call_id: UUID) -> HttpResponse:
    call = _visible(request, call_id)
    controls = access.may_control(user_of(request), call)
    private = access.may_see_private(user_of(request), call)
    recordings = _html(recording_pane.draw(user_of(request), call))
    drawn = screens.draw_call(call.pk, controls=controls, private=private, between=recordings)
    return _page(
        request,
        "calls/page.html",
        "calls",
        call=_html(drawn),
        call_id=call_id,
        title=_title(call),
    )


@require_GET
@login_required
def call_list(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not screens.pages_of(user).board:
        raise PermissionDenied("You watch over no queue.")
    wanted = search.asked(user, request.GET)
    return _page(
        request,
        "calls/list.html",
        "calls",
        form=wanted.form(),
        found=_html(search.draw(wanted)),
        query=wanted.query,
    )


def _title(call: Call) -> str:
    return f"Call of {call.customer_name or call.customer_number or 'a withheld number'}"


def _visible(request: HttpRequest, call_id: UUID) -> Call:
    """The call, if this user may see it; otherwise it is as if there were none."""
    call = get_object_or_404(Call, pk=call_id)
    if not access.may_see(user_of(request), call):
        raise Http404
    return call


# At the desk --------------------------------------------------------------------------------------


@require_POST
@login_required
def set_state(request: HttpRequest) -> HttpResponse:
    return _wish(request, shifts.wish)


@require_POST
@login_required
def set_after_call(request: HttpRequest) -> HttpResponse:
    return _wish(request, shifts.after_call)


def _wish(request: HttpRequest, do: Callable[..., Any]) -> HttpResponse:
    agent = agent_of(request)
    form = IntentForm(request.POST)
    if not form.is_valid():
        return answer(screens.draw_desk(agent.user, state_error=form.first_error()), status=422)
    intent, reason = Intent(form.cleaned_data["intent"]), form.cleaned_data["reason"]
    try:
        do(agent=agent, intent=intent, reason=reason, by=agent.user, now=timezone.now())
    except shifts.ShiftRefused as refused:
        return answer(screens.draw_desk(agent.user, state_error=str(refused)), status=422)
    return answer(screens.draw_desk(agent.user))


@require_POST
@login_required
def set_standby(request: HttpRequest) -> HttpResponse:
    """The line is to be kept open, or is not any more."""
    agent = agent_of(request)
    on = request.POST.get("standby") == "on"
    try:
        (standby.start if on else standby.end)(agent=agent, by=agent.user, now=timezone.now())
    except (standby.MayNot, CannotNow) as refused:
        return answer(screens.draw_desk(agent.user), said=str(refused), status=422)
    return answer(screens.draw_desk(agent.user))


@require_POST
@login_required
def end_standby(request: HttpRequest, agent_id: int) -> HttpResponse:
    """A supervisor ends the line that an agent keeps open."""
    user = user_of(request)
    agent = get_object_or_404(Agent, pk=agent_id)
    if not shifts.supervises(user, agent):
        raise Http404
    standby.end(agent=agent, by=user, now=timezone.now())
    return answer(screens.draw_board(user))


class SignOut(LogoutView):
    """Whoever goes keeps no line open."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        agent = Agent.objects.filter(user=request.user.pk).first()
        if agent is not None:
            standby.end(agent=agent, by=agent.user, now=timezone.now())
        return super().post(request, *args, **kwargs)


@require_POST
@login_required
def decline(request: HttpRequest, offer_id: int) -> HttpResponse:
    user = agent_of(request).user
    said = ""
    try:
        offers.decline(offer_id=offer_id, user=user, now=timezone.now())
    except (offers.NotYourOffer, Offer.DoesNotExist):
        raise Http404 from None
    except offers.OfferIsSettled:
        said = "That offer was already over: answered, missed or taken back."
    return answer(screens.draw_desk(user), said=said)


@require_POST
@login_required
def finish_wrap_up(request: HttpRequest, wrap_up_id: int) -> HttpResponse:
    user = agent_of(request).user
    wrap_up = get_object_or_404(WrapUp, pk=wrap_up_id, user=user)
    form = WrapUpForm(request.POST, needs_outcome=_has_outcomes(wrap_up))
    if not form.is_valid():
        return _wrap_up_errors(form)
    said = ""
    try:
        wrapups.finish(wrap_up_id=wrap_up_id, user=user, now=timezone.now(), **_written(form))
    except wrapups.WrapUpIsOver:
        said = _keep_late(wrap_up_id, user, form)
    except wrapups.WrongDisposition:
        form.add_error("disposition", "That outcome is not one of this queue. Choose another one.")
        return _wrap_up_errors(form)
    return answer(screens.draw_desk(user), said=said)


def _keep_late(wrap_up_id: int, user: User, form: NotesForm) -> str:
    """The clock was faster; what was written is kept all the same."""
    wrapups.save_notes(wrap_up_id=wrap_up_id, user=user, now=timezone.now(), **_written(form))
    return "The time for after-call work was over. What you wrote is kept."


@require_POST
@login_required
def keep_notes(request: HttpRequest, wrap_up_id: int) -> HttpResponse:
    user = agent_of(request).user
    get_object_or_404(WrapUp, pk=wrap_up_id, user=user)
    form = NotesForm(request.POST)
    if not form.is_valid():
        return _wrap_up_errors(form)
    now = timezone.now()
    try:
        wrapups.save_notes(wrap_up_id=wrap_up_id, user=user, now=now, **_written(form))
    except wrapups.WrongDisposition:
        form.add_error("disposition", "That outcome is not one of this queue. Choose another one.")
        return _wrap_up_errors(form)
    return HttpResponse(render_to_string("desk/kept.html", {"at": now}))


def _written(form: NotesForm) -> dict[str, Any]:
    chosen: Disposition | None = form.cleaned_data["disposition"]
    return {"notes": form.cleaned_data["notes"], "disposition_id": chosen.pk if chosen else None}


def _wrap_up_errors(form: NotesForm) -> HttpResponse:
    return HttpResponse(render_to_string("desk/wrap_up_errors.html", {"form": form}), status=422)


def _has_outcomes(wrap_up: WrapUp) -> bool:
    active = Disposition.objects.filter(is_active=True)
    of_queue = active.filter(queues=wrap_up.call.queue_id)
    return of_queue.exists() or active.filter(queues__isnull=True).exists()


# Ending a call, from wherever it is shown ---------------------------------------------------------


def _end(request: HttpRequest, call_id: UUID) -> str:
    """End the call if this user may; what is to be said about it."""
    call = _visible(request, call_id)
    user = user_of(request)
    if not access.may_control(user, call):
        raise PermissionDenied("You may look at this call, but not end it.")
    return once(request, lambda: _ended(call, user))


def _ended(call: Call, user: User) -> str:
    try:
        lifecycle.end_call(call_id=call.pk, by=user, reason=_why(user), now=timezone.now())
    except queueing.CallIsOver:
        return "That call had already ended."
    return ""


def _why(user: User) -> str:
    return f"ended by {user.get_full_name() or user.get_username()}"


@require_POST
@login_required
def end_from_desk(request: HttpRequest, call_id: UUID) -> HttpResponse:
    user = agent_of(request).user
    said = _end(request, call_id)
    return answer(screens.draw_desk(user), said=said)


@require_POST
@login_required
def end_from_board(request: HttpRequest, call_id: UUID) -> HttpResponse:
    said = _end(request, call_id)
    return answer(screens.draw_board(user_of(request)), said=said)


@require_POST
@login_required
def end_from_call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    said = _end(request, call_id)
    private = access.may_see_private(user_of(request), _visible(request, call_id))
    return answer(screens.draw_call(call_id, controls=True, private=private), said=said)
