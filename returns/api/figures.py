"""A taxpayer's next steps, the figures of the portal's charts, and the tax that rejections add back to a
supplier."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from invoices.api.common.base import TaxpayerView, period_of
from invoices.api.common.fields import PERIOD, Amount, Heads, Period, also
from invoices.models import AnnualReturn, RecipientDesk
from invoices.queries.calendar import calendar
from returns.outward import recipients_answers
from returns.overview import analytics, next_steps, outward_steps
from returns.overview import desk as queries_desk
from returns.overview.step import in_order

ROWS = 200


class NextStepOut(serializers.Serializer):
    title = serializers.CharField()
    why = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)
    tax = Amount(allow_null=True)
    stop = serializers.BooleanField(help_text="True if the step is urgent")
    page = serializers.CharField(
        source="url", allow_blank=True, help_text="Address of the page for this step"
    )


class NextStepList(serializers.Serializer):
    items = NextStepOut(many=True)


def _furnished(taxpayer: Any) -> dict[int, Any]:
    return dict(AnnualReturn.objects.filter(taxpayer=taxpayer).values_list("year", "furnished_on"))


class NextSteps(TaxpayerView):
    @extend_schema(operation_id="next_steps", responses={200: NextStepList, **also()}, tags=["Taxpayers"])
    def get(self, request: Request, gstin: str) -> Response:
        """Return the taxpayer's next steps, most urgent first, as the home page shows them."""
        taxpayer, dates = self.taxpayer, calendar()
        if not self.access.as_recipient:
            supplies = outward_steps.of(self.access, clock.today(), dates)
            return Response(NextStepList({"items": in_order(supplies, self.access)}).data)
        desk = RecipientDesk.objects.filter(recipient=taxpayer, period=taxpayer.open_period).first()
        found = next_steps.steps(
            self.access,
            queries_desk.desk(taxpayer, dates),
            desk,
            today=clock.today(),
            dates=dates,
            annual_returns=_furnished(taxpayer),
        )
        return Response(NextStepList({"items": found}).data)


class RiskOut(serializers.Serializer):
    supplier_gstin = serializers.CharField(
        source="supplier.gstin",
        allow_null=True,
        help_text="Null in the row of all other suppliers and customs together",
    )
    records = serializers.IntegerField()
    undecided = Amount()
    pending = Amount()
    not_filed = Amount()
    rejected = serializers.IntegerField()
    late = serializers.IntegerField()
    reset = serializers.IntegerField()


class BandOut(serializers.Serializer):
    up_to_days = serializers.IntegerField(
        source="upto",
        allow_null=True,
        help_text="-1 if the last day has passed; null in the band after the last limit",
    )
    count = serializers.IntegerField()
    tax = Amount()


class CreditOut(serializers.Serializer):
    period = Period()
    accepted = Amount()
    deemed = Amount()
    outside = Amount()
    filed_net = Amount(allow_null=True)


class AnalyticsOut(serializers.Serializer):
    suppliers = RiskOut(many=True)
    pending = BandOut(many=True)
    periods = CreditOut(many=True)


class Analytics(TaxpayerView):
    @extend_schema(operation_id="analytics", responses={200: AnalyticsOut, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str) -> Response:
        """Return the suppliers whose documents delay credit, the pending records by days left, and the credit
        by period."""
        taxpayer, today, dates = self.taxpayer, clock.today(), calendar()
        found = queries_desk.desk(taxpayer, dates)
        bands = analytics.pending_by_days(
            found, taxpayer, today=today, dates=dates, annual_returns=_furnished(taxpayer)
        )
        body = {
            "suppliers": analytics.by_supplier(taxpayer, self.view_now(), found),
            "pending": bands,
            "periods": analytics.by_period(taxpayer),
        }
        return Response(AnalyticsOut(body).data)


class AddedOut(serializers.Serializer):
    record = serializers.IntegerField(source="record_id")
    period = Period(help_text="The period of the GSTR-3B to which the tax was added")
    tax = Heads(source="*")


class LiabilityOut(serializers.Serializer):
    forecast_count = serializers.IntegerField(source="owed.forecast_count")
    forecast = Heads(source="owed.forecast")
    posted_count = serializers.IntegerField(source="owed.posted_count")
    posted = Heads(source="owed.posted")
    items = AddedOut(many=True, help_text="The latest amounts added to a GSTR-3B")


class Liability(TaxpayerView):
    @extend_schema(
        operation_id="outward_liability",
        parameters=[
            OpenApiParameter(
                "period",
                OpenApiTypes.STR,
                pattern=PERIOD["pattern"],
                description="Only amounts added to the GSTR-3B of this period, MMYYYY",
            )
        ],
        responses={200: LiabilityOut, **also()},
        tags=["Outward"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """Return the tax that is added to the supplier's liability because recipients rejected documents. The
        tax is a forecast until the recipient files GSTR-3B. Then the portal posts the tax."""
        wanted = request.query_params.get("period")
        into = period_of(wanted) if wanted is not None else None
        expected = recipients_answers.forecasts(self.taxpayer)
        added = recipients_answers.posted(self.taxpayer, liability_period=into)
        owed = recipients_answers.liability(expected if into is None else expected.none(), added)
        return Response(LiabilityOut({"owed": owed, "items": added.order_by("-pk")[:ROWS]}).data)
