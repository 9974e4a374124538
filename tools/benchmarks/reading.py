"""Compare how fast the portal and openpyxl's read-only mode read an uploaded workbook of decisions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import load_workbook

from ims_portal.support.workbook.read import MOST_ROWS
from invoices.models import Record
from invoices.rules.situation import Route
from invoices.workbooks import ims, ims_by_cell, read_back
from invoices.workbooks.layout import SHEETS
from tools.benchmarks.frame import Benchmark, Way, faster, peak
from tools.benchmarks.world import Scene

OPENPYXL_MOST = 20_000
MEMORY = 400
# The limit MOST_ROWS counts the heading rows of all sheets too. ROWS is a thousand smaller, so that records
# and headings together stay below the limit.
ROWS = MOST_ROWS - 1_000


def _file() -> Path:
    return Path(tempfile.gettempdir()) / f"bench-reading-{os.getpid()}.xlsx"


def write(scene: Scene) -> None:
    """Write a workbook with as many of the recipient's records as an uploaded workbook may contain."""
    recipient = scene.recipient
    mine = Record.objects.filter(recipient_id=recipient.pk, route=Route.IMS.value).order_by("pk")
    last = mine.values_list("pk", flat=True)[min(mine.count(), ROWS) - 1]
    desk = ims_by_cell.in_ims(recipient, ims_by_cell.view_of(recipient)).filter(pk__lte=last)
    with TemporaryDirectory() as folder:
        ims.write_desk(desk, recipient, _file(), Path(folder))


def read(rows: int) -> None:
    """Read the whole workbook, and interpret the decision of each row."""
    found = read_back.read(_file().read_bytes())
    if found.total != rows:
        raise AssertionError(f"{found.total} rows read of {rows}")


def with_openpyxl(most: int) -> None:
    """Read the values row by row with openpyxl. The values are not interpreted."""
    book = load_workbook(_file(), read_only=True)
    left = most
    for name in SHEETS.values():
        for _row in book[name].iter_rows(values_only=True):
            left -= 1
            if not left:
                return


def ways(scene: Scene) -> Sequence[Way]:
    rows = min(ims_by_cell.ims_rows(scene.recipient), ROWS)
    few = min(rows, OPENPYXL_MOST)
    return [
        Way("workbook read", lambda: read(rows), rows, lambda: write(scene), after=lambda: _file().unlink()),
        Way(
            "openpyxl, read-only",
            lambda: with_openpyxl(few),
            few,
            lambda: write(scene),
            1,
            after=lambda: _file().unlink(),
        ),
    ]


BENCHMARK = Benchmark(
    "reading",
    f"a workbook of up to {ROWS:,} records read back, every decision in it understood",
    ways,
    bars=[faster("workbook read", "openpyxl, read-only", 3), peak("workbook read", MEMORY)],
    grows=["workbook read"],
)
