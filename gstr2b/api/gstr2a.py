"""REST API of GSTR-2A: all documents that suppliers have filed for a month, as totals by table and as a list
(R-015)."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gstr2b.api.statements import DocumentFields, with_suppliers
from gstr2b.statement import gstr2a
from invoices.api.common.base import TaxpayerView, one_of, period_of
from invoices.api.common.fields import Amount, Heads, also
from invoices.api.common.paging import AFTER, limit_parameter, page_by_id, page_of, place_asked
from invoices.models.choices import SECTION_LABELS


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
        """Return totals by table. Actions in IMS do not change these totals."""
        return Response(TablesOut({"tables": gstr2a.totals(self.taxpayer, period_of(period))}).data)


class Filed2aOut(DocumentFields):
    id = serializers.IntegerField(source="pk")
    table = serializers.CharField(source="section")


Filed2aPage = page_of("Filed2aPage", Filed2aOut)


class Filed(TaxpayerView):
    @extend_schema(
        operation_id="gstr2a_documents",
        parameters=[
            OpenApiParameter("table", OpenApiTypes.STR, enum=list(SECTION_LABELS)),
            limit_parameter(),
            AFTER,
        ],
        responses={200: Filed2aPage, **also()},
        tags=["GSTR-2A"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the filed documents, in the order of their ids."""
        given = request.query_params
        place = place_asked(given)
        found = gstr2a.filed(self.taxpayer, period_of(period), one_of(given, "table", SECTION_LABELS))
        return Response(with_suppliers(Filed2aPage, page_by_id(place, *found)))
