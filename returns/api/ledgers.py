"""The ledgers of a taxpayer: balances from GSTR-3B to GSTR-3B, and the opening balance (R-105)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel.money import BadAmount, TaxAmounts, paise
from invoices.api.common.base import TaxpayerView, checked, nothing
from invoices.api.common.fields import KEY, WRITE, Amount, Heads, Moment, Period, also
from invoices.api.common.once import once
from invoices.people.access import ACT
from invoices.people.tokens import Scope
from invoices.rules.ledgers import NAMES, Ledger
from returns.gstr3b import ledgers

WHICH = OpenApiParameter(
    "ledger", OpenApiTypes.STR, OpenApiParameter.PATH, enum=[one.value for one in Ledger]
)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"},
            {"type": "number", "minimum": -9999999999999, "maximum": 9999999999999, "multipleOf": 0.01},
        ],
        "example": "1800.00",
    }
)
class SignedAmountIn(serializers.Field):
    """An amount in a request: rupees as text or number, with at most two decimals. The amount may be negative.
    The field converts the amount to paise."""

    def to_internal_value(self, data: Any) -> int:
        try:
            return paise(data if isinstance(data, (str, int)) or not hasattr(data, "text") else str(data))
        except BadAmount as bad:
            raise serializers.ValidationError(str(bad)) from None

    to_representation = Amount.to_representation


class RowOut(serializers.Serializer):
    period = Period()
    filed_on = serializers.DateField()
    reference = serializers.CharField()
    opening = Heads()
    added = Heads(help_text="4(B)(2) for the reversal statement, 3.1(d) for the RCM statement")
    used = Heads(help_text="4(D)(1) for the reversal statement, 4(A)(2) and 4(A)(3) for the RCM statement")
    closing = Heads()


class DeclaredOut(serializers.Serializer):
    declared_at = Moment()
    reference = serializers.CharField()
    amounts = Heads(source="*")


class LedgerOut(serializers.Serializer):
    name = serializers.CharField()
    opening = Heads(help_text="The opening balance that counts")
    declarations = DeclaredOut(many=True, help_text="The opening balances that were entered, oldest first")
    declarations_left = serializers.IntegerField()
    rows = RowOut(many=True, help_text="One row for each filed GSTR-3B, oldest first")
    closing = Heads()


class OpeningIn(serializers.Serializer):
    """The opening balance, in rupees. A missing head is zero. Only the RCM statement may open with a negative
    amount."""

    igst = SignedAmountIn(required=False, default=0)
    cgst = SignedAmountIn(required=False, default=0)
    sgst = SignedAmountIn(required=False, default=0)
    cess = SignedAmountIn(required=False, default=0)


class LedgerView(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    def _shown(self, ledger: str) -> Any:
        which = _ledger(ledger)
        account = ledgers.account(self.taxpayer, which)
        body = {
            "name": NAMES[which],
            "opening": account.opening,
            "declarations": account.declarations,
            "declarations_left": account.declarations_left,
            "rows": account.rows,
            "closing": account.closing,
        }
        return LedgerOut(body).data

    @extend_schema(
        operation_id="ledger", parameters=[WHICH], responses={200: LedgerOut, **also()}, tags=["GSTR-3B"]
    )
    def get(self, request: Request, gstin: str, ledger: str) -> Response:
        """Return a ledger: reclaim is the Electronic Credit Reversal and Re-claimed Statement, rcm is the RCM
        Liability/ITC Statement."""
        return Response(self._shown(ledger))

    @extend_schema(
        operation_id="ledger_opening",
        parameters=[WHICH, KEY],
        request=OpeningIn,
        responses={200: LedgerOut, **also(*WRITE)},
        tags=["GSTR-3B"],
    )
    @once
    def post(self, request: Request, gstin: str, ledger: str) -> Response:
        """Enter the opening balance of a ledger. The balance can be corrected three times. The same balance sent
        again changes nothing."""
        which = _ledger(ledger)
        ledgers.declare(self.taxpayer, which, TaxAmounts(**checked(OpeningIn, request)), by=self.by)
        return Response(self._shown(ledger))


def _ledger(name: str) -> Ledger:
    try:
        return Ledger(name)
    except ValueError:
        raise nothing() from None
