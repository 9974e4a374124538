"""Many records at once, as on screen: choose and look, run, stop, take back. One batch is one event of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from invoices.api.acting import ACTIONS
from invoices.api.common.base import TaxpayerView, checked, nothing, whole
from invoices.api.common.fields import (
    KEY,
    WRITE,
    Heads,
    StrictFlag,
    StrictText,
    StrictWhole,
    also,
    heads,
    moment,
)
from invoices.api.common.once import once
from invoices.api.records import FILTERS, filters_of
from invoices.desk import batches
from invoices.desk.actions import Seen
from invoices.models import ActionBatch
from invoices.people.access import ACT
from invoices.people.tokens import Scope
from invoices.queries.record_list.filters import Filters
from invoices.rules.reduction import REMARKS_LIMIT

MOST_PICKS = 5000
ROWS = 50
FILTER_NAMES = tuple(parameter.name for parameter in FILTERS)
WORDS = {action.value: word for word, action in ACTIONS.items()}


class PickIn(serializers.Serializer):
    id = StrictWhole(min_value=1, max_value=2**63 - 1)
    revision = StrictWhole(min_value=0, max_value=2**31 - 1)
    version = StrictWhole(min_value=0, max_value=2**31 - 1)


class BatchIn(serializers.Serializer):
    """Either `records`, or a `filter` with the names and values of the record list's own parameters."""

    action = serializers.ChoiceField(list(ACTIONS))
    records = PickIn(many=True, required=False, allow_empty=False, max_length=MOST_PICKS)
    filter = serializers.DictField(child=StrictText(allow_blank=True, max_length=2000), required=False)
    as_of = serializers.DateTimeField(
        required=False, help_text="When the list was read; records that changed later are left out"
    )

    def validate(self, attrs: Any) -> Any:
        if ("records" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either records or a filter.")
        unknown = [name for name in attrs.get("filter", {}) if name not in FILTER_NAMES]
        if unknown:
            raise serializers.ValidationError(
                {"filter": f"There is no filter {unknown[0][:30]!r}. Known are: {', '.join(FILTER_NAMES)}."}
            )
        return attrs


class RunIn(serializers.Serializer):
    """`answer` says for all records that ask whether ITC must be reduced: `no` (with remarks), or `skip` to leave them
    out; without it the full reduction counts. `strict`: nothing is done if any record cannot change."""

    remarks = StrictText(max_length=REMARKS_LIMIT, required=False, allow_blank=True, default="")
    answer = serializers.ChoiceField(["no", "skip"], required=False)
    strict = StrictFlag(required=False, default=False)


class RefusedOut(serializers.Serializer):
    code = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    instead = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    records = serializers.ListField(
        child=serializers.IntegerField(), help_text="The first of them; in a preview none is named"
    )


class PreviewOut(serializers.Serializer):
    allowed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = RefusedOut(many=True)
    asks_reduction = serializers.IntegerField(
        help_text="How many ask on acceptance whether ITC must be reduced"
    )
    itc_before = Heads()
    itc_after = Heads()
    itc_change = Heads()


class ResultOut(serializers.Serializer):
    seen = serializers.IntegerField(help_text="How far a large batch is")
    changed = serializers.IntegerField()
    already = serializers.IntegerField(help_text="Had the status, and keep what was said on them")
    left_out = serializers.IntegerField()
    refused = RefusedOut(many=True)
    made_stale = serializers.BooleanField()
    undone = serializers.DictField(allow_null=True)


class BatchOut(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in ActionBatch.State])
    action = serializers.ChoiceField(list(ACTIONS))
    total = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    as_of = serializers.DateTimeField()
    job = serializers.IntegerField(allow_null=True)
    entries = serializers.ListField(child=serializers.IntegerField(), help_text="Journal entries made")
    preview = PreviewOut(allow_null=True, help_text="While it is not run")
    result = ResultOut(allow_null=True, help_text="Once it is run")


class BatchRow(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in ActionBatch.State])
    action = serializers.ChoiceField(list(ACTIONS))
    total = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class BatchPage(serializers.Serializer):
    items = BatchRow(many=True)
    next = serializers.CharField(allow_null=True)


def _row(batch: ActionBatch) -> dict[str, Any]:
    return {
        "id": batch.pk,
        "number": batch.number,
        "state": batch.state,
        "action": WORDS[batch.action],
        "total": batch.seen.get("n", 0),
        "created_at": moment(batch.created_at),
    }


def shown(batch: ActionBatch) -> dict[str, Any]:
    waiting = batch.state == ActionBatch.State.PREVIEW
    return {
        **_row(batch),
        "as_of": moment(batch.as_of),
        "job": batch.job_id,
        "entries": batch.entries,
        "preview": _preview(batch) if waiting else None,
        "result": None if waiting else _result(batch.result),
    }


def _preview(batch: ActionBatch) -> dict[str, Any]:
    found = batches.foresee(batch)
    return {
        "allowed": found.preview.allowed,
        "unchanged": found.preview.unchanged,
        "refused": [
            _refused(code, batches.reason_in_words(code, found.preview.reasons), count, [])
            for code, count in found.preview.refused.items()
        ],
        "asks_reduction": found.asks,
        "itc_before": heads(found.change.before),
        "itc_after": heads(found.change.after),
        "itc_change": heads(found.change.difference),
    }


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "seen": result.get("seen", 0),
        "changed": result.get("changed", 0),
        "already": result.get("already", 0),
        "left_out": result.get("left_out", 0),
        "refused": [
            _refused(code, found, found["count"], found["ids"])
            for code, found in result.get("refused", {}).items()
        ],
        "made_stale": result.get("stale", False),
        "undone": result.get("undone"),
    }


def _refused(code: str, said: Mapping[str, Any], count: int, ids: list[int]) -> dict[str, Any]:
    told = {name: said[name] for name in ("rule", "sentence", "instead")}
    return {"code": code, **told, "count": count, "records": ids}


class Batches(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="batches_list",
        parameters=[OpenApiParameter("after", OpenApiTypes.INT64, description="`next` of the page before")],
        responses={200: BatchPage, **also()},
        tags=["IMS"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """The taxpayer's batches, newest first."""
        after = whole(request.query_params, "after", 0, least=0, most=2**63 - 1)
        found = ActionBatch.objects.filter(taxpayer=self.taxpayer)
        rows = list((found.filter(pk__lt=after) if after else found)[: ROWS + 1])
        following = str(rows[ROWS - 1].pk) if len(rows) > ROWS else None
        return Response({"items": [_row(batch) for batch in rows[:ROWS]], "next": following})

    @extend_schema(
        operation_id="batches_prepare",
        parameters=[KEY],
        request=BatchIn,
        responses={201: BatchOut, **also(*WRITE)},
        tags=["IMS"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Freeze what is chosen and tell what the action would do: how many change, stay or are refused, and the
        effect on ITC. No record is changed until the batch is run."""
        body = checked(BatchIn, request)
        picks = body.get("records")
        batch = batches.prepare(
            self.taxpayer,
            ACTIONS[body["action"]],
            filters_of(body["filter"]) if "filter" in body else Filters(),
            user=request.user,
            address=f"/t/{self.taxpayer.gstin}/ims/inward/all/",
            as_of=body.get("as_of") or clock.now(),
            picks={p["id"]: Seen(p["revision"], p["version"]) for p in picks} if picks else None,
        )
        return Response(shown(batch), status=201)


class OneBatch(TaxpayerView):
    @extend_schema(operation_id="batches_one", responses={200: BatchOut, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str, batch_id: int) -> Response:
        """What it would do now, or what became of every record."""
        return Response(shown(self.batch(batch_id)))

    def batch(self, batch_id: int) -> ActionBatch:
        if batch_id >= 2**63:
            raise nothing()
        return batches.find(ActionBatch.objects.filter(taxpayer=self.taxpayer), batch_id)


class _Acting(OneBatch):
    """Each of these happens once whatever is sent twice: the batch's state says whether it has."""

    http_method_names = ["post"]
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}


class RunBatch(_Acting):
    @extend_schema(
        operation_id="batches_run",
        request=RunIn,
        responses={200: BatchOut, 202: BatchOut, **also(*WRITE)},
        tags=["IMS"],
    )
    def post(self, request: Request, gstin: str, batch_id: int) -> Response:
        """Do it. 202: it is large and a job does it. 409 BATCH_DRIFT: what was chosen is no longer what was looked at;
        nothing was done, look at it again."""
        body = checked(RunIn, request)
        batch = batches.run(
            self.batch(batch_id).pk,
            self.taxpayer,
            by=self.by,
            remarks=body["remarks"],
            answer=body.get("answer", ""),
            strict=body["strict"],
        )
        return Response(shown(batch), status=202 if batch.state == ActionBatch.State.RUNNING else 200)


class StopBatch(_Acting):
    @extend_schema(
        operation_id="batches_stop", request=None, responses={200: BatchOut, **also(*WRITE)}, tags=["IMS"]
    )
    def post(self, request: Request, gstin: str, batch_id: int) -> Response:
        """Stop a running batch after the chunk it is at."""
        return Response(shown(batches.stop(self.batch(batch_id).pk, self.taxpayer)))


class UndoBatch(_Acting):
    @extend_schema(
        operation_id="batches_undo",
        request=None,
        responses={200: BatchOut, 202: BatchOut, **also(*WRITE)},
        tags=["IMS"],
    )
    def post(self, request: Request, gstin: str, batch_id: int) -> Response:
        """Take it back as one event: every record nobody touched since."""
        batch = batches.take_back(self.batch(batch_id).pk, self.taxpayer, by=self.by)
        return Response(shown(batch), status=202 if batch.state == ActionBatch.State.UNDOING else 200)
