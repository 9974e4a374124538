"""API: background jobs, their progress and their results."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api.common.base import TaxpayerView, nothing
from invoices.api.common.fields import Moment, also
from invoices.api.common.paging import AFTER, page_by_id, page_of, place_asked
from invoices.models import Job


class JobOut(serializers.Serializer):
    """`result` depends on the kind of job. For an action or an import, it has the counts and refusals. For an
    export, it has the name, size and hash of the file."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    title = serializers.SerializerMethodField()
    state = serializers.ChoiceField([state.value for state in Job.State])
    done = serializers.IntegerField(source="done_count")
    total = serializers.SerializerMethodField()
    created_at = Moment()
    finished_at = Moment(allow_null=True)
    result = serializers.DictField(allow_null=True)
    error = serializers.SerializerMethodField()
    has_file = serializers.SerializerMethodField()

    def get_title(self, job: Job) -> str:
        return (job.payload or {}).get("title", "")

    def get_total(self, job: Job) -> int:
        return max(job.total_count, job.done_count)

    def get_error(self, job: Job) -> str:
        # callers do not see `job.error`, because this text is meant for the operator of the portal
        return "The job failed. Ask for it again." if job.state == Job.State.FAILED else ""

    def get_has_file(self, job: Job) -> bool:
        return bool(job.file) and job.state == Job.State.DONE


JobPage = page_of("JobPage", JobOut)


class Jobs(TaxpayerView):
    @extend_schema(
        operation_id="jobs_list",
        parameters=[AFTER],
        responses={200: JobPage, **also()},
        tags=["Jobs"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """List the taxpayer's jobs, newest first."""
        jobs = Job.objects.filter(taxpayer=self.taxpayer)
        return Response(JobPage(page_by_id(place_asked(request.query_params), jobs, newest_first=True)).data)


def find(taxpayer: Any, job_id: int) -> Job:
    """Return a job of this taxpayer. Raises `NotFound` if the taxpayer has no such job."""
    job = Job.objects.filter(taxpayer=taxpayer, pk=job_id).first() if job_id < 2**63 else None
    if job is None:
        raise nothing()
    return job


class OneJob(TaxpayerView):
    @extend_schema(operation_id="jobs_one", responses={200: JobOut, **also()}, tags=["Jobs"])
    def get(self, request: Request, gstin: str, job_id: int) -> Response:
        """Show one job: its progress, and its result when it is done."""
        return Response(JobOut(find(self.taxpayer, job_id)).data)
