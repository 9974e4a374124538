"""API: act on many records with one batch, as on screen. A program prepares a batch and looks at the preview
of the batch. The program then runs, stops or undoes the batch."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from invoices.api.common.base import TaxpayerView, checked, nothing
from invoices.api.common.fields import KEY, WRITE, Heads, Moment, StrictFlag, StrictText, StrictWhole, also
from invoices.api.common.letters import ANSWERS, ActionLetter, Letter
from invoices.api.common.once import once
from invoices.api.common.paging import AFTER, page_by_id, page_of, place_asked
from invoices.api.records import FILTERS, filters_of
from invoices.desk import batches
from invoices.desk.actions import Seen
from invoices.desk.foreseen import MOST_REDUCTIONS, Foreseen
from invoices.desk.taken import reason_in_words
from invoices.models import ActionBatch
from invoices.people.access import ACT
from invoices.people.tokens import Scope
from invoices.queries.record_list.filters import Filters
from invoices.rules.reduction import REMARKS_LIMIT
from invoices.rules.situation import Action, Answer

MOST_PICKS = 5000
# the answers of a request -> the answers of a batch
RUN_ANSWERS = {Answer.NO.value: "no", "skip": "skip"}
FILTER_NAMES = tuple(parameter.name for parameter in FILTERS)


class PickIn(serializers.Serializer):
    id = StrictWhole(min_value=1, max_value=2**63 - 1)
    revision = StrictWhole(min_value=0, max_value=2**31 - 1)
    version = StrictWhole(min_value=0, max_value=2**31 - 1)


class BatchIn(serializers.Serializer):
    """Give either `records`, or a `filter`. A filter has the names and values of the record list's
    parameters."""

    action = ActionLetter()
    records = PickIn(many=True, required=False, allow_empty=False, max_length=MOST_PICKS)
    filter = serializers.DictField(child=StrictText(allow_blank=True, max_length=2000), required=False)
    as_of = serializers.DateTimeField(
        required=False, help_text="The time when you read the list. Records that changed later are left out"
    )

    def validate(self, attrs: Any) -> Any:
        if ("records" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either records or a filter.")
        unknown = [name for name in attrs.get("filter", {}) if name not in FILTER_NAMES]
        if unknown:
            raise serializers.ValidationError(
                {"filter": f"There is no filter {unknown[0][:30]!r}. Use one of: {', '.join(FILTER_NAMES)}."}
            )
        return attrs


class RunIn(serializers.Serializer):
    """`answer` applies to every record for which the portal asks whether ITC must be reduced. `N` keeps the
    ITC of these records (needs remarks), and `skip` leaves these records out of the batch. Without `answer`,
    ITC is reduced in full. With `strict`, the batch changes nothing if any record cannot change."""

    remarks = StrictText(max_length=REMARKS_LIMIT, required=False, allow_blank=True, default="")
    answer = Letter(RUN_ANSWERS, ANSWERS, required=False)
    strict = StrictFlag(required=False, default=False)


class RefusedOut(serializers.Serializer):
    code = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    instead = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    records = serializers.ListField(
        child=serializers.IntegerField(),
        source="ids",
        help_text="Ids of the first records; empty in a preview",
    )


class ReductionOut(serializers.Serializer):
    record = serializers.IntegerField()
    number = serializers.CharField()
    largest = Heads(help_text="The full reduction: no larger figure may be declared")
    declared = Heads(allow_null=True, help_text="The figure that is declared now; null if there is none")


class PreviewOut(serializers.Serializer):
    allowed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.SerializerMethodField()
    asks_reduction = serializers.IntegerField(
        source="asks", help_text="Records whose acceptance needs the answer whether ITC must be reduced"
    )
    itc_before = Heads(source="change.before")
    itc_after = Heads(source="change.after", help_text="If ITC is reduced in full for the records that ask")
    itc_after_no = Heads(source="after_no", help_text="If ITC is reduced for none of the records that ask")
    itc_after_skip = Heads(source="after_skip", help_text="If the records that ask are left out")
    itc_change = Heads(source="change.difference")
    reductions = serializers.SerializerMethodField(
        help_text=f"The first {MOST_REDUCTIONS} records for which a reduction may be declared, or is declared now"
    )

    def get_attribute(self, batch: ActionBatch) -> Foreseen | None:
        if batch.state != ActionBatch.State.PREVIEW:
            return None
        foreseen = self.context.get("foreseen") or batches.look(batch)
        self.context["reductions"] = batches.reductions(batch, foreseen)
        return foreseen

    @extend_schema_field(ReductionOut(many=True))
    def get_reductions(self, _found: Foreseen) -> list[dict[str, Any]]:
        return ReductionOut(self.context["reductions"], many=True).data

    @extend_schema_field(RefusedOut(many=True))
    def get_refused(self, found: Foreseen) -> list[dict[str, Any]]:
        said = [
            {"code": case.code, "count": case.count, "ids": [], **reason_in_words(case)}
            for case in found.cases
        ]
        return RefusedOut(said, many=True).data


class ResultOut(serializers.Serializer):
    seen = serializers.IntegerField(help_text="Records of a large batch that are already processed")
    changed = serializers.IntegerField()
    already = serializers.IntegerField(
        help_text="Records that already had the status; their remarks stay as they were"
    )
    left_out = serializers.IntegerField()
    refused = serializers.SerializerMethodField()
    made_stale = serializers.BooleanField(source="stale")
    undone = serializers.DictField(allow_null=True)

    def get_attribute(self, batch: ActionBatch) -> dict[str, Any] | None:
        # The stored result has no keys for steps that have not happened yet. These values take their place.
        nothing_yet = {"seen": 0, "changed": 0, "already": 0, "left_out": 0, "stale": False, "undone": None}
        return None if batch.state == ActionBatch.State.PREVIEW else nothing_yet | batch.result

    @extend_schema_field(RefusedOut(many=True))
    def get_refused(self, result: dict[str, Any]) -> list[dict[str, Any]]:
        said = [{"code": key, **found} for key, found in result.get("refused", {}).items()]
        return RefusedOut(said, many=True).data


class BatchRow(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in ActionBatch.State])
    action = ActionLetter()
    total = serializers.SerializerMethodField()
    created_at = Moment()

    def get_total(self, batch: ActionBatch) -> int:
        return batch.seen.get("n", 0)


class BatchOut(BatchRow):
    as_of = Moment()
    job = serializers.IntegerField(source="job_id", allow_null=True)
    entries = serializers.ListField(child=serializers.IntegerField(), help_text="Journal entries made")
    preview = PreviewOut(allow_null=True, help_text="Null after the batch is run")
    result = ResultOut(allow_null=True, help_text="Null until the batch is run")


BatchPage = page_of("BatchPage", BatchRow)


class Batches(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="batches_list",
        parameters=[AFTER],
        responses={200: BatchPage, **also()},
        tags=["IMS"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """List the taxpayer's batches, newest first."""
        found = ActionBatch.objects.filter(taxpayer=self.taxpayer)
        return Response(
            BatchPage(page_by_id(place_asked(request.query_params), found, newest_first=True)).data
        )

    @extend_schema(
        operation_id="batches_prepare",
        parameters=[KEY],
        request=BatchIn,
        responses={201: BatchOut, **also(*WRITE)},
        tags=["IMS"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Prepare a batch: freeze the chosen records, and show the effect of the action. The preview says how
        many records would change, stay unchanged or be refused, and how ITC would change. No record changes
        until you run the batch."""
        body = checked(BatchIn, request)
        picks = body.get("records")
        batch, foreseen = batches.prepare(
            self.taxpayer,
            Action(body["action"]),
            filters_of(body["filter"]) if "filter" in body else Filters(),
            user=request.user,
            address=f"/t/{self.taxpayer.gstin}/ims/inward/all/",
            as_of=body.get("as_of") or clock.now(),
            picks={p["id"]: Seen(p["revision"], p["version"]) for p in picks} if picks else None,
        )
        return Response(BatchOut(batch, context={"foreseen": foreseen}).data, status=201)


class OneBatch(TaxpayerView):
    @extend_schema(operation_id="batches_one", responses={200: BatchOut, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str, batch_id: int) -> Response:
        """Show one batch. Before the run, the answer has a preview that is computed now. After the run, the
        answer has the result."""
        return Response(BatchOut(self.batch(batch_id)).data)

    def batch(self, batch_id: int) -> ActionBatch:
        if batch_id >= 2**63:
            raise nothing()
        return batches.find(ActionBatch.objects.filter(taxpayer=self.taxpayer), batch_id)


class _Acting(OneBatch):
    """The base of the views that run, stop or undo a batch. The batch stores which steps are done, so a
    repeated request does not repeat a step."""

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
        """Run the batch. The answer is 202 if the batch is large: a job then runs the batch. The answer is
        409 BATCH_DRIFT if the chosen records have changed after the preview. The portal has then done
        nothing. Look at the new preview, and run the batch again."""
        body = checked(RunIn, request)
        batch = batches.run(
            self.batch(batch_id).pk,
            self.taxpayer,
            by=self.by,
            remarks=body["remarks"],
            answer=RUN_ANSWERS[body["answer"]] if "answer" in body else "",
            strict=body["strict"],
        )
        return Response(BatchOut(batch).data, status=202 if batch.state == ActionBatch.State.RUNNING else 200)


class StopBatch(_Acting):
    @extend_schema(
        operation_id="batches_stop", request=None, responses={200: BatchOut, **also(*WRITE)}, tags=["IMS"]
    )
    def post(self, request: Request, gstin: str, batch_id: int) -> Response:
        """Stop a running batch after its current chunk."""
        return Response(BatchOut(batches.stop(self.batch(batch_id).pk, self.taxpayer)).data)


class UndoBatch(_Acting):
    @extend_schema(
        operation_id="batches_undo",
        request=None,
        responses={200: BatchOut, 202: BatchOut, **also(*WRITE)},
        tags=["IMS"],
    )
    def post(self, request: Request, gstin: str, batch_id: int) -> Response:
        """Undo the batch as one event. The undo does not change records that somebody has changed after the
        batch."""
        batch = batches.take_back(self.batch(batch_id).pk, self.taxpayer, by=self.by)
        return Response(BatchOut(batch).data, status=202 if batch.state == ActionBatch.State.UNDOING else 200)
