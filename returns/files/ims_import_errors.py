"""The error file of an IMS import: the refused rows in the form of the uploaded file, each with the reason."""

from __future__ import annotations

import secrets
from pathlib import Path

from ims_portal.support import whole_file
from ims_portal.support.workbook.write import Book, Column, Titles
from invoices.kept_files import FOLDER, folder
from invoices.models import Taxpayer
from invoices.workbooks.ims_by_cell import on_paper
from invoices.workbooks.layout import SHEETS, TITLE, columns
from returns.files import offline_tool
from returns.files.ims_import_account import Account


def write(recipient: Taxpayer, account: Account, form: str) -> str:
    """Write the refused rows with their reasons, and return the file's path below the media folder."""
    name = f"{secrets.token_urlsafe(24)}.{form}"
    path = folder() / name
    if form == "json":
        refused = [
            (line.source, line.record, line.problem.message) for line in account.refused if line.problem
        ]
        whole_file.write(path, offline_tool.errors(refused, recipient))
    else:
        _error_workbook(path, account, recipient)
    return f"{FOLDER}/{name}"


def _error_workbook(path: Path, account: Account, recipient: Taxpayer) -> None:
    """Write a workbook of the refused rows, by sheet. The cells have the texts of the uploaded rows, and a
    further column "Error" has the reason."""
    by_section: dict[str, list[list[str]]] = {}
    for line in account.refused:
        assert line.problem is not None
        error = f"{line.problem.message} ({' '.join(filter(None, (line.problem.rule, line.problem.code)))})"
        by_section.setdefault(line.section, []).append([*line.source.cells, error])
    book = Book(path, workdir=path.parent, about=on_paper(recipient))
    for section, rows in by_section.items():
        shown = [Column(c.heading, c.field, width=c.width, hidden=c.hidden) for c in columns(section)]
        table = book.table(
            SHEETS[section],
            [*shown, Column("Error", "error", width=60)],
            titles=Titles(TITLE, "Rows that were refused, and why", levels=1),
        )
        table.append(rows)
    book.close()
