"""GSTR-3B: show Table 4 before filing, and file the return."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gstr2b.statement import queries as statements
from gstr2b.statement.table4 import net_credit
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.common.base import TaxpayerView, checked, period_of
from invoices.api.common.fields import KEY, WRITE, AmountIn, Heads, Period, StrictText, StrictWhole, also
from invoices.api.common.once import once
from invoices.people.access import FILE
from invoices.people.tokens import Scope
from invoices.rules.refusals import CODES
from returns.gstr3b import checklist, filed_rows, filing
from returns.gstr3b.checklist import Check
from returns.models import Gstr3b

NOT_IN_2B = {"4A2", "4D1"}  # GSTR-2B has no figure for these rows, so they need no reason
# The rows that a taxpayer can type. Two rows are left out: 4(C) is calculated, and 4(D)(2) always equals
# GSTR-2B.
TYPED = ("31D", "4A1", "4A2", "4A3", "4A4", "4A5", "4B1", "4B2", "4D1")


class FiledOut(serializers.Serializer):
    reference = serializers.CharField()
    filed_on = serializers.DateField()
    statement = serializers.IntegerField(
        source="statement.version", help_text="Version of the GSTR-2B that the figures come from"
    )


class WhyNot(serializers.Serializer):
    code = serializers.CharField()
    rule = serializers.CharField(source="known.rule")
    sentence = serializers.CharField(source="known.sentence")


class FilingWarning(serializers.Serializer):
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    rule = serializers.CharField(allow_blank=True)


class Table4Out(serializers.Serializer):
    period = Period()
    version = serializers.IntegerField(help_text="Version of the current GSTR-2B; 0 if there is none")
    rows = serializers.DictField(child=Heads())
    net = Heads()
    filed = FiledOut(allow_null=True)
    stops = WhyNot(allow_null=True)
    warnings = FilingWarning(
        many=True,
        help_text="What the checklist of the page warns of: the taxpayer's own GSTR-1 is not filed, credit is "
        "claimed after the section 16(4) date, and others. The answer to a filing repeats the warnings.",
    )


class FileIn(serializers.Serializer):
    """`version` is the version of the GSTR-2B that the caller has reviewed. `rows` are the caller's own
    figures for rows of Table 4 and for row 3.1(d) (`31D`), and `reason` says why these figures differ from GSTR-2B."""

    version = StrictWhole(min_value=1, max_value=999_999)
    declared = serializers.ChoiceField(["yes"], help_text="You make the declaration of the form")
    rows = serializers.DictField(
        child=serializers.DictField(child=AmountIn()), required=False, help_text="{row: {head: rupees}}"
    )
    reason = StrictText(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: Any) -> Any:
        for row, amounts in attrs.get("rows", {}).items():
            if row not in TYPED:
                raise serializers.ValidationError({"rows": f"Row {row[:10]!r} cannot be changed by hand."})
            unknown = [head for head in amounts if head not in HEADS]
            if unknown:
                raise serializers.ValidationError({"rows": f"There is no tax head {unknown[0][:10]!r}."})
        from_2b = attrs.get("rows", {}).keys() - NOT_IN_2B
        if from_2b and not attrs.get("reason", "").strip():
            raise serializers.ValidationError(
                {"reason": "Give the reason why a figure that comes from GSTR-2B was changed."}
            )
        return attrs


class ThreeB(TaxpayerView):
    scopes = {"POST": Scope.FILE}
    roles = {"POST": FILE}

    def return_state(self, month: TaxPeriod, warnings: list[Check] | None = None) -> Any:
        """Return Table 4 with its state. `warnings` are those of a filing that was just made."""
        found = (
            Gstr3b.objects.filter(recipient=self.taxpayer, period=month.number)
            .select_related("statement")
            .first()
        )
        statement = statements.current(self.taxpayer, month)
        if found is not None:
            table = filed_rows.of(found)
            code = None
        else:
            table = dict(filing.prepare(self.taxpayer, month))
            code = filing.why_not(self.taxpayer, month)
        state = {
            "period": month,
            "version": statement.version if statement else 0,
            "rows": table,
            "net": net_credit(table),
            "filed": found,
            "stops": {"code": code, "known": CODES[code]} if code else None,
            "warnings": checklist.warnings(self.taxpayer, month) if warnings is None else warnings,
        }
        return Table4Out(state).data

    @extend_schema(operation_id="gstr3b_table4", responses={200: Table4Out, **also()}, tags=["GSTR-3B"])
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return Table 4: the filed figures, or before filing the figures of GSTR-2B. If the return cannot be
        filed now, also return the reason."""
        return Response(self.return_state(period_of(period)))

    @extend_schema(
        operation_id="gstr3b_file",
        parameters=[KEY],
        request=FileIn,
        responses={200: Table4Out, **also(*WRITE)},
        tags=["GSTR-3B"],
    )
    @once
    def post(self, request: Request, gstin: str, period: str) -> Response:
        """File GSTR-3B. The statement becomes final, and decided records leave IMS."""
        month = period_of(period)
        body = checked(FileIn, request)
        filled = filing.prepare(self.taxpayer, month)
        table = {
            row: TaxAmounts(
                *(amounts.get(head, getattr(filled.get(row, TaxAmounts()), head)) for head in HEADS)
            )
            for row, amounts in body.get("rows", {}).items()
        }
        warnings = checklist.warnings(self.taxpayer, month, table)
        filing.file(
            self.taxpayer,
            month,
            by=self.by,
            table=table or None,
            reason=body["reason"],
            seen_version=body["version"],
        )
        return Response(self.return_state(month, warnings))
