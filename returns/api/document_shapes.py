"""Serializers for an outward document in requests and responses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import TaxAmounts
from invoices.api.common.fields import (
    Amount,
    AmountIn,
    Heads,
    Moment,
    Period,
    StrictFlag,
    StrictText,
    StrictWhole,
)
from invoices.api.common.paging import Page, page_of
from invoices.documents import changed_invoice
from invoices.documents.checking import Incoming
from invoices.models.choices import INVOICE_TYPE_LABELS
from invoices.queries.calendar import annual_returns
from invoices.rules.documents import RATES, Draft, RateLine
from invoices.rules.situation import Kind
from returns.outward.document_lists import AnyRecord, action_of, originals_of, warnings_of

KINDS = ("INV", "DN", "CN", "ECO")
NOTES = ("DN", "CN")
RATE_WORDS = [f"{rate / 100:g}" for rate in RATES]


class LineIn(serializers.Serializer):
    """The amounts of the document at one rate. Give either IGST, or CGST and SGST."""

    rate = serializers.ChoiceField(RATE_WORDS, help_text="Per cent, as text")
    taxable = AmountIn()
    igst = AmountIn(required=False, default=0)
    cgst = AmountIn(required=False, default=0)
    sgst = AmountIn(required=False, default=0)
    cess = AmountIn(required=False, default=0)


class ChangedInvoice(serializers.Serializer):
    """The invoice that a note changes. GSTR-2B shows it for credit notes of an input service distributor."""

    number = StrictText(max_length=16)
    document_date = serializers.DateField()


class DocumentIn(serializers.Serializer):
    """A document addressed to a recipient. To amend an earlier version of the document, give the id of that
    version as `amends`."""

    kind = serializers.ChoiceField(KINDS)
    recipient = StrictText(min_length=15, max_length=15)
    number = StrictText(max_length=16)
    document_date = serializers.DateField()
    place_of_supply = StrictText(min_length=2, max_length=2)
    invoice_type = serializers.ChoiceField(list(INVOICE_TYPE_LABELS), required=False, default="R")
    reverse_charge = StrictFlag(required=False, default=False)
    concessional = StrictFlag(
        required=False, default=False, help_text="True if the tax is at 65 % of the rate"
    )
    value = AmountIn(required=False, default=0, help_text="Default: taxable value plus tax")
    lines = LineIn(many=True, allow_empty=False, max_length=50)
    irn = StrictText(required=False, allow_blank=True, max_length=64, default="")
    changed_invoice = ChangedInvoice(required=False, help_text="Only for a note")
    amends = StrictWhole(required=False, min_value=1, max_value=2**63 - 1)
    revision = StrictWhole(
        required=False, min_value=0, max_value=2**31 - 1, help_text="For an edit: the revision that you read"
    )


class RateOut(serializers.Serializer):
    rate = serializers.SerializerMethodField()
    taxable = Amount()
    igst = Amount()
    cgst = Amount()
    sgst = Amount()
    cess = Amount()

    def get_rate(self, line: RateLine) -> str:
        return f"{line.rate / 100:g}"


# serializes a live or archived document whose recipient is already loaded
class DocumentOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    form = serializers.CharField()
    tax_period = Period()
    kind = serializers.CharField()
    recipient = serializers.CharField(source="recipient.gstin")
    number = serializers.CharField()
    document_date = serializers.DateField()
    place_of_supply = serializers.CharField(allow_blank=True)
    invoice_type = serializers.CharField()
    reverse_charge = serializers.BooleanField()
    value = Amount()
    taxable = Amount()
    tax = Heads(source="*")
    lines = serializers.SerializerMethodField(help_text="The rate lines as the supplier gave them")
    changed_invoice = serializers.SerializerMethodField(help_text="Null if the document names none")
    amends = serializers.IntegerField(source="amends_id", allow_null=True)
    revision = serializers.IntegerField()
    filing = serializers.ChoiceField(
        ["S", "F", "L"], help_text="S saved, F filed, L saved in a form that can no longer be filed"
    )
    filed_on = serializers.DateField(allow_null=True)
    saved_at = Moment()
    warnings = serializers.SerializerMethodField(help_text="What the supplier should check in the document")
    action = serializers.SerializerMethodField(
        help_text="The recipient's action; D: deemed accepted, L: no action possible"
    )

    @extend_schema_field(RateOut(many=True))
    def get_lines(self, record: AnyRecord) -> Any:
        return RateOut([RateLine(*line) for line in record.rate_lines or []], many=True).data

    @extend_schema_field(ChangedInvoice(allow_null=True))
    def get_changed_invoice(self, record: AnyRecord) -> Any:
        named = changed_invoice.named_in(record.details)
        return {"number": named[0], "document_date": named[1].isoformat()} if named else None

    def get_warnings(self, record: AnyRecord) -> list[str]:
        # all documents of a response have one supplier, so the response needs one query for the annual returns
        if "annual_returns" not in self.context:
            supplier = record.supplier_id
            self.context["annual_returns"] = annual_returns([supplier] if supplier else [])
        if "originals" not in self.context:
            whole = self.root.instance
            self.context["originals"] = originals_of(whole.items if isinstance(whole, Page) else [record])
        found = warnings_of(record, self.context["annual_returns"], self.context["originals"])
        return [warning.message for warning in found]

    def get_action(self, record: AnyRecord) -> str:
        return action_of(record)[0]


DocumentPage = page_of("DocumentPage", DocumentOut)


def document_of(body: Any) -> Incoming:
    """Return the document of a request body as an `Incoming`."""
    lines = tuple(
        RateLine(
            RATES[RATE_WORDS.index(line["rate"])],
            line["taxable"],
            line["igst"],
            line["cgst"],
            line["sgst"],
            line["cess"],
        )
        for line in body["lines"]
    )
    gstin = body["recipient"]
    draft = Draft(
        kind=Kind(body["kind"]),
        recipient=str(Gstin.parse(gstin)) if Gstin.is_valid(gstin) else gstin,
        number=body["number"],
        document_date=body["document_date"],
        place_of_supply=body["place_of_supply"],
        taxable=sum(line.taxable for line in lines),
        tax=sum((TaxAmounts(x.igst, x.cgst, x.sgst, x.cess) for x in lines), TaxAmounts()),
        value=body["value"],
        invoice_type=body["invoice_type"],
        reverse_charge=body["reverse_charge"],
        rate_lines=lines,
        concessional=body["concessional"],
        irn=body["irn"],
    )
    return Incoming(draft, amends=body.get("amends"), details=_details(body) or None)


def _details(body: Any) -> dict[str, str]:
    invoice = body.get("changed_invoice")
    if not invoice or body["kind"] not in NOTES:
        return {}
    return changed_invoice.as_details(invoice["number"], invoice["document_date"])
