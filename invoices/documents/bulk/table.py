"""The temporary table that holds a chunk of checked documents until they are compared and merged.

A row is a text with tabs between its cells, as PostgreSQL's COPY reads it. The first column, `place`, is the
document's place in the chunk. The other columns are columns of `Record`."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from typing import Any

from django.db import connection

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.documents.checking import Incoming
from invoices.rules.documents import Draft, RateLine
from invoices.rules.remembered_checks import Pattern
from invoices.rules.situation import Kind

TABLE, MET = "intake_stage", "intake_met"
# Planner settings for the rest of the transaction. The planner's estimates are wrong, because the temporary
# tables were empty a moment before. With these settings, the database still finds each row's record by an
# index. JIT is off, because the compilation of the plan would take longer than the query.
PLANNED = (
    "SET LOCAL jit = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; "
    "SET LOCAL work_mem = '32MB'"
)
NULL = "\\N"
# COPY sends its data in pieces of this size, in bytes. The pieces are large, because this thread must wait
# for Python's global lock after each piece. The thread that reads the file ahead keeps this lock for a while.
COPIED_AT_ONCE = 4 * 1024 * 1024
# columns with the supplier's values, in the order of a row's cells
REPORTED = {
    "number": "varchar",
    "number_key": "varchar",
    "document_date": "date",
    "year": "smallint",
    "place_of_supply": "varchar",
    "invoice_type": "varchar",
    "reverse_charge": "boolean",
    "value": "bigint",
    "taxable": "bigint",
    "igst": "bigint",
    "cgst": "bigint",
    "sgst": "bigint",
    "cess": "bigint",
    "rate_lines": "jsonb",
    "details": "jsonb",
}
# columns whose values depend on the document's pattern (`Pattern`) and the document's recipient
PLACED = {
    "kind": "varchar",
    "section": "varchar",
    "claim_period": "integer",
    "last_claim_period": "integer",
    "book": "varchar",
    "route": "varchar",
    "standing": "varchar",
    "direction": "varchar",
}
COLUMNS = {"place": "integer", "recipient_id": "bigint", **REPORTED, **PLACED}
Row = tuple[int, str, Pattern]


def text(value: Any) -> str:
    """Return the value as the text of one cell."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (list, dict)):
        value = json.dumps(value)
    return str(value).replace("\\", "\\\\")


def incoming_of(gstin: str, kind: Kind, given: dict[str, Any]) -> Incoming:
    """Return a row of the table as a document for `saving`."""
    draft = Draft(
        kind=kind,
        recipient=gstin,
        number=given["number"],
        document_date=date.fromisoformat(given["document_date"]),
        place_of_supply=given["place_of_supply"],
        taxable=given["taxable"],
        tax=TaxAmounts.from_mapping({head: given[head] for head in HEADS}),
        value=given["value"],
        invoice_type=given["invoice_type"],
        reverse_charge=given["reverse_charge"],
        rate_lines=tuple(RateLine(*line) for line in given["rate_lines"] or ()),
    )
    return Incoming(draft, details=given["details"])


def plain(name: str, value: Any) -> Any:
    """Return a column's value as a JSON value that is the same on PostgreSQL and SQLite."""
    if isinstance(value, str) and REPORTED[name] == "jsonb":
        return json.loads(value)
    if REPORTED[name] == "boolean":
        return bool(value)
    return value.isoformat() if isinstance(value, date) else value


def load(lines: list[str]) -> None:
    """Fill the temporary table with these rows: by COPY on PostgreSQL, by one prepared statement on
    SQLite."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_prepared(COLUMNS, " ON COMMIT DROP") + PLANNED)
            cursor.copy_expert(
                f"COPY {TABLE} ({', '.join(COLUMNS)}) FROM STDIN",
                StringIO("\n".join([*lines, ""])),
                COPIED_AT_ONCE,
            )
            return
        # the cells remain texts: SQLite converts a text to a number if the column has the type integer
        kinds = {"varchar": "text", "jsonb": "text", "date": "text"}
        columns = {name: kinds.get(kind, "integer") for name, kind in COLUMNS.items()}
        for statement in _prepared(columns).replace("TRUNCATE", "DELETE FROM").split(";"):
            cursor.execute(statement)
        marks = ", ".join(["%s"] * len(COLUMNS))
        cells: Any = (
            [None if cell == NULL else _unescaped(cell) for cell in line.split("\t")] for line in lines
        )
        cursor.executemany(f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES ({marks})", cells)


def _prepared(columns: dict[str, str], commit: str = "") -> str:
    """Return the SQL that creates the two tables of a chunk if they are missing, and empties them.

    `TABLE` holds the documents. `MET` lists the documents whose number the portal already knows."""
    made = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    made = made.replace("place integer", "place integer PRIMARY KEY", 1)
    return (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE} ({made}){commit}; "
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {MET} "
        f"(place integer PRIMARY KEY, what varchar, original bigint, latest bigint){commit}; "
        f"TRUNCATE {TABLE}; TRUNCATE {MET}; "
    ).removesuffix("; " if not commit else "")


def _unescaped(cell: str) -> str:
    return cell.replace("\\\\", "\\") if "\\" in cell else cell
