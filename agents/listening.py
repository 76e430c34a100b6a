"""A recording, or a caller's message, is listened to from its call's page: through us, by whoever
may."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from calls.api import sound
from calls.carrier import gateway
from calls.models import Recording, Voicemail
from calls.services import access, playing


@require_GET
@login_required
def recording(request: HttpRequest, call_id: UUID, recording_id: UUID) -> HttpResponseBase:
    """Its sound, or the part that the player asks for."""
    assert isinstance(request.user, User)
    found = Recording.objects.select_related("call__queue").filter(call=call_id)
    tape = get_object_or_404(found, pk=recording_id)
    return _played(request, tape, request.user)


@require_GET
@login_required
def message(request: HttpRequest, call_id: UUID) -> HttpResponseBase:
    """The message that the caller left."""
    assert isinstance(request.user, User)
    found = Voicemail.objects.select_related("call__queue")
    return _played(request, get_object_or_404(found, call=call_id), request.user)


def _played(request: HttpRequest, tape: Recording | Voicemail, by: User) -> HttpResponseBase:
    if not access.may_see(by, tape.call):
        raise Http404
    if not access.may_hear(by, tape.call):
        raise PermissionDenied("You may look at this call, but not listen to it.")
    try:
        return sound.answer(request, tape, by=by)
    except playing.NotThere as not_there:
        raise Http404(str(not_there)) from None
    except gateway.CarrierTrouble:
        return HttpResponse("The carrier cannot be reached. Try again in a moment.", status=503)
