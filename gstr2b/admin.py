"""Staff pages of statements and desks. Staff read statements here, and may compute a statement for a
taxpayer. The checks and the journal entry are then the same as when the taxpayer computes the statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from gstr2b import generation
from gstr2b.models import Reversal37A, Statement, StatementTotal
from gstr2b.statement.sections import REASON_WORDS, TABLE_4_ROWS, TREATED_WORDS
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.support.web.read_only_admin import ReadOnlyInline, error_in_words, month
from invoices.admin import OfTaxpayer, by_admin
from invoices.admin.documents import decision_in_words, label_in_words
from invoices.models import RecipientDesk
from invoices.models.choices import INVOICE_TYPE_CHOICES, KIND_CHOICES, SECTION_LABELS

PRINTED_ROWS = {row.value: f"Table {number}" for number, _label, row, _amounts in TABLE_4_ROWS.values()}


class TotalInline(ReadOnlyInline):
    model = StatementTotal
    verbose_name_plural = "totals"
    fields = ("part", "table_row", "treatment", "why", "ims_section", "kind_in_words", "count", "taxable", "igst", "cgst", "sgst", "cess", "effect_igst", "effect_cgst", "effect_sgst", "effect_cess")  # fmt: skip
    readonly_fields = fields

    @admin.display(description="part")
    def part(self, total: StatementTotal) -> str:
        return str(total)

    @admin.display(description="row of GSTR-3B")
    def table_row(self, total: StatementTotal) -> str:
        return PRINTED_ROWS.get(total.row, "-")

    @admin.display(description="reason")
    def why(self, total: StatementTotal) -> str:
        return str(REASON_WORDS[total.reason]) or "-"

    @admin.display(description="treated as")
    def treatment(self, total: StatementTotal) -> str:
        return str(TREATED_WORDS[total.treated][1])

    @admin.display(description="section")
    def ims_section(self, total: StatementTotal) -> str:
        return SECTION_LABELS.get(total.table, total.table)

    @admin.display(description="kind")
    def kind_in_words(self, total: StatementTotal) -> str:
        return str(dict(KIND_CHOICES).get(total.kind, total.kind))


@admin.register(Statement)
class StatementAdmin(OfTaxpayer):
    owner = "recipient"
    list_display = (
        "recipient",
        month("period"),
        "version",
        "cause",
        "computed_at",
        "is_current",
        "is_final",
        "line_count",
        "actor",
    )
    list_select_related = ("recipient", "actor")
    inlines = (TotalInline,)


@admin.register(RecipientDesk)
class RecipientDeskAdmin(OfTaxpayer):
    owner = "recipient"
    list_display = ("recipient", month("period"), "statement_version", "drafted_at", "changes", "filed_at")
    list_select_related = ("recipient",)
    actions = ("generate", "recompute")

    def has_compute_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("gstr2b.add_statement")

    @admin.action(description="Generate GSTR-2B", permissions=["compute"])
    def generate(self, request: HttpRequest, queryset: QuerySet[RecipientDesk]) -> None:
        self._compute(request, queryset, generation.generate)

    @admin.action(description="Recompute GSTR-2B", permissions=["compute"])
    def recompute(self, request: HttpRequest, queryset: QuerySet[RecipientDesk]) -> None:
        self._compute(request, queryset, generation.recompute)

    def _compute(
        self, request: HttpRequest, desks: QuerySet[RecipientDesk], event: Callable[..., Statement]
    ) -> None:
        """Run `event` (generate or recompute) for each of the chosen desks, one desk at a time. If the event
        is refused for one desk, the function continues with the other desks."""
        for desk in desks.select_related("recipient"):
            period = TaxPeriod.from_number(desk.period)
            who = f"{desk.recipient.gstin}, {period.label}"
            try:
                statement = event(desk.recipient, period, by=by_admin(request))
            except PortalError as error:
                self.message_user(request, f"{who}: {error_in_words(error)}", messages.ERROR)
            else:
                done = f"{who}: version {statement.version}, {statement.line_count} documents."
                self.message_user(request, done, messages.SUCCESS)


@admin.register(Reversal37A)
class Reversal37AAdmin(OfTaxpayer):
    owner = "recipient"
    list_display = ("recipient", month("period"), "supplier", "number", month("tax_period"))
    list_select_related = ("recipient", "supplier")
    words: ClassVar[dict[str, str]] = {
        "section": "ims_section",
        "kind": "kind_in_words",
        "place_of_supply": "place",
        "invoice_type": "type_in_words",
        "label": "situation",
        "decision": "decided",
    }

    def get_fields(self, request: HttpRequest, obj: Reversal37A | None = None) -> Any:
        names = super().get_fields(request, obj)
        return list(dict.fromkeys(self.words.get(name, name) for name in names))

    def get_readonly_fields(self, request: HttpRequest, obj: Reversal37A | None = None) -> Any:
        return tuple(self.words.values())

    @admin.display(description="section")
    def ims_section(self, row: Reversal37A) -> str:
        return SECTION_LABELS.get(row.section, row.section)

    @admin.display(description="kind")
    def kind_in_words(self, row: Reversal37A) -> str:
        return str(dict(KIND_CHOICES).get(row.kind, row.kind))

    @admin.display(description="place of supply")
    def place(self, row: Reversal37A) -> str:
        code = row.place_of_supply
        return f"{code} - {state_name(code)}" if code else "-"

    @admin.display(description="invoice type")
    def type_in_words(self, row: Reversal37A) -> str:
        return dict(INVOICE_TYPE_CHOICES).get(row.invoice_type, row.invoice_type)

    @admin.display(description="situation")
    def situation(self, row: Reversal37A) -> str:
        return label_in_words(row.label)

    @admin.display(description="decision")
    def decided(self, row: Reversal37A) -> str:
        return decision_in_words(row.decision)
