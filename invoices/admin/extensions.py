"""Staff page of extended due dates: enter an extension, or load the known ones (R-067)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from ims_portal.kernel import typed_values
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from ims_portal.kernel.places import is_place_of_supply
from ims_portal.support.web.read_only_admin import FoundById, month
from invoices import known_extensions
from invoices.models import DueDateExtension, Taxpayer
from invoices.rules.calendar import base_dates
from invoices.rules.extensions import GROUPS, BadPlace, column_of, read_places


class ExtensionForm(forms.ModelForm):
    period = forms.CharField(max_length=20, help_text="Last month of the period, like December 2024")

    class Meta:
        model = DueDateExtension
        fields = ("form", "period", "state", "places", "due_on", "source", "in_force")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.period:
            self.initial["period"] = TaxPeriod.from_number(self.instance.period).label

    def clean_period(self) -> int:
        try:
            return TaxPeriod.typed(self.cleaned_data["period"]).number
        except BadPeriod as bad:
            raise ValidationError(str(bad)) from None

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        try:
            return typed_values.in_range(due_on)
        except ValueError as bad:
            raise ValidationError(str(bad)) from None

    def clean_state(self) -> str:
        state = self.cleaned_data["state"].strip().upper()
        if state and state not in GROUPS and not is_place_of_supply(state):
            raise ValidationError("A State code has two digits, like 27; empty means all States.")
        return state

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "state" in given:
            try:
                given["places"] = "\n".join(read_places(given.get("places", ""), state=given["state"]))
            except BadPlace as bad:
                self.add_error("places", str(bad))
        if {"form", "period", "state", "due_on"} <= given.keys():
            self._check_dates(given)
        return given

    def _check_dates(self, given: dict[str, Any]) -> None:
        period = TaxPeriod.from_number(given["period"])
        quarterly = given["form"].endswith("quarterly")
        if quarterly and not period.is_quarter_end:
            self.add_error("period", "Give the last month of the quarter.")
        if given["form"] == "IFF" and period.is_quarter_end:
            self.add_error("period", "There is no IFF for the last month of a quarter.")
        dates = base_dates(given["form"], period, given["state"])
        if not dates:
            self.add_error("form", "The law gives this form no due date that can be extended.")
        elif given["due_on"] <= min(dates):
            self.add_error(
                "due_on",
                f"Without an extension, this form is due on {min(dates):%d-%m-%Y}. Give a later day.",
            )


@admin.register(DueDateExtension)
class DueDateExtensionAdmin(FoundById):
    """Staff page of extended due dates. An extension changes filing windows, dates of GSTR-2B drafts and time
    limits as soon as it is saved."""

    form = ExtensionForm
    list_display = ("form_name", month("period"), "where", "due_on", "in_force", "source", "how_sure")
    readonly_fields = ("how_sure",)
    list_filter = ("in_force",)
    ordering = ("-period", "form", "state")
    change_list_template = "admin/extensions.html"

    @admin.display(description="form", ordering="form")
    def form_name(self, extension: DueDateExtension) -> str:
        return extension.form

    @admin.display(description="how sure")
    def how_sure(self, extension: DueDateExtension) -> str:
        return known_extensions.how_sure(extension) or "entered by staff"

    def save_model(self, request: HttpRequest, obj: DueDateExtension, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        districts = [place for place in obj.places.splitlines() if column_of(place) == "district"]
        here = Taxpayer.objects.filter(gstin__startswith=obj.state, district__in=districts, listed=True)
        empty = sorted(set(districts) - set(here.values_list("district", flat=True).distinct()))
        if empty:
            said = "No taxpayer of this portal has its place of business in {}. Check how each district is written."
            self.message_user(request, said.format(", ".join(empty)), messages.WARNING)

    def get_urls(self) -> list[Any]:
        known = self.admin_site.admin_view(self.known)
        return [path("known/", known, name="invoices_duedateextension_known"), *super().get_urls()]

    def known(self, request: HttpRequest) -> HttpResponse:
        """Show the known extensions, and which of them are missing here. A POST adds the missing ones."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            added = known_extensions.load()
            for one in DueDateExtension.objects.filter(source__in={known.source for known in added}):
                if (one.form, one.period, one.state, one.source, one.due_on) in {
                    (*known.key, known.due_on) for known in added
                }:
                    self.log_addition(request, one, "Loaded from the file of known extensions.")
            self.message_user(request, f"Extensions added: {len(added)}.", messages.SUCCESS)
            return redirect("admin:invoices_duedateextension_changelist")
        rows = known_extensions.compare()
        context = {
            **self.admin_site.each_context(request),
            "title": "Known extensions of due dates",
            "rows": rows,
            "missing": sum(row.here is None for row in rows),
        }
        return TemplateResponse(request, "admin/known_extensions.html", context)
