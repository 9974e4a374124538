"""IMS JSON of the offline tool: the download, the upload, and the error file (R-151).

An upload contains only changed records. The action in the upload replaces the action on the portal's record
with the same key. Records that the upload does not contain stay unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from ims_portal.kernel import clock, file_kinds, strict_json
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS
from ims_portal.support.web import screen_messages
from invoices.api import gstn_in
from invoices.api.gstn_in import ASKED, SUPPLIED, SaveBody, Unreadable
from invoices.api.gstn_out import Dialect, records_to_wire, uploaded
from invoices.desk import working_copy
from invoices.desk.actions_by_number import Wanted
from invoices.models import Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.record_list.records import on_desk
from invoices.queries.situations import DeskView
from returns.files.stated_figures import COUNT, TAXABLE_AND_TAX, TOTALS, VALUE, Unequal, stated_in, unequal

CHUNK = 1000
# figure -> column of the record
AMOUNTS = dict(zip((VALUE, *TAXABLE_AND_TAX), ("value", "taxable", *HEADS), strict=True))


@dataclass(frozen=True, slots=True)
class Line:
    """One record of an upload, with the requested action (`wanted`), or the reason why the portal cannot read
    the record (`fault`). `row` is the record as the file contains it, for the error file."""

    place: str
    section: str
    row: dict[str, Any]
    wanted: Wanted | None = None
    fault: str = ""


@dataclass(slots=True)
class Upload:
    """An upload: its recipient's GSTIN, its records, and the totals that the file states of itself and that differ
    from its records."""

    gstin: str
    lines: list[Line] = field(default_factory=list)
    stated: list[Unequal] = field(default_factory=list)


def written(recipient: Taxpayer) -> Iterator[bytes]:
    """Yield the download in pieces. The download contains the desk's records by section, without bills of
    entry."""
    view = DeskView.of(recipient, clock.today(), calendar())
    desk = on_desk(recipient, view).select_related("decision", "supplier")
    yield b'{"gstin":' + orjson.dumps(recipient.gstin) + b',"imsDetails":{'
    for nth, section in enumerate(SUPPLIED):
        yield (b"," if nth else b"") + orjson.dumps(section) + b":["
        records = desk.filter(section=section).order_by("pk").iterator(chunk_size=CHUNK)
        first = True
        while chunk := list(islice(records, CHUNK)):
            rows = records_to_wire(chunk, view, dialect=Dialect.OFFLINE)
            yield (b"" if first else b",") + b",".join(orjson.dumps(row) for row in rows)
            first = False
        yield b"]"
    yield b"}}"


def changes(recipient: Taxpayer) -> bytes:
    """Return an upload file for the other portal. The file contains the actions that were saved on the
    working copy after the other portal's records were copied."""
    view = DeskView.of(recipient, clock.today(), calendar())
    records = list(working_copy.changed_here(recipient))
    sections: dict[str, list[dict[str, Any]]] = {name: [] for name in SUPPLIED}
    rows = records_to_wire(records, view, dialect=Dialect.OFFLINE)
    for record, row in zip(records, rows, strict=True):
        sections[record.section].append(uploaded(row, (record.details or {})["there"]))
    return orjson.dumps({"rtin": recipient.gstin, "reqtyp": "SAVE", "invdata": sections})


def read(data: bytes) -> Upload:
    """Return the contents of an upload file of the offline tool. Raises `Invalid` for a file that is not an
    upload, or that contains no changes (IMP-EMPTY)."""
    root = strict_json.loads(data)
    if not isinstance(root, dict) or not isinstance(root.get("invdata"), dict):
        if isinstance(root, dict) and "imsDetails" in root:
            raise Invalid(
                "IMP-EMPTY",
                "This is the file that you downloaded, without changes. Choose the upload file that the "
                "offline tool makes.",
            )
        kind = file_kinds.kind_of_json(root)
        told = f"This is {file_kinds.with_article(kind)}. " if kind else ""
        raise Invalid(
            "IMP-FORMAT", f"{told}Choose the offline tool's upload file, which has rtin, reqtyp and invdata."
        )
    gstin = root.get("rtin")
    if not isinstance(gstin, str):
        raise Invalid("IMP-GSTIN", "The file does not name the recipient's GSTIN (rtin).")
    upload = Upload(gstin.strip().upper())
    for name, rows in root["invdata"].items():
        section = gstn_in.section_asked(name)
        if section is None or section in ("isd", "isda") or not isinstance(rows, list):
            raise Invalid("IMP-FORMAT", f"invdata.{name[:20]} is not a section with a list of records.")
        for nth, row in enumerate(rows):
            upload.lines.append(_line(gstin, section, f"invdata.{name}[{nth}]", row))
    if not upload.lines:
        raise Invalid("IMP-EMPTY", screen_messages.in_english("IMP-EMPTY"))
    totals = stated_in({name: root[name] for name in root if name in TOTALS})
    upload.stated = list(unequal("file", totals, _sums(upload.lines)))
    return upload


def _sums(lines: list[Line]) -> dict[str, int | None]:
    """Return the number of the records and the sums of their amounts. If a record cannot be read, the sums are not
    known."""
    sums: dict[str, int | None] = {COUNT: len(lines)}
    facts = [line.wanted.facts for line in lines if line.wanted is not None]
    for figure, column in AMOUNTS.items():
        sums[figure] = sum(one.get(column, 0) for one in facts) if len(facts) == len(lines) else None
    return sums


def _line(gstin: str, section: str, place: str, row: Any) -> Line:
    if not isinstance(row, dict):
        return Line(place, section, {}, fault="A record must be an object.")
    named = gstn_in.of_the_tool(row)
    resets = named.get("action") == "N"
    try:
        (item,) = SaveBody(gstin, resets, {section: [named]}).items()
    except Unreadable as bad:
        return Line(place, section, row, fault=bad.message.partition(": ")[2] or bad.message)
    return Line(place, section, row, item.wanted)


def errors(refused: list[tuple[Line, Record | None, str]], recipient: Taxpayer) -> bytes:
    """Return the error file: each refused record with the portal's data, the requested action, and the reason
    of the refusal."""
    view = DeskView.of(recipient, clock.today(), calendar())
    found = {record.pk: record for _line, record, _why in refused if record is not None}
    known = dict(
        zip(found, records_to_wire(list(found.values()), view, dialect=Dialect.OFFLINE), strict=True)
    )
    sections: dict[str, list[dict[str, Any]]] = {}
    for line, record, why in refused:
        row = dict(known[record.pk]) if record is not None else {}
        # what the person asked for comes from the upload; amounts and identity come from the portal's record
        asked = {k: v for k, v in gstn_in.of_the_tool(line.row).items() if k in ASKED}
        row |= line.row if record is None else asked
        sections.setdefault(line.section, []).append(row | {"error_msg": why})
    return orjson.dumps({"imsDetailsErr": sections}, default=float)
