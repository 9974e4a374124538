"""Addresses of the REST API, all below /api/v1/."""

from __future__ import annotations

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from gstr2b.api import drafts, gstr2a, statements
from invoices.api import acting, batches, desk, jobs, journal, records, webhooks, working
from returns.api import figures, files, forms, gstn_files, gstr3b, ledgers, outward, portal_clock
from returns.api.docs import ApiDocs

T = "taxpayers/<str:gstin>/"
urlpatterns = [
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="api_schema"),
    path("docs/", ApiDocs.as_view(url_name="api_schema"), name="api_docs"),
    path("clock/", portal_clock.Clock.as_view()),
    path("clock/real/", portal_clock.RealTime.as_view()),
    path("me/preferences/", working.Preferences.as_view()),
    path("rules/", desk.Rules.as_view()),
    path("taxpayers/", desk.Taxpayers.as_view()),
    path(T, desk.Taxpayer.as_view()),
    path(f"{T}desk/", desk.Desk.as_view()),
    path(f"{T}journal/", desk.Journal.as_view()),
    path(f"{T}journal/check/", journal.Check.as_view()),
    path(f"{T}journal/export/", journal.Export.as_view()),
    path(f"{T}records/", records.Records.as_view()),
    path(f"{T}records/<int:record_id>/", records.OneRecordView.as_view()),
    path(f"{T}records/<int:record_id>/history/", records.RecordHistory.as_view()),
    path(f"{T}records/<int:record_id>/action/", acting.RecordAction.as_view()),
    path(f"{T}undo/", acting.Undo.as_view()),
    path(f"{T}batches/", batches.Batches.as_view()),
    path(f"{T}batches/<int:batch_id>/", batches.OneBatch.as_view()),
    path(f"{T}batches/<int:batch_id>/run/", batches.RunBatch.as_view()),
    path(f"{T}batches/<int:batch_id>/stop/", batches.StopBatch.as_view()),
    path(f"{T}batches/<int:batch_id>/undo/", batches.UndoBatch.as_view()),
    path(f"{T}views/", working.Views.as_view()),
    path(f"{T}views/<int:view_id>/", working.OneView.as_view()),
    path(f"{T}voided/", working.Voided.as_view()),
    path(f"{T}next-steps/", figures.NextSteps.as_view()),
    path(f"{T}analytics/", figures.Analytics.as_view()),
    path(f"{T}webhooks/", webhooks.Webhooks.as_view()),
    path(f"{T}webhooks/<int:webhook_id>/", webhooks.OneWebhook.as_view()),
    path(f"{T}gstr2b/<str:period>/", statements.Summary.as_view()),
    path(f"{T}gstr2b/<str:period>/lines/", statements.Lines.as_view()),
    path(f"{T}gstr2b/<str:period>/versions/", drafts.Versions.as_view()),
    path(f"{T}gstr2b/<str:period>/compare/", drafts.Compare.as_view()),
    path(f"{T}gstr2b/<str:period>/compute/", drafts.Compute.as_view()),
    path(f"{T}gstr2b/<str:period>/ahead/", drafts.Ahead.as_view()),
    path(f"{T}gstr2b/<str:period>/json/", gstn_files.StatementJson.as_view()),
    path(f"{T}gstr2a/<str:period>/", gstr2a.Tables.as_view()),
    path(f"{T}gstr2a/<str:period>/documents/", gstr2a.Filed.as_view()),
    path(f"{T}gstr3b/<str:period>/", gstr3b.ThreeB.as_view()),
    path(f"{T}ledgers/<slug:ledger>/", ledgers.LedgerView.as_view()),
    path(f"{T}outward/liability/", figures.Liability.as_view()),
    path(f"{T}outward/<str:period>/", outward.Outward.as_view()),
    path(f"{T}outward/<str:period>/documents/", outward.OutwardDocuments.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/", forms.OneForm.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/file/", forms.FileForm.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/json/", gstn_files.FormJson.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/move/", forms.MoveForm.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/upload/", files.Upload.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/documents/", forms.Documents.as_view()),
    path(f"{T}forms/<str:form>/<str:period>/documents/<int:document_id>/", forms.OneDocument.as_view()),
    path(f"{T}exports/", files.Exports.as_view()),
    path(f"{T}imports/", files.Imports.as_view()),
    path(f"{T}imports/<int:job_id>/apply/", files.ImportApply.as_view()),
    path(f"{T}offline/", gstn_files.Offline.as_view()),
    path(f"{T}other-portal/", gstn_files.OtherPortal.as_view()),
    path(f"{T}other-portal/changes/", gstn_files.Changes.as_view()),
    path(f"{T}other-portal/<int:job_id>/take-over/", gstn_files.TakeOver.as_view()),
    path(f"{T}jobs/", jobs.Jobs.as_view()),
    path(f"{T}jobs/<int:job_id>/", jobs.OneJob.as_view()),
    path(f"{T}jobs/<int:job_id>/retry/", files.JobRetry.as_view()),
    path(f"{T}jobs/<int:job_id>/file/", files.JobFile.as_view()),
    re_path(r"^[\s\S]*\Z", desk.Missing.as_view()),
]
