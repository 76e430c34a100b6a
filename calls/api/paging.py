"""Long lists, a page at a time, from a cursor: new calls do not shift what is on the next page."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, models
from rest_framework import pagination, views
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response


class Cursor(pagination.CursorPagination):
    """`?cursor=` as given by `next` and `previous`, and `?page_size=`."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    page_size_query_description = "How many at a time, at most 200."

    def get_ordering(self, request: Request, queryset: Any, view: views.APIView) -> tuple[str, ...]:  # noqa: ARG002
        order: tuple[str, ...] = view.order  # type: ignore[attr-defined] # each of our lists
        return order

    def paginate_queryset(
        self,
        queryset: models.QuerySet[Any] | Sequence[Any],
        request: Request,
        view: views.APIView | None = None,
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValidationError, ValueError, DataError) as error:
            raise ParseError("This cursor is not one of ours.") from error

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({**links, "results": data})
