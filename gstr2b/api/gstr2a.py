"""GSTR-2A: everything suppliers have filed for a month, by table and document by document (R-015)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gstr2b.api.statements import document
from gstr2b.statement import gstr2a as query
from ims_portal.kernel.money import rupee_text
from invoices.api.common.base import TaxpayerView, one_of, period_of, whole
from invoices.api.common.fields import Amount, Heads, also, heads
from invoices.models import Taxpayer
from invoices.models.choices import SECTION_LABELS

MOST_ROWS = 500


class TableOut(serializers.Serializer):
    table = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()
    suppliers = serializers.IntegerField()
    taxable = Amount()
    tax = Heads()


class TablesOut(serializers.Serializer):
    tables = TableOut(many=True)


class Tables(TaxpayerView):
    @extend_schema(operation_id="gstr2a_summary", responses={200: TablesOut, **also()}, tags=["GSTR-2A"])
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Totals by table, whatever was done in IMS."""
        found = query.totals(self.taxpayer, period_of(period))
        return Response(
            {
                "tables": [
                    {
                        "table": one.table,
                        "label": one.label,
                        "count": one.count,
                        "suppliers": one.suppliers,
                        "taxable": rupee_text(one.taxable),
                        "tax": heads(one.tax),
                    }
                    for one in found
                ]
            }
        )


class Filed2aOut(serializers.Serializer):
    id = serializers.IntegerField()
    table = serializers.CharField()
    supplier_gstin = serializers.CharField(allow_null=True)
    kind = serializers.CharField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    form = serializers.CharField()
    tax_period = serializers.CharField()
    filed_on = serializers.DateField(allow_null=True)
    taxable = Amount()
    tax = Heads()


class Filed2aPage(serializers.Serializer):
    items = Filed2aOut(many=True)
    next = serializers.CharField(allow_null=True)


class Filed(TaxpayerView):
    @extend_schema(
        operation_id="gstr2a_documents",
        parameters=[
            OpenApiParameter("table", OpenApiTypes.STR, enum=list(SECTION_LABELS)),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST_ROWS}, 50 unless told"),
            OpenApiParameter("after", OpenApiTypes.INT64, description="`next` of the page before"),
        ],
        responses={200: Filed2aPage, **also()},
        tags=["GSTR-2A"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """The documents, in the order of their ids."""
        given = request.query_params
        size = whole(given, "limit", 50, least=1, most=MOST_ROWS)
        after = whole(given, "after", 0, least=0, most=2**63 - 1)
        rows: list[Any] = []
        for source in query.filed(self.taxpayer, period_of(period), one_of(given, "table", SECTION_LABELS)):
            rows += source.filter(pk__gt=after).order_by("pk")[: size + 1]
        rows.sort(key=lambda row: row.pk)
        following = str(rows[size - 1].pk) if len(rows) > size else None
        rows = rows[:size]
        names = Taxpayer.objects.in_bulk({row.supplier_id for row in rows if row.supplier_id})
        return Response(
            {
                "items": [document(row, names) | {"id": row.pk, "table": row.section} for row in rows],
                "next": following,
            }
        )
