"""From a register's file to bills: look at the file, and make bills and rows of what was read.

`looked` asks what a person must decide. `taken` takes the register over, if nothing is left to decide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.wording import say
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.register import reading
from invoices.register.models import Bill, RegisterRow, RegisterUpload
from invoices.register.reading import Joint, Look, Row
from invoices.register.take_over import BookedBill, take_over

# A text longer than its column is no number of a document.
LONGEST = {
    "number": 100,
    "own_number": 100,
    "original_number": 100,
    "source_ref": 100,
    "supplier_gstin": 40,
    "port_code": 20,
    "irn": 64,
}


def looked(
    taxpayer: Taxpayer,
    data: bytes,
    name: str,
    *,
    answers: Mapping[str, str] | None = None,
    accept_guesses: bool = False,
    forget: bool = False,
) -> Look:
    """Look at a register's file with the mapping of the last register. With `accept_guesses`, each question that has a
    proposed answer gets this answer. With `forget`, the mapping of the last register is not used. Raises `Invalid` with
    a code REG-… for a file that cannot be read."""
    given = dict(answers or {})
    files = RegisterUpload.objects.filter(taxpayer=taxpayer, source="file")
    last = None if forget else files.order_by("-pk").first()
    remembered = reading.Mapping.of_json(last.mapping) if last and last.mapping else None
    while True:
        found = reading.look(
            data, name, own_gstin=taxpayer.gstin, today=clock.today(), remembered=remembered, answers=given
        )
        new = {one.key: one.proposed for one in found.questions if one.proposed and one.key not in given}
        if not accept_guesses or not new:
            return found
        given |= new


def taken(taxpayer: Taxpayer, data: bytes, name: str, found: Look, *, by: By) -> RegisterUpload:
    """Take over the register that `found` looked at, and return its upload. Raises `Refused` REG-QUESTION if a question
    is not answered."""
    if found.questions:
        raise Refused(
            "REG-QUESTION",
            say(
                "A question about the register is not answered: %(question)s",
                question=found.questions[0].sentence,
            ),
        )
    upload = RegisterUpload(
        name=name[:200],
        source=by.source if by.source in ("api", "command") else "file",
        digest=hashlib.sha256(data).hexdigest(),
        layout=found.layout[:60],
        mapping=found.mapping.as_json(),
    )
    booked, left = read_through(taxpayer, found)
    return take_over(taxpayer, upload, booked, left, by=by)


def read_through(taxpayer: Taxpayer, found: Look) -> tuple[list[BookedBill], list[RegisterRow]]:
    """Read all rows of a register. Return its bills with their rows, and the rows that are left out. Nothing is
    saved."""
    cells: dict[tuple[str, int], Row] = {}

    def remembered_rows() -> Iterator[Row]:
        for row in reading.rows(found):
            cells[row.sheet, row.row] = row
            yield row

    joined = reading.joined(remembered_rows())
    left = [_row(row, row.left_out.code, row.left_out.sentence) for row in joined.left_out if row.left_out]
    booked = []
    for document in joined.documents:
        rows = [cells[place] for place in document.rows]
        problem = _problem(document, taxpayer)
        if problem:
            left += [_row(row, *problem) for row in rows]
        else:
            booked.append(BookedBill(_bill(document), [_row(row) for row in rows]))
    return booked, left


def _problem(document: Joint, taxpayer: Taxpayer) -> tuple[str, str] | None:
    """Return the code and the sentence of the reason why a document cannot be a bill of this taxpayer, or None."""
    if document.own_gstin and document.own_gstin != taxpayer.gstin:
        return "OTHER_GSTIN", say(
            "The row is booked at %(other)s. This register is that of %(own)s.",
            other=document.own_gstin,
            own=taxpayer.gstin,
        )
    for name, longest in LONGEST.items():
        if len(str(getattr(document, name))) > longest:
            return "TOO_LONG", say(
                "The value of %(field)s is longer than %(most)s characters.", field=name, most=longest
            )
    return None


def _row(row: Row, code: str = "", why: str = "") -> RegisterRow:
    return RegisterRow(
        sheet=row.sheet[:60], number=row.row, cells=list(row.cells), left_out=code[:30], why=why[:300]
    )


def _bill(document: Joint) -> Bill:
    details: dict[str, Any] = {"po": document.po, "branch": document.branch}
    if document.original_date:
        details["original_date"] = document.original_date.isoformat()
    return Bill(
        source_ref=document.source_ref,
        supplier_gstin=document.supplier_gstin,
        supplier_name=document.supplier_name[:200],
        kind=document.kind.value,
        number=document.number,
        number_is_date=document.number_is_date,
        own_number=document.own_number,
        document_date=document.document_date,
        date_unsure=document.date_unsure,
        posted_period=_month(document.posted_on),
        received_period=_month(document.received_on),
        claimed_period=document.claimed_period.number if document.claimed_period else None,
        taxable=document.taxable,
        igst=document.igst,
        cgst=document.cgst,
        sgst=document.sgst,
        cess=document.cess,
        value=document.value or None,
        place_of_supply=document.place_of_supply,
        reverse_charge=document.reverse_charge,
        itc=document.itc.value if document.itc else "",
        original_number=document.original_number,
        port_code=document.port_code,
        irn=document.irn,
        details={name: value for name, value in details.items() if value},
    )


def _month(day: Any) -> int | None:
    return TaxPeriod.of(day).number if day else None
