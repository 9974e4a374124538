"""REST API of one GSTR-2B version: its summary and its documents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gstr2b.models import Statement, StatementLine
from gstr2b.statement import queries
from gstr2b.statement.sections import BY_SLUG
from invoices.api.common.base import TaxpayerView, nothing, one_of, period_of, whole
from invoices.api.common.fields import Amount, Heads, Moment, Period, also
from invoices.api.common.paging import AFTER, Page, limit_parameter, page_by_id, page_of, place_asked
from invoices.models import Taxpayer
from invoices.models.choices import SECTION_LABELS


class StatementOut(serializers.Serializer):
    period = Period()
    version = serializers.IntegerField()
    cause = serializers.CharField()
    computed_at = Moment()
    is_current = serializers.BooleanField()
    is_final = serializers.BooleanField()
    has_lines = serializers.BooleanField()
    lines = serializers.IntegerField(source="line_count")


def _version(view: TaxpayerView, request: Request, text: str) -> Statement:
    month = period_of(text)
    number = whole(request.query_params, "version", 0, least=0, most=999_999)
    found = queries.version(view.taxpayer, month, number) if number else queries.current(view.taxpayer, month)
    if found is None:
        raise nothing()
    return found


VERSION = OpenApiParameter("version", OpenApiTypes.INT, description="Default: the current version")


class TableRow(serializers.Serializer):
    table = serializers.CharField()
    count = serializers.IntegerField()
    tax = Heads()


class HeadingOut(serializers.Serializer):
    block = serializers.CharField(source="block.block.slug")
    heading = serializers.CharField(
        source="row.heading.slug", help_text="The value for `section` in the list of documents"
    )
    label = serializers.CharField(source="row.heading.label")
    table_3b = serializers.CharField(source="row.heading.table_3b", allow_blank=True)
    count = serializers.IntegerField(source="row.count")
    tax = Heads(source="row.tax")
    tables = TableRow(source="row.tables", many=True)


class SummaryOut(serializers.Serializer):
    statement = StatementOut()
    headings = HeadingOut(many=True)
    net = serializers.DictField(child=Heads(), help_text="Table 4(A) by row of GSTR-3B")


class Summary(TaxpayerView):
    @extend_schema(
        operation_id="gstr2b_summary",
        parameters=[VERSION],
        responses={200: SummaryOut, **also()},
        tags=["GSTR-2B"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the summary of the statement, with the headings of the GSTR-2B form."""
        statement = _version(self, request, period)
        found = queries.summary(statement)
        headings = [{"block": block, "row": row} for block in found.blocks for row in block.rows]
        return Response(SummaryOut({"statement": statement, "headings": headings, "net": found.net}).data)


# The fields of a document in GSTR-2B or GSTR-2A. The serializer's context must contain `suppliers`, a dict
# from id to supplier.
class DocumentFields(serializers.Serializer):
    supplier_gstin = serializers.SerializerMethodField()
    kind = serializers.CharField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    form = serializers.CharField()
    tax_period = Period()
    filed_on = serializers.DateField(allow_null=True)
    taxable = Amount()
    tax = Heads(source="*")

    def get_supplier_gstin(self, row: Any) -> str | None:
        supplier = self.context["suppliers"].get(row.supplier_id)
        return supplier.gstin if supplier else None


class LineOut(DocumentFields):
    id = serializers.IntegerField(source="pk")
    record = serializers.IntegerField(source="record_id")
    section = serializers.CharField()
    table = serializers.CharField()
    row = serializers.CharField(allow_blank=True)
    treated = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    effect = Heads(source="*", prefix="effect_")
    remarks = serializers.CharField(allow_blank=True)


LinePage = page_of("LinePage", LineOut)


class Lines(TaxpayerView):
    @extend_schema(
        operation_id="gstr2b_lines",
        parameters=[
            VERSION,
            OpenApiParameter("section", OpenApiTypes.STR, enum=list(BY_SLUG)),
            OpenApiParameter("table", OpenApiTypes.STR, enum=list(SECTION_LABELS)),
            limit_parameter(),
            AFTER,
        ],
        responses={200: LinePage, **also()},
        tags=["GSTR-2B"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the documents of a version, in the order of their ids."""
        given = request.query_params
        heading = BY_SLUG.get(one_of(given, "section", BY_SLUG))
        table = one_of(given, "table", SECTION_LABELS)
        place = place_asked(given)
        statement = _version(self, request, period)
        found = StatementLine.objects.of(statement)
        if heading is not None:
            found = found.filter(section=heading.section.value)
        if table:
            found = found.filter(table=table)
        return Response(with_suppliers(LinePage, page_by_id(place, found)))


def with_suppliers(shape: type[serializers.Serializer], page: Page) -> Any:
    """Return the response data of a page of documents. One query reads the suppliers."""
    ids = {row.supplier_id for row in page.items if row.supplier_id}
    return shape(page, context={"suppliers": Taxpayer.objects.in_bulk(ids)}).data
