"""GSTR-2B: its summary and its documents."""

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
from ims_portal.kernel.money import rupee_text
from invoices.api.common.base import TaxpayerView, nothing, one_of, period_of, whole
from invoices.api.common.fields import Amount, Heads, also, day, heads, moment, period
from invoices.models import Taxpayer
from invoices.models.choices import SECTION_LABELS

MOST_ROWS = 500


class StatementOut(serializers.Serializer):
    period = serializers.CharField()
    version = serializers.IntegerField()
    cause = serializers.CharField()
    computed_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()
    is_final = serializers.BooleanField()
    has_lines = serializers.BooleanField()
    lines = serializers.IntegerField()


def shown(statement: Statement) -> dict[str, Any]:
    return {
        "period": period(statement.period),
        "version": statement.version,
        "cause": statement.cause,
        "computed_at": moment(statement.computed_at),
        "is_current": statement.is_current,
        "is_final": statement.is_final,
        "has_lines": statement.has_lines,
        "lines": statement.line_count,
    }


def _version(view: TaxpayerView, request: Request, text: str) -> Statement:
    month = period_of(text)
    number = whole(request.query_params, "version", 0, least=0, most=999_999)
    found = queries.version(view.taxpayer, month, number) if number else queries.current(view.taxpayer, month)
    if found is None:
        raise nothing()
    return found


VERSION = OpenApiParameter("version", OpenApiTypes.INT, description="The current one unless told")


class TableRow(serializers.Serializer):
    table = serializers.CharField()
    count = serializers.IntegerField()
    tax = Heads()


class HeadingOut(serializers.Serializer):
    block = serializers.CharField()
    heading = serializers.CharField(help_text="`section` of the list of documents")
    label = serializers.CharField()
    table_3b = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    tax = Heads()
    tables = TableRow(many=True)


class SummaryOut(serializers.Serializer):
    statement = StatementOut()
    headings = HeadingOut(many=True)
    net = serializers.DictField(child=Heads(), help_text="4(A) by row of GSTR-3B")


class Summary(TaxpayerView):
    @extend_schema(
        operation_id="gstr2b_summary",
        parameters=[VERSION],
        responses={200: SummaryOut, **also()},
        tags=["GSTR-2B"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """The statement in the form's own rows."""
        statement = _version(self, request, period)
        found = queries.summary(statement)
        rows = [
            {
                "block": block.block.slug,
                "heading": row.heading.slug,
                "label": str(row.heading.label),
                "table_3b": row.heading.table_3b,
                "count": row.count,
                "tax": heads(row.tax),
                "tables": [
                    {"table": table.table, "count": table.count, "tax": heads(table.tax)}
                    for table in row.tables
                ],
            }
            for block in found.blocks
            for row in block.rows
        ]
        net = {name: heads(amounts) for name, amounts in found.net.items()}
        return Response({"statement": shown(statement), "headings": rows, "net": net})


class LineOut(serializers.Serializer):
    id = serializers.IntegerField()
    record = serializers.IntegerField()
    supplier_gstin = serializers.CharField(allow_null=True)
    section = serializers.CharField()
    table = serializers.CharField()
    row = serializers.CharField(allow_blank=True)
    treated = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    form = serializers.CharField()
    tax_period = serializers.CharField()
    filed_on = serializers.DateField(allow_null=True)
    taxable = Amount()
    tax = Heads()
    effect = Heads()
    remarks = serializers.CharField(allow_blank=True)


class LinePage(serializers.Serializer):
    items = LineOut(many=True)
    next = serializers.CharField(allow_null=True)


class Lines(TaxpayerView):
    @extend_schema(
        operation_id="gstr2b_lines",
        parameters=[
            VERSION,
            OpenApiParameter("section", OpenApiTypes.STR, enum=list(BY_SLUG)),
            OpenApiParameter("table", OpenApiTypes.STR, enum=list(SECTION_LABELS)),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST_ROWS}, 50 unless told"),
            OpenApiParameter("after", OpenApiTypes.INT64, description="`next` of the page before"),
        ],
        responses={200: LinePage, **also()},
        tags=["GSTR-2B"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Documents of a version, in the order of their ids."""
        given = request.query_params
        heading = BY_SLUG.get(one_of(given, "section", BY_SLUG))
        table = one_of(given, "table", SECTION_LABELS)
        size = whole(given, "limit", 50, least=1, most=MOST_ROWS)
        after = whole(given, "after", 0, least=0, most=2**63 - 1)
        statement = _version(self, request, period)
        found = StatementLine.objects.of(statement).filter(pk__gt=after)
        if heading is not None:
            found = found.filter(section=heading.section.value)
        if table:
            found = found.filter(table=table)
        rows = list(found.order_by("pk")[: size + 1])
        following = str(rows[size - 1].pk) if len(rows) > size else None
        rows = rows[:size]
        names = Taxpayer.objects.in_bulk({r.supplier_id for r in rows if r.supplier_id})
        return Response({"items": [_line(row, names) for row in rows], "next": following})


def document(row: Any, names: dict[int, Taxpayer]) -> dict[str, Any]:
    """What a document is, wherever it is listed; `names` are suppliers by id."""
    supplier = names.get(row.supplier_id or 0)
    return {
        "supplier_gstin": supplier.gstin if supplier else None,
        "kind": row.kind,
        "number": row.number,
        "document_date": day(row.document_date),
        "form": row.form,
        "tax_period": period(row.tax_period),
        "filed_on": day(row.filed_on),
        "taxable": rupee_text(row.taxable),
        "tax": heads(queries.amounts(row, "")),
    }


def _line(line: StatementLine, names: dict[int, Taxpayer]) -> dict[str, Any]:
    return document(line, names) | {
        "id": line.pk,
        "record": line.record_id,
        "section": line.section,
        "table": line.table,
        "row": line.row,
        "treated": line.treated,
        "reason": line.reason,
        "effect": heads(queries.amounts(line, "effect")),
        "remarks": line.remarks,
    }
