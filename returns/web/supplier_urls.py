"""Addresses of the supplier's pages: the same for GSTR-1, IFF, GSTR-1A, GSTR-5 and GSTR-6."""

from __future__ import annotations

from django.urls import URLPattern, path

from invoices.rules.calendar import Form
from returns.web import supplier_documents as documents
from returns.web import supplier_filing as filing
from returns.web import supplier_returns as returns
from returns.web.supplier_context import SLUGS


def _of(form: Form, slug: str) -> list[URLPattern]:
    base, known = f"t/<str:gstin>/{slug}/", {"form": form}
    one = f"{base}<str:period>/"
    return [
        path(base, returns.form_now, known, name=f"{slug}_now"),
        path(one, returns.form_page, known, name=slug),
        path(f"{one}upload/", filing.upload_page, known, name=f"{slug}_upload"),
        path(f"{one}file/", filing.file_page, known, name=f"{slug}_file"),
        path(f"{one}filed/", filing.filed_page, known, name=f"{slug}_filed"),
        path(f"{one}move/", filing.move_page, known, name=f"{slug}_move"),
        path(f"{one}json/", returns.json_file, known, name=f"{slug}_json"),
        path(f"{one}recipient/", documents.recipient, known, name=f"{slug}_recipient"),
        path(f"{one}<slug:table>/", returns.table_page, known, name=f"{slug}_table"),
        path(f"{one}<slug:table>/new/", documents.new, known, name=f"{slug}_new"),
        path(f"{one}<slug:table>/<int:record>/", documents.edit, known, name=f"{slug}_edit"),
        path(f"{one}<slug:table>/<int:record>/delete/", documents.delete, known, name=f"{slug}_delete"),
    ]


urlpatterns: list[URLPattern] = [
    path("t/<str:gstin>/returns/", returns.dashboard, name="returns"),
    *(pattern for form, slug in SLUGS.items() for pattern in _of(form, slug)),
]
