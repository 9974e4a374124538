"""The workbook of one record list: the records the list shows and no others, in its order, with every column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.places import state_name
from ims_portal.support.snapshot import snapshot
from ims_portal.support.workbook import MONEY, Book, Column, Titles
from invoices.models import Record, Taxpayer
from invoices.models.choices import ACTION_LABELS, KIND_LABELS, SECTION_LABELS
from invoices.queries import records as query
from invoices.queries.calendar import calendar
from invoices.queries.filters import Filters
from invoices.queries.records import SORTS
from invoices.queries.situations import DeskView
from invoices.rules.situation import Action, Kind
from invoices.sheets import CHUNK, HEADS, REPORT_EVERY, Report, Sum, Written, dmy, period_cell, with_original
from invoices.sheets_layout import FILING, INVOICE_TYPES, TITLE

SHEET = "Records"
ANSWERS = {"F": "Full", "P": "Part", "N": "No"}
COLUMNS = (
    Column("Status", "status", width=12),
    Column("Document number", "number", width=20),
    Column("Document", "kind", width=18),
    Column("Section", "section", width=30),
    Column("Original number", "original_number", width=18),
    Column("Original date", "original_date", width=12),
    Column("GSTIN of supplier", "gstin", width=18),
    Column("Trade/Legal name", "name", width=32),
    Column("Document date", "date", width=12),
    Column("Document type", "type", width=16),
    Column("Value (₹)", "value", MONEY),
    Column("Place of supply", "place", width=20),
    Column("Taxable value (₹)", "taxable", MONEY),
    Column("Integrated tax (₹)", "igst", MONEY),
    Column("Central tax (₹)", "cgst", MONEY),
    Column("State/UT tax (₹)", "sgst", MONEY),
    Column("Cess (₹)", "cess", MONEY),
    Column("Effect on ITC if accepted (₹)", "effect", MONEY),
    Column("ITC to be reduced", "answer", width=10),
    Column("Declared reduction (₹)", "reduction", MONEY),
    Column("Source", "form", width=10),
    Column("Supplier period", "tax_period", width=10),
    Column("Supplier filing", "filing", width=10),
    Column("Filed on", "filed_on", width=12),
    Column("GSTR-2B period", "land", width=10),
    Column("Remarks", "remarks", width=36),
    Column("Acted on", "acted_at", width=16),
    Column("IRN present", "irn", width=8),
)
FIELDS = (
    *("decision__action", "number", "kind", "section", "amends_id", "original_number", "original_date"),
    *("supplier__gstin", "supplier__trade_name", "supplier__legal_name", "document_date", "invoice_type"),
    *("value", "place_of_supply", "taxable", *HEADS, "effect", "decision__answer"),
    *(f"decision__reduction_{head}" for head in HEADS),
    *(
        "form",
        "tax_period",
        "filing",
        "filed_on",
        "land",
        "decision__remarks",
        "decision__acted_at",
        "details",
    ),
)


def list_rows(recipient: Taxpayer, filters: Filters) -> int:
    """How many records the workbook would hold."""
    return query.matching(recipient, _view(recipient), filters).count()


def write_list(
    recipient: Taxpayer,
    filters: Filters,
    sort: str,
    target: str | Path | IO[bytes],
    *,
    workdir: str | Path | None = None,
    report: Report | None = None,
) -> Written:
    """Write the list's records in the order `sort` ("-date": descending) to `target`."""
    written = Written()
    total = written.sheets[SHEET] = Sum()
    book = Book(target, workdir=workdir, made_at=clock.real_now())
    about = f"{recipient.gstin} {recipient.name}, {clock.now():%d/%m/%Y %H:%M}. {described(filters)}"
    table = book.table(SHEET, COLUMNS, titles=Titles(TITLE, about, levels=1))
    with snapshot() as using:
        found = query.matching(recipient, _view(recipient), filters).using(using)
        for count in table.write(_rows(_ordered(found, sort), total)):
            if report and count % REPORT_EVERY == 0:
                report(count)
    total.rows = table.count
    if report:
        report(table.count)
    book.close()
    return written


def described(filters: Filters) -> str:
    """The filters in words, for the file's head."""
    words = [SECTION_LABELS.get(filters.section, _("All records in IMS"))]
    named = (
        ("status", [ACTION_LABELS[Action(s)] for s in filters.status]),
        ("kind", [KIND_LABELS[Kind(k)] for k in filters.kind]),
        ("section", [SECTION_LABELS[s] for s in filters.sections]),
        ("filing", [FILING[f] for f in filters.filing]),
        ("source", filters.source),
        ("place of supply", filters.pos),
        ("still possible", [ACTION_LABELS[Action(a)] for a in filters.open]),
        ("supplier period", filters.periods),
    )
    words += [f"{name}: {', '.join(map(str, values))}" for name, values in named if values]
    single = (
        ("search", filters.search),
        ("lands", filters.lands),
        ("dated from", filters.since),
        ("dated to", filters.until),
        ("taxable from", "" if filters.least is None else filters.least // 100),
        ("taxable to", "" if filters.most is None else filters.most // 100),
        ("Pending ends within days", "" if filters.ends is None else filters.ends),
        ("pasted", len(filters.suppliers) + len(filters.numbers) or ""),
        ("edited by the supplier", "yes" if filters.edited else ""),
        ("ITC reduction to declare", "yes" if filters.declare else ""),
        ("supplier new in this return period", "yes" if filters.newcomer else ""),
        ("possible duplicate", "yes" if filters.duplicate else ""),
        ("financial year", filters.year),
        ("tax from", "" if filters.tax_least is None else filters.tax_least // 100),
        ("tax to", "" if filters.tax_most is None else filters.tax_most // 100),
        ("value from", "" if filters.value_least is None else filters.value_least // 100),
        ("value to", "" if filters.value_most is None else filters.value_most // 100),
        ("effect on ITC", filters.effect),
        ("IRN", filters.irn),
        ("remarks hold", filters.remarks),
        ("has remarks", filters.remarked),
        ("acted by", filters.actor),
        ("acted from", filters.acted_since),
        ("acted to", filters.acted_until),
    )
    return "; ".join([*words, *(f"{name}: {value}" for name, value in single if value != "")])


def _view(recipient: Taxpayer) -> DeskView:
    return DeskView.of(recipient, clock.today(), calendar())


def _ordered(records: QuerySet[Record], sort: str) -> QuerySet[Record]:
    key = SORTS[sort.removeprefix("-")].expression
    signs = ("-sort_key", "-pk") if sort.startswith("-") else ("sort_key", "pk")
    return with_original(records).annotate(sort_key=key).order_by(*signs)


def _rows(records: QuerySet[Record], total: Sum) -> Iterator[list[Any]]:
    place, period = cache(state_name), cache(period_cell)
    for values in records.values_list(*FIELDS).iterator(chunk_size=CHUNK):
        row = dict(zip(FIELDS, values, strict=True))
        sign = Kind(row["kind"]).sign
        for part in ("taxable", *HEADS):
            setattr(total, part, getattr(total, part) + row[part])
        kind = str(KIND_LABELS[Kind(row["kind"])])
        reduced = [row[f"decision__reduction_{head}"] for head in HEADS]
        acted = row["decision__acted_at"]
        yield [
            str(ACTION_LABELS[Action(row["decision__action"])]),
            row["number"],
            f"{kind}, amended" if row["amends_id"] else kind,
            SECTION_LABELS[row["section"]],
            row["original_number"],
            dmy(row["original_date"]),
            row["supplier__gstin"],
            row["supplier__trade_name"] or row["supplier__legal_name"],
            dmy(row["document_date"]),
            INVOICE_TYPES.get(row["invoice_type"], row["invoice_type"]),
            row["value"] * sign,
            place(row["place_of_supply"]),
            *(row[part] * sign for part in ("taxable", *HEADS)),
            row["effect"],
            ANSWERS.get(row["decision__answer"], ""),
            None if reduced[0] is None else sum(amount or 0 for amount in reduced),
            row["form"],
            period(row["tax_period"]),
            FILING[row["filing"]],
            dmy(row["filed_on"]),
            period(row["land"]),
            row["decision__remarks"],
            f"{acted.astimezone(clock.IST):%d/%m/%Y %H:%M}" if acted else "",
            "Yes" if (row["details"] or {}).get("irn") else "No",
        ]
