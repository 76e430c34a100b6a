"""Who is asking, and what of the calls is theirs: an integrator's key, or somebody signed in."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from calls.models import ApiKey, Call
from calls.services import access


@dataclass(frozen=True, slots=True)
class Client:
    """Exactly one of the two is there, but for somebody who is neither."""

    key: ApiKey | None = None
    user: User | None = None

    @property
    def name(self) -> str:
        """The same for every request of this client, and of nobody else; empty for strangers."""
        if self.key is not None:
            return f"key:{self.key.prefix}"
        return f"user:{self.user.pk}" if self.user is not None else ""

    def calls(self) -> QuerySet[Call]:
        """The calls that this client may know of."""
        if self.key is not None:
            return Call.objects.all()
        return access.visible_calls(self.user) if self.user is not None else Call.objects.none()

    # A key's scopes were looked at before.
    def may_control(self, call: Call) -> bool:
        """Whether the client may end a call that it may see, or send it to a queue."""
        if self.key is not None:
            return True
        return self.user is not None and access.may_control(self.user, call)

    def takes_part(self, call: Call) -> bool:
        """Whether the client is on a call that it may see, or may control it."""
        if self.key is not None:
            return True
        return self.user is not None and access.takes_part(self.user, call)

    def may_dictate(self, call: Call) -> bool:
        """Whether the client may have the call's line do what its own TwiML says."""
        if self.key is not None:
            return True
        return self.user is not None and access.may_dictate(self.user, call)

    def may_see_private(self, call: Call) -> bool:
        """Whether the client is shown who listens to the call unseen."""
        return self.user is None or access.may_see_private(self.user, call)

    def unseen(self, call: Call) -> frozenset[UUID]:
        """The lines of those who listen to the call unseen, for whom they are not there."""
        if self.user is None:
            return frozenset()
        return frozenset(access.unseen_legs(self.user, call).values_list("pk", flat=True))

    def reason(self, given: str, otherwise: str) -> str:
        """What the call's story says was the reason; a key has no name of a person beside it."""
        told = given or otherwise
        return f"{told} (API key {self.key.name})" if self.key is not None else told


def found(calls: QuerySet[Call], call_id: UUID) -> Call:
    """The call, if it is one of these: what somebody may not see is, for them, not there."""
    call = calls.filter(pk=call_id).first()
    if call is None:
        raise NotFound("There is no such call.")
    return call


def of(request: Request) -> Client:
    """Whoever sent this request."""
    if isinstance(request.auth, ApiKey):
        return Client(key=request.auth)
    return Client(user=request.user) if isinstance(request.user, User) else Client()
