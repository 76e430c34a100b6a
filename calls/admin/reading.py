"""What happens is looked at in the admin, never written there; and everything leads somewhere."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calls.admin.theme import ModelAdmin, TabularInline, column
from calls.carrier.numbers import is_withheld

Row = TypeVar("Row", bound=Model)
NOTHING = "–"

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    Base = BaseModelAdmin[Any]
else:
    Base = object


class _Untouched(Base):
    """Nobody adds, changes or deletes what the telephone wrote."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


class ReadOnlyAdmin(_Untouched, ModelAdmin[Row]):
    """A list to look through. Counting millions of rows for a number nobody reads is left out."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    list_fullwidth = True


class ReadOnlyInline(_Untouched, TabularInline[Any, Any]):
    """What belongs to a thing, on its page."""

    extra = 0
    show_change_link = True
    tab = True


def moment(name: str, heading: str) -> Any:
    """A column that shows when it was, to the second, in one line."""

    @column(heading, name)
    def shown(_admin: Any, thing: Any) -> str:
        at = getattr(thing, name)
        return NOTHING if at is None else _in_one_line(timezone.localtime(at))

    shown.__name__ = f"{name}_shown"
    return shown


def _in_one_line(local: datetime) -> str:
    """The year only where it is another one; no space at which a narrow column would break it."""
    day = "%d %b" if local.year == timezone.localtime().year else "%d %b %Y"
    return local.strftime(f"{day} %H:%M:%S").replace(" ", "\N{NO-BREAK SPACE}")


def link(thing: Model | None, text: object = None) -> SafeString | str:
    """To the thing's own page in the admin."""
    if thing is None:
        return NOTHING
    address = reverse(
        f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk]
    )
    return to(address, thing if text is None else text)


def to(address: str, text: object) -> SafeString:
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, text
    )


def number(raw: str) -> str:
    """A caller's number as people read it."""
    return "withheld" if is_withheld(raw) else raw
