"""Addresses of the REST API, all below /api/v1/."""

from __future__ import annotations

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from gstr2b.api import statements
from invoices.api import acting, bulk, desk, jobs, records
from returns.api import files, forms, gstr3b, outward, portal_clock
from returns.api.docs import ApiDocs

T = "taxpayers/<str:gstin>/"
urlpatterns = [
    path("openapi.json", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", ApiDocs.as_view(url_name="api_schema"), name="api_docs"),
    path("clock/", portal_clock.Clock.as_view()),
    path("rules/", desk.Rules.as_view()),
    path("taxpayers/", desk.Taxpayers.as_view()),
    path(T, desk.Taxpayer.as_view()),
    path(f"{T}desk/", desk.Desk.as_view()),
    path(f"{T}journal/", desk.Journal.as_view()),
    path(f"{T}records/", records.Records.as_view()),
    path(f"{T}records/<int:record_id>/", records.OneRecordView.as_view()),
    path(f"{T}records/<int:record_id>/history/", records.RecordHistory.as_view()),
    path(f"{T}records/<int:record_id>/action/", acting.RecordAction.as_view()),
    path(f"{T}undo/", acting.Undo.as_view()),
    path(f"{T}bulk-actions/", bulk.Bulk.as_view()),
    path(f"{T}bulk-actions/preview/", bulk.BulkPreview.as_view()),
    path(f"{T}gstr2b/<str:period>/", statements.Summary.as_view()),
    path(f"{T}gstr2b/<str:period>/lines/", statements.Lines.as_view()),
    path(f"{T}gstr2b/<str:period>/versions/", statements.Versions.as_view()),
    path(f"{T}gstr2b/<str:period>/compare/", statements.Compare.as_view()),
    path(f"{T}gstr2b/<str:period>/compute/", statements.Compute.as_view()),
    path(f"{T}gstr3b/<str:period>/", gstr3b.ThreeB.as_view()),
    path(f"{T}outward/<str:period>/", outward.Outward.as_view()),
    path(f"{T}outward/<str:period>/documents/", outward.OutwardDocuments.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/", forms.OneForm.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/file/", forms.FileForm.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/upload/", files.Upload.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/documents/", forms.Documents.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/documents/<int:document_id>/", forms.OneDocument.as_view()),
    path(f"{T}exports/", files.Exports.as_view()),
    path(f"{T}imports/", files.Imports.as_view()),
    path(f"{T}imports/<int:job_id>/apply/", files.ImportApply.as_view()),
    path(f"{T}jobs/", jobs.Jobs.as_view()),
    path(f"{T}jobs/<int:job_id>/", jobs.OneJob.as_view()),
    path(f"{T}jobs/<int:job_id>/file/", files.JobFile.as_view()),
    re_path(r"^[\s\S]*\Z", desk.Missing.as_view()),
]
