"""What is done to live calls from the desk and the board: one view for all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from agents import answers, deeds, whom
from agents.deed_forms import LineForm
from agents.models import Agent
from agents.services import shifts
from calls import plans
from calls.models import Call, LineChange, Queue
from calls.plans import CannotNow
from calls.services import access, dial_rules, queueing, watching, whole_lines


@dataclass(frozen=True, slots=True)
class Page:
    """Whose page it is, and how it answers."""

    check: Callable[[HttpRequest], None]
    show: Callable[..., HttpResponse]


PAGES = {
    "desk": Page(answers.check_has_desk, answers.desk),
    "board": Page(answers.check_has_board, answers.board),
}
GONE = "That call had already ended."


@require_POST
@login_required
def act(request: HttpRequest, call_id: UUID, verb: str, page: str) -> HttpResponse:
    """A button was pressed: done, or refused with a sentence."""
    shown, deed = PAGES[page], deeds.DEEDS.get(verb)
    if deed is None:
        raise Http404
    shown.check(request)
    call = _call(request, call_id, deed)
    form = deed.form(request.POST)
    if not form.is_valid():
        return shown.show(request, form.first_error(), 422)
    try:
        said = answers.once(request, lambda: _done(request, deed, call, form.cleaned_data))
    except (watching.MayNot, shifts.NotTheirs) as may_not:
        return shown.show(request, str(may_not), 403)
    return shown.show(request, said)


def _done(request: HttpRequest, deed: deeds.Deed, call: Call, given: dict[str, Any]) -> str:
    """Do it; what is to be said about it, if anything. Raises watching.MayNot."""
    user = answers.user_of(request)
    unseen = access.unseen_legs(user, call)
    if given.get("leg") and unseen.filter(pk=given["leg"]).exists():
        return plans.LINE_IS_OVER
    try:
        deed.do(deeds.Asking(user=user, call=call, given=given, now=timezone.now()))
    except queueing.CallIsOver:
        return GONE
    except (CannotNow, queueing.CannotRedirect) as cannot:
        if isinstance(cannot, dial_rules.CapReached):
            dial_rules.alarm(reached=cannot, now=timezone.now())
        return str(cannot)
    return ""


def _call(request: HttpRequest, call_id: UUID, deed: deeds.Deed) -> Call:
    """What somebody may not see is, for them, not there."""
    user = answers.user_of(request)
    call = get_object_or_404(Call, pk=call_id)
    if not deeds.see(user, call):
        raise Http404
    if not deed.may(user, call):
        raise PermissionDenied("You may look at this call, but not do that.")
    return call


@require_GET
@login_required
def find(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Whom a call can be handed to: agents with what they are doing, queues, numbers."""
    user = answers.user_of(request)
    call = get_object_or_404(Call, pk=call_id)
    if not access.may_see(user, call):
        raise Http404
    words = request.GET.get("number", "")[:64]
    found = whom.found(words, but=user, now=timezone.now())
    return HttpResponse(render_to_string("desk/whom.html", {"found": found, "call_id": call_id}))


# Agents -------------------------------------------------------------------------------------------


@require_POST
@login_required
def act_on_agent(request: HttpRequest, agent_id: int, verb: str) -> HttpResponse:
    """A supervisor has one of their agents do something: done, or refused with a sentence."""
    answers.check_has_board(request)
    deed = deeds.OF_AGENTS.get(verb)
    agent = get_object_or_404(Agent, pk=agent_id)
    if deed is None or not shifts.supervises(answers.user_of(request), agent):
        raise Http404
    form = deed.form(request.POST)
    if not form.is_valid():
        return answers.board(request, form.first_error(), 422)
    told = deeds.Telling(
        user=answers.user_of(request), agent=agent, given=form.cleaned_data, now=timezone.now()
    )
    return answers.board(request, answers.once(request, lambda: _told(deed, told)))


def _told(deed: deeds.AgentDeed, telling: deeds.Telling) -> str:
    try:
        deed.do(telling)
    except CannotNow as cannot:
        return str(cannot)
    except shifts.ShiftRefused as refused:
        return f"{telling.agent}: {refused}"
    return ""


# Whole lines --------------------------------------------------------------------------------------


def _line(request: HttpRequest, queue_id: int) -> Queue:
    answers.check_has_board(request)
    queue = get_object_or_404(Queue, pk=queue_id)
    if not access.may_move_line(answers.user_of(request), queue):
        raise Http404
    return queue


@require_POST
@login_required
def preview_line(request: HttpRequest, queue_id: int) -> HttpResponse:
    """How many and whom it would be; nothing is done."""
    queue, form = _line(request, queue_id), LineForm(request.POST)
    context: dict[str, object] = {"queue": queue}
    if form.is_valid():
        to_queue, message = form.cleaned_data["to_queue"], form.cleaned_data["message"]
        try:
            context["preview"] = whole_lines.preview(
                queue=queue, to_queue=to_queue, message=message, now=timezone.now()
            )
        except CannotNow as cannot:
            context["refused"] = str(cannot)
    else:
        context["refused"] = form.first_error()
    return HttpResponse(render_to_string("board/line_preview.html", context))


@require_POST
@login_required
def change_line(request: HttpRequest, queue_id: int) -> HttpResponse:
    queue, form = _line(request, queue_id), LineForm(request.POST)
    if not form.is_valid():
        return answers.board(request, form.first_error(), 422)
    begun = answers.once(
        request, lambda: _begun(queue, form.cleaned_data, answers.user_of(request))
    )
    return answers.board(request, begun)


def _begun(queue: Queue, given: dict[str, Any], by: User) -> str:
    wanted = {name: given[name] for name in ("to_queue", "message", "reason")}
    try:
        whole_lines.begin(queue=queue, by=by, now=timezone.now(), **wanted)
    except CannotNow as cannot:
        return str(cannot)
    return ""


@require_POST
@login_required
def stop_line(request: HttpRequest, line_change_id: int) -> HttpResponse:
    change = get_object_or_404(LineChange, pk=line_change_id)
    _line(request, change.queue_id)
    return answers.board(
        request, answers.once(request, lambda: _stopped(change, answers.user_of(request)))
    )


def _stopped(change: LineChange, by: User) -> str:
    try:
        whole_lines.stop(line_change_id=change.pk, by=by, now=timezone.now())
    except CannotNow as cannot:
        return str(cannot)
    return ""
