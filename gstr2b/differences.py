"""Compare two versions of a GSTR-2B, document by document. The effects of all documents add up to the change
of ITC.

One SQL query counts the records by their states in the two versions, even for a million lines. The list of
documents is paged by record id: each page begins after a given record id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from gstr2b import generation
from gstr2b.models import Statement, StatementLine, StatementTotal
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.database import planner
from invoices.models import JournalEntry, JournalLine, Taxpayer
from invoices.queries import effects, situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.ruling import Section, Treated

KINDS = ("added", "removed", "changed", "same")
# a recomputation is compared only if at most MOST_AHEAD records were touched after the current version
MOST_AHEAD = 2000
ROWS = 50


@dataclass(frozen=True, slots=True)
class State:
    """The state of a record in one version: the section and the treatment of the record's line, and whether
    the document is a credit note. A record without a line has no `State` (None)."""

    section: str
    treated: str
    note: bool = False

    @property
    def badge(self) -> str:
        return {
            Treated.ACCEPTED.value: "A",
            Treated.DEEMED.value: "D",
            Treated.REJECTED.value: "R",
        }.get(self.treated, "L")


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why records differ, with the number of records and the effect on ITC in paise."""

    label: str
    count: int
    effect: TaxAmounts
    kind: str


@dataclass(slots=True)
class Difference:
    """The comparison of two versions. `totals_only` is true if the lines of one version are deleted."""

    before: TaxAmounts
    after: TaxAmounts
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    causes: list[Cause] = field(default_factory=list)
    totals_only: bool = False

    @property
    def change(self) -> TaxAmounts:
        return self.after - self.before

    @property
    def explained(self) -> TaxAmounts:
        total = TaxAmounts()
        for cause in self.causes:
            total += cause.effect
        return total

    @property
    def adds_up(self) -> bool:
        """True if the effects of all causes add up to the change, for every tax head."""
        return not self.totals_only and self.explained == self.change

    @property
    def differing(self) -> int:
        return self.counts["added"] + self.counts["removed"] + self.counts["changed"]


@dataclass(frozen=True, slots=True)
class Moved:
    """One document in the list of differences, with its ITC in the old and in the new version, in paise."""

    record_id: int
    number: str
    supplier_id: int | None
    was: State | None
    becomes: State | None
    before: int
    after: int
    cause: str
    entry: JournalEntry | None = None

    @property
    def effect(self) -> int:
        return self.after - self.before


def cause_of(was: State | None, becomes: State | None) -> str:
    """Return a short text that names the change of a record between two versions. `was` is the record's state
    in the old version, and `becomes` is the state in the new version."""
    if becomes is not None and becomes.section == Section.RULE_37A.value and was is None:
        return _("Rule 37A reversal")
    if was is None:
        assert becomes is not None
        if becomes.treated == Treated.REJECTED.value:
            return _("Pending, now rejected")
        if becomes.treated == Treated.ACCEPTED.value:
            return _("Pending, now accepted")
        if becomes.treated == Treated.DEEMED.value:
            return _("Pending, now deemed accepted")
        return _("Now in GSTR-2B")
    if becomes is None:
        return _("Now pending")
    if was.section == Section.REJECTED.value != becomes.section:
        return _("Rejection withdrawn")
    if becomes.section == Section.REJECTED.value != was.section:
        return _("Credit note rejected") if becomes.note else _("Now rejected")
    if was.section != becomes.section:
        gone = (Section.NOT_AVAILABLE.value, Section.NOT_AVAILABLE_NOTES.value)
        return _("Credit no longer available") if becomes.section in gone else _("Credit available again")
    if was.treated != becomes.treated:
        return _("Status changed, same table")
    return _("New ITC reduction declared")


def kind_of(was: State | None, becomes: State | None, differs: bool) -> str:
    if was is None:
        return "added"
    if becomes is None:
        return "removed"
    return "changed" if differs else "same"


def net(statement: Statement) -> TaxAmounts:
    """Return the ITC in 4(A) of a version, summed from its stored totals."""
    total = TaxAmounts()
    for row in StatementTotal.objects.filter(statement=statement):
        total += TaxAmounts(*(getattr(row, f"effect_{head}") for head in HEADS))
    return total


def compare(old: Statement, new: Statement) -> Difference:
    """Return the differences between two versions of one statement, by cause. Needs at most four queries, for
    a statement of any size."""
    found = Difference(net(old), net(new))
    if not (old.has_lines and new.has_lines):
        found.totals_only = True
        return found
    by_cause: dict[tuple[str, str], Cause] = {}
    if _shared(old, new):
        found.counts["same"] = old.lines.values("record_id").distinct().count()
    for was, becomes, differs, count, effect in _groups(old, new):
        kind = kind_of(was, becomes, differs)
        found.counts[kind] += count
        if was is not None and _shared(old, new):
            # `same` began with all records of the old version; this group is now counted by its own kind
            found.counts["same"] -= count
        if kind == "same":
            continue
        _add(by_cause, cause_of(was, becomes), kind, count, effect)
    found.causes = sorted(by_cause.values(), key=lambda c: -c.effect.total)
    return found


def _add(causes: dict[tuple[str, str], Cause], label: str, kind: str, count: int, effect: TaxAmounts) -> None:
    known = causes.get((label, kind))
    if known is not None:
        count, effect = known.count + count, known.effect + effect
    causes[label, kind] = Cause(label, count, effect, kind)


def _shared(old: Statement, new: Statement) -> bool:
    """Return true if the versions share their unchanged lines: the lines of both versions have one origin.
    The versions then differ only in lines that were added or replaced after the earlier version."""
    return old.lines_from == new.lines_from


def _each(old: Statement, new: Statement, *, all_of_them: bool, after: int = 0) -> tuple[str, list[Any]]:
    """Return SQL with one row for each record, and the parameters of the SQL. A row has the record's states
    in both versions and the change of ITC for each tax head. A record with two lines in a version (R-088) has
    only one row. Without `all_of_them`, the SQL leaves out records whose lines both versions share."""
    table = connection.ops.quote_name(StatementLine._meta.db_table)
    state = "section || ' ' || treated || CASE WHEN kind = 'CN' THEN ' CN' ELSE '' END"
    columns = f"record_id, {state} AS state, {', '.join(f'effect_{head}' for head in HEADS)}"
    where, given = "record_id > %s", [after]
    if _shared(old, new) and not all_of_them:
        between = sorted((old.version, new.version))
        where += " AND " + planner.one_by_one(
            "record_id",
            f"SELECT record_id FROM {table} WHERE origin_id = %s AND since > %s AND since <= %s "
            f"UNION ALL SELECT record_id FROM {table} WHERE origin_id = %s AND until > %s AND until <= %s",
        )
        given += [old.lines_from, *between, old.lines_from, *between]
    sides, values = [], []
    for late, version in enumerate((old, new)):
        sides.append(
            f"SELECT {late} AS late, {columns} FROM {table} "
            f"WHERE origin_id = %s AND since <= %s AND until > %s AND {where}"
        )
        values += [version.lines_from, version.version, version.version, *given]
    changes = ", ".join(
        f"SUM(CASE WHEN late = 1 THEN effect_{head} ELSE -effect_{head} END) AS {head}" for head in HEADS
    )
    sql = (
        "SELECT record_id, MAX(CASE WHEN late = 0 THEN state END) AS was, "
        f"MAX(CASE WHEN late = 1 THEN state END) AS becomes, {changes} "
        f"FROM ({' UNION ALL '.join(sides)}) AS sides GROUP BY record_id"
    )
    return sql, values


# A record counts as different if it has a line in only one version. Its state in the other version is NULL.
# COALESCE is needed because `was <> becomes` is never true in SQL if one side is NULL.
DIFFERS = "(igst <> 0 OR cgst <> 0 OR sgst <> 0 OR cess <> 0 OR COALESCE(was, '') <> COALESCE(becomes, ''))"


def _groups(
    old: Statement, new: Statement
) -> Iterable[tuple[State | None, State | None, bool, int, TaxAmounts]]:
    each, given = _each(old, new, all_of_them=False)
    sums = ", ".join(f"SUM({head})" for head in HEADS)
    sql = (
        f"SELECT was, becomes, CASE WHEN {DIFFERS} THEN 1 ELSE 0 END AS differs, COUNT(*), {sums} "
        f"FROM ({each}) AS each_record GROUP BY was, becomes, differs"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows = cursor.fetchall()
    for was, becomes, differs, count, *effect in rows:
        yield _state(was), _state(becomes), bool(differs), count, TaxAmounts(*(int(e) for e in effect))


def _state(text: str | None) -> State | None:
    if text is None:
        return None
    section, treated, *note = text.split(" ")
    return State(section, treated, bool(note))


@dataclass(frozen=True, slots=True)
class MovedPage:
    rows: list[Moved]
    next: int | None


SHOWN = {
    "": DIFFERS,
    "added": "was IS NULL",
    "removed": "becomes IS NULL",
    "changed": f"was IS NOT NULL AND becomes IS NOT NULL AND {DIFFERS}",
    "same": f"NOT {DIFFERS}",
}


def documents(old: Statement, new: Statement, kind: str = "", after: int = 0) -> MovedPage:
    """Return a page of the documents of one `kind`, by record id. An empty `kind` means all differences. Each
    row has the last journal entry about the record between the two versions. Needs three queries."""
    each, given = _each(old, new, all_of_them=kind == "same", after=after)
    sql = f"SELECT record_id FROM ({each}) AS each_record WHERE {SHOWN[kind]} ORDER BY record_id LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*given, ROWS + 1])
        ids = [row[0] for row in cursor.fetchall()]
    page, more = ids[:ROWS], len(ids) > ROWS
    before, now = _lines_of(old, new, page)
    entries = _entries(old.recipient_id, page, old.journal_position, new.journal_position)
    rows = [_moved(pk, before.get(pk, []), now.get(pk, []), entries.get(pk)) for pk in page]
    return MovedPage(rows, page[-1] if more else None)


def _lines_of(
    old: Statement, new: Statement, ids: Sequence[int]
) -> tuple[dict[int, list[StatementLine]], dict[int, list[StatementLine]]]:
    before: dict[int, list[StatementLine]] = {}
    now: dict[int, list[StatementLine]] = {}
    origins = {old.lines_from, new.lines_from}
    for line in StatementLine.objects.filter(origin_id__in=origins, record_id__in=ids).order_by("pk"):
        for version, side in ((old, before), (new, now)):
            if line.stands_in(version):
                side.setdefault(line.record_id, []).append(line)
    return before, now


def _moved(
    pk: int, before: list[StatementLine], after: list[StatementLine], entry: JournalEntry | None
) -> Moved:
    was, becomes = _state_of(before), _state_of(after)
    shown = (after or before)[0]
    old, new = _effect(before), _effect(after)
    differs = old != new or was != becomes
    return Moved(
        pk,
        shown.number,
        shown.supplier_id,
        was,
        becomes,
        old,
        new,
        cause_of(was, becomes) if differs else "",
        entry,
    )


def _state_of(lines: list[StatementLine]) -> State | None:
    states = [State(line.section, line.treated, line.kind == "CN") for line in lines]
    return max(states, key=lambda s: (s.section, s.treated)) if states else None


def _effect(lines: list[StatementLine]) -> int:
    return sum(getattr(line, f"effect_{head}") for line in lines for head in HEADS)


def _entries(
    recipient_id: int, ids: Sequence[int], since: int, until: int | None = None
) -> dict[int, JournalEntry]:
    """Return, by record id, the record's last journal entry with an id above `since` and at most `until`."""
    found = JournalLine.objects.filter(record_id__in=ids, recipient_id=recipient_id, entry_id__gt=since)
    if until is not None:
        found = found.filter(entry_id__lte=until)
    rows = found.select_related("entry", "entry__actor").order_by("entry_id")
    return {line.record_id: line.entry for line in rows}


# Comparison with a recomputation


@dataclass(frozen=True, slots=True)
class Ahead:
    """The changes that a recomputation would make. `difference` is None if the number of touched records is
    too large, or if the version's lines are deleted."""

    difference: Difference | None
    rows: list[Moved]
    touched: int


def if_computed_now(recipient: Taxpayer, statement: Statement) -> Ahead:
    """Return the changes that a recomputation of the current version would make now. The function looks only
    at records with journal entries since the computation, and at amendments of these records."""
    entries = JournalEntry.objects.filter(taxpayer=recipient, pk__gt=statement.journal_position)
    touched = set(
        JournalLine.objects.filter(entry__in=entries.values("pk"), recipient_id=recipient.pk)
        .values_list("record_id", flat=True)
        .distinct()[: MOST_AHEAD + 1]
    )
    if len(touched) > MOST_AHEAD or not statement.has_lines:
        return Ahead(None, [], len(touched))
    view = DeskView.of(recipient, clock.today(), calendar())
    in_scope = generation.scope(recipient, TaxPeriod.from_number(statement.period)).select_related("decision")
    records = {record.pk: record for record in in_scope.filter(pk__in=touched)}
    # compare amendments of touched records too: their rulings depend on the status of the earlier version
    for record in in_scope.filter(amends_id__in=touched):
        records[record.pk] = record
    before, _now = _lines_of(statement, statement, list(records))
    entry_of = _entries(recipient.pk, list(records), statement.journal_position)
    rows: list[Moved] = []
    by_cause: dict[tuple[str, str], Cause] = {}
    found = Difference(net(statement), net(statement))
    for pk, record in sorted(records.items()):
        ruling = situations.ruling_of(record, view)
        effect = effects.of_ruling(ruling, record, effects.reduction_of(record.decision))
        line = max(ruling.lines, key=lambda ln: (ln.section.value, ln.treated.value), default=None)
        becomes = State(line.section.value, line.treated.value, record.kind == "CN") if line else None
        was = _state_of(before.get(pk, []))
        old = TaxAmounts(*(sum(getattr(ln, f"effect_{head}") for ln in before.get(pk, [])) for head in HEADS))
        if was == becomes and old == effect:
            found.counts["same"] += 1
            continue
        kind, cause = kind_of(was, becomes, differs=True), cause_of(was, becomes)
        found.counts[kind] += 1
        _add(by_cause, cause, kind, 1, effect - old)
        rows.append(
            Moved(
                pk,
                record.number,
                record.supplier_id,
                was,
                becomes,
                old.total,
                effect.total,
                cause,
                entry_of.get(pk),
            )
        )
    found.causes = sorted(by_cause.values(), key=lambda c: -c.effect.total)
    found.after = found.before + found.explained
    return Ahead(found, rows, len(touched))
