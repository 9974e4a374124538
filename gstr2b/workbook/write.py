"""Write one version of a GSTR-2B as an Excel workbook, with the sheets of the portal.

The figures of the summary sheets are the statement's stored totals. The documents are the statement's lines,
which were copied from the records when the statement was computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import IO, Any

from django.db.models import Case, CharField, F, JSONField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Concat

from gstr2b.models import Statement, StatementLine, StatementTotal
from gstr2b.workbook.layout import INSTRUCTIONS, README, REASONS, REJECTED, SHEETS, TITLE, Sheet
from gstr2b.workbook.summary import SUMMARIES, SUMMARY_ABOUT, SUMMARY_HEADINGS, Detail, Main, Summary
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import MONTHS, TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.support.database.snapshot import snapshot
from ims_portal.support.workbook.write import Book, PlacedSheet, Titles
from invoices.documents import changed_invoice
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.ruling import Section, Treated
from invoices.workbooks.ims_by_cell import CHUNK, REPORT_EVERY, Report, Sum, Written
from invoices.workbooks.layout import INVOICE_TYPES
from invoices.workbooks.shown_document import dmy, period_cell, with_original

NOT_GIVEN = (Section.NOT_AVAILABLE.value, Section.NOT_AVAILABLE_NOTES.value)
GSTIN_LENGTH = 15
SUMMARY_WIDTHS = (8, 52, 14, 17, 17, 17, 15, 30, 30, 30)


def write_statement(
    statement: Statement,
    target: str | Path | IO[bytes],
    *,
    workdir: str | Path | None = None,
    report: Report | None = None,
) -> Written:
    """Write the workbook of one version to `target`. If the version's lines are deleted, the workbook has
    only the summaries. Each sheet of documents then says that the portal has deleted the documents."""
    written = Written()
    book = Book(target, workdir=workdir, made_at=clock.real_now(), about=_on_paper(statement))
    _readme(book.plain(README, [24, 22, 48, 80, 6, 6, 4, 16, 34]), statement)
    with snapshot() as using:
        totals = list(StatementTotal.objects.using(using).filter(statement_id=statement.pk))
        for summary in SUMMARIES:
            _summary(book.plain(summary.name, SUMMARY_WIDTHS), summary, totals)
        done = 0
        for sheet in SHEETS:
            about = sheet.about
            if not statement.has_lines:
                about += f" (documents of version {statement.version} are no longer kept)"
            table = book.table(sheet.name, sheet.columns, titles=Titles(TITLE, about, levels=sheet.levels))
            total = written.sheets[sheet.name] = Sum()
            if not any(t.section in sheet.sections and t.table in sheet.tables for t in totals):
                continue
            for count in table.write(_rows(statement, sheet, total, using)):
                if report and (done + count) % REPORT_EVERY == 0:
                    report(done + count)
            total.rows = table.count
            done += table.count
    if report:
        report(done)
    book.close()
    return written


def _on_paper(statement: Statement) -> str:
    """Return the taxpayer, the period and the version, for the top of every printed page."""
    recipient, period = statement.recipient, TaxPeriod.from_number(statement.period)
    return f"{recipient.gstin} · {recipient.name} · {period.label} · version {statement.version}"


def _readme(page: PlacedSheet, statement: Statement) -> None:
    period = TaxPeriod.from_number(statement.period)
    recipient = statement.recipient
    page.merged(0, 0, 2, 5, TITLE, "title")
    facts = (
        ("Financial Year", period.financial_year.label),
        ("Tax Period", MONTHS[period.month - 1]),
        ("GSTIN", recipient.gstin),
        ("Legal Name", recipient.legal_name),
        ("Trade Name (if any)", recipient.trade_name),
        ("Date of generation", dmy(statement.computed_at.astimezone(clock.IST).date())),
    )
    beside = (
        ("Version", f"{statement.version}"),
        (
            "State",
            "Final, GSTR-3B filed"
            if statement.is_final
            else "Current"
            if statement.is_current
            else "Earlier version",
        ),
        ("Computed", f"{statement.computed_at.astimezone(clock.IST):%d-%m-%Y %H:%M} portal time"),
        ("Computed", f"{statement.real_time.astimezone(clock.IST):%d-%m-%Y %H:%M} real time"),
        ("Downloaded", f"{clock.real_now():%d-%m-%Y %H:%M} real time"),
        ("Notice", "Practice data, not the GST portal"),
    )
    for row, ((label, value), (also, said)) in enumerate(zip(facts, beside, strict=True), start=3):
        page.merged(row, 0, row, 1, label, "label")
        page.merged(row, 2, row, 5, value, "text")
        page.text(row, 7, also, "label")
        page.text(row, 8, said)
    page.headings(10, 0, ("Worksheet Name", "GSTR-2B Table Reference", "Field Name", "Instructions"))
    row = 11
    for summary in SUMMARIES:
        page.text(row, 0, summary.name)
        page.text(row, 1, "Summary")
        page.text(row, 3, summary.banner)
        row += 1
    for sheet in SHEETS:
        for column in sheet.columns:
            page.text(row, 0, sheet.name)
            page.text(row, 1, sheet.reference)
            page.text(row, 2, column.heading)
            page.text(row, 3, INSTRUCTIONS[column.field])
            row += 1


# Summary sheets


def _summary(page: PlacedSheet, summary: Summary, totals: list[StatementTotal]) -> None:
    page.merged(0, 0, 0, 9, "FORM GSTR-2B", "title")
    page.merged(1, 0, 3, 9, SUMMARY_ABOUT, "about")
    page.merged(4, 0, 4, 9, f"FORM SUMMARY - {summary.name}", "head")
    page.headings(5, 0, SUMMARY_HEADINGS[:-1])
    page.merged(5, 7, 5, 9, SUMMARY_HEADINGS[-1], "head")
    page.merged(6, 0, 6, 9, summary.banner, "about")
    row = 7
    for part in summary.parts:
        page.text(row, 0, part.label, "label")
        page.merged(row, 1, row, 9, part.text, "label")
        row += 1
        for main in part.mains:
            found = [(detail, amounts_of(main, detail, totals)) for detail in main.details]
            page.tall_enough(row, (main.heading, SUMMARY_WIDTHS[1]), (main.advisory, sum(SUMMARY_WIDTHS[7:])))
            page.text(row, 0, main.number)
            page.text(row, 1, main.heading, "wrap")
            page.text(row, 2, main.table_3b, "wrap")
            _amounts(page, row, [sum(amounts[place] for _, amounts in found) for place in range(len(HEADS))])
            page.merged(row, 7, row, 9, main.advisory, "wrap")
            row += 1
            for place, (detail, amounts) in enumerate(found):
                page.tall_enough(row, (detail.heading, SUMMARY_WIDTHS[1]))
                page.text(row, 0, "Details" if place == 0 else "")
                page.text(row, 1, detail.heading, "wrap")
                page.text(row, 2, detail.table_3b, "wrap")
                _amounts(page, row, amounts)
                row += 1


def _amounts(page: PlacedSheet, row: int, amounts: list[int]) -> None:
    for place, paise in enumerate(amounts, start=3):
        page.money(row, place, paise)


def amounts_of(main: Main, detail: Detail, totals: list[StatementTotal]) -> list[int]:
    """Return the amounts of one summary row: paise for each tax head."""
    prefix = {"own": "", "effect": "effect_", "barred": "barred_", "reversed": "reversed_"}[main.amounts]
    mine = [
        t
        for t in totals
        if t.section == main.section.value
        and t.table in detail.tables
        and (detail.reverse_charge is None or t.reverse_charge == detail.reverse_charge)
    ]
    return [main.sign * sum(getattr(t, f"{prefix}{head}") or 0 for t in mine) for head in HEADS]


# Sheets of documents

FIELDS = (
    "supplier_text",
    "section",
    "reason",
    "kind",
    "form",
    "tax_period",
    "number",
    "document_date",
    "place_of_supply",
    "invoice_type",
    "reverse_charge",
    "filed_on",
    "remarks",
    "decision",
    "value",
    "taxable",
    *HEADS,
    *(f"effect_{head}" for head in HEADS),
    "details",
)


def lines_of(statement: Statement, sheet: Sheet, using: str) -> QuerySet[StatementLine]:
    """Return the lines of a sheet, one line for each document. Each line also has the supplier, and the
    details that only the record has."""
    supplier = Taxpayer.objects.filter(pk=OuterRef("supplier_id")).values(
        text=Concat("gstin", Case(When(trade_name="", then=F("legal_name")), default=F("trade_name")))
    )
    live = Record.objects.filter(pk=OuterRef("record_id"))
    gone = ArchivedRecord.objects.filter(pk=OuterRef("record_id"))
    lines: QuerySet[Any] = (
        StatementLine.objects.using(using)
        .of(statement)
        .filter(section__in=sheet.sections, table__in=sheet.tables)
        # Leave out the second line of an amendment from forward charge to reverse charge, because this line
        # only corrects the summary.
        .exclude(treated=Treated.CHARGE_CHANGED.value)
        .annotate(
            supplier_text=Subquery(supplier, output_field=CharField()),
            details=Coalesce(
                Subquery(live.values("details")[:1]),
                Subquery(gone.values("details")[:1]),
                output_field=JSONField(),
            ),
        )
        .order_by("document_date", "pk")
    )
    if sheet.amended:
        amends = Coalesce(Subquery(live.values("amends_id")[:1]), Subquery(gone.values("amends_id")[:1]))
        lines = with_original(lines.annotate(amends_id=amends))
    return lines


def _rows(statement: Statement, sheet: Sheet, total: Sum, using: str) -> Iterator[list[Any]]:
    order = [column.field for column in sheet.columns]
    fields = [*FIELDS, *(("original_number", "original_date") if sheet.amended else ())]
    place, period = cache(state_name), cache(period_cell)
    rejected = sheet.sections == REJECTED
    for values in lines_of(statement, sheet, using).values_list(*fields).iterator(chunk_size=CHUNK):
        row = dict(zip(fields, values, strict=True))
        # A bill of entry that customs moved to another GSTIN has no tax at this GSTIN. The line only takes
        # the earlier credit back, so the sheet shows the line's effect.
        amounts = [row[f"effect_{head}" if row["kind"] == "BOR" else head] for head in HEADS]
        details = row["details"] or {}
        total.taxable += row["taxable"]
        total.igst += amounts[0]
        total.cgst += amounts[1]
        total.sgst += amounts[2]
        total.cess += amounts[3]
        supplier = row["supplier_text"] or ""
        cells = {
            "gstin": supplier[:GSTIN_LENGTH],
            "name": supplier[GSTIN_LENGTH:],
            "number": row["number"],
            "type": INVOICE_TYPES.get(row["invoice_type"], row["invoice_type"]),
            "note_type": _note_type(row["kind"], row["form"]),
            "date": row["document_date"],
            "value": row["value"],
            "place_of_supply": place(row["place_of_supply"]) if row["place_of_supply"] else "",
            "reverse_charge": "Yes" if row["reverse_charge"] else "No",
            "taxable": row["taxable"],
            "igst": amounts[0],
            "cgst": amounts[1],
            "sgst": amounts[2],
            "cess": amounts[3],
            "source_period": period(row["tax_period"]),
            "filed_on": row["filed_on"],
            "available": "No" if row["section"] in NOT_GIVEN else "Yes",
            "reason": REASONS.get(row["reason"], ""),
            "percent": f"{details.get('diff_percent', 100)}%",
            "einvoice": "e-Invoice" if details.get("irn") else "",
            "irn": details.get("irn", ""),
            "irn_date": _iso(details.get("irn_date")),
            "remarks": row["remarks"],
            "port": details.get("port", ""),
            "sez_supplier": details.get("sez_supplier", ""),
            "amended": "Yes" if sheet.amended else "",
            "isd_original_number": details.get(changed_invoice.NUMBER, ""),
            "isd_original_date": _iso(details.get(changed_invoice.DATE)),
        }
        if not rejected and row["decision"] in ("A F", "A P", "A N"):
            cells["reduce"] = "No" if row["decision"] == "A N" else "Yes"
            # A negative effect on ITC is exactly the reduction that the recipient declared for this tax head.
            cells.update({f"declared_{head}": max(0, -row[f"effect_{head}"]) for head in HEADS})
        if sheet.amended:
            cells["original_number"], cells["original_date"] = (
                row["original_number"],
                row["original_date"],
            )
        yield [cells.get(name) for name in order]


def _note_type(kind: str, form: str) -> str:
    if form == "GSTR-6":
        return "ISD credit note" if kind == "CN" else "ISD invoice"
    return "Credit note" if kind == "CN" else "Debit note"


def _iso(text: Any) -> date | str | None:
    """Return the date that a record's details have in ISO form. A text that is no date stays text."""
    try:
        return date.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return str(text)
