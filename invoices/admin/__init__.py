"""Staff pages of registrations, the journal and jobs. The other modules have the pages of people, documents,
extensions and webhooks.

Staff can read documents, decisions and the journal but not change them. Only the portal's own events change
documents, decisions and the journal."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from ims_portal.kernel import typed_values
from ims_portal.kernel.periods import BadPeriod, Frequency, TaxPeriod
from ims_portal.support.web.read_only_admin import (
    LargeTable,
    ReadOnly,
    SaysRefusals,
    month,
)
from invoices import jobs
from invoices.admin.documents import RecordAdmin, decision_in_words  # noqa: F401  RecordAdmin registers itself
from invoices.admin.extensions import DueDateExtensionAdmin  # noqa: F401  registers itself
from invoices.admin.people import MembershipInline, PersonAdmin, by_admin  # noqa: F401  PersonAdmin registers itself
from invoices.admin.webhooks import WebhookHostAdmin  # noqa: F401  registers itself
from invoices.models import (
    Job,
    JournalEntry,
    JournalLine,
    Membership,
    PortalClock,
    Taxpayer,
)
from invoices.people import registrations
from invoices.rules.attribution import RegistrationType

admin.site.site_header = "IMS portal administration"
admin.site.site_title = "IMS portal"
admin.site.index_title = "What staff may see and do"
admin.site.enable_nav_sidebar = False
# This removes the action with which staff could tick rows in a list and delete them.
admin.site.disable_action("delete_selected")


# registrations

OPEN_PERIOD = month("open_period")


class MembershipHere(MembershipInline):
    fields = ("user", "role")


class TaxpayerForm(forms.ModelForm):
    """The form of a new registration. The first period without GSTR-3B is written like October 2024."""

    first_period = forms.CharField(
        required=False,
        help_text="First period without GSTR-3B, like October 2024. If empty: the period that ended last.",
    )

    class Meta:
        model = Taxpayer
        fields = (
            "gstin",
            "legal_name",
            "trade_name",
            "registration_type",
            "frequency",
            "district",
            "pin_code",
        )
        labels: ClassVar[dict[str, str]] = {"gstin": "GSTIN"}

    # the model has taxpayers of whom suppliers gave only the GSTIN
    legal_name = forms.CharField(max_length=200)

    def clean_first_period(self) -> TaxPeriod | None:
        text = self.cleaned_data["first_period"].strip()
        try:
            return TaxPeriod.typed(text) if text else None
        except BadPeriod as bad:
            raise ValidationError(str(bad)) from None

    def validate_unique(self) -> None:
        """Accept a GSTIN that the portal already knows, because suppliers may have reported documents for a
        GSTIN before its registration. The registration event checks later whether the GSTIN is already
        registered."""


@admin.register(Taxpayer)
class TaxpayerAdmin(SaysRefusals, LargeTable):
    list_display = (
        "number",
        "trade_name",
        "legal_name",
        "registration_type",
        "frequency",
        OPEN_PERIOD,
        "listed",
    )
    list_filter = ("listed", "frequency")
    search_fields = ("gstin__startswith", "trade_name__istartswith", "legal_name__istartswith")
    inlines = (MembershipHere,)
    ordering = ("gstin",)

    @admin.display(description="GSTIN", ordering="gstin")
    def number(self, taxpayer: Taxpayer) -> str:
        return taxpayer.gstin

    def get_form(
        self, request: HttpRequest, obj: Taxpayer | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        return super().get_form(request, obj, change, **({} if obj else {"form": TaxpayerForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Taxpayer | None = None) -> tuple[str, ...]:
        if obj is None:
            return (*TaxpayerForm.Meta.fields, "first_period")
        said = ("number", "legal_name", "trade_name", "district", "pin_code", "listed", "working_copy")
        return (*said, "registration_type", "frequency", OPEN_PERIOD)  # type: ignore[return-value]

    def get_readonly_fields(self, request: HttpRequest, obj: Taxpayer | None = None) -> tuple[str, ...]:
        # These fields are fixed after the registration. Staff cannot change GSTIN and registration type,
        # because the routes of records depend on them. Only the filing of GSTR-3B moves the open period.
        return ("number", "registration_type", OPEN_PERIOD) if obj else ()  # type: ignore[return-value]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Taxpayer, form: forms.ModelForm, change: bool) -> None:
        if change:
            registrations.describe(
                obj,
                legal_name=obj.legal_name,
                trade_name=obj.trade_name,
                listed=obj.listed,
                working_copy=obj.working_copy,
                district=obj.district,
                pin_code=obj.pin_code,
                frequency=Frequency(obj.frequency),
                by=by_admin(request),
            )
            return
        made = registrations.register(
            obj.gstin,
            legal_name=obj.legal_name,
            trade_name=obj.trade_name,
            registration=RegistrationType(obj.registration_type),
            frequency=Frequency(obj.frequency),
            opens=form.cleaned_data["first_period"],
            district=obj.district,
            pin_code=obj.pin_code,
            by=by_admin(request),
        )
        obj.pk = made.pk
        obj._state.adding = False
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        here = Membership.objects.filter(taxpayer_id=form.instance.pk)
        before = registrations.roles(here)
        super().save_related(request, form, formsets, change)
        registrations.roles_changed(before, registrations.roles(here.all()), by=by_admin(request))


# journal, jobs, dates


class OfTaxpayer(ReadOnly):
    """Lists rows that belong to taxpayers. Staff search by a taxpayer's whole GSTIN."""

    owner = "taxpayer"
    search_fields = ("pk",)
    search_help_text = "GSTIN"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        ids = list(Taxpayer.objects.filter(gstin=search_term.strip().upper()).values_list("pk", flat=True))
        return (queryset.filter(**{f"{self.owner}_id__in": ids}) if search_term.strip() else queryset), False


@admin.register(JournalEntry)
class JournalEntryAdmin(OfTaxpayer):
    list_display = (
        "id",
        "portal_time",
        "real_time",
        "taxpayer",
        "event",
        "actor",
        "source",
        month("period"),
        "record_count",
    )
    list_select_related = ("taxpayer", "actor")


@admin.register(JournalLine)
class JournalLineAdmin(ReadOnly):
    list_display = ("id", "entry_id", "record_id", "action_before", "action_after", "revision", "remarks")
    fields = ("entry", "record_id", "recipient_id", "revision", "action_before", "action_after", "remarks", "detail")  # fmt: skip
    readonly_fields = fields
    list_select_related = ()
    raw_id_fields = ("entry",)
    search_fields = ("record_id",)
    search_help_text = "The number of a record, or “entry:” and the number of a journal entry"

    @admin.display(description="before", ordering="before")
    def action_before(self, line: JournalLine) -> str:
        return decision_in_words(line.before)

    @admin.display(description="after", ordering="after")
    def action_after(self, line: JournalLine) -> str:
        return decision_in_words(line.after)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        field = "entry_id" if term.startswith("entry:") else "record_id"
        number = typed_values.whole_number(term.removeprefix("entry:").strip())
        return (queryset.none() if number is None else queryset.filter(**{field: number})), False


@admin.register(Job)
class JobAdmin(OfTaxpayer):
    list_display = (
        "id",
        "kind",
        "key",
        "taxpayer",
        "state",
        "done_count",
        "total_count",
        "attempts",
        "error",
        "created_at",
    )
    list_select_related = ("taxpayer",)
    list_filter = ("state",)
    actions = ("try_again",)

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invoices.change_job")

    @admin.action(description="Try again", permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        failed = list(queryset.filter(state=Job.State.FAILED))
        for job in failed:
            jobs.retry(job)
        if failed:
            self.message_user(request, f"Jobs back in the queue: {len(failed)}.", messages.SUCCESS)
        else:
            self.message_user(request, "Only a failed job can be tried again.", messages.WARNING)


@admin.register(PortalClock)
class PortalClockAdmin(ReadOnly):
    list_display = ("id", "portal_anchor", "real_anchor", "frozen", "nights_through", "moving_to", "set_by")
    list_select_related = ("set_by",)
