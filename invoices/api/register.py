"""API: the bills of a purchase register. A program sends its bills with its own ids, lets the matcher run, and reads the
bills back with the matcher's answers."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import FIRST_YEAR, LAST_YEAR, TaxPeriod
from ims_portal.kernel.places import STATES
from ims_portal.support.web.api_json import dumps
from invoices.api.common.base import TaxpayerView, checked
from invoices.api.common.fields import KEY, WRITE, Amount, AmountIn, Moment, StrictFlag, StrictText, also
from invoices.api.common.once import once
from invoices.api.common.paging import AFTER, limit_parameter, page_by_id, page_of, place_asked
from invoices.matching.documents import Claim
from invoices.models import Job
from invoices.models.choices import KIND_CHOICES
from invoices.people.access import ACT
from invoices.people.tokens import Scope
from invoices.register import gone, matching_job
from invoices.register.bill_list import Found, answers
from invoices.register.models import Bill, RegisterRow, RegisterUpload
from invoices.register.take_over import BookedBill, take_over
from invoices.register.uploads import present_bills

MOST_BILLS = 1_000
KINDS = [value for value, _label in KIND_CHOICES]
MONTHS = ("posted_on", "received_on")
SOURCE_REF = OpenApiParameter("source_ref", OpenApiTypes.STR, description="Only the bill with this id")


def _text(longest: int) -> StrictText:
    return StrictText(max_length=longest, required=False, allow_blank=True, default="")


class DayIn(serializers.DateField):
    """A day of the time of GST."""

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise serializers.ValidationError(f"The year must be from {FIRST_YEAR} to {LAST_YEAR}.")
        return day


class BillIn(serializers.Serializer):
    """A bill. `source_ref` is the id of the bill in your program: the same id later is the same bill, with its present
    figures. A purchase return has the kind CN, and amounts that are not negative."""

    source_ref = StrictText(max_length=100)
    supplier_gstin = _text(40)
    supplier_name = _text(200)
    kind = serializers.ChoiceField(KINDS)
    number = _text(100)
    own_number = _text(100)
    document_date = DayIn()
    posted_on = DayIn(required=False, allow_null=True)
    received_on = DayIn(required=False, allow_null=True)
    taxable = AmountIn()
    igst = AmountIn(required=False, default=0)
    cgst = AmountIn(required=False, default=0)
    sgst = AmountIn(required=False, default=0)
    cess = AmountIn(required=False, default=0)
    value = AmountIn(required=False)
    place_of_supply = serializers.ChoiceField(sorted(STATES), required=False)
    reverse_charge = StrictFlag(required=False, default=False)
    itc = serializers.ChoiceField([one.value for one in Claim], required=False)
    original_number = _text(100)
    port_code = _text(20)
    irn = _text(64)

    def to_internal_value(self, data: Any) -> Any:
        unknown = [name for name in data if name not in self.fields] if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({str(unknown[0])[:40]: "unknown field"})
        return super().to_internal_value(data)


class RegisterIn(serializers.Serializer):
    """Up to 1,000 bills. With `complete`, these are all bills of their months: a bill of the same days that is missing
    waits for a person, who says whether it is gone."""

    documents = BillIn(many=True, allow_empty=False, max_length=MOST_BILLS)
    complete = StrictFlag(required=False, default=False)


class SavedBillsOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    documents = serializers.IntegerField()
    new = serializers.IntegerField(source="documents_new")
    same = serializers.IntegerField(source="documents_same")
    changed = serializers.IntegerField(source="documents_changed")
    missing = serializers.IntegerField(source="documents_gone")
    taken_at = Moment()


class MatchedDocumentOut(serializers.Serializer):
    """A document of IMS."""

    id = serializers.IntegerField(source="pk")
    supplier_gstin = serializers.SerializerMethodField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    action = serializers.CharField(source="decision.action")

    def get_supplier_gstin(self, record: Any) -> str:
        return record.supplier.gstin if record.supplier else ""


class BillOut(serializers.Serializer):
    """A bill with the matcher's answer. `class` is empty if the matcher has not seen the bill, and ALONE if no document
    of IMS reports it."""

    id = serializers.IntegerField(source="bill.identity")
    source_ref = serializers.CharField(source="bill.source_ref", allow_blank=True)
    supplier_gstin = serializers.CharField(source="bill.supplier_gstin", allow_blank=True)
    supplier_name = serializers.CharField(source="bill.supplier_name", allow_blank=True)
    kind = serializers.CharField(source="bill.kind")
    number = serializers.CharField(source="bill.number", allow_blank=True)
    own_number = serializers.CharField(source="bill.own_number", allow_blank=True)
    document_date = serializers.DateField(source="bill.document_date")
    taxable = Amount(source="bill.taxable")
    igst = Amount(source="bill.igst")
    cgst = Amount(source="bill.cgst")
    sgst = Amount(source="bill.sgst")
    cess = Amount(source="bill.cess")
    sub = serializers.CharField(source="found.sub", allow_blank=True)
    suggestion = serializers.SerializerMethodField()
    pending_until = serializers.DateField(source="found.finding.pending_until", default=None, allow_null=True)
    reasons = serializers.ListField(source="found.reasons", child=serializers.CharField())
    document = MatchedDocumentOut(source="found.finding.record", default=None, allow_null=True)
    missing = serializers.BooleanField(help_text="A later register has the bill no more")

    def get_fields(self) -> dict[str, Any]:
        # `class` is no name of Python
        return {
            **super().get_fields(),
            "class": serializers.CharField(source="found.match_class", allow_blank=True),
        }

    def get_suggestion(self, told: dict[str, Any]) -> str:
        finding = told["found"].finding
        return finding.suggestion if finding else ""


class MatchOut(serializers.Serializer):
    job = serializers.IntegerField(source="pk")
    state = serializers.CharField()


class RefsIn(serializers.Serializer):
    source_refs = serializers.ListField(
        child=StrictText(max_length=100), allow_empty=False, max_length=MOST_BILLS
    )


class EndedOut(serializers.Serializer):
    ended = serializers.IntegerField()


class Register(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="register_list",
        parameters=[SOURCE_REF, AFTER, limit_parameter()],
        responses={200: page_of("BillPage", BillOut), **also()},
        tags=["Register"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """List the present bills, each with its class, suggestion, reasons, and document of IMS."""
        held = present_bills(self.taxpayer)
        if ref := request.query_params.get("source_ref", ""):
            held = held.filter(source_ref=ref.replace("\x00", "")[:100])
        page = page_by_id(place_asked(request.query_params), held)
        told = answers(self.taxpayer, page.items)
        items = [
            {
                "bill": bill,
                "found": told.get(bill.identity, Found()),
                "missing": bill.gone_from_id is not None,
            }
            for bill in page.items
        ]
        return Response({"items": BillOut(items, many=True).data, "next": page.next})

    @extend_schema(
        operation_id="register_save",
        parameters=[KEY],
        request=RegisterIn,
        responses={201: SavedBillsOut, **also(*WRITE)},
        tags=["Register"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Save bills: all or none. The matcher does not run yet."""
        body = checked(RegisterIn, request)
        documents = body["documents"]
        refs = [one["source_ref"] for one in documents]
        twice = (
            next((ref for ref in refs if refs.count(ref) > 1), None) if len(set(refs)) < len(refs) else None
        )
        if twice is not None:
            raise Invalid("REG-REF-TWICE", f"Two bills have the source_ref {twice!r}. Send each bill once.")
        upload = RegisterUpload(
            name="API",
            source="api",
            digest=hashlib.sha256(dumps(request.data)).hexdigest(),
        )
        booked = [
            BookedBill(_bill(one), [RegisterRow(number=n, cells=_cells(one))])
            for n, one in enumerate(documents, start=1)
        ]
        made = take_over(self.taxpayer, upload, booked, [], by=self.by, whole=body["complete"])
        return Response(SavedBillsOut(made).data, status=201)


class MatchRegister(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="register_match",
        parameters=[KEY],
        request=None,
        responses={200: MatchOut, 202: MatchOut, **also(*WRITE)},
        tags=["Register"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Match the register with IMS. A large register is matched by a job (202)."""
        job = matching_job.ask(self.taxpayer, by=self.by)
        return Response(MatchOut(job).data, status=200 if job.state == Job.State.DONE else 202)


class EndBills(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="register_end",
        parameters=[KEY],
        request=RefsIn,
        responses={200: EndedOut, **also(*WRITE)},
        tags=["Register"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """End bills that the books have no more."""
        body = checked(RefsIn, request)
        return Response({"ended": gone.end_by_ref(self.taxpayer, body["source_refs"], by=self.by)})


def _bill(one: dict[str, Any]) -> Bill:
    posted, received = (one.get(name) for name in MONTHS)
    return Bill(
        source_ref=one["source_ref"],
        supplier_gstin=one["supplier_gstin"].upper(),
        supplier_name=one["supplier_name"],
        kind=one["kind"],
        number=one["number"],
        own_number=one["own_number"],
        document_date=one["document_date"],
        posted_period=TaxPeriod.of(posted).number if posted else None,
        received_period=TaxPeriod.of(received).number if received else None,
        taxable=one["taxable"],
        **{head: one[head] for head in HEADS},
        value=one.get("value"),
        place_of_supply=one.get("place_of_supply", ""),
        reverse_charge=one["reverse_charge"],
        itc=one.get("itc", ""),
        original_number=one["original_number"],
        port_code=one["port_code"],
        irn=one["irn"],
    )


def _cells(one: dict[str, Any]) -> list[str]:
    return [one["source_ref"], one["supplier_gstin"], one["number"], one["document_date"].isoformat()]
