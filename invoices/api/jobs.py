"""Background work: what was asked for, how far it is, what came of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api.common.base import TaxpayerView, nothing, whole
from invoices.api.common.fields import also, moment
from invoices.models import Job

ROWS = 50


class JobOut(serializers.Serializer):
    """`result` depends on the kind: counts and refusals of an action or import, the file of an export."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField([state.value for state in Job.State])
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    result = serializers.DictField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    has_file = serializers.BooleanField()


def shown(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "kind": job.kind,
        "title": (job.payload or {}).get("title", ""),
        "state": job.state,
        "done": job.done_count,
        "total": max(job.total_count, job.done_count),
        "created_at": moment(job.created_at),
        "finished_at": moment(job.finished_at),
        "result": job.result,
        # what a handler stumbled over is for the operator's log, not for callers
        "error": "The job failed. It can be asked for again." if job.state == Job.State.FAILED else "",
        "has_file": bool(job.file) and job.state == Job.State.DONE,
    }


class JobPage(serializers.Serializer):
    items = JobOut(many=True)
    next = serializers.CharField(allow_null=True)


class Jobs(TaxpayerView):
    @extend_schema(
        operation_id="jobs_list",
        parameters=[OpenApiParameter("after", OpenApiTypes.INT64, description="`next` of the page before")],
        responses={200: JobPage, **also()},
        tags=["Jobs"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """The taxpayer's jobs, newest first."""
        after = whole(request.query_params, "after", 0, least=0, most=2**63 - 1)
        found = Job.objects.filter(taxpayer=self.taxpayer).order_by("-pk")
        rows = list((found.filter(pk__lt=after) if after else found)[: ROWS + 1])
        following = str(rows[ROWS - 1].pk) if len(rows) > ROWS else None
        return Response({"items": [shown(job) for job in rows[:ROWS]], "next": following})


def find(taxpayer: Any, job_id: int) -> Job:
    """A job of this taxpayer. Raises `NotFound`."""
    job = Job.objects.filter(taxpayer=taxpayer, pk=job_id).first() if job_id < 2**63 else None
    if job is None:
        raise nothing()
    return job


class OneJob(TaxpayerView):
    @extend_schema(operation_id="jobs_one", responses={200: JobOut, **also()}, tags=["Jobs"])
    def get(self, request: Request, gstin: str, job_id: int) -> Response:
        """How far one job is, and its result."""
        return Response(shown(find(self.taxpayer, job_id)))
