"""Files in GSTN's format: the offline tool's download, GSTR-2B, and the documents of a supplier's form. The
module also has the calls that compare files of other portals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.support.web.api_json import read
from ims_portal.support.workbook import read as workbook_in
from invoices import kept_files
from invoices.api.common.base import TaxpayerView, nothing, period_of
from invoices.api.common.fields import KEY, WRITE, also
from invoices.api.common.once import once
from invoices.api.jobs import JobOut, find
from invoices.people.access import ACT, READ
from invoices.people.tokens import Scope
from returns.api.file_bodies import AS_BODY_OR_FORM, JSON_FILE
from returns.api.forms import FormView
from returns.files import gstr2b_json, offline_tool
from returns.files.other_portals import files
from returns.gstr1_file.write import pieces

GSTNS = {(200, "application/json"): OpenApiTypes.OBJECT, **also()}


def _json(body: Any) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def _streamed(pieces: Iterator[Any]) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces, content_type="application/json")


class Offline(TaxpayerView):
    @extend_schema(operation_id="offline_json", responses=GSTNS, tags=["Files"])
    def get(self, request: Request, gstin: str) -> StreamingHttpResponse:
        """Return the desk as JSON for GSTN's offline tool."""
        return _streamed(offline_tool.written(self.taxpayer))


class StatementJson(TaxpayerView):
    @extend_schema(operation_id="gstr2b_json", responses=GSTNS, tags=["Files"])
    def get(self, request: Request, gstin: str, period: str) -> StreamingHttpResponse:
        """Return the current GSTR-2B in GSTN's JSON format."""
        return _streamed(gstr2b_json.written(self.taxpayer, period_of(period)))


class FormJson(FormView):
    @extend_schema(operation_id="forms_json", responses=GSTNS, tags=["Files"])
    def get(self, request: Request, gstin: str, form: str, period: str) -> StreamingHttpResponse:
        """Return the saved or filed documents of a form, in GSTN's JSON format. Uploading this file again
        changes nothing."""
        return _streamed(pieces(self.taxpayer, self.form, self.month))


class OtherPortal(TaxpayerView):
    parser_classes = JSON_FILE
    most_bytes = workbook_in.MOST_BYTES
    scopes = {"POST": Scope.READ}
    roles = {"POST": READ}

    @extend_schema(
        operation_id="other_portal_compare",
        parameters=[KEY],
        request=AS_BODY_OR_FORM,
        responses={202: JobOut, **also(*WRITE)},
        tags=["Files"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Compare GSTR-2B or IMS JSON of another portal with this portal's data. The body is the file, or a
        form with the file as its part `file`. Nothing is saved. The job's `result` lists documents that are missing on one side, and the differences
        between common documents."""
        data = request.data if isinstance(request.data, bytes) else b""
        if len(data) <= kept_files.BYTES_AT_ONCE:
            # A small file that cannot be read is refused at once. A job reads a larger file, and the job's
            # result then contains the error.
            read(data)
        return Response(JobOut(files.receive(self.taxpayer, data, "API", by=self.by)).data, status=202)


class TakeOver(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="other_portal_take_over",
        parameters=[KEY],
        request=None,
        responses={202: JobOut, **also(*WRITE)},
        tags=["Files"],
    )
    @once
    def post(self, request: Request, gstin: str, job_id: int) -> Response:
        """Copy the records of a compared IMS file into a working copy."""
        done = files.take_over(self.taxpayer, find(self.taxpayer, job_id), by=self.by)
        return Response(JobOut(done).data, status=202)


class Changes(TaxpayerView):
    @extend_schema(operation_id="other_portal_changes", responses=GSTNS, tags=["Files"])
    def get(self, request: Request, gstin: str) -> HttpResponse:
        """Return the actions that were saved on a working copy after the file's records were copied. The
        result is an upload file for the other portal."""
        if not self.taxpayer.working_copy:
            raise nothing()
        return _json(offline_tool.changes(self.taxpayer))
