"""The supplier's view: the recipients' actions on the documents of a return period, and the tax that
rejections add."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api.common.base import TaxpayerView, one_of, period_of
from invoices.api.common.fields import Amount, Heads, Period, also
from invoices.api.common.paging import AFTER, Page, limit_parameter, page_by_id, page_of, place_asked
from returns.outward import recipients_answers
from returns.outward.queries import TABLES

STATUSES = ("N", "A", "R", "P", "L")


class TableCounts(serializers.Serializer):
    table = serializers.CharField(source="table.slug")
    label = serializers.CharField(source="table.label")
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Documents by the recipient's action; L: no action possible",
    )
    total = serializers.IntegerField()


class OutwardOut(serializers.Serializer):
    period = Period()
    tables = TableCounts(many=True)
    liability_expected = Heads(source="liability.forecast")
    liability_posted = Heads(source="liability.posted")


class Outward(TaxpayerView):
    @extend_schema(operation_id="outward_summary", responses={200: OutwardOut, **also()}, tags=["Outward"])
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the number of documents by table and status, and the tax that rejections add back."""
        month = period_of(period)
        liability = recipients_answers.liability(
            recipients_answers.forecasts(self.taxpayer, month),
            recipients_answers.posted(self.taxpayer, period=month),
        )
        tables = recipients_answers.counts(self.taxpayer, month)
        return Response(OutwardOut({"period": month, "tables": tables, "liability": liability}).data)


class SeenOut(serializers.Serializer):
    id = serializers.IntegerField(source="record.pk")
    recipient_gstin = serializers.CharField(source="recipient.gstin")
    kind = serializers.CharField(source="record.kind")
    number = serializers.CharField(source="record.number")
    document_date = serializers.DateField(source="record.document_date")
    form = serializers.CharField(source="record.form")
    taxable = Amount(source="record.taxable")
    tax = Heads(source="record")
    filing = serializers.CharField(source="record.filing")
    did = serializers.CharField(
        source="record.did", help_text="N, A, R, P, or L if the recipient cannot act on the document"
    )
    deemed = serializers.BooleanField()
    remarks = serializers.CharField(source="record.remarks", allow_blank=True)
    land_period = Period(source="record.land_period")
    recipient_filed_on = serializers.DateField(source="filed_3b_on", allow_null=True)
    adds = Heads(allow_null=True, help_text="Tax this rejection adds to the supplier")


SeenPage = page_of("SeenPage", SeenOut)


class OutwardDocuments(TaxpayerView):
    @extend_schema(
        operation_id="outward_documents",
        parameters=[
            OpenApiParameter("table", OpenApiTypes.STR, enum=[table.slug for table in TABLES]),
            OpenApiParameter("status", OpenApiTypes.STR, enum=list(STATUSES)),
            limit_parameter(),
            AFTER,
        ],
        responses={200: SeenPage, **also()},
        tags=["Outward"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the supplier's documents, with the recipients' actions."""
        month, given = period_of(period), request.query_params
        known = {table.slug: table for table in TABLES}
        table = known.get(one_of(given, "table", known))
        place = place_asked(given)
        found = recipients_answers.documents(self.taxpayer, month, table, one_of(given, "status", STATUSES))
        page = page_by_id(place, *found)
        return Response(SeenPage(Page(recipients_answers.seen(page.items), page.next)).data)
