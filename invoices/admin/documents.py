"""Staff pages of documents and of the recipients' decisions on them. Staff can only read them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from ims_portal.kernel.gstin import SHAPE
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.web.read_only_admin import ReadOnly, ReadOnlyInline, in_rupees
from invoices.models import ArchivedRecord, Decision, Record, Taxpayer
from invoices.models.choices import (
    ACTION_CHOICES,
    ANSWER_CHOICES,
    DIRECTION_CHOICES,
    KIND_CHOICES,
    ROUTE_CHOICES,
    STANDING_CHOICES,
)
from invoices.queries import numbers
from invoices.rules.situation import Answer, Direction


def gstin_in(text: str) -> str | None:
    """Return the first GSTIN in the text of a search, or None."""
    return next((word for word in text.upper().split() if SHAPE.match(word)), None)


class ByGstin(admin.SimpleListFilter):
    """A filter that appears only if the search contains a GSTIN. Without a GSTIN, the query could use no
    index."""

    field = ""
    side = "recipient"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        gstin = gstin_in(request.GET.get("q", ""))
        if gstin is None:
            return []
        mine = model_admin.model.objects.filter(**{f"{self.side}__gstin": gstin}).order_by(f"-{self.field}")
        periods = mine.values_list(self.field, flat=True).distinct()[:24]
        return [(number, TaxPeriod.from_number(number).label) for number in periods]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value, gstin = self.value(), gstin_in(request.GET.get("q", ""))
        if not value or gstin is None:
            return queryset
        return queryset.filter(**{f"{self.side}__gstin": gstin, self.field: value})


class ClaimPeriod(ByGstin):
    title, parameter_name, field = "GSTR-2B period, as recipient", "claim", "claim_period"


class LandPeriod(ByGstin):
    title, parameter_name, field = "GSTR-2B period, as recipient", "land", "land_period"


def label_in_words(label: str) -> str:
    """Return the label of a record like "2410 INV M F O - -" in words. The filing is left out."""
    _book, kind, route, _filing, standing, direction, superseded = label.split(" ")
    facets = [dict(KIND_CHOICES)[kind], dict(ROUTE_CHOICES)[route], dict(STANDING_CHOICES)[standing]]
    if direction != Direction.NONE.value:
        facets.append(dict(DIRECTION_CHOICES)[direction])
    if superseded == "X":
        facets.append("Replaced by an amendment")
    return ", ".join(str(facet) for facet in facets)


class DocumentAdmin(ReadOnly):
    """Lists documents. Staff search by the GSTIN of recipient or supplier, by the beginning of a document
    number, or by both."""

    list_display: tuple[str, ...] = (
        "number",
        "document_date",
        "section",
        "supplier_gstin",
        "recipient_gstin",
        "tax_rupees",
        "filing",
        "situation",
    )
    list_select_related = ("supplier", "recipient")
    search_fields = ("number_key",)
    search_help_text = "GSTIN of either side, the beginning of a document number, or both"

    @admin.display(description="supplier")
    def supplier_gstin(self, record: Record) -> str:
        return record.supplier.gstin if record.supplier else "customs"

    @admin.display(description="tax")
    def tax_rupees(self, record: Record) -> str:
        return in_rupees(record.tax)

    @admin.display(description="situation")
    def situation(self, record: Record) -> str:
        """Return the facets of the record's label in words. The filing has its own column."""
        return label_in_words(record.label)

    @admin.display(description="tax by rate")
    def rates(self, record: Record) -> str:
        names = ("taxable", *(head.upper() for head in HEADS))
        return (
            "; ".join(
                f"{line[0] / 100:g} %: "
                + ", ".join(
                    f"{name} {in_rupees(amount)}"
                    for name, amount in zip(names, line[1:], strict=False)
                    if amount
                )
                for line in record.rate_lines or []
            )
            or "-"
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        words = {"rate_lines": "rates", "label": "situation"}
        return list(dict.fromkeys(words.get(name, name) for name in super().get_fields(request, obj)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("rates", "situation")

    @admin.display(description="recipient")
    def recipient_gstin(self, record: Record) -> str:
        return record.recipient.gstin

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        gstin = gstin_in(search_term)
        rest = " ".join(word for word in search_term.split() if word.upper() != gstin)
        if gstin:
            ids = list(Taxpayer.objects.filter(gstin=gstin).values_list("pk", flat=True))
            queryset = queryset.filter(Q(recipient_id__in=ids) | Q(supplier_id__in=ids))
        if rest:
            queryset = queryset.filter(numbers.beginning_with(rest))
        return queryset, False


def decision_in_words(label: str) -> str:
    """Return the label of a decision like "A F" in words: the action, and the answer about ITC if there is
    one. Return "-" for an empty label, which stands for no record."""
    action, _space, answer = label.partition(" ")
    if not action:
        return "-"
    said = str(dict(ACTION_CHOICES)[action])
    return (
        said
        if answer == Answer.NONE.value
        else f"{said}, ITC reduced: {dict(ANSWER_CHOICES)[answer].lower()}"
    )


class DecisionInline(ReadOnlyInline):
    model = Decision
    fields = ("action", "answer", "reduction_igst", "reduction_cgst", "reduction_sgst", "reduction_cess", "remarks", "acted_at", "actor", "moved_to", "version")  # fmt: skip
    readonly_fields = fields


@admin.register(Record)
class RecordAdmin(DocumentAdmin):
    list_filter = (ClaimPeriod,)
    inlines = (DecisionInline,)


@admin.register(ArchivedRecord)
class ArchivedRecordAdmin(DocumentAdmin):
    list_display = (*DocumentAdmin.list_display, "action", "why", "left_at")
    list_filter = (LandPeriod,)
