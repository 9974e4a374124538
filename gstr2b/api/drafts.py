"""REST API of GSTR-2B versions: list and compare versions, preview a computation, and compute a version."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gstr2b import differences, generation
from gstr2b.api.statements import StatementOut
from gstr2b.statement import queries
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.common.base import TaxpayerView, nothing, period_of, whole
from invoices.api.common.fields import KEY, WRITE, Amount, Heads, also
from invoices.api.common.once import once
from invoices.people.access import ACT
from invoices.people.tokens import Scope


class VersionsOut(serializers.Serializer):
    items = StatementOut(many=True)


class Versions(TaxpayerView):
    @extend_schema(operation_id="gstr2b_versions", responses={200: VersionsOut, **also()}, tags=["GSTR-2B"])
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return all versions of a period's statement, newest first."""
        return Response(VersionsOut({"items": queries.versions(self.taxpayer, period_of(period))}).data)


class CauseOut(serializers.Serializer):
    label = serializers.CharField()
    kind = serializers.CharField()
    count = serializers.IntegerField()
    effect = Heads()


class DifferenceOut(serializers.Serializer):
    before = Heads()
    after = Heads()
    change = Heads()
    counts = serializers.DictField(child=serializers.IntegerField())
    causes = CauseOut(many=True)
    totals_only = serializers.BooleanField(help_text="The lines of one version are no longer kept")


class Compare(TaxpayerView):
    @extend_schema(
        operation_id="gstr2b_compare",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.INT, required=True),
            OpenApiParameter("to", OpenApiTypes.INT, required=True),
        ],
        responses={200: DifferenceOut, **also()},
        tags=["GSTR-2B"],
    )
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the differences between two versions by cause. The effects of all causes add up to the whole
        change in ITC."""
        month: TaxPeriod = period_of(period)
        found = [
            queries.version(self.taxpayer, month, whole(request.query_params, name, 0, least=0, most=999_999))
            for name in ("from", "to")
        ]
        old, new = found
        if old is None or new is None:
            raise nothing()
        return Response(DifferenceOut(differences.compare(old, new)).data)


class MovedOut(serializers.Serializer):
    record = serializers.IntegerField(source="record_id")
    number = serializers.CharField()
    was = Amount(source="before", help_text="ITC of the record in the current version")
    becomes = Amount(source="after", help_text="ITC of the record after a new computation")


class AheadOut(serializers.Serializer):
    version = serializers.IntegerField(help_text="Number of the current version; 0 if there is none")
    touched = serializers.IntegerField(
        source="ahead.touched", help_text="Records that were acted on or changed after that version"
    )
    difference = DifferenceOut(
        source="ahead.difference",
        allow_null=True,
        help_text="Null if too many records changed for an immediate answer",
    )
    records = MovedOut(source="ahead.rows", many=True)


class Ahead(TaxpayerView):
    @extend_schema(operation_id="gstr2b_ahead", responses={200: AheadOut, **also()}, tags=["GSTR-2B"])
    def get(self, request: Request, gstin: str, period: str) -> Response:
        """Return the changes that a computation would make now. This call does not make a new version."""
        statement = queries.current(self.taxpayer, period_of(period))
        if statement is None:
            ahead = differences.Ahead(None, [], 0)
        else:
            ahead = differences.if_computed_now(self.taxpayer, statement)
        return Response(AheadOut({"version": statement.version if statement else 0, "ahead": ahead}).data)


class Compute(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="gstr2b_compute",
        parameters=[KEY],
        request=None,
        responses={200: StatementOut, **also(*WRITE)},
        tags=["GSTR-2B"],
    )
    @once
    def post(self, request: Request, gstin: str, period: str) -> Response:
        """Compute a new version of the statement from the current actions, and return the version."""
        month = period_of(period)
        made = (
            generation.recompute if queries.current(self.taxpayer, month) is not None else generation.generate
        )
        return Response(StatementOut(made(self.taxpayer, month, by=self.by)).data)
