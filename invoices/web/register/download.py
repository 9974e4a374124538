"""The register's bills with the matcher's answers, as an Excel or CSV file."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound, Refused
from ims_portal.support.csv_cells import as_text
from ims_portal.support.workbook.write import MONEY, Book, Titles
from invoices.models import Taxpayer
from invoices.people.access import READ, Access, for_taxpayer
from invoices.register import rows_back
from invoices.register.uploads import present_bills

CSV, XLSX = "csv", "xlsx"
# Excel files are written while the person waits; a CSV file is sent piece by piece
MOST_OF_EXCEL = 20_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@for_taxpayer(READ)
@require_safe
def download(
    request: HttpRequest, access: Access, form: str
) -> HttpResponse | StreamingHttpResponse | FileResponse:
    """Return the file. Raises `Refused` (REG-LARGE) if the register is too large for Excel."""
    taxpayer = access.taxpayer
    name = f"Register_{taxpayer.gstin}_{clock.today():%d%m%Y}.{form}"
    if form == CSV:
        response = StreamingHttpResponse(_as_csv(taxpayer), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    if form != XLSX:
        raise NotFound("NOT_FOUND", "There is no such page.")
    if present_bills(taxpayer)[: MOST_OF_EXCEL + 1].count() > MOST_OF_EXCEL:
        raise Refused("REG-LARGE", _("The register is too large for an Excel file. Download it as CSV."))
    return FileResponse(_as_xlsx(taxpayer), as_attachment=True, filename=name, content_type=XLSX_TYPE)


def _as_csv(taxpayer: Taxpayer) -> Iterator[bytes]:
    text = io.StringIO("\ufeff")
    text.seek(0, io.SEEK_END)
    out = csv.writer(text)
    out.writerow([column.heading for column in rows_back.COLUMNS])
    for n, row in enumerate(rows_back.rows(taxpayer), start=1):
        out.writerow(
            [_cell(column.kind, value) for column, value in zip(rows_back.COLUMNS, row, strict=True)]
        )
        if n % rows_back.AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == MONEY:
        sign, rupees = ("-" if value < 0 else ""), abs(value)
        return f"{sign}{rupees // 100}.{rupees % 100:02d}"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return as_text(value)


def _as_xlsx(taxpayer: Taxpayer) -> Any:
    # the response closes the file
    target = tempfile.TemporaryFile()  # noqa: SIM115
    about = f"{taxpayer.gstin} {taxpayer.legal_name}"
    book = Book(target, about=about)
    title = "Purchase register with the matches of IMS"
    table = book.table("Register", rows_back.COLUMNS, titles=Titles(title, about, levels=1))
    table.append(rows_back.rows(taxpayer))
    book.close()
    target.seek(0)
    return target
