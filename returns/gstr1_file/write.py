"""Write the saved or filed documents of GSTR-1, IFF or GSTR-1A as GSTN's JSON, which `read` can read
again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from heapq import merge
from itertools import groupby, islice
from typing import Any

from django.db.models import Q

from ims_portal.kernel.money import rupees
from ims_portal.kernel.periods import TaxPeriod
from invoices.documents import changed_invoice
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import RATES
from invoices.rules.situation import Kind
from returns.gstr1_file.read_document import NOTE_KINDS, SHAPES, Shape

AnyRecord = Record | ArchivedRecord
NOTE_LETTERS = {kind.value: letter for letter, kind in NOTE_KINDS.items()}
WIRE_DATE = "%d-%m-%Y"
# the number of documents in memory while a file is written
CHUNK = 1000


def pieces(supplier: Taxpayer, form: Form, period: TaxPeriod) -> Iterator[str]:
    """Yield the form's documents as a GSTN file, piece by piece. If this file is loaded into the portal,
    nothing changes. Memory does not grow with the number of documents."""
    mine = Q(supplier_id=supplier.pk, form=form.value, tax_period=period.number)
    yield f'{{"gstin": {json.dumps(supplier.gstin)}, "fp": {json.dumps(period.wire)}'
    for section, shapes in groupby(SHAPES, key=lambda shape: shape.path[0]):
        opened = False
        for shape in shapes:
            for nth, piece in enumerate(_section(shape, mine)):
                if nth == 0:
                    yield from _opening(section, shape, opened)
                    opened = True
                yield piece
        if opened:
            yield "}" if len(shape.path) == 2 else ""
    yield "}"


def to_gstr1_json(supplier: Taxpayer, form: Form, period: TaxPeriod) -> str:
    """Return the result of `pieces` as one text."""
    return "".join(pieces(supplier, form, period))


def _opening(section: str, shape: Shape, opened: bool) -> Iterator[str]:
    """Yield the keys before the parties of a section. `opened` is true if an earlier shape has written the
    key of the section."""
    yield ", "
    if not opened:
        yield f"{json.dumps(section)}: "
    if len(shape.path) == 2:
        yield f"{'' if opened else '{'}{json.dumps(shape.path[1])}: "


def _section(shape: Shape, mine: Q) -> Iterator[str]:
    """Yield the array of a section's parties. Without documents, yield nothing."""
    before = None
    for document in _in_chunks(shape, mine):
        record, originals = document
        party = (record.recipient.gstin, _supplied_by(record))
        if party != before:
            yield "[{" if before is None else "]}, {"
            if party[1]:
                yield f'"stin": {json.dumps(party[1])}, '
            yield f"{json.dumps(shape.recipient)}: {json.dumps(party[0])}, {json.dumps(shape.documents)}: ["
        else:
            yield ", "
        yield "".join(_text(_document(shape, record, originals)))
        before = party
    if before is not None:
        yield "]}]"


def _in_chunks(shape: Shape, mine: Q) -> Iterator[tuple[AnyRecord, Mapping[int, tuple[str, date]]]]:
    """Yield the section's documents, sorted by recipient, each with the originals of its chunk."""
    kinds = list(NOTE_LETTERS) if shape.kind is None else [shape.kind.value]
    wanted = mine & Q(kind__in=kinds, amends_id__isnull=not shape.original_number)
    sources: list[Iterator[Any]] = []
    for found in (
        Record.objects.filter(wanted),
        ArchivedRecord.objects.filter(wanted).exclude(why=ArchivedRecord.Why.DELETED),
    ):
        ordered = found.select_related("recipient").order_by("recipient__gstin", "pk")
        sources.append(ordered.iterator(chunk_size=CHUNK))
    documents = merge(*sources, key=lambda record: (record.recipient.gstin, record.pk))
    while chunk := list(islice(documents, CHUNK)):
        originals = originals_of(chunk)
        for record in chunk:
            if _belongs(shape, record):
                yield record, originals


def originals_of(documents: Iterable[AnyRecord]) -> dict[int, tuple[str, date]]:
    """Return the numbers and dates of the versions that these documents amend, by id."""
    found: dict[int, tuple[str, date]] = {}
    wanted = sorted({record.amends_id for record in documents if record.amends_id})
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for model in (Record, ArchivedRecord):
            for pk, number, day in model.objects.filter(pk__in=part).values_list(
                "pk", "number", "document_date"
            ):
                found[pk] = (number, day)
    return found


def parties(
    shape: Shape,
    documents: Iterable[AnyRecord],
    originals: Mapping[int, tuple[str, date]],
    more: Callable[[AnyRecord], dict[str, Any]] = lambda _record: {},
) -> Iterator[dict[str, Any]]:
    """Yield the parties of one section, with their documents in the shape of a save request. `documents` are
    sorted by recipient. `more` returns further fields of a document."""
    mine = [record for record in documents if _belongs(shape, record)]
    for (recipient, behind), group in groupby(mine, key=lambda r: (r.recipient.gstin, _supplied_by(r))):
        party = {shape.recipient: recipient}
        if behind:
            party = {"stin": behind, **party}
        listed = [{**_document(shape, record, originals), **more(record)} for record in group]
        yield {**party, shape.documents: listed}


def _supplied_by(record: AnyRecord) -> str:
    return (record.details or {}).get("supplied_by", "")


def _belongs(shape: Shape, record: AnyRecord) -> bool:
    if bool(shape.original_number) != (record.amends_id is not None):
        return False
    if shape.kind is None:
        return record.kind in NOTE_LETTERS
    if record.kind != shape.kind.value:
        return False
    # An e-commerce operator reports supplies by unregistered suppliers in a separate section (urp).
    return shape.kind is not Kind.ECO or ("urp" in shape.name) != bool(_supplied_by(record))


def _document(shape: Shape, record: AnyRecord, originals: Mapping[int, tuple[str, date]]) -> dict[str, Any]:
    details = record.details or {}
    found: dict[str, Any] = {}
    if shape.original_number and record.amends_id is not None:
        number, day = originals[record.amends_id]
        found |= {shape.original_number: number, shape.original_date: day.strftime(WIRE_DATE)}
    if shape.kind is None:
        found["ntty"] = NOTE_LETTERS[record.kind]
        if named := changed_invoice.named_in(details):
            found |= {"inum": named[0], "idt": named[1].strftime(WIRE_DATE)}
    found |= {
        shape.number: record.number,
        shape.date: record.document_date.strftime(WIRE_DATE),
        "val": rupees(record.value),
        "pos": record.place_of_supply,
    }
    if record.kind == Kind.ECO.value:
        found["sply_ty"] = "INTER" if record.igst else "INTRA"
    else:
        found["rchrg"] = "Y" if record.reverse_charge else "N"
    found["inv_typ"] = record.invoice_type
    if details.get("diff_percent") == 65:
        found["diff_percent"] = Decimal("0.65")
    if details.get("sold_through"):
        found["etin"] = details["sold_through"]
    if details.get("irn"):
        found["irn"] = details["irn"]
    if details.get("irn_date"):
        found["irngendate"] = date.fromisoformat(details["irn_date"]).strftime(WIRE_DATE)
    found["itms"] = [_item(record, line) for line in record.rate_lines or [_one_line(record)]]
    return found


def _one_line(record: AnyRecord) -> list[int]:
    """Return one rate line for a document that was saved without rate lines. The line has the totals of the
    document, and the allowed rate that fits the tax best."""
    charged = record.igst + record.cgst + record.sgst
    share = 65 if (record.details or {}).get("diff_percent") == 65 else 100
    rate = min(RATES, key=lambda r: abs(record.taxable * r * share - charged * 1_000_000))
    return [rate, record.taxable, record.igst, record.cgst, record.sgst, record.cess]


def _item(record: AnyRecord, line: list[int]) -> dict[str, Any]:
    rate, taxable, igst, cgst, sgst, cess = line
    amounts: dict[str, Any] = {"rt": rupees(rate).normalize() if rate else 0, "txval": rupees(taxable)}
    if igst or not (cgst or sgst):
        amounts["iamt"] = rupees(igst)
    if cgst or sgst:
        amounts |= {"camt": rupees(cgst), "samt": rupees(sgst)}
    return {"num": rate + 1, "itm_det": {**amounts, "csamt": rupees(cess)}}


def _text(value: Any) -> Iterator[str]:
    """Yield the pieces of the JSON text, with exact decimals. Python's JSON writer cannot be used, because
    the writer would turn decimals into binary fractions."""
    if isinstance(value, dict):
        yield "{"
        for nth, (key, part) in enumerate(value.items()):
            yield f"{', ' if nth else ''}{json.dumps(key)}: "
            yield from _text(part)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for nth, part in enumerate(value):
            if nth:
                yield ", "
            yield from _text(part)
        yield "]"
    elif isinstance(value, Decimal):
        yield format(value, "f")
    else:
        yield json.dumps(value, ensure_ascii=False)
