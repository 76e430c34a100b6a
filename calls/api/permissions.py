"""What a key is good for. People who are signed in have no scopes: what is theirs decides."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from calls.api import clients
from calls.api.problems import ScopeMissing

if TYPE_CHECKING:  # the framework loads this module while it loads its views
    from rest_framework.views import APIView


class Scoped(BasePermission):
    """The view's `scopes`: a key needs one of them."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        client = clients.of(request)
        if client.key is None:
            return client.user is not None
        wanted: frozenset[str] = view.scopes  # type: ignore[attr-defined] # each of our views
        if wanted.isdisjoint(client.key.scopes):
            raise ScopeMissing(wanted)
        return True
