"""The cells of an IMS workbook's row that describe the document. The portal writes these cells from the
record. When the workbook is uploaded, the portal compares the cells with the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ims_portal.kernel.money import HEADS, BadAmount, paise, rupees
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.support.workbook.cells import DATE, FIRST_DAY, MONEY, clean
from ims_portal.support.workbook.write import Column
from invoices.models import ArchivedRecord, Record
from invoices.rules.documents import number_key
from invoices.workbooks.layout import DESCRIPTION, IDENTITY, INVOICE_TYPES, LASTING, SOURCES, columns

# the fields of the record that `document_cells` needs
FIELDS = (
    "supplier__gstin",
    "supplier__trade_name",
    "supplier__legal_name",
    "number",
    "invoice_type",
    "document_date",
    "value",
    "place_of_supply",
    "taxable",
    *HEADS,
)
OF_ORIGINAL = ("original_number", "original_date")
DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
MOST_DAYS = 80_000  # the number of a day in the year 2119


@dataclass(frozen=True, slots=True)
class Held:
    """The current section, revision and document cells of a record."""

    section: str
    revision: int
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unlike:
    """A difference between a row of the workbook and the record that the row's key names. `heading` is the
    heading of the cell, `shown` is the value in the row, and `held` is the value in the record."""

    heading: str
    shown: str
    held: str


@lru_cache(1000)
def dmy(day: date | None) -> str:
    """Return a date as the workbook's cells show it: 03-10-2024. Without a date, return ""."""
    return f"{day:%d-%m-%Y}" if day else ""


def period_cell(number: int | None) -> str:
    """Return a period as the text of a cell: 202410 becomes Oct'24. Without a period, return ""."""
    if not number:
        return ""
    period = TaxPeriod.from_number(number)
    return f"{period.short_label[:3]}'{period.year % 100:02d}"


def with_original(records: QuerySet) -> QuerySet:
    """Return the records, each with the number and date of the version that the record amends. The amended
    version may be archived."""
    live = Record.objects.filter(pk=OuterRef("amends_id"))
    gone = ArchivedRecord.objects.filter(pk=OuterRef("amends_id"))
    return records.annotate(
        original_number=Coalesce(Subquery(live.values("number")[:1]), Subquery(gone.values("number")[:1])),
        original_date=Coalesce(
            Subquery(live.values("document_date")[:1]), Subquery(gone.values("document_date")[:1])
        ),
    )


def document_cells(row: Mapping[str, Any], place: Callable[[str], str] = state_name) -> dict[str, Any]:
    """Return the cells that describe a document, by the field of each cell's column. Amounts are in paise.

    `row` must have a value for each name in `FIELDS`. For an amendment, `row` must also have the names in
    `OF_ORIGINAL`. For a bill of entry, `row` must also have `details`."""
    cells = {
        "gstin": row["supplier__gstin"],
        "name": row["supplier__trade_name"] or row["supplier__legal_name"],
        "number": row["number"],
        "type": INVOICE_TYPES.get(row["invoice_type"], row["invoice_type"]),
        "date": row["document_date"],
        "value": row["value"],
        "place_of_supply": place(row["place_of_supply"]),
        "taxable": row["taxable"],
        **{head: row[head] for head in HEADS},
    }
    if "original_number" in row:
        cells |= {name: row[name] for name in OF_ORIGINAL}
    if "details" in row:
        cells |= _customs(row["details"] or {})
    return cells


def _customs(details: Mapping[str, Any]) -> dict[str, str]:
    kind = details.get("amendment", "")
    return {
        "port": details.get("port", ""),
        "sez_supplier": details.get("sez_supplier", ""),
        "amendment": {"value": "Value", "gstin": "GSTIN"}.get(kind, ""),
        "other_gstin": details.get("previous_gstin") or details.get("new_gstin") or "",
    }


def held(records: QuerySet[Record]) -> dict[int, Held]:
    """Return the current section, revision and document cells of each record, by id. One query."""
    fields = ("pk", "section", "revision", "details", "form", "tax_period", *FIELDS, *OF_ORIGINAL)
    return {
        row["pk"]: Held(
            row["section"],
            row["revision"],
            document_cells(row)
            | {"source": SOURCES[row["form"]], "source_period": period_cell(row["tax_period"])},
        )
        for row in with_original(records.order_by()).values(*fields)
    }


def unlike(section: str, shown: Mapping[str, Any], record: Held, *, whole: bool) -> Unlike | None:
    """Return the first cell that differs between a row and `record`, or None if the row shows this record.

    `shown` has the row's cells by heading. With `whole`, the function also compares the cells of
    `DESCRIPTION`. An edit by the supplier may change these cells, so use `whole` only if the record still has
    the revision in the row's key."""
    if record.section != section:
        return Unlike("sheet", section, record.section)
    fields = (*IDENTITY, *DESCRIPTION) if whole else IDENTITY
    return next(_differing(section, shown, record, fields), None)


def changed_cells(section: str, shown: Mapping[str, Any], record: Held) -> list[Unlike]:
    """Return the locked cells of a row that differ from `record`. The row must show this record with its present
    revision."""
    return list(_differing(section, shown, record, LASTING))


def _differing(
    section: str, shown: Mapping[str, Any], record: Held, fields: Collection[str]
) -> Iterator[Unlike]:
    for column in columns(section):
        if column.field in fields and column.heading in shown:
            given, there = shown[column.heading], record.cells.get(column.field)
            if not _same(section, column, given, there):
                there = rupees(there or 0) if column.kind == MONEY else cell_text(there or "")
                yield Unlike(column.heading, cell_text(given)[:60], str(there))


def _same(section: str, column: Column, given: Any, there: Any) -> bool:
    if column.kind == MONEY and given not in (None, ""):
        try:
            # repr gives the decimal text of the number as in the file, so the amount is not rounded
            return paise(Decimal(repr(given)) if isinstance(given, float) else given) == (there or 0)
        except BadAmount:
            return False
    if column.kind == DATE:
        return _day(given) == there
    if section.startswith("impg") and column.field in ("number", "original_number"):
        return number_key(cell_text(given), bill=True) == number_key(str(there or ""), bill=True)
    # Upper and lower case, and blanks, make no difference between documents.
    return cell_text(given).casefold() == " ".join(clean(there or "").split()).casefold()


def _day(given: Any) -> date | None:
    """Return the day of a cell, or None. The cell has a date, a text like 03-10-2024 or 03/10/2024 (as in the GST
    portal's files and in earlier downloads), or the number of a date that lost its format."""
    if isinstance(given, date):
        return date(given.year, given.month, given.day)
    if isinstance(given, int):
        return FIRST_DAY + timedelta(days=given) if 0 < given < MOST_DAYS else None
    found = DAY.fullmatch(cell_text(given))
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def cell_text(value: Any) -> str:
    """Return a cell's value as text on one line. A date has the form 03-10-2024."""
    if isinstance(value, date):
        return dmy(value)
    return "" if value is None else " ".join(str(value).split())
