"""Measure how long the download job needs to write the IMS workbook. For comparison, measure the ORM with
openpyxl's write-only mode, and a plain read of the rows from the database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.db import connection
from openpyxl import Workbook

from invoices.workbooks import ims, ims_by_cell
from invoices.workbooks.layout import SHEETS, columns
from tools.benchmarks.frame import Benchmark, Way, faster, peak
from tools.benchmarks.world import Scene

OPENPYXL_MOST = 20_000
MEMORY = 150


def _target() -> Path:
    return Path(tempfile.gettempdir()) / f"bench-workbook-{os.getpid()}.xlsx"


def ours(scene: Scene) -> None:
    target = _target()
    try:
        written = ims.write_ims(scene.recipient, target, large=1)
        assert written.rows
    finally:
        target.unlink(missing_ok=True)


def with_openpyxl(scene: Scene, most: int) -> None:
    """Write the same cells row by row, with the ORM and openpyxl. The workbook has headings and values, but
    no styles, widths or protection."""
    view = ims_by_cell.view_of(scene.recipient)
    desk = ims_by_cell.in_ims(scene.recipient, view)
    book = Workbook(write_only=True)
    left = most
    for section, name in SHEETS.items():
        sheet = book.create_sheet(name)
        sheet.append([column.heading for column in columns(section)])
        if not left:
            continue
        money = {place for place, column in enumerate(columns(section)) if column.kind == "money"}
        for cells in ims_by_cell.rows(desk, section, ims_by_cell.Sum()):
            sheet.append([v / 100 if n in money and v is not None else v for n, v in enumerate(cells)])
            left -= 1
            if not left:
                break
    target = _target()
    try:
        book.save(target)
    finally:
        target.unlink(missing_ok=True)


def bare(scene: Scene) -> None:
    """Run only the SQL that no workbook can avoid: COPY the columns of the rows, and discard the result."""
    with connection.cursor() as cursor, Path(os.devnull).open("wb") as nowhere:
        cursor.cursor.copy_expert(
            "COPY (SELECT r.number, r.document_date, r.value, r.taxable, r.igst, r.cgst, r.sgst, r.cess, r.label, "
            "r.form, r.tax_period, r.claim_period, r.filing, r.place_of_supply, r.invoice_type, r.revision, "
            "d.label, d.remarks, d.version, t.gstin, t.legal_name FROM invoices_record r "
            "JOIN invoices_decision d ON d.record_id = r.id JOIN invoices_taxpayer t ON t.id = r.supplier_id "
            f"WHERE r.recipient_id = {scene.recipient_id} AND r.route = 'M') TO STDOUT",
            nowhere,
        )


def ways(scene: Scene) -> Sequence[Way]:
    rows = ims_by_cell.ims_rows(scene.recipient)
    few = min(rows, OPENPYXL_MOST)
    return [
        Way("workbook", lambda: ours(scene), rows, rounds=2),
        Way("openpyxl, write-only", lambda: with_openpyxl(scene, few), few, rounds=1),
        Way("bare COPY of the columns", lambda: bare(scene), rows, rounds=2),
    ]


BENCHMARK = Benchmark(
    "workbook",
    "Excel of a desk: every record with its law, styled and protected",
    ways,
    bars=[faster("workbook", "openpyxl, write-only", 8), peak("workbook", MEMORY)],
    grows=["workbook"],
)
