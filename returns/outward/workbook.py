"""Write the outward workbook: the recipients' actions on a supplier's documents, one sheet for each table of
GSTR-1 (R-107, R-110).

Live and archived documents are read in chunks and merged in order of date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db.models import BooleanField, Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.support.database.snapshot import snapshot
from ims_portal.support.workbook.write import Book, PlacedSheet, Titles
from invoices import portal_clock
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import KIND_LABELS, ROUTE_LABELS
from invoices.queries.situations import DeskView, added_by_rejection, is_closed, land_period
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Filing, Kind, Route, from_labels
from invoices.workbooks.ims_by_cell import CHUNK, REPORT_EVERY, Report, Sum, Written
from invoices.workbooks.layout import FILING, INVOICE_TYPES
from invoices.workbooks.shown_document import period_cell, with_original
from returns.models import AddBack
from returns.outward.workbook_layout import (
    COVER,
    DEDUCTED,
    LIABILITY,
    SHEETS,
    STATES,
    TITLE,
    Sheet,
    columns,
    liability_columns,
)

SUMMED = (*(f"added_{head}" for head in HEADS), "again", "net")
FORMS = ("GSTR-1", "IFF", "GSTR-1A")


@dataclass(frozen=True, slots=True)
class Span:
    """The months from `first` to `last`. The workbook contains the documents that were reported for these
    months."""

    first: TaxPeriod
    last: TaxPeriod

    @classmethod
    def of(cls, asked: TaxPeriod | FinancialYear) -> Span:
        if isinstance(asked, FinancialYear):
            return cls(TaxPeriod.of(asked.first_day), TaxPeriod.of(asked.last_day))
        return cls(asked, asked)

    @property
    def label(self) -> str:
        return self.first.label if self.first == self.last else f"{self.first.label} to {self.last.label}"


@dataclass(slots=True)
class Tally:
    """The numbers of a sheet's documents, for the cover sheet: accepted, rejected, pending, without action,
    and not actionable."""

    by_state: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))

    @property
    def count(self) -> int:
        return sum(self.by_state.values())


def outward_rows(supplier: Taxpayer, span: Span) -> int:
    """Return the number of documents that the workbook would contain."""
    return _live(supplier, span).count() + _gone(supplier, span).count()


def write_outward(
    supplier: Taxpayer,
    span: Span,
    target: str | Path | IO[bytes],
    *,
    workdir: str | Path | None = None,
    report: Report | None = None,
) -> Written:
    """Write the workbook to `target`, and return the sums of its sheets."""
    written = Written()
    book = Book(
        target,
        workdir=workdir,
        made_at=clock.real_now(),
        about=f"{supplier.gstin} · {supplier.name} · {span.label}",
    )
    cover = book.plain(COVER, [2, 34, 30, *(14 for _ in STATES)])
    tallies: dict[str, Tally] = {}
    done = 0
    with snapshot() as using:
        for sheet in SHEETS:
            table = book.table(
                sheet.name, columns(sheet), titles=Titles(TITLE, f"{sheet.heading}, {span.label}")
            )
            total, tally = Sum(), Tally()
            written.sheets[sheet.name], tallies[sheet.name] = total, tally
            order = [column.field for column in columns(sheet)]
            rows = _cells(supplier, span, sheet, using)
            for count in table.write(_counted(rows, order, total, tally)):
                if report and (done + count) % REPORT_EVERY == 0:
                    report(done + count)
            total.rows = table.count
            done += table.count
        about = f"Rejections that add to the supplier's liability in GSTR-3B, documents of {span.label}; {DEDUCTED}"
        table = book.table(LIABILITY, liability_columns(), titles=Titles(TITLE, about))
        added = written.sheets[LIABILITY] = Sum()
        order = [column.field for column in liability_columns()]
        sums: dict[str, Any] = {"name": "Total", **dict.fromkeys(SUMMED, 0)}
        for sheet in SHEETS:
            adding = (
                cells for cells in _cells(supplier, span, sheet, using, rejected=True) if cells["liability"]
            )
            table.append(_summed(adding, order, added, sums))
        added.rows = table.count
        if added.rows:
            table.append([[sums.get(name) for name in order]])
    _fill_cover(cover, supplier, span, written, tallies)
    if report:
        report(done)
    book.close()
    return written


def _counted(rows: Iterable[dict], order: list[str], total: Sum, tally: Tally) -> Iterator[list[Any]]:
    for cells in rows:
        total.taxable += cells["taxable"]
        for head in HEADS:
            setattr(total, head, getattr(total, head) + cells[head])
        tally.by_state[cells["state"]] += 1
        yield [cells.get(name) for name in order]


def _summed(rows: Iterable[dict], order: list[str], total: Sum, sums: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the rows of the liability sheet, and add up in `total` the tax that is added to liability.
    `total` does not include the documents' own tax. `sums` becomes the row of totals."""
    for cells in rows:
        for head in HEADS:
            setattr(total, head, getattr(total, head) + cells[f"added_{head}"])
        for name in SUMMED:
            sums[name] += cells.get(name, 0)
        yield [cells.get(name) for name in order]


# Reading the documents


def _live(supplier: Taxpayer, span: Span) -> QuerySet[Record]:
    return Record.objects.filter(
        supplier_id=supplier.pk, form__in=FORMS, tax_period__range=(span.first.number, span.last.number)
    )


def _gone(supplier: Taxpayer, span: Span) -> QuerySet[ArchivedRecord]:
    return ArchivedRecord.objects.filter(
        supplier_id=supplier.pk, form__in=FORMS, tax_period__range=(span.first.number, span.last.number)
    ).exclude(why=ArchivedRecord.Why.DELETED)


FIELDS = (
    "pk",
    "document_date",
    "recipient__gstin",
    "recipient__trade_name",
    "recipient__legal_name",
    "number",
    "kind",
    "invoice_type",
    "value",
    "place_of_supply",
    "taxable",
    *HEADS,
    *(f"{before}_{head}" for before in ("baseline", "untaken") for head in HEADS),
    "form",
    "tax_period",
    "filing",
    "filed_on",
    "route",
    "label",
)
# LIVE has the fields of a live record's decision. GONE has the same fields of an archived record, in the same
# order.
LIVE = ("decision__label", "decision__remarks", "decision__acted_at", "land", "closed")
GONE = ("decided", "remarks", "acted_at", "land_period", "closed")
NAMES = (*FIELDS, "decision", "remarks", "acted_at", "land", "closed", "original_number", "original_date")


def _merged(
    supplier: Taxpayer, span: Span, sheet: Sheet, using: str, rejected: bool
) -> Iterator[dict[str, Any]]:
    """Yield the rows of live and archived records together, in order of date and id."""
    flag = BooleanField()
    over = is_closed(DeskView(F("recipient__open_period")))  # type: ignore[arg-type]
    live = (
        _live(supplier, span)
        .using(using)
        .annotate(land=land_period())
        .annotate(closed=Case(When(over, then=Value(True)), default=Value(False), output_field=flag))
    )
    gone = (
        _gone(supplier, span)
        .using(using)
        .annotate(
            decided=Concat(F("action"), Value(" "), F("answer"), output_field=CharField()),
            closed=Case(
                When(Q(why=ArchivedRecord.Why.CLOSED), then=Value(True)),
                default=Value(False),
                output_field=flag,
            ),
        )
    )
    if rejected:
        live, gone = live.filter(decision__action="R"), gone.filter(action="R")
    streams = []
    for records, own in ((live, LIVE), (gone, GONE)):
        records = records.filter(section__in=sheet.sections).order_by("document_date", "pk")
        original: tuple[str, ...] = ()
        if sheet.amended:
            records, original = with_original(records), ("original_number", "original_date")
        rows = records.values_list(*FIELDS, *own, *original).iterator(chunk_size=CHUNK)
        streams.append(rows)
    for values in merge(*streams, key=lambda row: (row[1], row[0])):
        yield dict(zip(NAMES, values, strict=False))


def _cells(
    supplier: Taxpayer, span: Span, sheet: Sheet, using: str, *, rejected: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield a sheet's rows, each as a dict from field to cell. The amounts of credit notes are negative, so that a
    column adds up to what the supplier reported. The documents are read in chunks. One query
    for each chunk reads the tax that was posted because of rejections."""
    rows = _merged(supplier, span, sheet, using, rejected)
    place, period, said = cache(state_name), cache(period_cell), cache(_status_columns)
    while chunk := list(islice(rows, CHUNK)):
        states = [said(r["label"], r["decision"], r["closed"], r["route"]) for r in chunk]
        asked = [r["pk"] for r, (_, adds, _) in zip(chunk, states, strict=True) if adds]
        posted = (
            {a.record_id: a for a in AddBack.objects.using(using).filter(record_id__in=asked)}
            if asked
            else {}
        )
        again = _again(posted, using) if rejected else {}
        for row, (state, adds, status) in zip(chunk, states, strict=True):
            sign = Kind(row["kind"]).sign
            cells = {
                "gstin": row["recipient__gstin"],
                "name": row["recipient__trade_name"] or row["recipient__legal_name"],
                "original_number": row.get("original_number"),
                "original_date": row.get("original_date"),
                "kind": KIND_LABELS[Kind(row["kind"])],
                "number": row["number"],
                "type": INVOICE_TYPES.get(row["invoice_type"], row["invoice_type"]),
                "date": row["document_date"],
                "value": sign * row["value"],
                "place_of_supply": place(row["place_of_supply"]),
                "taxable": sign * row["taxable"],
                **{head: sign * row[head] for head in HEADS},
                "form": row["form"],
                "tax_period": period(row["tax_period"]),
                "filing": FILING[row["filing"]],
                "filed_on": row["filed_on"],
                "state": state,
                "status": status,
                "acted_on": row["acted_at"].astimezone(clock.IST).date() if row["acted_at"] else None,
                "remarks": row["remarks"],
                "land": period(row["land"]),
                "liability": "",
            }
            if adds:
                cells.update(_added(row, posted.get(row["pk"])))
                if cells["liability"] == "Added":
                    # a forecast is no part of the net tax, as on the pages
                    fell = again.get(row["pk"], 0)
                    cells["again"] = -fell
                    cells["net"] = sum(cells[f"added_{head}"] for head in HEADS) - fell
            yield cells


def _again(posted: Iterable[int], using: str) -> dict[int, int]:
    """Return the tax in paise by which filed later versions lower the tax again, by the id of the document whose
    rejection added tax (R-113). Two queries, or none."""
    ids = list(posted)
    if not ids:
        return {}
    found = {}
    for source in (Record.objects.all(), ArchivedRecord.objects.exclude(why=ArchivedRecord.Why.DELETED)):
        for version in source.using(using).filter(amends_id__in=ids, filing=Filing.FILED.value):
            if version.amends_id is not None:
                found[version.amends_id] = added_by_rejection(version).total
    return found


def _status_columns(label: str, decision: str, closed: bool, route: str) -> tuple[str, bool, str]:
    """Return three values for a document: the cover's heading under which the document is counted, whether a
    rejection of the document adds to the supplier's liability, and the status in words."""
    situation = from_labels(label, decision, closed=closed)
    if Route(route) is not Route.IMS:
        return "Not actionable", False, f"Not actionable: {ROUTE_LABELS[Route(route)]}"
    state = {
        Action.NONE: "No action",
        Action.ACCEPTED: "Accepted",
        Action.REJECTED: "Rejected",
        Action.PENDING: "Pending",
    }[situation.action]
    status = "Deemed accepted" if closed and situation.action is Action.NONE else state
    if situation.superseded:
        status += ", superseded by an amendment"
    return state, rule(situation).adds_back, status


def _added(row: dict[str, Any], posted: AddBack | None) -> dict[str, Any]:
    """Return the cells for the tax that the rejection adds to liability (R-110, R-111). If the tax is posted,
    the cells show the posted tax. If no tax is posted and the document's period is open, the cells show a
    forecast. If no tax is posted and the document's period is closed, return no cells."""
    if posted is not None:
        amounts = {f"added_{head}": getattr(posted, head) for head in HEADS}
        return {"liability": "Added", "added_period": period_cell(posted.period), **amounts}
    if row["closed"]:
        return {}
    sign = 1 if row["kind"] == "CN" else -1
    amounts = {
        f"added_{head}": sign * (row[head] - (row[f"baseline_{head}"] or 0) - (row[f"untaken_{head}"] or 0))
        for head in HEADS
    }
    when = "when the recipient files" if row["filing"] == Filing.FILED.value else "if you file it unchanged"
    return {"liability": "Forecast", "added_period": when, **amounts}


# The cover sheet


def _fill_cover(
    page: PlacedSheet, supplier: Taxpayer, span: Span, written: Written, tallies: dict[str, Tally]
) -> None:
    page.text(1, 1, TITLE, "title")
    facts = (
        ("GSTIN", supplier.gstin),
        ("Trade/Legal name", supplier.name),
        ("Return period", span.label),
        (
            "Portal time",
            f"{clock.now():%d-%m-%Y %H:%M} IST" + (" (simulated)" if portal_clock.is_simulated() else ""),
        ),
        ("Real time", f"{clock.real_now():%d-%m-%Y %H:%M} IST"),
    )
    row = 4
    for label, value in facts:
        page.text(row, 1, label, "label")
        page.text(row, 2, value)
        row += 1
    row += 1
    page.headings(row, 1, ("Table", "Documents", *STATES))
    for sheet in SHEETS:
        row += 1
        page.text(row, 1, sheet.about)
        page.count(row, 2, tallies[sheet.name].count)
        for place, state in enumerate(STATES, start=3):
            page.count(row, place, tallies[sheet.name].by_state[state])
    row += 1
    page.text(row, 1, "All tables", "label")
    page.count(row, 2, sum(t.count for t in tallies.values()))
    for place, state in enumerate(STATES, start=3):
        page.count(row, place, sum(t.by_state[state] for t in tallies.values()))
    row += 2
    added = written.sheets[LIABILITY]
    page.text(row, 1, "Added to liability, with forecasts (₹)", "label")
    page.count(row, 2, added.rows)
    for place, head in enumerate(HEADS, start=3):
        page.money(row, place, getattr(added, head))
    page.text(row + 2, 1, "Practice data: an independent replica, not the GST portal. Amounts are rupees.")
