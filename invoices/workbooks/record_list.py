"""Writes the workbook of one record list: the records of the list, in the list's order. The workbook has all
columns, or the columns that a person chose for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.support.database.snapshot import snapshot
from ims_portal.support.workbook.write import DATE, MOMENT, MONEY, Book, Column, Titles
from invoices.matching.words import ACTIONS, class_words
from invoices.models import ArchivedRecord, Decision, Record, Taxpayer
from invoices.models.choices import ACTION_LABELS, KIND_LABELS, SECTION_LABELS
from invoices.queries import effects, landing, other_party
from invoices.queries.calendar import annual_returns, calendar
from invoices.queries.record_list import records as query
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.findings import with_findings
from invoices.queries.record_list.rare_matches import listed_records
from invoices.queries.record_list.records import SORTS, Counted
from invoices.queries.situations import DeskView, clock_facets_of
from invoices.rules.calendar import cutoff
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Kind, Situation, from_labels
from invoices.workbooks.ims_by_cell import CHUNK, REPORT_EVERY, Report, Sum, Written, on_paper
from invoices.workbooks.layout import FILING, INVOICE_TYPES, LIST, TITLE
from invoices.workbooks.shown_document import period_cell, with_original

ANSWERS = {"F": "Full", "P": "Part", "N": "No"}
COLUMNS = (
    Column("Status", "status", width=11),
    Column("Document number", "number", width=18),
    Column("Document", "kind", width=14, wrap=True),
    Column("Section", "section", width=20, wrap=True),
    Column("Original number", "original_number", width=18),
    Column("Original date", "original_date", DATE),
    Column("GSTIN of supplier", "gstin", width=18),
    Column("Trade/Legal name", "name", width=26, wrap=True),
    Column("Document date", "date", DATE),
    Column("Document type", "type", width=16, wrap=True),
    Column("Value (₹)", "value", MONEY),
    Column("Place of supply", "place", width=16, wrap=True),
    Column("Taxable value (₹)", "taxable", MONEY),
    Column("Integrated tax (₹)", "igst", MONEY),
    Column("Central tax (₹)", "cgst", MONEY),
    Column("State/UT tax (₹)", "sgst", MONEY),
    Column("Cess (₹)", "cess", MONEY),
    Column("Effect on ITC (₹)", "effect", MONEY),
    Column("ITC to be reduced", "answer", width=10),
    Column("Declared reduction (₹)", "reduction", MONEY),
    Column("Source", "form", width=10),
    Column("Supplier period", "tax_period", width=10),
    Column("Supplier filing", "filing", width=10),
    Column("Filed on", "filed_on", DATE),
    Column("Lands in 2B", "land", width=14),
    Column("Remarks", "remarks", width=30, wrap=True),
    Column("Acted on", "acted_at", MOMENT, 16),
    Column("IRN present", "irn", width=8),
)
# columns of the screen that are in the file only if a person chose them
BESIDES = (
    Column("Tax (₹)", "tax", MONEY),
    Column("Change in tax (₹)", "tax_change", MONEY),
    Column("Original action", "original_action", width=12),
    Column("Pending until", "until", DATE),
    Column("Acted by", "acted_by", width=18, wrap=True),
    Column("Match", "match", width=20, wrap=True),
    Column("Suggestion", "suggestion", width=14),
    Column("Difference in tax (₹)", "difference", MONEY),
)
ALWAYS = ("status", "number")
# key of a column of the screen (invoices/web/record_list/columns.py) -> fields of the file's columns. A test
# compares the keys with the screen's columns.
CHOSEN: dict[str, tuple[str, ...]] = {
    "original": ("original_number",),
    "original_date": ("original_date",),
    "original_action": ("original_action",),
    "supplier": ("gstin", "name"),
    "date": ("date",),
    "type": ("type",),
    "value": ("value",),
    "pos": ("place",),
    "taxable": ("taxable",),
    "tax": ("tax",),
    **{head: (head,) for head in HEADS},
    "tax_change": ("tax_change",),
    "effect": ("effect",),
    "reduced": ("answer",),
    "reduction": ("reduction",),
    "source": ("form",),
    "period": ("tax_period",),
    "filing": ("filing", "filed_on"),
    "lands": ("land",),
    "until": ("until",),
    "remarks": ("remarks",),
    "acted": ("acted_by", "acted_at"),
    "irn": ("irn",),
    **{key: (key,) for key in ("match", "suggestion", "difference")},
}
FIELDS = (
    *("decision__action", "number", "kind", "section", "amends_id", "original_number", "original_date"),
    *("supplier__gstin", "supplier__trade_name", "supplier__legal_name", "document_date", "invoice_type"),
    *("value", "place_of_supply", "taxable", *HEADS, "decision__answer"),
    *(f"decision__reduction_{head}" for head in HEADS),
    *(
        "form",
        "tax_period",
        "filing",
        "filed_on",
        "land",
        *("label", "decision__label", "standing", "superseded"),
        *("claim_period", "last_claim_period", "root_year"),
        *(f"baseline_{head}" for head in HEADS),
        "decision__remarks",
        "decision__acted_at",
        "details",
    ),
)
# column -> database fields that only this column needs
ASKED: dict[str, tuple[str, ...]] = {
    "original_action": ("original_action",),
    "acted_by": tuple(f"decision__actor__{name}" for name in ("username", "first_name", "last_name")),
    "match": ("found_class", "found_sub"),
    "suggestion": ("found_suggestion",),
    "difference": ("found_difference",),
}


def chosen_columns(keys: Sequence[str]) -> tuple[Column, ...]:
    """Return the file's columns for the screen's columns `keys`. Without `keys`, return `COLUMNS`."""
    wanted = [field for key, made in CHOSEN.items() if key in keys for field in made]
    if not wanted:
        return COLUMNS
    by_field = {column.field: column for column in (*COLUMNS, *BESIDES)}
    return tuple(by_field[field] for field in (*ALWAYS, *wanted))


def headed(columns: Sequence[Column], section: str) -> tuple[Column, ...]:
    """Return the columns with headings that name the party from which the section's documents come."""
    party = other_party.of_section(section)
    named = {"tax_period": party.period, "filing": party.filing}
    return tuple(replace(column, heading=named.get(column.field, column.heading)) for column in columns)


def list_rows(recipient: Taxpayer, filters: Filters) -> Counted:
    """Return how many records the workbook will have, as far as a page of the list counts them. A full count
    may read the whole desk."""
    return listed_records(Desk(recipient, _view(recipient)), filters, "date").counted


def all_list_rows(recipient: Taxpayer, filters: Filters) -> int:
    """Return how many records the workbook will have. The count may read the whole desk, so only a job counts
    in this way."""
    return query.matching(recipient, _view(recipient), filters).count()


def write_list(
    recipient: Taxpayer,
    filters: Filters,
    sort: str,
    target: str | Path | IO[bytes],
    *,
    chosen: Sequence[str] = (),
    workdir: str | Path | None = None,
    report: Report | None = None,
) -> Written:
    """Write the list's records to `target` in the order `sort` ("-date" is descending). `chosen` are the keys
    of the screen's columns to write. After every `REPORT_EVERY` rows, call `report` with the number of rows
    so far."""
    written = Written()
    total = written.sheets[LIST] = Sum()
    book = Book(target, workdir=workdir, made_at=clock.real_now(), about=on_paper(recipient))
    about = f"{recipient.gstin} {recipient.name}, {clock.now():%d-%m-%Y %H:%M}. {described(filters, recipient.opens)}"
    columns, view = headed(chosen_columns(chosen), filters.section), _view(recipient)
    table = book.table(LIST, columns, titles=Titles(TITLE, about, levels=1))
    with snapshot() as using:
        found = query.matching(recipient, view, filters).using(using)
        made = _rows(_ordered(found, sort), total, columns, _Desk(recipient, view))
        for count in table.write(made):
            if report and count % REPORT_EVERY == 0:
                report(count)
    total.rows = table.count
    if report:
        report(table.count)
    book.close()
    return written


def described(filters: Filters, opens: TaxPeriod) -> str:
    """Return the filters in words, for the heading of the file. `opens` is the open period of the desk."""
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
        ("match", filters.match),
        ("suggestion", filters.suggests),
        ("credit to give back", filters.reduces),
    )
    words += [f"{name}: {', '.join(map(str, values))}" for name, values in named if values]
    single = (
        ("search", filters.search),
        (_("Lands in 2B"), dict(landing.lands_choices(opens)).get(filters.lands, "")),
        ("dated from", filters.since),
        ("dated to", filters.until),
        ("taxable from", "" if filters.least is None else filters.least // 100),
        ("taxable to", "" if filters.most is None else filters.most // 100),
        ("Pending ends within days", "" if filters.ends is None else filters.ends),
        ("pasted", len(filters.suppliers) + len(filters.numbers) + len(filters.pairs) or ""),
        ("edited by the supplier", "yes" if filters.edited else ""),
        ("ITC reduction to declare", "yes" if filters.declare else ""),
        ("supplier new in this return period", "yes" if filters.newcomer else ""),
        ("possible duplicate", "yes" if filters.duplicate else ""),
        ("credit ends with this GSTR-2B", "yes" if filters.last_claim else ""),
        ("the rejection adds tax to the supplier", "yes" if filters.adds_back else ""),
        ("financial year", filters.year),
        ("tax from", "" if filters.tax_least is None else filters.tax_least // 100),
        ("tax to", "" if filters.tax_most is None else filters.tax_most // 100),
        ("value from", "" if filters.value_least is None else filters.value_least // 100),
        ("value to", "" if filters.value_most is None else filters.value_most // 100),
        ("effect on ITC", filters.effect),
        ("IRN", filters.irn),
        ("remarks contain", filters.remarks),
        ("has remarks", filters.remarked),
        ("differs from the suggestion", filters.differs),
        ("acted by", filters.actor),
        ("acted from", filters.acted_since),
        ("acted to", filters.acted_until),
    )
    return "; ".join([*words, *(f"{name}: {value}" for name, value in single if value != "")])


def _view(recipient: Taxpayer) -> DeskView:
    return DeskView.of(recipient, clock.today(), calendar())


class _Desk:
    """Computes the values that depend on the desk's open period and day. The rulebook rules once on each situation
    (combination of record properties)."""

    FACTS = ("filing", "standing", "superseded", "claim_period", "land", "last_claim_period", "root_year")

    def __init__(self, recipient: Taxpayer, view: DeskView):
        self.recipient, self.view = recipient, view
        self.dates, self.furnished = calendar(), annual_returns([recipient.pk])

    def situation(self, row: dict[str, Any]) -> Situation:
        facts = {name: row[name] for name in self.FACTS}
        flags = clock_facets_of(self.view, action=row["decision__action"], **facts)
        return from_labels(row["label"], row["decision__label"], **flags)

    def effect(self, row: dict[str, Any], situation: Situation) -> int:
        """Return the record's effect on ITC in paise, as the list shows it."""
        reduction = TaxAmounts(*(row[f"decision__reduction_{head}"] or 0 for head in HEADS))
        return effects.shown(SimpleNamespace(**row), situation, reduction)

    def lands(self, row: dict[str, Any], situation: Situation) -> str:
        """Return the 2B period in which the record lands, or why it lands in none."""
        found = landing.lands(situation, row["land"], self.view.open_period)
        return str(period_cell(found.period)) if found.period else f"{_('None')}, {_(found.note)}"

    def until(self, row: dict[str, Any], situation: Situation) -> date | None:
        """Return the last day on which this row's record may be pending (R-055, R-064). If Pending is not
        available, return None."""
        ruling = rule(situation)
        if Action.PENDING in ruling.refusals:
            return None
        if ruling.one_period:
            claim, of = TaxPeriod.from_number(row["claim_period"]), self.recipient
            return self.dates.pending_deadline(claim, frequency=of.files, seat=of.seat)
        year = row["root_year"]
        return cutoff(FinancialYear(year), self.furnished.get((self.recipient.pk, year)))


def _ordered(records: QuerySet[Record], sort: str) -> QuerySet[Record]:
    key = SORTS[sort.removeprefix("-")].expression
    signs = ("-sort_key", "-pk") if sort.startswith("-") else ("sort_key", "pk")
    return with_original(records).annotate(sort_key=key).order_by(*signs)


def _rows(
    records: QuerySet[Record], total: Sum, columns: Sequence[Column], desk: _Desk
) -> Iterator[list[Any]]:
    place, period = cache(state_name), cache(period_cell)
    there = {column.field for column in columns}
    judged = there & {"effect", "land", "until"}
    fields = (*FIELDS, *(name for field, names in ASKED.items() if field in there for name in names))
    if "original_action" in there:
        records = records.annotate(original_action=_original_action())
    if there & {"match", "suggestion", "difference"}:
        records = with_findings(records, desk.recipient.pk)
    for values in records.values_list(*fields).iterator(chunk_size=CHUNK):
        row = dict(zip(fields, values, strict=True))
        sign = Kind(row["kind"]).sign
        for part in ("taxable", *HEADS):
            setattr(total, part, getattr(total, part) + row[part] * sign)
        kind = str(KIND_LABELS[Kind(row["kind"])])
        reduced = [row[f"decision__reduction_{head}"] for head in HEADS]
        acted = row["decision__acted_at"]
        tax = sum(row[head] for head in HEADS)
        cells = {
            "status": str(ACTION_LABELS[Action(row["decision__action"])]),
            "number": row["number"],
            "kind": f"{kind}, amended" if row["amends_id"] else kind,
            "section": SECTION_LABELS[row["section"]],
            "original_number": row["original_number"],
            "original_date": row["original_date"],
            "gstin": row["supplier__gstin"],
            "name": row["supplier__trade_name"]
            or row["supplier__legal_name"]
            or ("Customs (ICEGATE)" if Kind(row["kind"]).is_import else ""),
            "date": row["document_date"],
            "type": INVOICE_TYPES.get(row["invoice_type"], row["invoice_type"]),
            "value": row["value"] * sign,
            "place": place(row["place_of_supply"]),
            **{part: row[part] * sign for part in ("taxable", *HEADS)},
            "tax": tax * sign,
            "answer": ANSWERS.get(row["decision__answer"], ""),
            "reduction": None if reduced[0] is None else sum(amount or 0 for amount in reduced),
            "form": row["form"],
            "tax_period": period(row["tax_period"]),
            "filing": "Received from customs" if Kind(row["kind"]).is_import else FILING[row["filing"]],
            "filed_on": row["filed_on"],
            "remarks": row["decision__remarks"],
            "acted_at": acted.astimezone(clock.IST) if acted else None,
            "irn": "Yes" if (row["details"] or {}).get("irn") else "No",
        }
        situation = desk.situation(row) if judged else None
        if situation is not None:
            cells |= {
                "effect": desk.effect(row, situation) if "effect" in there else None,
                "land": desk.lands(row, situation) if "land" in there else None,
                "until": desk.until(row, situation) if "until" in there else None,
            }
        if "tax_change" in there:
            before = sum(row[f"baseline_{head}"] or 0 for head in HEADS)
            cells["tax_change"] = (tax - before) * sign
        if "original_action" in there:
            was = row["original_action"]
            cells["original_action"] = str(ACTION_LABELS[Action(was)]) if was else ""
        if "acted_by" in there:
            username, first, last = (row[name] for name in ASKED["acted_by"])
            cells["acted_by"] = f"{first or ''} {last or ''}".strip() or username or ""
        if "match" in there:
            cells["match"] = (
                class_words(row["found_class"], row["found_sub"])[0] if row["found_class"] else ""
            )
        if "suggestion" in there:
            cells["suggestion"] = ACTIONS.get(row["found_suggestion"], "")
        if "difference" in there:
            cells["difference"] = row["found_difference"]
        yield [cells[column.field] for column in columns]


def _original_action() -> Coalesce:
    """Return the SQL expression for the action on the version that a record amends. The amended version may
    be archived."""
    live = Decision.objects.filter(record_id=OuterRef("amends_id")).values("action")[:1]
    gone = ArchivedRecord.objects.filter(pk=OuterRef("amends_id")).values("action")[:1]
    return Coalesce(Subquery(live), Subquery(gone))
