"""The content that was read from a register's file, as plain values that the result of a job keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.wording import say
from invoices.models import Taxpayer
from invoices.register import intake, reading
from invoices.register.reading import Joint, Look, Row
from invoices.register.reading.aliases import FIELDS
from invoices.register.reading.looking import ROWS_FOR_DOCUMENTS
from invoices.register.reading.values import text
from invoices.register.take_over import compared

MOST_WARNINGS, MOST_PLACES, LONGEST = 100, 5, 60


def as_json(taxpayer: Taxpayer, found: Look) -> dict[str, Any]:
    """Return everything that a person must see before the bills are taken over."""
    booked, left = intake.read_through(taxpayer, found)
    reasons: dict[str, dict[str, Any]] = {}
    for row in left:
        one = reasons.setdefault(
            row.left_out, {"code": row.left_out, "why": row.why, "count": 0, "places": []}
        )
        one["count"] += 1
        if len(one["places"]) < MOST_PLACES:
            one["places"].append([row.sheet, row.number])
    used = sum(len(one.rows) for one in booked)
    some = islice((row for row in reading.rows(found) if row.left_out is None), ROWS_FOR_DOCUMENTS)
    rows = {(row.sheet, row.row): row for row in some}
    return {
        "layout": found.layout,
        "sheets": list(found.sheets),
        "mapping": found.mapping.as_json(),
        "parts": _parts(found),
        "questions": [asdict(question) for question in found.questions],
        "first_rows": [_row(row) for row in found.first_rows],
        "documents": [_document(one, rows) for one in found.documents],
        "warnings": [asdict(one) for one in found.warnings[:MOST_WARNINGS]],
        "more_warnings": max(0, len(found.warnings) - MOST_WARNINGS),
        "totals": found.totals,
        "rows": used + len(left),
        "used": used,
        "bills": len(booked),
        "left_out": sorted(reasons.values(), key=lambda one: -one["count"]),
        "compared": compared(taxpayer, [one.bill for one in booked]),
    }


def _parts(found: Look) -> list[dict[str, Any]]:
    """Return the mapping of each group of sheets: the columns with their first values, and the columns of each field."""
    several = len(found.mapping.parts) > 1
    parts = []
    for part in found.mapping.parts:
        table = next(one.table for one in found.readers if one.table.sheet.name in part.sheets)
        examples = _examples(table)
        parts.append(
            {
                "prefix": f"{part.fingerprint[:8]}|" if several else "",
                "sheets": list(part.sheets),
                "heading_row": table.heading_rows[-1],
                "columns": [
                    {
                        "key": column.key,
                        "heading": column.heading[:LONGEST],
                        "example": examples.get(column.place, ""),
                    }
                    for column in table.columns
                ],
                "fields": [
                    {
                        "name": name,
                        "columns": list(one.columns),
                        "how": one.how,
                        "why": one.why,
                    }
                    for name in FIELDS
                    if (one := part.fields.get(name)) is not None
                ],
                "empty": [name for name in FIELDS if name not in part.fields],
            }
        )
    return parts


def _examples(table: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for _number, cells in table.sheet.rows[table.data : table.data + 50]:
        for place, cell in enumerate(cells):
            if cell is not None and place not in found:
                found[place] = text(cell)[:LONGEST]
    return found


def _row(row: Row) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "row": row.row,
        "supplier": row.supplier_name or row.supplier_gstin,
        "gstin": row.supplier_gstin,
        "number": row.number or row.own_number,
        "date": row.document_date.isoformat() if row.document_date else "",
        "kind": row.kind.value,
        **{name: getattr(row, name) for name in ("taxable", *HEADS)},
    }


def _document(one: Joint, rows: Mapping[tuple[str, int], Row]) -> dict[str, Any]:
    tax = one.igst + one.cgst + one.sgst + one.cess
    why = say("One row, one bill.")
    if one.repeated_taxable:
        why = say("Each row has the whole taxable value. It counts once.")
    elif len(one.rows) > 1:
        why = say("The rows of one document are added up.")
    return {
        "number": one.number or one.own_number,
        "supplier": one.supplier_name or one.supplier_gstin,
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.row,
                "rate": row.rate,
                "taxable": row.taxable,
                "tax": row.igst + row.cgst + row.sgst + row.cess,
            }
            for row in map(rows.__getitem__, one.rows)
        ],
        "taxable": one.taxable,
        "tax": tax,
        "why": why,
    }
