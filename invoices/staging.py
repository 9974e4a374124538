"""Event: a supplier's documents arrive by the thousand (R-020, R-040, R-049): staged, compared, merged.

Rows that were checked already are copied into a temporary table, compared there with what the portal has, and
merged: a fixed number of statements for a chunk of any size. What single documents go through in `judging` and
`intake` is the same; `tests/returns/test_gstr1_paths.py` holds the two together. Amendments take that path; they are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import judging, situating
from invoices.journal import By
from invoices.judging import Batch
from invoices.merging import Merging, Met
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.calendar import annual_returns
from invoices.rules.calendar import Form
from invoices.rules.documents import Problem, number_key
from invoices.rules.plain import Pattern
from invoices.rules.situation import Filing, Kind
from invoices.staged import NULL, PLACED, REPORTED, TABLE, Row, load, text


@dataclass(frozen=True, slots=True)
class Refused:
    """A document whose checks said no already; what its number meets would be said first (section 19)."""

    place: int
    kind: Kind
    number: str
    document_date: date
    problem: Problem


@dataclass(slots=True)
class Merged:
    """What became of a chunk. `problems`: (place in the chunk, number, problem)."""

    saved: int = 0
    changed: int = 0
    same: int = 0
    problems: list[tuple[int, str, Problem]] = field(default_factory=list)


class Staging:
    """Merges chunks of one form. Every `merge` runs in the caller's transaction, under the supplier's lock."""

    def __init__(self, supplier: Taxpayer, form: Form, period: TaxPeriod, *, by: By):
        self.batch: Batch = judging.read_batch(supplier, form, period, [], closed=None, upsert=True)
        self.month = self.batch.natural_month
        self.recipients: dict[str, Taxpayer] = {}
        self.gstins: dict[int, str] = {}
        self.merging = Merging(self.batch, by, self.gstins)
        self.returns: dict[int, dict[int, date]] = {}
        self._placed: dict[tuple[Any, ...], dict[Pattern, str]] = {}

    def merge(self, rows: Sequence[tuple[str, Sequence[Row]]], refused: Sequence[Refused] = ()) -> Merged:
        """Save, edit or leave alone these documents: by recipient's GSTIN, rows of `row_of`'s kind. Writes the
        journal of what was saved and edited."""
        merged = Merged()
        self._know(gstin for gstin, some in rows if some)
        staged = self._fill(rows, refused)
        if not staged:
            return merged
        met = self._compare()
        self._settle(met, {r.place: r.problem for r in refused}, merged)
        changed = [m for m in met if m.sound and m.editable and not m.same]
        merged.problems += [(r.place, r.number, r.problem) for r in refused if r.place not in self._said]
        left = staged - len(refused) - sum(1 for m in met if m.sound)
        if left or changed:
            self._strike({m.place for m in met} | {r.place for r in refused})
            merged.saved = left
            if left:
                self.merging.insert(left)
            if changed:
                self.merging.edit(changed)
        merged.changed = len(changed)
        return merged

    # filling

    def _know(self, gstins: Iterable[str]) -> None:
        new = {gstin for gstin in gstins if gstin not in self.recipients}
        if not new:
            return
        found = judging.recipients(new)
        self.recipients |= found
        self.gstins |= {t.pk: gstin for gstin, t in found.items()}
        for (taxpayer_id, year), day in annual_returns([t.pk for t in found.values()]).items():
            self.returns.setdefault(taxpayer_id, {})[year] = day

    def _fill(self, rows: Sequence[tuple[str, Sequence[Row]]], refused: Sequence[Refused]) -> int:
        lines: list[str] = []
        for gstin, some in rows:
            if not some:
                continue
            recipient = self.recipients[gstin]
            head = f"\t1\t{recipient.pk}\t"
            furnished = self.returns.get(recipient.pk, {})
            alike = (
                recipient.state,
                recipient.registration_type,
                recipient.frequency,
                *sorted(furnished.items()),
            )
            known = self._placed.setdefault(alike, {})
            for place, reported, pattern in some:
                placed = known.get(pattern)
                if placed is None:
                    placed = known[pattern] = self._place(recipient, furnished, pattern)
                lines.append(f"{place}{head}{reported}\t{placed}")
        for one in refused:
            key, year = text(number_key(one.number)), FinancialYear.of(one.document_date).start
            cells = [text(one.number), key, one.document_date.isoformat(), str(year), "", "", "0"]
            cells += ["0"] * 6 + [NULL, NULL, one.kind.value, "", "0", "0", "", "", "", ""]
            lines.append("\t".join([str(one.place), "0", "0", *cells]))
        if lines:
            load(lines)
        return len(lines)

    def _place(self, recipient: Taxpayer, furnished: dict[int, date], pattern: Pattern) -> str:
        """What `situating` says of a document with this pattern; asked once."""
        heads = pattern.heads().as_dict()
        record = Record(
            form=self.batch.form.value,
            kind=pattern.kind.value,
            place_of_supply=pattern.place_of_supply,
            reverse_charge=pattern.reverse_charge,
            root_year=pattern.year,
            **heads,
        )
        situating.place(
            record,
            self.month,
            supplier_state=self.batch.supplier.state,
            recipient=recipient,
            annual_return_on=furnished.get(pattern.year),
        )
        record.section = section_of(pattern.kind, form=self.batch.form, amended=False)
        return "\t".join(text(getattr(record, name)) for name in PLACED)

    # comparing

    def _compare(self) -> list[Met]:
        """Staged rows whose number is known for their kind and year: to which version, and whether it is equal."""
        table, archive = Record._meta.db_table, ArchivedRecord._meta.db_table
        number = "number_key = s.number_key AND v.year = s.year AND v.kind = s.kind"
        same = " AND ".join(
            f"COALESCE(r.{name}, 'null') = COALESCE(s.{name}, 'null')"
            if kind == "jsonb"
            else f"r.{name} = s.{name}"
            for name, kind in REPORTED.items()
        )
        sql = f"""
            SELECT m.place, m.sound, m.number, m.year, m.original, m.amendment, m.gone,
                   r.filing = %s AND r.form = %s AND r.tax_period = %s,
                   r.recipient_id <> s.recipient_id, {same}
            FROM (
                SELECT s.place, s.sound, s.number, s.year,
                    (SELECT v.id FROM {table} v WHERE v.supplier_id = %s AND v.{number} AND v.amends_id IS NULL) AS original,
                    (SELECT max(v.id) FROM {table} v
                     WHERE v.supplier_id = %s AND v.{number} AND v.amends_id IS NOT NULL) AS amendment,
                    (SELECT max(v.id) FROM {archive} v WHERE v.supplier_id = %s AND v.{number} AND v.why <> 'D') AS gone
                FROM {TABLE} s
            ) m JOIN {TABLE} s ON s.place = m.place LEFT JOIN {table} r ON r.id = m.original
            WHERE m.original IS NOT NULL OR m.amendment IS NOT NULL OR m.gone IS NOT NULL
            ORDER BY m.place"""
        own = self.batch.supplier.pk
        given = [Filing.SAVED.value, self.batch.form.value, self.batch.period.number, own, own, own]
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            found = cursor.fetchall()
        met = []
        for place, sound, number, year, original, amendment, gone, open_here, moves, equal in found:
            # the latest version answers for the number
            latest = max(pk for pk in (original, amendment, gone) if pk is not None)
            editable = latest == original and bool(open_here)
            met.append(
                Met(
                    place,
                    bool(sound),
                    number,
                    year,
                    original,
                    latest,
                    editable,
                    bool(moves),
                    bool(equal) and not moves,
                )
            )
        return met

    def _settle(self, met: Sequence[Met], problems: dict[int, Problem], merged: Merged) -> None:
        self._said: set[int] = set()
        clashes = {m.latest for m in met if not m.editable}
        versions: dict[int, Any] = {}
        if clashes:
            versions = ArchivedRecord.objects.in_bulk(clashes) | Record.objects.in_bulk(clashes)
        for m in met:
            if not m.editable:
                problem = judging.already_used(m.number, FinancialYear(m.year), versions[m.latest])
                merged.problems.append((m.place, m.number, problem))
            elif not m.sound:
                merged.problems.append((m.place, m.number, problems[m.place]))
            elif m.same:
                merged.same += 1
            self._said.add(m.place)

    def _strike(self, places: set[int]) -> None:
        """Take out of the staging table what is not new."""
        if not places:
            return
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"UPDATE {TABLE} SET sound = 0 WHERE place = ANY(%s)", [list(places)])
            else:
                cursor.executemany(f"UPDATE {TABLE} SET sound = 0 WHERE place = %s", [(p,) for p in places])
