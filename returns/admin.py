"""Staff pages of filed returns. Staff can read filed returns, and can note that a taxpayer furnished its
annual return."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from ims_portal.kernel.periods import FinancialYear
from ims_portal.support.web.read_only_admin import SaysRefusals, in_rupees, month
from invoices.admin import OfTaxpayer, by_admin
from invoices.admin.people import FoundTaxpayer
from invoices.models import AnnualReturn, Taxpayer
from returns.gstr3b import annual_return
from returns.gstr3b.row_names import HEAD_LABELS, ROWS
from returns.models import AddBack, Gstr3b, LedgerOpening, OutwardReturn


@admin.register(OutwardReturn)
class OutwardReturnAdmin(OfTaxpayer):
    owner = "supplier"
    list_display = (
        "supplier",
        "form",
        month("period"),
        "filed_on",
        "document_count",
        "reference",
        "filed_by",
    )
    list_select_related = ("supplier", "filed_by")


@admin.register(Gstr3b)
class Gstr3bAdmin(OfTaxpayer):
    owner = "recipient"
    list_display = ("recipient", month("period"), "filed_on", "reference", "statement", "filed_by")
    list_select_related = ("recipient", "filed_by", "statement__recipient")
    fields = ("recipient", "period", "statement", "rows", "filed_at", "filed_on", "filed_by", "reference")
    readonly_fields = ("rows",)

    @admin.display(description="rows as filed")
    def rows(self, filed: Gstr3b) -> str:
        """Return the rows of the return that have an amount, one on each line, with their amounts in rupees."""
        return (
            format_html_join(
                mark_safe("<br>"),
                "Table {}, {}: {}",
                (
                    (
                        *ROWS[row][:2],
                        ", ".join(f"{HEAD_LABELS[h]} {in_rupees(amounts[h])}" for h in amounts if amounts[h]),
                    )
                    for row, amounts in filed.table4.items()
                    if any(amounts.values())
                ),
            )
            or "nil"
        )


@admin.register(LedgerOpening)
class LedgerOpeningAdmin(OfTaxpayer):
    owner = "taxpayer"
    list_display = ("taxpayer", "ledger", "declared_at", "reference", "declared_by")
    list_select_related = ("taxpayer", "declared_by")


@admin.register(AddBack)
class AddBackAdmin(OfTaxpayer):
    owner = "supplier"
    list_display = (
        "supplier",
        month("period"),
        "recipient",
        month("recipient_period"),
        "record_id",
        "rupees",
    )
    list_select_related = ("supplier", "recipient")

    @admin.display(description="tax added")
    def rupees(self, added: AddBack) -> str:
        return in_rupees(added.igst + added.cgst + added.sgst + added.cess)


class AnnualReturnForm(forms.ModelForm):
    taxpayer = FoundTaxpayer(Taxpayer.objects.filter(listed=True))

    class Meta:
        model = AnnualReturn
        fields = ("taxpayer", "year")

    def clean_year(self) -> int:
        year = self.cleaned_data["year"]
        if not 2017 <= year <= 2098:
            raise ValidationError(
                "Give the first calendar year of the financial year, like 2024 for 2024-25."
            )
        return year


@admin.register(AnnualReturn)
class AnnualReturnAdmin(SaysRefusals, OfTaxpayer):
    """The staff page of annual returns. Staff note that a taxpayer furnished its annual return today (portal
    clock). This day may change the section 16(4) date. Therefore staff can note each year only once, and
    cannot change the day later."""

    form = AnnualReturnForm
    list_display = ("taxpayer", "financial_year", "furnished_on")
    list_select_related = ("taxpayer",)
    readonly_fields = ("financial_year",)

    @admin.display(description="financial year", ordering="year")
    def financial_year(self, row: AnnualReturn) -> str:
        return FinancialYear(row.year).label

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.add_annualreturn")

    def get_fields(self, request: HttpRequest, obj: AnnualReturn | None = None) -> tuple[str, ...]:
        return ("taxpayer", "financial_year", "furnished_on") if obj else ("taxpayer", "year")

    def save_model(
        self, request: HttpRequest, obj: AnnualReturn, form: forms.ModelForm, change: bool
    ) -> None:
        made = annual_return.furnish(obj.taxpayer, FinancialYear(obj.year), by=by_admin(request))
        obj.pk, obj.furnished_on = made.pk, made.furnished_on
