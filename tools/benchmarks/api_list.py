"""Compare the speed of two views that list fifty records: the portal's API, and a view with DRF's usual
ModelSerializer. Both views use the same middleware, access checks and order. The two response bodies are
equal byte for byte."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ims_portal.kernel.money import HEADS
from invoices.api import record_rows, record_shapes
from invoices.api.common.base import TaxpayerView
from invoices.api.common.fields import Amount, Heads, Moment, Period
from invoices.api.records import Records
from invoices.models import Membership, Record, Role
from invoices.people import tokens
from invoices.queries import situations
from invoices.queries.record_list import records
from invoices.queries.record_list.filters import Filters
from invoices.rules import lapsing
from invoices.rules.situation import Action
from tools.benchmarks.frame import Benchmark, Way, faster, flat
from tools.benchmarks.world import Scene

ROWS = 50
CALLS = 40


class PlainRecord(serializers.ModelSerializer):
    """Serialize a record with the fields of the API's list."""

    supplier_gstin = serializers.CharField(source="supplier.gstin")
    supplier_name = serializers.SerializerMethodField()
    tax_period = Period()
    filed_on = serializers.DateField()
    saved_at = Moment()
    value = Amount()
    taxable = Amount()
    igst = Amount()
    cgst = Amount()
    sgst = Amount()
    cess = Amount()
    effect = Amount()
    claim_period = Period()
    land_period = Period(source="land")
    amends = serializers.IntegerField(source="amends_id")
    version = serializers.IntegerField(source="decision.version")
    action = serializers.CharField(source="decision.action")
    answer = serializers.CharField(source="decision.answer")
    reduction = serializers.SerializerMethodField()
    remarks = serializers.CharField(source="decision.remarks")
    acted_at = Moment(source="decision.acted_at")
    cleared_action = serializers.CharField(source="decision.cleared_action")
    closed = serializers.BooleanField()
    allowed = serializers.SerializerMethodField()
    may_reset = serializers.SerializerMethodField()
    asks_reduction = serializers.SerializerMethodField()
    refusals = serializers.SerializerMethodField()
    filing_note = serializers.SerializerMethodField()

    class Meta:
        model = Record
        fields = (
            *("id", "section", "kind", "number", "document_date", "supplier_gstin", "supplier_name", "form"),
            *("tax_period", "filing", "filed_on", "saved_at", "place_of_supply", "invoice_type"),
            *("reverse_charge", "value", "taxable", *HEADS, "effect", "claim_period", "land_period"),
            *("amends", "revision"),
            *("version", "action", "answer", "reduction", "remarks", "acted_at", "cleared_action", "closed"),
            *("allowed", "may_reset", "asks_reduction", "refusals", "filing_note"),
        )

    def get_supplier_name(self, record: Any) -> str:
        return record.supplier.trade_name or record.supplier.legal_name or record.supplier.gstin

    def get_reduction(self, record: Any) -> Any:
        decision = record.decision
        if decision.reduction_igst is None:
            return None
        return Heads({head: getattr(decision, f"reduction_{head}") for head in HEADS}).data

    def get_allowed(self, record: Any) -> list[str]:
        ruling = situations.ruling_of(record, self.context["view"])
        return [action.value for action in record_shapes.OFFERED if action in ruling.allowed]

    def get_may_reset(self, record: Any) -> bool:
        return situations.ruling_of(record, self.context["view"]).can_reset

    def get_asks_reduction(self, record: Any) -> bool:
        return situations.ruling_of(record, self.context["view"]).asks_reduction

    def get_refusals(self, record: Any) -> list[dict[str, Any]]:
        ruling = situations.ruling_of(record, self.context["view"])
        return [
            self._refusal(ruling, action) for action in record_shapes.OFFERED if action in ruling.refusals
        ]

    def get_filing_note(self, record: Any) -> str:
        return lapsing.ANY_FORM if record.filing == "L" else ""

    def _refusal(self, ruling: Any, action: Action) -> dict[str, Any]:
        refusal = ruling.refusals[action]
        return {
            "action": action.value,
            "code": refusal.code,
            "rule": refusal.clause.code,
            "sentence": refusal.short,
            "instead": refusal.instead,
        }


class Plain(TaxpayerView):
    """The API's list as a plain DRF view, as in DRF's tutorial."""

    def get(self, request: Request, gstin: str) -> HttpResponse:
        view = self.view_now()
        found = situations.with_clock_facets(records.on_desk(self.taxpayer, view), view)
        rows = list(found.select_related("decision", "supplier").order_by("document_date", "pk")[: ROWS + 1])
        items = PlainRecord(rows[:ROWS], many=True, context={"view": view}).data
        asked = repr((self.taxpayer.gstin, Filters()))
        following = None
        if len(rows) > ROWS:
            following = record_rows.token_of(asked, "date", rows[ROWS - 1].document_date, rows[ROWS - 1].pk)
        return Response({"items": items, "next": following})

    get.kwargs = Records.get.kwargs  # type: ignore[attr-defined]  # it takes the same parameters


def timed(call: Callable[[], HttpResponse]) -> float:
    """Return the median duration of several calls, in seconds."""
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        answer = call()
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.content[:300]
    return statistics.median(took)


def ways(scene: Scene) -> Sequence[Way]:
    recipient = scene.recipient
    person, _new = get_user_model().objects.get_or_create(username="benchmark")
    Membership.objects.get_or_create(user=person, taxpayer=recipient, role=Role.PREPARER)
    _token, secret = tokens.make(person, "benchmark", ["read"], 1)

    def call(view: Any) -> Callable[[], HttpResponse]:
        answering = view.as_view()

        def rendered(request: HttpRequest) -> HttpResponse:
            answer = answering(request, gstin=recipient.gstin)
            return answer.render() if hasattr(answer, "render") else answer

        # the calls pass through the middleware, like requests to a real server
        handler: Any = rendered
        for name in reversed(settings.MIDDLEWARE):
            handler = import_string(name)(handler)
        requests = APIRequestFactory(headers={"Authorization": f"Bearer {secret}"})
        address = f"/api/v1/taxpayers/{recipient.gstin}/records/"

        def once() -> HttpResponse:
            return handler(requests.get(address))

        return once

    ours, plain = call(Records), call(Plain)
    told = [once().content.rpartition(b',"next"')[0] for once in (ours, plain)]
    assert told[0] == told[1], "the two bodies differ"
    return [
        Way("list of 50", lambda: timed(ours), ROWS),
        Way("ModelSerializer", lambda: timed(plain), ROWS),
    ]


BENCHMARK = Benchmark(
    "api_list",
    "the API's list of fifty, median of forty calls with authentication",
    ways,
    bars=[faster("list of 50", "ModelSerializer", 3), flat("list of 50")],
)
