"""Admin pages on which staff can only read rows, and which do not count large tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db.models import BigIntegerField, DateField, DateTimeField, Model, PositiveIntegerField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import HEADS, format_inr
from ims_portal.kernel.periods import TaxPeriod

MOST_LISTED = 1000


# a period that no credit reaches: the record has no last 2B period
NO_LIMIT = 209912
# the last part of the names of amounts; the database stores amounts in paise
AMOUNTS = frozenset({"value", "taxable", "effect", *HEADS})
Column = Callable[[Any], str]


def in_rupees(amount: int) -> str:
    """Return paise like -12345600 as "−₹1,23,456.00". A browser breaks no line after the sign."""
    return f"−\N{WORD JOINER}₹{format_inr(-amount)}" if amount < 0 else f"₹{format_inr(amount)}"


@cache
def month(field: str, title: str = "") -> Column:
    """Return a column of an admin page that shows a stored period like 202410 as "October 2024"."""

    @admin.display(description=title or field.replace("_", " "), ordering=field)
    def column(row: Any) -> str:
        number = getattr(row, field)
        if number == NO_LIMIT:
            return "no limit"
        return TaxPeriod.from_number(number).label if number else "-"

    column.__name__ = f"{field}_in_words"
    return column


@cache
def rupees(field: str) -> Column:
    """Return a column of an admin page that shows stored paise like 12345600 as "₹1,23,456.00"."""
    name = field.replace("_", " ")
    for head in HEADS[:-1]:
        name = name.replace(head, head.upper())

    @admin.display(description=name, ordering=field)
    def column(row: Any) -> str:
        amount = getattr(row, field)
        return "-" if amount is None else in_rupees(amount)

    column.__name__ = f"{field}_in_words"
    return column


def in_words(model: type[Model], names: Iterable[Any]) -> list[Any]:
    """Return the fields of an admin page. Fields with periods and amounts are replaced by columns that show
    them in words; the other fields stay."""
    return [_in_words(model, name) if isinstance(name, str) else name for name in names]


def _in_words(model: type[Model], name: str) -> str | Column:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if isinstance(field, PositiveIntegerField) and (name.endswith("period") or name == "moved_to"):
        return month(name, str(field.verbose_name))
    if isinstance(field, BigIntegerField) and name.rpartition("_")[2] in AMOUNTS:
        return rupees(name)
    return name


class BoundedPaginator(Paginator):
    """A paginator that counts at most `MOST_LISTED` rows. To find other rows, staff must search. `is_cut` says
    that there are other rows."""

    @cached_property
    def _found(self) -> int:
        return cast("QuerySet[Any]", self.object_list)[: MOST_LISTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._found, MOST_LISTED)

    @property
    def is_cut(self) -> bool:
        return self._found > MOST_LISTED


class ChosenRows(forms.ModelMultipleChoiceField):
    """A choice of rows by id. A number that no id can have is a wrong choice; Django's own field passes the
    number to the database, which fails."""

    def clean(self, value: Any) -> Any:
        for pk in value or ():
            if typed_values.whole_number(str(pk)) is None:
                raise ValidationError(
                    self.error_messages["invalid_pk_value"],
                    code="invalid_pk_value",
                    params={"pk": str(pk)[:40]},
                )
        return super().clean(value)


HOW_TO_WRITE_A_DATE = "Write the date as 25-11-2024."


class FoundById(admin.ModelAdmin):
    """An admin page whose address and fields name rows by their ids. Django fails with an error of the server
    if the parameter `_to_field` of the address is empty, or if an id is too large. Here an empty parameter
    counts as missing, and a large id as a wrong choice.

    Dates have plain fields, because Django's shortcut "Today" enters real time and not the portal's time."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, DateTimeField):
            kwargs = {"widget": forms.SplitDateTimeWidget(), **kwargs}
        elif isinstance(db_field, DateField):
            kwargs = {"widget": forms.DateInput(attrs={"size": "10"}), **kwargs}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(db_field, DateField):
            field.help_text = f"{field.help_text} {HOW_TO_WRITE_A_DATE}".strip()
            field.error_messages["invalid"] = HOW_TO_WRITE_A_DATE
            field.error_messages["invalid_date"] = HOW_TO_WRITE_A_DATE
        return field

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, form_class=ChosenRows, **kwargs)


class LargeTable(FoundById):
    """An admin list that is equally fast for short and long tables."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context and context["cl"].paginator.is_cut:
            context["subtitle"] = f"Only the first {MOST_LISTED} are listed. Search to find others"
        return response


class ReadOnly(LargeTable):
    """An admin page for rows that only the portal's events may write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return in_words(self.model, super().get_fields(request, obj))


class ReadOnlyInline(admin.TabularInline):
    """Read-only rows shown below another row."""

    extra = 0
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return in_words(self.model, super().get_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return in_words(self.model, super().get_readonly_fields(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SaysRefusals(admin.ModelAdmin):
    """Shows a message if an event refuses the change. In this case nothing is saved."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except PortalError as error:
            self.message_user(request, error_in_words(error), messages.ERROR)
            return redirect(request.get_full_path())


def error_in_words(error: PortalError) -> str:
    """Return the sentence, the rule and the code of an error as one text."""
    rule = f" ({error.rule})" if error.rule else ""
    return f"{error.message}{rule} [{error.code}]"
