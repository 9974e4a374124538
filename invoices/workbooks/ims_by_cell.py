"""Writes the IMS workbook cell by cell: a cover, then one sheet for each section of a taxpayer's desk
(R-150).

Rows go from the database to the file and do not stay in memory. The rulebook rules once on each situation
(combination of record properties)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from django.db.models import Count, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.places import state_name
from ims_portal.support.database.snapshot import snapshot
from ims_portal.support.workbook.write import Book, Column, PlacedSheet, Titles
from invoices import portal_clock
from invoices.models import Record, Taxpayer
from invoices.models.choices import SECTION_LABELS
from invoices.queries import situations, tallies
from invoices.queries.calendar import book_for, calendar
from invoices.queries.situations import DeskView
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Answer, Route, from_labels
from invoices.workbooks import shown_document
from invoices.workbooks.layout import (
    COVER,
    COVER_COLUMNS,
    FILING,
    SHEETS,
    SOURCES,
    STATUS,
    TITLE,
    columns,
    row_key,
    sign_of,
)
from invoices.workbooks.shown_document import document_cells, period_cell, with_original

CHUNK = 2000
# number of rows between two calls of `report`
REPORT_EVERY = 5000
AMOUNTS = ("taxable", *HEADS)

Report = Callable[[int], None]


@dataclass(slots=True)
class Sum:
    """The number of rows in a sheet, and the sums of the amounts in paise."""

    rows: int = 0
    taxable: int = 0
    igst: int = 0
    cgst: int = 0
    sgst: int = 0
    cess: int = 0


@dataclass(slots=True)
class Written:
    """The numbers of a written workbook: the rows and sums of each sheet."""

    sheets: dict[str, Sum] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(s.rows for s in self.sheets.values())


def in_ims(recipient: Taxpayer, view: DeskView, using: str | None = None) -> QuerySet[Record]:
    """Return the records that are on the recipient's desk now. The records are annotated with the clock
    facets (facts that depend on the date)."""
    records = Record.objects.using(using) if using else Record.objects.all()
    mine = records.filter(recipient_id=recipient.pk, route=Route.IMS.value)
    return situations.with_clock_facets(mine, view).filter(closed=False)  # type: ignore[misc]  # annotated


def ims_rows(recipient: Taxpayer) -> int:
    """Return how many records the workbook will have. The counters give the number."""
    rows = tallies.rows(recipient, view_of(recipient))
    return sum(r.count for r in rows if r.situation.route is Route.IMS and not r.situation.closed)


def write_ims(
    recipient: Taxpayer,
    target: str | Path | IO[bytes],
    *,
    workdir: str | Path | None = None,
    report: Report | None = None,
) -> Written:
    """Write the workbook to `target`. After every `REPORT_EVERY` rows, call `report` with the number of rows
    so far."""
    written = Written()
    view = view_of(recipient)
    book = Book(target, workdir=workdir, made_at=clock.real_now(), about=on_paper(recipient))
    cover = book.plain(COVER, [2, 22, *(column.width for column in COVER_COLUMNS[1:])])
    with snapshot() as using:
        desk = in_ims(recipient, view, using)
        present = set(
            desk.order_by().values("section").annotate(n=Count("pk")).values_list("section", flat=True)
        )
        done = 0
        for section, name in SHEETS.items():
            titles = Titles(TITLE, f"{SECTION_LABELS[section]}: all records in IMS", levels=1)
            table = book.table(name, columns(section), titles=titles)
            total = written.sheets[section] = Sum()
            if section not in present:
                continue
            for count in table.write(rows(desk, section, total)):
                if report and (done + count) % REPORT_EVERY == 0:
                    report(done + count)
            total.rows = table.count
            done += table.count
    fill_cover(cover, recipient, written)
    if report:
        report(done)
    book.close()
    return written


def on_paper(recipient: Taxpayer) -> str:
    """Return the taxpayer and the return period, for the top of every printed page."""
    return f"{recipient.gstin} · {recipient.name} · {recipient.opens.label}"


def view_of(recipient: Taxpayer) -> DeskView:
    return DeskView.of(recipient, clock.today(), calendar())


@dataclass(frozen=True, slots=True)
class Said:
    """The ruling on a situation, as the texts that the sheet shows."""

    status: str
    reduction_required: str
    in_full: bool
    pending_blocked: str
    code: str
    why: str
    rule: str
    trail: str


def ruling_words(label: str, decision: str, closed: bool, barred: bool, limit: bool, past: bool) -> Said:
    situation = from_labels(
        label, decision, closed=closed, time_barred=barred, pending_limit_reached=limit, past_cutoff=past
    )
    ruling = rule(situation)
    blocked = ruling.refusals.get(Action.PENDING)
    required = ""
    if ruling.asks_reduction and situation.action is Action.ACCEPTED:
        required = "No" if situation.answer is Answer.NO else "Yes"
    return Said(
        status=STATUS[situation.action],
        reduction_required=required,
        in_full=required == "Yes" and situation.answer is not Answer.PART,
        pending_blocked="Yes" if blocked else "No",
        code=blocked.code if blocked else "",
        why=blocked.short if blocked else "",
        rule=blocked.clause.code if blocked else "",
        trail=", ".join(dict.fromkeys(f"{c.code} (since {c.since})" for c in ruling.trail)),
    )


FIELDS = (
    "pk",
    "revision",
    "decision__version",
    *shown_document.FIELDS,
    "form",
    "tax_period",
    "filing",
    "claim_period",
    "decision__remarks",
    *(f"decision__reduction_{head}" for head in HEADS),
    "kind",
    *(f"baseline_{head}" for head in HEADS),
    "label",
    "decision__label",
    "closed",
    "time_barred",
    "limit_reached",
    "past_cutoff",
)


def rows(desk: QuerySet[Record], section: str, total: Sum) -> Iterator[list[Any]]:
    """Yield a section's rows. The cells are in the order of the sheet's columns. Each row's amounts are added
    to `total`."""
    wanted: tuple[Column, ...] = columns(section)
    order = [column.field for column in wanted]
    amended, imported = section.endswith("a"), section.startswith("impg")
    records = desk.filter(section=section).order_by("document_date", "pk")
    fields = list(FIELDS)
    if amended:
        records = with_original(records)
        fields += shown_document.OF_ORIGINAL
    if imported:
        fields.append("details")
    law_of, place, period = cache(ruling_words), cache(state_name), cache(period_cell)
    for values in records.values_list(*fields).iterator(chunk_size=CHUNK):
        row = dict(zip(fields, values, strict=True))
        law = law_of(
            row["label"],
            row["decision__label"],
            row["closed"],
            row["time_barred"],
            row["limit_reached"],
            row["past_cutoff"],
        )
        total.taxable += row["taxable"]
        total.igst += row["igst"]
        total.cgst += row["cgst"]
        total.sgst += row["sgst"]
        total.cess += row["cess"]
        cells = {
            **document_cells(row, place),
            "status": law.status,
            "remarks": row["decision__remarks"],
            "source": SOURCES[row["form"]],
            "source_period": period(row["tax_period"]),
            "source_filing": FILING[row["filing"]],
            "pending_blocked": law.pending_blocked,
            "code": law.code,
            "why": law.why,
            "rule": law.rule,
            "claim_period": period(row["claim_period"]),
            "trail": law.trail,
            "reduction_required": law.reduction_required,
        }
        if law.reduction_required:
            cells.update(_declared(row, law))
        cells["key"] = row_key(row["pk"], row["revision"], row["decision__version"], cells)
        yield list(map(cells.get, order))


def _declared(row: dict[str, Any], law: Said) -> dict[str, int]:
    """Return the reduction of ITC in paise for each head, by column name. If the acceptance reduces ITC in
    full, return the full reduction. Otherwise return the reduction that the recipient declared."""
    sign = -1 if row["kind"] == "CN" else 1
    amounts = {}
    for head in HEADS:
        if law.in_full:
            effect = sign * (row[head] - (row[f"baseline_{head}"] or 0))
            amounts[f"reduction_{head}"] = max(0, -effect)
        else:
            amounts[f"reduction_{head}"] = row[f"decision__reduction_{head}"] or 0
    return amounts


def fill_cover(cover: PlacedSheet, recipient: Taxpayer, written: Written) -> None:
    cover.text(1, 1, TITLE, "title")
    book = book_for(recipient.opens).value
    facts = [
        ("GSTIN", recipient.gstin),
        ("Trade/Legal name", recipient.name),
        ("Return period", recipient.opens.label),
        (
            "Portal time",
            f"{clock.now():%d-%m-%Y %H:%M} IST" + (" (simulated)" if portal_clock.is_simulated() else ""),
        ),
        ("Real time", f"{clock.real_now():%d-%m-%Y %H:%M} IST"),
        ("Rule book of the period", f"20{book[:2]}-{book[2:]}"),
        ("Rows", f"{written.rows}"),
    ]
    # The offline utility expects the GSTIN in this block: labels in column B and values in column C, from row
    # 5.
    at = 4
    for label, value in facts:
        cover.text(at, 1, label, "label")
        cover.text(at, 2, value)
        at += 1
    at += 1
    cover.headings(at, 1, [column.heading for column in COVER_COLUMNS])
    whole = Sum()
    for section, name in SHEETS.items():
        at += 1
        total = written.sheets[section]
        cover.text(at, 1, name)
        cover.text(at, 2, SECTION_LABELS[section])
        _sums(cover, at, total, sign := sign_of(section))
        whole.rows += total.rows
        for part in AMOUNTS:
            setattr(whole, part, getattr(whole, part) + sign * getattr(total, part))
    at += 1
    cover.text(at, 1, "All sheets", "label")
    cover.text(at, 2, "Credit notes are deducted")
    _sums(cover, at, whole, 1)
    cover.text(at + 2, 1, "Practice data: an independent replica, not the GST portal. Amounts are rupees.")
    cover.text(
        at + 3,
        1,
        "Status, remarks and the ITC reduction (yellow) can be filled in. Then load the file under IMS, "
        "Import.",
    )


def _sums(cover: PlacedSheet, at: int, total: Sum, sign: int) -> None:
    cover.count(at, 3, total.rows)
    for place, part in enumerate(AMOUNTS, start=4):
        cover.money(at, place, sign * getattr(total, part))
