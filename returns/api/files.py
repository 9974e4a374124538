"""Upload and download files: GSTR-1 JSON, and workbooks that jobs make."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import typed_values
from ims_portal.support.web.api_json import read
from ims_portal.support.workbook import read as workbook_in
from invoices import jobs, kept_files
from invoices.api.common.base import TaxpayerView, checked, nothing, one_of
from invoices.api.common.fields import KEY, WRITE, PeriodIn, StrictWhole, also
from invoices.api.common.once import once
from invoices.api.jobs import JobOut, find
from invoices.people.access import ACT, READ, SUPPLY
from invoices.people.tokens import Scope
from returns.api.file_bodies import (
    AS_BODY,
    AS_BODY_OR_FORM,
    BINARY,
    JSON_OR_WORKBOOK,
    BinaryBody,
    Untouched,
    as_answer,
    is_workbook,
)
from returns.api.forms import FormView
from returns.files import downloads, ims_import
from returns.files.downloads import Wanted
from returns.gstr1_file import job as upload_job
from returns.gstr1_file import load
from returns.gstr1_file.report import Mode

MODES = [mode.value for mode in Mode]


class UploadRefusal(serializers.Serializer):
    place = serializers.CharField()
    number = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class UploadOut(serializers.Serializer):
    mode = serializers.ChoiceField(MODES)
    written = serializers.BooleanField()
    read = serializers.IntegerField()
    saved = serializers.IntegerField()
    changed = serializers.IntegerField()
    deleted = serializers.IntegerField()
    same = serializers.IntegerField()
    refused = serializers.IntegerField()
    refusals = UploadRefusal(many=True)
    warned = serializers.IntegerField(help_text="Number of warnings, also of those that are not listed")
    warnings = UploadRefusal(
        many=True, help_text="About accepted documents; the code is empty. At most 1,000 are listed"
    )
    outside = serializers.DictField(child=serializers.IntegerField())
    sha256 = serializers.CharField()


class Upload(FormView):
    parser_classes = [Untouched, BinaryBody]
    scopes = {"POST": Scope.SUPPLY}
    roles = {"POST": SUPPLY}

    most_bytes = upload_job.MOST_BYTES

    @extend_schema(
        operation_id="forms_upload",
        parameters=[
            KEY,
            OpenApiParameter(
                "mode",
                OpenApiTypes.STR,
                enum=MODES,
                description="good: save the documents without errors; all: save nothing if one document is "
                "refused; check: only check the file, and save nothing",
            ),
        ],
        request=AS_BODY,
        responses={200: UploadOut, 202: JobOut, **also(*WRITE)},
        tags=["Forms"],
    )
    def post(self, request: Request, gstin: str, form: str, period: str) -> Response:
        """Load a GSTR-1 file in GSTN's format. The body is the file. Sending the same file again changes
        nothing. A job loads a body of more than 4 MB (status 202). The job's `result` is then the report. The
        Idempotency-Key has no effect for such a body."""
        mode = Mode(one_of(request.query_params, "mode", MODES, Mode.GOOD_ONES.value))
        if (
            typed_values.whole_number(request.META.get("CONTENT_LENGTH") or "") or 0
        ) <= upload_job.BYTES_AT_ONCE:
            return self._at_once(request, mode)
        job = upload_job.receive(
            self.taxpayer, self.form, self.month, mode, request._request, name="API", by=self.by
        )
        return Response(JobOut(job).data, status=202)

    @once
    def _at_once(self, request: Request, mode: Mode) -> Response:
        data = request.data if isinstance(request.data, bytes) else b""
        report = load.load(self.taxpayer, self.form, data, by=self.by, period=self.month, mode=mode)
        return Response(UploadOut(report).data)


class ImportIn(serializers.Serializer):
    """How to apply a checked file. With mode `good`, the rows without errors are saved. With mode `all`,
    nothing is saved if one row is refused."""

    mode = serializers.ChoiceField(["good", "all"], required=False, default="good")


class Imports(TaxpayerView):
    parser_classes = JSON_OR_WORKBOOK
    most_bytes = workbook_in.MOST_BYTES
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="imports_check",
        parameters=[KEY],
        request=AS_BODY_OR_FORM,
        responses={202: JobOut, **also(*WRITE)},
        tags=["Jobs"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Check an IMS workbook or the offline tool's JSON, and save nothing. The body is the file, or a form
        with the file as its part `file`. The job's `result` shows the changes that the file would make, and
        the refusals."""
        data = request.data if isinstance(request.data, bytes) else b""
        if is_workbook(request.content_type or "", data):
            workbook_in.look_at(data)
        elif len(data) <= kept_files.BYTES_AT_ONCE:
            # A small file that cannot be read is refused at once. A job reads a larger file, and the job's
            # result then contains the error.
            read(data)
        return Response(JobOut(ims_import.receive(self.taxpayer, data, "API", by=self.by)).data, status=202)


class ImportApply(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="imports_apply",
        parameters=[KEY],
        request=ImportIn,
        responses={202: JobOut, **also(*WRITE)},
        tags=["Jobs"],
    )
    @once
    def post(self, request: Request, gstin: str, job_id: int) -> Response:
        """Apply a checked file. A second request for the same file changes nothing."""
        body = checked(ImportIn, request)
        done = ims_import.apply(
            self.taxpayer, find(self.taxpayer, job_id), by=self.by, all_or_nothing=body["mode"] == "all"
        )
        return Response(JobOut(done).data, status=202)


class ExportIn(serializers.Serializer):
    """The workbook to make. `period` is only for gstr2b and outward. `version` is only for gstr2b. reclaim and
    rcm are the taxpayer's ledgers."""

    what = serializers.ChoiceField(["ims", "gstr2b", "outward", *downloads.LEDGERS])
    period = PeriodIn(required=False)
    version = StrictWhole(required=False, min_value=1, max_value=999_999)

    def validate(self, attrs: Any) -> Any:
        if attrs["what"] in ("gstr2b", "outward") and "period" not in attrs:
            raise serializers.ValidationError({"period": "This workbook needs a period. Give the period."})
        return attrs


class Exports(TaxpayerView):
    roles = {"POST": READ}

    @extend_schema(
        operation_id="exports_ask",
        parameters=[KEY],
        request=ExportIn,
        responses={202: JobOut, **also(*WRITE)},
        tags=["Jobs"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Ask for a workbook. When the job is done, fetch the workbook as the job's file."""
        body = checked(ExportIn, request)
        wanted = Wanted(body["what"], body.get("period"), body.get("version"))
        return Response(JobOut(downloads.ask(self.taxpayer, wanted, by=self.by)).data, status=202)


class JobFile(TaxpayerView):
    @extend_schema(
        operation_id="jobs_file",
        responses={**as_answer("A workbook, or the error file of a JSON file"), **also()},
        tags=["Jobs"],
    )
    def get(self, request: Request, gstin: str, job_id: int) -> FileResponse:
        """Return the workbook of an export, or the error file of an import. The header Content-Disposition has
        the file's name, which ends with .xlsx or .json."""
        job = find(self.taxpayer, job_id)
        path = downloads.path_of(job) if job.kind in downloads.WITH_FILES else None
        if path is None:
            raise nothing()
        name = (job.result or {}).get("name", "download.xlsx")
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=BINARY)


class JobRetry(TaxpayerView):
    scopes = {"POST": Scope.READ}
    roles = {"POST": READ}

    @extend_schema(
        operation_id="jobs_retry", request=None, responses={202: JobOut, **also(*WRITE)}, tags=["Jobs"]
    )
    def post(self, request: Request, gstin: str, job_id: int) -> Response:
        """Put a failed download back in the queue. If the download did not fail, the call changes nothing."""
        job = find(self.taxpayer, job_id)
        if job.kind != downloads.KIND:
            raise nothing()
        jobs.retry(job)
        return Response(JobOut(find(self.taxpayer, job_id)).data, status=202)
