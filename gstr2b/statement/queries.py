"""Queries for the pages of GSTR-2B: versions, the summary by the form's headings, and the documents behind a
figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from gstr2b.models import Statement, StatementLine, StatementTotal
from gstr2b.statement.sections import BARRED, BLOCKS, EFFECT, REVERSED, TAX, Block, Heading, table_label
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import DeskTally, Job, Taxpayer
from invoices.rules.ruling import Section, Treated
from invoices.rules.situation import Kind

NETTED = {"4A1": "4a1", "4A3": "4a3", "4A4": "4a4", "4A5": "4a5"}


def versions(recipient: Taxpayer, period: TaxPeriod) -> list[Statement]:
    """Return all versions of one period, newest first."""
    found = Statement.objects.filter(recipient=recipient, period=period.number)
    return list(found.select_related("actor").order_by("-version"))


def current(recipient: Taxpayer, period: TaxPeriod) -> Statement | None:
    found = Statement.objects.filter(recipient=recipient, period=period.number, is_current=True)
    return found.select_related("actor").first()


def version(recipient: Taxpayer, period: TaxPeriod, number: int) -> Statement | None:
    found = Statement.objects.filter(recipient=recipient, period=period.number, version=number)
    return found.select_related("actor").first()


def is_being_drafted(recipient: Taxpayer) -> bool:
    """Return true if a job that makes this recipient's draft is waiting or running. One query reads all
    waiting and running draft jobs, because not every database can search for the recipient inside the jobs'
    data. There are never many such jobs."""
    under_way = Job.objects.filter(kind="draft", state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return any(
        pk == recipient.pk
        for payload in under_way.values_list("payload", flat=True)
        for pk, _period in payload["due"]
    )


def records_to_look_at(recipient: Taxpayer, period: TaxPeriod) -> int:
    """Return how many records a draft of `period` must examine. The number comes from the counters."""
    mine = DeskTally.objects.filter(recipient=recipient, claim_period__lte=period.number)
    return mine.aggregate(n=Sum("records"))["n"] or 0


@dataclass(slots=True)
class SubRow:
    """The count and tax of one table's documents under a heading."""

    table: str
    label: str
    table_3b: str = ""
    count: int = 0
    tax: TaxAmounts = TaxAmounts()


@dataclass(slots=True)
class ShownRow:
    """A heading with its lines. `second_lines` counts the lines that take back the credit of an earlier
    version (R-088); the document of such a line has another line too."""

    heading: Heading
    count: int = 0
    second_lines: int = 0
    tax: TaxAmounts = TaxAmounts()
    tables: list[SubRow] = field(default_factory=list)


@dataclass(slots=True)
class ShownBlock:
    """One block of the summary. `count` and `tax` are of the same documents. A document with two lines (R-088)
    counts once. `notes` counts the credit notes of the block that change no ITC; `count` and `tax` leave them
    out. `twice` counts the documents that stand in two rows."""

    block: Block
    rows: list[ShownRow]
    count: int = 0
    tax: TaxAmounts = TaxAmounts()
    notes: int = 0
    twice: int = 0

    @property
    def is_empty(self) -> bool:
        return not any(row.count for row in self.rows)


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a version by the form's headings. `net` is the ITC in 4(A) by row. `how` counts the
    available lines by treatment: accepted, deemed accepted, direct."""

    blocks: list[ShownBlock]
    net: dict[str, TaxAmounts]
    how: dict[str, int]

    @property
    def net_total(self) -> TaxAmounts:
        return add(self.net.values())


def add(amounts: Iterable[TaxAmounts]) -> TaxAmounts:
    total = TaxAmounts()
    for some in amounts:
        total += some
    return total


def amounts(row: Any, which: str) -> TaxAmounts:
    """Return the amounts that `which` names, for a line or a total: "effect", "barred" or "reversed". If
    `which` is an empty text, return the document's own tax. An amount that is NULL counts as zero."""
    prefix = f"{which}_" if which else ""
    return TaxAmounts(*(getattr(row, f"{prefix}{head}") or 0 for head in HEADS))


def shown_amounts(row: Any, which: str) -> TaxAmounts:
    """Return the amounts as the pages of GSTR-2B show them. The tax of a rejected credit note is negative,
    because the list of rejected documents also has documents that raise ITC."""
    found = amounts(row, which)
    lowers = which == TAX and row.section == Section.REJECTED.value and row.kind == Kind.CREDIT_NOTE.value
    return -found if lowers else found


def has_amounts(row: Any, which: str) -> bool:
    """Return true if the line or total has the amounts that `which` names. Amounts of zero count as present,
    and NULL counts as absent."""
    return which not in (BARRED, REVERSED) or getattr(row, f"{which}_igst") is not None


def summary(statement: Statement) -> Summary:
    """Return the summary, made from the stored totals. Needs one query, or two if lines take back earlier
    credit."""
    totals = list(StatementTotal.objects.filter(statement_id=statement.pk).order_by("table", "id"))
    net = {slug: TaxAmounts() for slug in NETTED.values()}
    for total in totals:
        if total.row in NETTED:
            net[NETTED[total.row]] += amounts(total, EFFECT)
    how: Counter[str] = Counter()
    available = {heading.section.value for heading in BLOCKS[0].headings}
    for total in totals:
        if total.section in available:
            how[total.treated or Treated.DIRECT.name] += total.count
    reversed_counts = taken_back(statement, totals)
    return Summary([_block(block, totals, reversed_counts) for block in BLOCKS], net, dict(how))


def taken_back(statement: Statement, totals: Iterable[StatementTotal]) -> dict[str, int]:
    """Return, by documents table, the number of lines that take back credit of an earlier version (R-089).
    The stored totals cannot give this number, because a total may also count lines that take back no
    credit."""
    if not statement.has_lines or not any(
        total.reversed_igst is not None and total.row != "4B2" for total in totals
    ):
        return {}
    found = lines_of_row(statement, "4B1", REVERSED).order_by().values_list("table").annotate(n=Count("pk"))
    return dict(found)


def _block(block: Block, totals: list[StatementTotal], reversed_counts: dict[str, int]) -> ShownBlock:
    rows = [_row(heading, totals) for heading in block.headings]
    for row in rows:
        if row.heading.slug == "place-changed" and reversed_counts:
            for table in row.tables:
                table.count = reversed_counts.get(table.table, 0)
            row.count = sum(table.count for table in row.tables)
    # In the block of ITC not available, the second row contains credit notes. The count and the tax of this
    # block leave out the second row, because these credit notes do not lower any ITC. The block of rejected
    # documents has only one row.
    counted = rows if block.slug in ("available", "reversal") else rows[:1]
    return ShownBlock(
        block,
        rows,
        sum(row.count - row.second_lines for row in counted),
        add(row.tax for row in counted),
        sum(row.count for row in rows if row not in counted),
        sum(row.second_lines for row in counted),
    )


def _row(heading: Heading, totals: list[StatementTotal]) -> ShownRow:
    row = ShownRow(heading)
    by_table: dict[tuple[str, bool], SubRow] = {}
    notes = heading.slug == "credit-notes"
    for total in totals:
        if total.section != heading.section.value or not has_amounts(total, heading.amounts):
            continue
        key = (total.table, notes and total.reverse_charge)
        if key not in by_table:
            by_table[key] = SubRow(
                total.table,
                str(table_label(total.table, reverse_charge=key[1])),
                _note_row(total) if notes else "",
            )
        tax = shown_amounts(total, heading.amounts)
        for shown in (row, by_table[key]):
            shown.count += total.count
            shown.tax += tax
        if total.treated == Treated.CHARGE_CHANGED.value:
            row.second_lines += total.count
    row.tables = list(by_table.values())
    return row


def _note_row(total: StatementTotal) -> str:
    return {"4A3": "3.1(d), 4(A)(3)", "4A4": "4(A)(4)", "4A5": "4(A)(5)"}.get(total.row, "")


# documents behind a figure


# The database sorts a list of at most SORTED_AS_ONE lines as a whole. A longer list is read table by table,
# in the order of an index.
SORTED_AS_ONE = 20_000


def lines(statement: Statement, heading: Heading, table: str = "") -> list[QuerySet[StatementLine]]:
    """Return the lines under a heading, as querysets that do not overlap. `table` limits the lines to one
    documents table."""
    found = StatementLine.objects.of(statement).filter(section=heading.section.value)
    if heading.amounts == REVERSED:
        found = found.filter(reversed_igst__isnull=False)
    if table:
        return [found.filter(table=table)]
    return _by_table(statement, found, section=heading.section.value)


def _by_table(
    statement: Statement, found: QuerySet[StatementLine], **where: str
) -> list[QuerySet[StatementLine]]:
    if statement.line_count <= SORTED_AS_ONE:
        return [found]
    totals = StatementTotal.objects.filter(statement=statement, **where).order_by()
    parts = totals.values_list("section", "table").distinct()
    return [found.filter(section=section, table=table) for section, table in parts]


def row_parts(statement: Statement, row: str, which: str) -> list[QuerySet[StatementLine]]:
    """Return the lines that a row of GSTR-3B Table 4 sums, as querysets that do not overlap."""
    where = {"row": row} if which == EFFECT else {}
    return _by_table(statement, lines_of_row(statement, row, which), **where)


def lines_of_row(statement: Statement, row: str, which: str) -> QuerySet[StatementLine]:
    """Return the lines that a row of GSTR-3B Table 4 sums, as one queryset."""
    found = StatementLine.objects.of(statement)
    if which == REVERSED:
        # reversals by R-098 are in 4(B)(2), and reversals by R-089 are in 4(B)(1)
        mine = Q(row=row) if row == "4B2" else ~Q(row="4B2")
        return found.filter(mine, reversed_igst__isnull=False)
    if which == BARRED:
        return found.filter(barred_igst__isnull=False)
    return found.filter(row=row)


def documents_by_row(statement: Statement | None) -> dict[str, int]:
    """Return, for each row of GSTR-3B Table 4, the number of lines that the row sums."""
    counts: Counter[str] = Counter()
    if statement is None:
        return counts
    totals = list(StatementTotal.objects.filter(statement=statement))
    for total in totals:
        if total.row in NETTED:
            counts[total.row] += total.count
        if total.barred_igst is not None:
            counts["4D2"] += total.count
        if total.reversed_igst is not None:
            counts["4B2" if total.row == "4B2" else "4B1"] += total.count
    exact = taken_back(statement, totals)
    if exact:
        counts["4B1"] = sum(exact.values())
    return counts


def behind_heading(statement: Statement, heading: Heading, table: str = "") -> tuple[int, TaxAmounts]:
    """Return the number and the tax of the documents under a heading, or of one documents table under the
    heading. A list of documents shows these figures in its last line."""
    totals = list(StatementTotal.objects.filter(statement=statement, section=heading.section.value))
    row = _row(heading, totals)
    if heading.amounts == REVERSED:
        exact = taken_back(statement, totals)
        for sub in row.tables:
            sub.count = exact.get(sub.table, sub.count)
    shown = [sub for sub in row.tables if table in ("", sub.table)]
    return sum(sub.count for sub in shown), add(sub.tax for sub in shown)


# versions side by side


def document_counts(found: Iterable[Statement]) -> dict[int, int]:
    """Return the number of documents of each version, by the version's id. A document with two lines (R-088)
    counts once, as in the comparison of versions. One query."""
    statements = list(found)
    second = StatementTotal.objects.filter(statement__in=statements, treated=Treated.CHARGE_CHANGED.value)
    lines = second.order_by().values_list("statement_id").annotate(n=Sum("count"))
    twice = dict(lines)
    return {s.pk: s.line_count - twice.get(s.pk, 0) for s in statements}


def with_net(found: list[Statement]) -> list[tuple[Statement, TaxAmounts, int]]:
    """Return each version with its ITC in 4(A) and the number of its documents, as `document_counts` counts
    them. Needs one query."""
    sums: dict[str, Any] = {head: Sum(f"effect_{head}") for head in HEADS}
    sums["twice"] = Sum("count", filter=Q(treated=Treated.CHARGE_CHANGED.value))
    rows: Any = (
        StatementTotal.objects.filter(statement__in=found).order_by().values("statement_id").annotate(**sums)
    )
    by_id = {row["statement_id"]: row for row in rows}
    shown = []
    for statement in found:
        row = by_id.get(statement.pk, {})
        net = TaxAmounts(*(int(row.get(head) or 0) for head in HEADS))
        shown.append((statement, net, statement.line_count - (row.get("twice") or 0)))
    return shown


@dataclass(frozen=True, slots=True)
class Pair:
    """One heading of the summary in two versions: the counts and amounts in the old version and in the new
    version."""

    block: Block
    heading: Heading
    old_count: int
    new_count: int
    old: TaxAmounts
    new: TaxAmounts

    @property
    def change(self) -> TaxAmounts:
        return self.new - self.old


def side_by_side(old: Summary, new: Summary) -> list[Pair]:
    """Return the headings of two versions side by side. The list leaves out a heading that has no documents
    in either version. The comparison page shows this list if the lines of one version are deleted."""
    found = []
    for was, becomes in zip(old.blocks, new.blocks, strict=True):
        for before, after in zip(was.rows, becomes.rows, strict=True):
            if before.count or after.count:
                found.append(
                    Pair(was.block, before.heading, before.count, after.count, before.tax, after.tax)
                )
    return found
