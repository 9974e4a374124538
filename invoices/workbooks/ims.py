"""Writes the IMS workbook of a desk with any number of records.

`ims_by_cell` writes a small workbook cell by cell. For a large desk on PostgreSQL, the database makes the
rows (`ims_in_sql`), and the portal copies the rows into the sheets of an empty workbook. A million records
take 15 seconds. The use of memory does not depend on the number of records."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.support.database.snapshot import snapshot
from ims_portal.support.workbook.splice import poured
from ims_portal.support.workbook.write import Book, Titles
from invoices.models import Record, Taxpayer
from invoices.models.choices import SECTION_LABELS
from invoices.workbooks import ims_by_cell, ims_in_sql
from invoices.workbooks.ims_by_cell import Report, Written, in_ims, view_of
from invoices.workbooks.layout import COVER, COVER_COLUMNS, SHEETS, TITLE, columns

# with fewer rows than this, writing by cell is as fast as writing by SQL
LARGE = 5000
REPORT_EVERY = 20_000


def write_ims(
    recipient: Taxpayer,
    target: str | Path | IO[bytes],
    *,
    workdir: str | Path | None = None,
    report: Report | None = None,
    large: int = LARGE,
) -> Written:
    """Write the workbook to `target`, and return the number of rows and the sums of each sheet.

    On PostgreSQL, the function writes a workbook of at least `large` rows by SQL. It writes any other
    workbook cell by cell. While writing, the function calls `report` with the number of rows written so
    far."""
    if connection.vendor != "postgresql" or ims_by_cell.ims_rows(recipient) < large:
        return ims_by_cell.write_ims(recipient, target, workdir=workdir, report=report)
    with TemporaryDirectory(dir=workdir) as folder, snapshot() as using:
        desk = in_ims(recipient, view_of(recipient), using)
        return write_desk(desk, recipient, target, Path(folder), report)


def write_desk(
    desk: QuerySet[Record],
    recipient: Taxpayer,
    target: str | Path | IO[bytes],
    folder: Path,
    report: Report | None = None,
) -> Written:
    """Write the records of `desk` to `target` by SQL. The records must be annotated with the clock facets
    (facts that depend on the date). `folder` is for temporary files. PostgreSQL only."""
    written, said = _counted(desk)
    book = Book(
        folder / "skeleton.xlsx",
        workdir=folder,
        made_at=clock.real_now(),
        about=ims_by_cell.on_paper(recipient),
    )
    cover = book.plain(COVER, [2, 22, *(column.width for column in COVER_COLUMNS[1:])])
    tables, places = {}, {}
    for section, name in SHEETS.items():
        titles = Titles(TITLE, f"{SECTION_LABELS[section]}: all records in IMS", levels=1)
        tables[section] = book.table(name, columns(section), titles=titles)
        places[section] = tables[section].reserve(written.sheets[section].rows)
    ims_by_cell.fill_cover(cover, recipient, written)
    styles = {section: table.styles() for section, table in tables.items()}
    book.close()
    filled = {section: some for section, some in places.items() if some}
    for section, pouring in poured(folder / "skeleton.xlsx", target, filled, _telling(report)):
        if section in ims_in_sql.SECTIONS:
            ims_in_sql.copy_rows(desk, section, columns(section), styles[section], said, pouring)
        else:
            for row in tables[section].encoded(ims_by_cell.rows(desk, section, ims_by_cell.Sum())):
                pouring.write(row)
    if report:
        report(written.rows)
    return written


def _counted(desk: QuerySet[Record]) -> tuple[Written, dict[str, Any]]:
    """Return the number of rows and the sums of each sheet. Also return the texts of the ruling (`Said`) for
    each situation on the desk. One query."""
    written = Written({section: ims_by_cell.Sum() for section in SHEETS})
    said: dict[str, Any] = {}
    amounts = ("taxable", *HEADS)
    groups = desk.order_by().values("section", *ims_in_sql.FACETS)
    for group in groups.annotate(rows=Count("pk"), **{f"sum_{name}": Sum(name) for name in amounts}):
        total = written.sheets[group["section"]]
        total.rows += group["rows"]
        for name in amounts:
            setattr(total, name, getattr(total, name) + int(group[f"sum_{name}"]))
        label, decision, *flags = (group[name] for name in ims_in_sql.FACETS)
        barred, limit, past = flags
        said[ims_in_sql.situation((label, decision, *flags))] = ims_by_cell.ruling_words(
            label, decision, False, barred, limit, past
        )
    return written, said


def _telling(report: Report | None) -> Callable[[], None]:
    """Return a function that the caller must call after each row. After every `REPORT_EVERY` rows, this
    function calls `report` with the number of rows so far."""
    rows = count(1)

    def row_written() -> None:
        done = next(rows)
        if report and done % REPORT_EVERY == 0:
            report(done)

    return row_written
