"""The admin's theme, with types: it ships none of its own."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.forms import AdminAuthenticationForm as AdminSignInForm
    from django.contrib.auth.forms import AdminPasswordChangeForm as UserPasswordForm
    from django.contrib.auth.forms import UserChangeForm, UserCreationForm
    from django.forms import CheckboxSelectMultiple, ModelForm

    ChoicesFilter: Any
    RelatedFilter: Any
    MomentFilter: Any

    def display(**options: Any) -> Callable[[Any], Any]: ...

else:
    from django import forms
    from unfold import admin
    from unfold.contrib.filters.admin import ChoicesDropdownFilter as ChoicesFilter
    from unfold.contrib.filters.admin import RangeDateTimeFilter
    from unfold.contrib.filters.admin import RelatedDropdownFilter as RelatedFilter
    from unfold.decorators import display
    from unfold.forms import AdminPasswordChangeForm as UserPasswordForm
    from unfold.forms import AuthenticationForm as AdminSignInForm
    from unfold.forms import UserChangeForm, UserCreationForm
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxSelectMultiple

    class MomentFilter(RangeDateTimeFilter):
        """From and to as the clock on the wall shows it: the theme's own knows no time zone, and
        nothing of a day without a time."""

        def queryset(self, request, queryset):  # noqa: ARG002 Django's
            ends = (("from", "gte", "00:00"), ("to", "lte", "23:59:59.999999"))
            for end, lookup, otherwise in ends:
                moment = self._moment(end, otherwise)
                if moment is not None:
                    queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": moment})
            return queryset

        def _moment(self, end, otherwise):
            name = f"{self.parameter_name}_{end}"
            day, clock = (self.used_parameters.get(f"{name}_{part}") for part in (0, 1))
            try:
                return forms.DateTimeField(required=False).clean(f"{day} {clock or otherwise}")
            except forms.ValidationError:
                return None  # no moment, or one that was made up

    class ModelAdmin(admin.ModelAdmin):
        """`help_texts` are what the forms say of fields of which the tables say nothing."""

        help_texts = {}

        def formfield_for_dbfield(self, db_field, request, **options):
            if db_field.name in self.help_texts:
                options["help_text"] = self.help_texts[db_field.name]
            return super().formfield_for_dbfield(db_field, request, **options)

        def __class_getitem__(cls, _model: object) -> type:
            return cls

    class ModelForm(forms.ModelForm):
        def __class_getitem__(cls, _model: object) -> type:
            return cls

    class TabularInline(admin.TabularInline):
        def __class_getitem__(cls, _model: object) -> type:
            return cls


__all__ = [
    "AdminSignInForm",
    "CheckboxSelectMultiple",
    "ChoicesFilter",
    "ModelAdmin",
    "ModelForm",
    "MomentFilter",
    "RelatedFilter",
    "TabularInline",
    "UserChangeForm",
    "UserCreationForm",
    "UserPasswordForm",
    "column",
    "label",
]

Colours = Mapping[Any, str]
Shown = TypeVar("Shown", bound=Callable[..., Any])


def column(
    heading: str, order: str | None = None, *, is_flag: bool = False
) -> Callable[[Shown], Shown]:
    """A method whose value is shown in a list, under this heading."""
    return display(description=heading, ordering=order, boolean=is_flag)


def label(heading: str, colours: Colours, order: str | None = None) -> Callable[[Shown], Shown]:
    """A word that is shown as a coloured label: success, info, warning or danger."""
    return display(description=heading, ordering=order, label=dict(colours))
