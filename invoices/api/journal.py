"""API: check the journal's chain, and export the journal as a signed file."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api.common.base import TaxpayerView
from invoices.api.common.fields import WRITE, also
from invoices.api.jobs import JobOut
from invoices.journal import chain_check, signed_file
from invoices.models import Job
from invoices.people.access import AUDIT
from invoices.people.tokens import Scope

# programs that generate a client from the OpenAPI document know no media type of JSON lines
BINARY = "application/octet-stream"


class Check(TaxpayerView):
    scopes = {"POST": Scope.READ}
    roles = {"POST": AUDIT}

    @extend_schema(
        operation_id="journal_check", request=None, responses={202: JobOut, **also(*WRITE)}, tags=["Journal"]
    )
    def post(self, request: Request, gstin: str) -> Response:
        """Check the chain of this GSTIN's journal. The answer is a job. When the job is done, its `result` has
        the outcome of the check."""
        done = chain_check.ask(self.taxpayer, by=self.by)
        mine = Job.objects.filter(taxpayer=self.taxpayer, kind=chain_check.KIND)
        return Response(JobOut(done or mine.latest("pk")).data, status=202)


class Export(TaxpayerView):
    roles = {"GET": AUDIT}

    @extend_schema(
        operation_id="journal_export",
        responses={
            (200, BINARY): OpenApiResponse(
                OpenApiTypes.BINARY,
                description="One journal entry as JSON on each line, with a signature at the end",
            ),
            **also(),
        },
        tags=["Journal"],
    )
    def get(self, request: Request, gstin: str) -> StreamingHttpResponse:
        """Export the whole journal as a signed file. `manage.py check_journal` checks such a file."""
        return StreamingHttpResponse(signed_file.rows(self.taxpayer), content_type=BINARY)
