"""One action on many records: a preview that writes nothing, and the job that does it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from invoices import actions, bulk_job
from invoices.access import ACT
from invoices.actions import Seen
from invoices.api.acting import ACTIONS, ReductionIn, asked_of
from invoices.api.base import TaxpayerView, checked
from invoices.api.fields import KEY, WRITE, Heads, StrictText, StrictWhole, also, heads, moment
from invoices.api.jobs import JobOut, shown
from invoices.api.once import once
from invoices.api.records import filters_of
from invoices.bulk_job import Choice
from invoices.queries import effects
from invoices.queries.filters import NAMES
from invoices.rules.reduction import REMARKS_LIMIT
from invoices.tokens import Scope

MOST_PICKS = 5000
FILTER_NAMES = ("section", *NAMES)


class PickIn(serializers.Serializer):
    id = StrictWhole(min_value=1, max_value=2**63 - 1)
    revision = StrictWhole(min_value=0, max_value=2**31 - 1)
    version = StrictWhole(min_value=0, max_value=2**31 - 1)


class BulkIn(serializers.Serializer):
    """Either `records`, or a `filter` with the names and values of the record list's own parameters."""

    action = serializers.ChoiceField(list(ACTIONS))
    records = PickIn(many=True, required=False, allow_empty=False, max_length=MOST_PICKS)
    filter = serializers.DictField(child=StrictText(allow_blank=True, max_length=2000), required=False)
    as_of = serializers.DateTimeField(
        required=False, help_text="When the list was read; records that changed later are left out"
    )
    remarks = StrictText(max_length=REMARKS_LIMIT, required=False, allow_blank=True, default="")
    reduction = ReductionIn(required=False)
    expected = StrictText(required=False, allow_blank=True, max_length=60, default="")

    def validate(self, attrs: Any) -> Any:
        if ("records" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either records or a filter.")
        unknown = [name for name in attrs.get("filter", {}) if name not in FILTER_NAMES]
        if unknown:
            raise serializers.ValidationError(
                {"filter": f"There is no filter {unknown[0][:30]!r}. Known are: {', '.join(FILTER_NAMES)}."}
            )
        return attrs


class RefusedOut(serializers.Serializer):
    code = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    count = serializers.IntegerField()


class PreviewOut(serializers.Serializer):
    allowed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = RefusedOut(many=True)
    itc_before = Heads()
    itc_after = Heads()
    itc_change = Heads()
    expected = serializers.CharField(
        help_text="Send it back: the job is refused if the counts no longer hold"
    )
    as_of = serializers.DateTimeField()


def _choice(body: Any) -> Choice:
    if "records" in body:
        return Choice(picks={p["id"]: Seen(p["revision"], p["version"]) for p in body["records"]})
    return Choice(filters=filters_of(body["filter"]), as_of=body.get("as_of") or clock.now())


class BulkPreview(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="bulk_preview",
        request=BulkIn,
        responses={200: PreviewOut, **also(*WRITE)},
        tags=["IMS"],
    )
    def post(self, request: Request, gstin: str) -> Response:
        """What the action would do: how many change, stay or are refused, and the effect on ITC. Writes nothing."""
        body = checked(BulkIn, request)
        choice, asked = _choice(body), asked_of(body)
        records = choice.records(self.taxpayer)
        found = actions.preview(self.taxpayer, records, asked)
        change = effects.change(records, self.view_now(), asked.action)
        refused = []
        for code, count in found.refused.items():
            told = bulk_job.told(actions.Taken(refused={code: []}, reasons=dict(found.reasons)))["refused"][0]
            refused.append({key: told[key] for key in ("code", "rule", "sentence")} | {"count": count})
        return Response(
            {
                "allowed": found.allowed,
                "unchanged": found.unchanged,
                "refused": refused,
                "itc_before": heads(change.before),
                "itc_after": heads(change.after),
                "itc_change": heads(change.difference),
                "expected": bulk_job.expected(found),
                "as_of": moment(choice.as_of or clock.now()),
            }
        )


class Bulk(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="bulk_act",
        parameters=[KEY],
        request=BulkIn,
        responses={202: JobOut, **also(*WRITE)},
        tags=["IMS"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Ask for the action; the job's `result` says what became of every record."""
        body = checked(BulkIn, request)
        job = bulk_job.ask(
            self.taxpayer, _choice(body), asked_of(body), by=self.by, agreed=body.get("expected", "")
        )
        return Response(shown(job), status=202)
