"""Addresses of the pages of the returns app: the taxpayer's own pages, a supplier's forms, files and jobs,
and the sandbox."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from invoices.rules.calendar import Form
from returns.web.files import downloads, ims_import, other_portal
from returns.web.recipient import analytics, gstr3b, home, ledgers, taxpayers
from returns.web.sandbox import benchmarks, clock, october_2025
from returns.web.supplier import documents, filing, forms, one_document, recipients_answers, rejections
from returns.web.supplier.context import SLUGS

# The names of all tables. The pattern of the table pages lists these names, because a general pattern would
# also match the addresses of other pages.
TABLES = "all|b2b|b2ba|notes|notesa|eco|ecoa"


def _of(form: Form, slug: str) -> list[URLPattern]:
    """Return the addresses of one form's pages. The pages are the same for GSTR-1, IFF, GSTR-1A, GSTR-5 and
    GSTR-6."""
    base, known = f"t/<str:gstin>/{slug}/", {"form": form}
    one = f"{base}<str:period>/"
    return [
        path(base, forms.form_now, known, name=f"{slug}_now"),
        path(one, forms.form_page, known, name=slug),
        path(f"{one}upload/", filing.upload_page, known, name=f"{slug}_upload"),
        path(f"{one}file/", filing.file_page, known, name=f"{slug}_file"),
        path(f"{one}filed/", filing.filed_page, known, name=f"{slug}_filed"),
        path(f"{one}move/", filing.move_page, known, name=f"{slug}_move"),
        path(f"{one}json/", forms.json_file, known, name=f"{slug}_json"),
        path(f"{one}recipient/", documents.recipient, known, name=f"{slug}_recipient"),
        path(f"{one}<slug:table>/", forms.table_page, known, name=f"{slug}_table"),
        path(f"{one}<slug:table>/new/", documents.new, known, name=f"{slug}_new"),
        path(f"{one}<slug:table>/<int:record>/", documents.edit, known, name=f"{slug}_edit"),
        path(f"{one}<slug:table>/<int:record>/delete/", documents.delete, known, name=f"{slug}_delete"),
        path(f"{one}<slug:table>/<int:record>/view/", one_document.page, known, name=f"{slug}_document"),
    ]


urlpatterns: list[URLPattern] = [
    # the clock
    path("clock/", clock.clock_page, name="clock"),
    path("clock/move/", clock.move, name="clock_move"),
    path("clock/real/", clock.real, name="clock_real"),
    # what changed in October 2025, with documents to try
    path("help/october-2025/", october_2025.page, name="october_2025"),
    path("t/<str:gstin>/october-2025/", october_2025.set_up, name="october_2025_set_up"),
    # the taxpayers of a person
    path("t/", taxpayers.taxpayers, name="choose"),
    # the recipient
    path("t/<str:gstin>/", home.home, name="home"),
    path("t/<str:gstin>/analytics/", analytics.page, name="analytics"),
    path("t/<str:gstin>/gstr3b/", gstr3b.now, name="gstr3b_now"),
    path("t/<str:gstin>/gstr3b/<str:period>/", gstr3b.preview, name="gstr3b"),
    path("t/<str:gstin>/gstr3b/<str:period>/file/", gstr3b.file, name="gstr3b_file"),
    path("t/<str:gstin>/gstr3b/<str:period>/filed/", gstr3b.filed, name="gstr3b_filed"),
    path("t/<str:gstin>/ledgers/<slug:ledger>/", ledgers.page, name="ledger"),
    path("t/<str:gstin>/ims/outward/", recipients_answers.summary, name="outward"),
    path("t/<str:gstin>/ims/outward/liability/", recipients_answers.liability, name="outward_liability"),
    path("t/<str:gstin>/ims/outward/rejected/", rejections.page, name="outward_rejected"),
    re_path(
        rf"^t/(?P<gstin>[^/]+)/ims/outward/(?P<table>{TABLES})/$",
        recipients_answers.documents,
        name="outward_table",
    ),
    # the supplier
    path("t/<str:gstin>/returns/", forms.dashboard, name="returns"),
    *(pattern for form, slug in SLUGS.items() for pattern in _of(form, slug)),
    # files and jobs
    path("t/<str:gstin>/ims/download/", downloads.ims, name="ims_download"),
    path("t/<str:gstin>/gstr2b/<str:period>/download/", downloads.gstr2b, name="gstr2b_download"),
    path("t/<str:gstin>/ims/outward/download/", downloads.outward, name="outward_download"),
    path("t/<str:gstin>/ledgers/<slug:ledger>/download/", downloads.ledger, name="ledger_download"),
    path("t/<str:gstin>/ims/import/", ims_import.choose, name="ims_import"),
    path("t/<str:gstin>/ims/import/<int:job_id>/", ims_import.review, name="ims_import_review"),
    path("t/<str:gstin>/ims/other-portal/", other_portal.choose, name="other_portal"),
    path("t/<str:gstin>/ims/other-portal/changes/", other_portal.changes, name="other_portal_changes"),
    path("t/<str:gstin>/ims/other-portal/<int:job_id>/", other_portal.show, name="other_portal_file"),
    path("t/<str:gstin>/ims/offline/", ims_import.offline_json, name="ims_offline"),
    path("t/<str:gstin>/gstr2b/<str:period>/json/", ims_import.gstr2b_json, name="gstr2b_json"),
    path("t/<str:gstin>/jobs/", downloads.job_list, name="jobs"),
    path("t/<str:gstin>/jobs/<int:job_id>/", downloads.job, name="job"),
    path("t/<str:gstin>/jobs/<int:job_id>/file/", downloads.job_file, name="job_file"),
    path("t/<str:gstin>/jobs/<int:job_id>/retry/", downloads.job_retry, name="job_retry"),
    # pages for the people who run the portal
    path("ops/benchmarks/", benchmarks.page, name="benchmarks"),
]
