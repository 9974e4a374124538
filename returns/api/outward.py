"""The supplier's side: what became of the documents of a return period, and what rejections add."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel.money import HEADS, rupee_text
from invoices.api.common.base import TaxpayerView, one_of, period_of, whole
from invoices.api.common.fields import Amount, Heads, also, day, heads, period
from returns.outward import recipients_answers as query
from returns.outward.queries import TABLES

MOST_ROWS = 500
STATUSES = ("N", "A", "R", "P", "L")


class TableCounts(serializers.Serializer):
    table = serializers.CharField()
    label = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="By what recipients did; L: not actionable"
    )
    total = serializers.IntegerField()


class OutwardOut(serializers.Serializer):
    period = serializers.CharField()
    tables = TableCounts(many=True)
    liability_expected = Heads()
    liability_posted = Heads()


class Outward(TaxpayerView):
    @extend_schema(operation_id="outward_summary", responses={200: OutwardOut, **also()}, tags=["Outward"])
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Counts by table and status, and the tax that rejections add back."""
        month = period_of(period)
        rows = query.counts(self.taxpayer, month)
        found = query.liability(
            query.forecasts(self.taxpayer, month), query.posted(self.taxpayer, period=month)
        )
        return Response(
            {
                "period": month.wire,
                "tables": [
                    {
                        "table": row.table.slug,
                        "label": str(row.table.label),
                        "counts": row.counts,
                        "total": row.total,
                    }
                    for row in rows
                ],
                "liability_expected": heads(found.forecast),
                "liability_posted": heads(found.posted),
            }
        )


class SeenOut(serializers.Serializer):
    id = serializers.IntegerField()
    recipient_gstin = serializers.CharField()
    kind = serializers.CharField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    form = serializers.CharField()
    taxable = Amount()
    tax = Heads()
    filing = serializers.CharField()
    did = serializers.CharField(help_text="N, A, R, P, or L where the recipient does not act on it")
    deemed = serializers.BooleanField()
    remarks = serializers.CharField(allow_blank=True)
    land_period = serializers.CharField()
    recipient_filed_on = serializers.DateField(allow_null=True)
    adds = Heads(allow_null=True, help_text="Tax this rejection adds to the supplier")


class SeenPage(serializers.Serializer):
    items = SeenOut(many=True)
    next = serializers.CharField(allow_null=True)


class OutwardDocuments(TaxpayerView):
    @extend_schema(
        operation_id="outward_documents",
        parameters=[
            OpenApiParameter("table", OpenApiTypes.STR, enum=[table.slug for table in TABLES]),
            OpenApiParameter("status", OpenApiTypes.STR, enum=list(STATUSES)),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST_ROWS}, 50 unless told"),
            OpenApiParameter("after", OpenApiTypes.INT64, description="`next` of the page before"),
        ],
        responses={200: SeenPage, **also()},
        tags=["Outward"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Documents as their supplier sees them after the recipients had them."""
        month, given = period_of(period), request.query_params
        known = {table.slug: table for table in TABLES}
        table = known.get(one_of(given, "table", known))
        size = whole(given, "limit", 50, least=1, most=MOST_ROWS)
        after = whole(given, "after", 0, least=0, most=2**63 - 1)
        rows: list[Any] = []
        for source in query.documents(self.taxpayer, month, table, one_of(given, "status", STATUSES)):
            rows += source.filter(pk__gt=after).order_by("pk")[: size + 1]
        rows.sort(key=lambda row: row.pk)
        following = str(rows[size - 1].pk) if len(rows) > size else None
        return Response({"items": [_seen(s) for s in query.seen(rows[:size])], "next": following})


def _seen(found: query.AnsweredDocument) -> dict[str, Any]:
    row = found.record
    return {
        "id": row.pk,
        "recipient_gstin": found.recipient.gstin,
        "kind": row.kind,
        "number": row.number,
        "document_date": day(row.document_date),
        "form": row.form,
        "taxable": rupee_text(row.taxable),
        "tax": {head: rupee_text(getattr(row, head)) for head in HEADS},
        "filing": row.filing,
        "did": row.did,
        "deemed": found.deemed,
        "remarks": row.remarks,
        "land_period": period(row.land_period),
        "recipient_filed_on": day(found.filed_3b_on),
        "adds": heads(found.adds) if found.adds is not None else None,
    }
