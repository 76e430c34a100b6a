"""What is done to live calls from the desk and the board: one view for all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from agents import answers, deeds, whom
from agents.deed_forms import LineForm
from calls.models import Call, LineChange, Queue
from calls.plans import CannotNow
from calls.services import access, queueing, watching, whole_lines


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
    return shown.show(request, _done(request, deed, call, form.cleaned_data))


def _done(request: HttpRequest, deed: deeds.Deed, call: Call, given: dict[str, object]) -> str:
    """Do it; what is to be said about it, if anything."""
    user = answers.user_of(request)
    try:
        deed.do(deeds.Asking(user=user, call=call, given=given, now=timezone.now()))
    except queueing.CallIsOver:
        return GONE
    except CannotNow as cannot:
        return str(cannot)
    except watching.MayNot as may_not:
        raise PermissionDenied(str(may_not)) from may_not
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
    try:
        whole_lines.begin(
            queue=queue,
            to_queue=form.cleaned_data["to_queue"],
            message=form.cleaned_data["message"],
            by=answers.user_of(request),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except CannotNow as cannot:
        return answers.board(request, str(cannot))
    return answers.board(request)


@require_POST
@login_required
def stop_line(request: HttpRequest, line_change_id: int) -> HttpResponse:
    change = get_object_or_404(LineChange, pk=line_change_id)
    _line(request, change.queue_id)
    by = answers.user_of(request)
    try:
        whole_lines.stop(line_change_id=change.pk, by=by, now=timezone.now())
    except CannotNow as cannot:
        return answers.board(request, str(cannot))
    return answers.board(request)
