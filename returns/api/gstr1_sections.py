"""GSTN's JSON of the sections of GSTR-1, as a client reads them back: in the shape of a save request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.gstn_out import fingerprint
from invoices.models import Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.gstr1_file import other_sections, write
from returns.gstr1_file.other_sections import OTHERS, plain
from returns.gstr1_file.read_document import SHAPES
from returns.outward.queries import gone, mine

# name of a section in a call -> its key in the reply
KEYS = {
    name: name.lower()
    for name in (
        *("B2B", "B2BA", "B2CL", "B2CLA", "B2CS", "B2CSA", "CDNR", "CDNRA", "CDNUR", "CDNURA"),
        *("EXP", "EXPA", "AT", "ATA", "NIL", "ECOM", "ECOMA", "SUPECO", "SUPECOA"),
    )
} | {"TXP": "txpd", "TXPA": "txpda", "HSNSUM": "hsn", "DOCISS": "doc_issue"}
KINDS = {
    "b2b": (Kind.INVOICE,),
    "b2ba": (Kind.INVOICE,),
    "cdnr": (Kind.CREDIT_NOTE, Kind.DEBIT_NOTE),
    "cdnra": (Kind.CREDIT_NOTE, Kind.DEBIT_NOTE),
    "ecom": (Kind.ECO,),
    "ecoma": (Kind.ECO,),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A section of a form. `gstin` names one recipient, and `since` leaves out documents saved before."""

    form: Form
    period: TaxPeriod
    key: str
    gstin: str = ""
    since: date | None = None


def sources(supplier: Taxpayer, wanted: Wanted) -> list[QuerySet[Any]]:
    """Return the documents of a section: live documents, and archived documents. A section that does not
    reach IMS has none."""
    kinds = KINDS.get(wanted.key)
    if kinds is None:
        return []
    own = mine(supplier, wanted.form, wanted.period) & Q(
        kind__in=[kind.value for kind in kinds], amends_id__isnull=not wanted.key.endswith("a")
    )
    if wanted.gstin:
        own &= Q(recipient__gstin=wanted.gstin)
    if wanted.since:
        own &= Q(saved_at__gte=datetime.combine(wanted.since, time.min, clock.IST))
    return [Record.objects.filter(own), gone(own)]


def section(wanted: Wanted, rows: list[Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reply: the documents in `rows`, and the rows that are kept of sections outside IMS. Without
    any row the result is empty."""
    documents = sorted(rows, key=lambda record: (record.recipient.gstin, record.pk))
    originals = write.originals_of(documents)
    content: Any = {}
    for shape in SHAPES:
        if shape.path[0] == wanted.key and (
            found := list(write.parties(shape, documents, originals, _beside))
        ):
            if len(shape.path) == 1:
                return {wanted.key: plain(found)}
            content[shape.path[1]] = plain(found)
    for other in OTHERS:
        if other.path[0] == wanted.key and kept.get(other.place):
            if len(other.path) == 1:
                return {wanted.key: _marked(other, kept[other.place])}
            content[other.path[1]] = _marked(other, kept[other.place])
    return {wanted.key: content} if content else {}


def _marked(other: other_sections.Other, rows: Any) -> Any:
    """Return kept rows with the fields that GSTN adds when a client reads a section back."""
    if other.whole:
        return rows | {"chksum": _checksum(rows)}
    if other.documents:
        inside = other.documents
        return [group | {inside: [_marked_row(row) for row in group[inside]]} for group in rows]
    return [_marked_row(row) for row in rows]


def _marked_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"chksum": _checksum(row), "updby": "S", "cflag": "N"}


def _checksum(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def kept_count(wanted: Wanted, kept: Mapping[str, Any]) -> int:
    """Return the number of rows that are kept of the section outside IMS."""
    return sum(other_sections.row_count(other, kept[other.place]) for other in _kept_of(wanted, kept))


def kept_chunks(wanted: Wanted, kept: Mapping[str, Any], most: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the kept rows of the section as replies of at most `most` rows, each with its number of rows."""
    for other in _kept_of(wanted, kept):
        for some, count in other_sections.split(other, kept[other.place], most):
            yield section(wanted, [], {other.place: some}), count


def _kept_of(wanted: Wanted, kept: Mapping[str, Any]) -> list[other_sections.Other]:
    return [other for other in OTHERS if other.path[0] == wanted.key and kept.get(other.place)]


def chunks(supplier: Taxpayer, wanted: Wanted, most: int) -> Iterator[list[Any]]:
    """Yield the documents of a section in lists of at most `most`."""
    for source in sources(supplier, wanted):
        last = 0
        while rows := list(source.filter(pk__gt=last).select_related("recipient").order_by("pk")[:most]):
            yield rows
            last = rows[-1].pk


def _beside(record: Any) -> dict[str, Any]:
    shown = {"chksum": fingerprint(record), "updby": "S", "cflag": "N"}
    return shown | ({"srctyp": "e-Invoice"} if (record.details or {}).get("irn") else {})
