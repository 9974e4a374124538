"""Event: a supplier's file brings thousands of documents (R-020, R-040, R-049).

Each chunk of checked documents is copied into a temporary table, compared with the portal's records, and
merged into these records. The number of SQL statements does not depend on the chunk's size. Unusual
documents, such as amendments, go through `checking` and `saving` instead. The test
`tests/returns/gstr1_file/test_paths.py` checks that both ways give equal results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.support.database import json_rows
from invoices.documents import checking, placing
from invoices.documents.bulk.merge import Merging
from invoices.documents.bulk.table import MET, PLACED, REPORTED, TABLE, Row, load, text
from invoices.documents.checking import Batch
from invoices.documents.recipients import foreseen, known_or_created
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.calendar import annual_returns
from invoices.rules.calendar import Form
from invoices.rules.documents import DocumentFault
from invoices.rules.remembered_checks import Pattern
from invoices.rules.situation import Filing


class NotFresh(Exception):
    """The error for a chunk that was to be merged in parallel with other chunks, but edits saved documents. A
    chunk with edits must be merged alone."""


@dataclass(slots=True)
class Merged:
    """The result of one chunk. Each item of `problems` has the place in the chunk, the document number and
    the fault."""

    saved: int = 0
    changed: int = 0
    same: int = 0
    problems: list[tuple[int, str, DocumentFault]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Met:
    """A document of the chunk with a number that the supplier has already used.

    `what` is "taken" if another document has the number, and "changed" if the chunk edits the saved
    document."""

    place: int
    what: str
    latest: int
    number: str
    year: int


class Staging:
    """Merges the chunks of one form.

    Before each `merge`, the caller must open a transaction and lock the supplier."""

    def __init__(self, supplier: Taxpayer, form: Form, period: TaxPeriod, *, by: By):
        self.batch: Batch = checking.read_batch(supplier, form, period, [], closed=None, upsert=True)
        self.month = self.batch.natural_month
        self.gstins: dict[int, str] = {}
        self.merging = Merging(self.batch, by, self.gstins)
        self._placed: dict[tuple[Any, ...], dict[Pattern, str]] = {}

    def merge(
        self,
        rows: Sequence[tuple[str, Sequence[Row]]],
        *,
        only_fresh: bool = False,
    ) -> Merged:
        """Save the new documents of a chunk, edit the changed documents, and leave equal documents alone.
        Return the counts.

        `rows` has the documents, grouped by the recipient's GSTIN. The journal gets entries for saved and
        edited documents. With `only_fresh`, a chunk that edits a document raises `NotFresh` before any
        document is saved."""
        merged = Merged()
        recipients = foreseen(gstin for gstin, some in rows if some)
        lines = list(self._lines(recipients, rows))
        staged = len(lines)
        if not staged:
            return merged
        load(lines)
        merged.same, known = self._compare()
        edits = any(m.what == "changed" for m in known)
        if edits and only_fresh:
            raise NotFresh
        if not self._created(recipients):
            return self.merge(rows, only_fresh=only_fresh)
        merged.problems = self._problems([m for m in known if m.what == "taken"])
        merged.saved = staged - merged.same - len(known)
        if merged.saved:
            self.merging.insert(merged.saved)
        if edits:
            merged.changed = self.merging.edit()
        return merged

    # fill the temporary table

    def _lines(
        self, recipients: dict[str, Taxpayer], rows: Sequence[tuple[str, Sequence[Row]]]
    ) -> Iterator[str]:
        # read in each chunk, because a recipient may change between two chunks
        returns: dict[int, dict[int, date]] = {}
        for (taxpayer_id, year), day in annual_returns(
            [t.pk for t in recipients.values() if t.pk > 0]
        ).items():
            returns.setdefault(taxpayer_id, {})[year] = day
        self.gstins |= {taxpayer.pk: gstin for gstin, taxpayer in recipients.items()}
        for gstin, some in rows:
            if not some:
                continue
            recipient = recipients[gstin]
            head = f"\t{recipient.pk}\t"
            furnished = returns.get(recipient.pk, {})
            known = self._placed.setdefault((*_placing(recipient), *sorted(furnished.items())), {})
            for place, reported, pattern in some:
                placed = known.get(pattern)
                if placed is None:
                    placed = known[pattern] = self._place(recipient, furnished, pattern)
                yield f"{place}{head}{reported}\t{placed}"

    def _place(self, recipient: Taxpayer, furnished: dict[int, date], pattern: Pattern) -> str:
        """Return the cells of the columns `PLACED` for a document with this pattern. The cells contain the
        values that `placing` would set in the document's record."""
        heads = pattern.heads().as_dict()
        record = Record(
            form=self.batch.form.value,
            kind=pattern.kind.value,
            place_of_supply=pattern.place_of_supply,
            reverse_charge=pattern.reverse_charge,
            root_year=pattern.year,
            **heads,
        )
        placing.place(
            record,
            self.month,
            supplier_state=self.batch.supplier.state,
            recipient=recipient,
            annual_return_on=furnished.get(pattern.year),
        )
        record.section = section_of(pattern.kind, form=self.batch.form, amended=False)
        return "\t".join(text(getattr(record, name)) for name in PLACED)

    def _created(self, recipients: Mapping[str, Taxpayer]) -> bool:
        """Create the recipients that the portal does not know, if the chunk saves a document of them, and put
        their ids into the table. Return false if somebody else has registered one of them meanwhile, so that
        its documents have another place. The chunk must then be merged again."""
        new = {taxpayer.pk: taxpayer for taxpayer in recipients.values() if taxpayer.pk < 0}
        if not new:
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT s.recipient_id FROM {TABLE} s LEFT JOIN {MET} m ON m.place = s.place "
                f"WHERE s.recipient_id < 0 AND COALESCE(m.what, '') <> 'taken'"
            )
            arriving = [new[pk] for (pk,) in cursor.fetchall()]
            made = known_or_created(taxpayer.gstin for taxpayer in arriving)
            if any(_placing(made[taxpayer.gstin]) != _placing(taxpayer) for taxpayer in arriving):
                return False
            self.gstins |= {taxpayer.pk: gstin for gstin, taxpayer in made.items()}
            found = [{"id": taxpayer.pk, "root_id": made[taxpayer.gstin].pk} for taxpayer in arriving]
            if found:
                source, params = json_rows.as_select(Record, found)
                cursor.execute(
                    f"UPDATE {TABLE} AS t SET recipient_id = v.root_id FROM ({source}) AS v "
                    f"WHERE t.recipient_id = v.id",
                    params,
                )
        return True

    # compare the chunk with the saved documents

    def _compare(self) -> tuple[int, list[Met]]:
        """Compare the chunk with the portal's records. Return the number of documents that equal a saved
        document. Also return a `Met` for each other document whose number the supplier has already used.

        A number counts as used only for documents of the same kind and financial year. The table `MET` gets a
        row for each document of the chunk whose number is used."""
        table, archive = Record._meta.db_table, ArchivedRecord._meta.db_table
        own = self.batch.supplier.pk
        equal = " AND ".join(
            f"COALESCE(r.{name}, 'null') = COALESCE(s.{name}, 'null')"
            if kind == "jsonb"
            else f"r.{name} = s.{name}"
            for name, kind in REPORTED.items()
        )
        postgresql = connection.vendor == "postgresql"
        greatest, lateral = ("GREATEST", "LATERAL") if postgresql else ("MAX", "")
        # search for amendments and archived records only if the supplier has some
        amended, gone = self._has_others()
        amendment = f"(SELECT max(v.id) FROM {table} v WHERE {_alike('v')} AND v.amends_id IS NOT NULL)"
        archived = f"(SELECT max(v.id) FROM {archive} v WHERE {_alike('v')} AND v.why <> 'D')"
        nothing = "CAST(NULL AS bigint)"
        # the id of the latest version that has the number: the number belongs to the document of this version
        latest = f"{greatest}(COALESCE(r.id, 0), COALESCE(s.amendment, 0), COALESCE(s.gone, 0))"
        # The LIMIT and the join with the supplier's row force PostgreSQL to look up each document's number in
        # an index. Otherwise PostgreSQL could read all of the supplier's records for each document: without
        # statistics on a supplier, the planner expects that this supplier has no records.
        joined = (
            f"(SELECT v.* FROM {table} v WHERE {_alike('v')} AND v.amends_id IS NULL LIMIT 1) r ON true"
            if postgresql
            else f"{table} r ON {_alike('r')} AND r.amends_id IS NULL"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO {MET} (place, original, latest, what)
                SELECT s.place, r.id, {latest}, CASE
                    WHEN r.id IS NULL OR r.id <> {latest}
                        OR r.filing <> %s OR r.form <> %s OR r.tax_period <> %s THEN 'taken'
                    WHEN r.recipient_id = s.recipient_id AND {equal} THEN 'same'
                    ELSE 'changed' END
                FROM (
                    SELECT s.*, {amendment if amended else nothing} AS amendment,
                        {archived if gone else nothing} AS gone
                    FROM {TABLE} s CROSS JOIN {Taxpayer._meta.db_table} o WHERE o.id = %s
                ) s CROSS JOIN {Taxpayer._meta.db_table} o
                    LEFT JOIN {lateral} {joined}
                WHERE o.id = %s AND (r.id IS NOT NULL OR s.amendment IS NOT NULL OR s.gone IS NOT NULL)""",
                [Filing.SAVED.value, self.batch.form.value, self.batch.period.number, own, own],
            )
            cursor.execute(f"SELECT count(*) FROM {MET} WHERE what = 'same'")
            same = cursor.fetchone()[0]
            cursor.execute(
                f"SELECT m.place, m.what, m.latest, s.number, s.year FROM {MET} m "
                f"JOIN {TABLE} s ON s.place = m.place WHERE m.what <> 'same' ORDER BY m.place"
            )
            return same, [Met(*found) for found in cursor.fetchall()]

    def _has_others(self) -> tuple[bool, bool]:
        """Return two facts: whether the supplier has amendments that are not archived, and whether the
        supplier has archived records."""
        own = self.batch.supplier.pk
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {Record._meta.db_table} "
                f"WHERE supplier_id = %s AND amends_id IS NOT NULL), "
                f"EXISTS (SELECT 1 FROM {ArchivedRecord._meta.db_table} WHERE supplier_id = %s)",
                [own, own],
            )
            amended, gone = cursor.fetchone()
        return bool(amended), bool(gone)

    def _problems(self, taken: Sequence[Met]) -> list[tuple[int, str, DocumentFault]]:
        """Return the faults of the chunk's documents whose number belongs to another document."""
        ids = {m.latest for m in taken}
        versions: dict[int, Any] = {}
        if ids:
            versions = ArchivedRecord.objects.in_bulk(ids) | Record.objects.in_bulk(ids)
        return [
            (m.place, m.number, checking.already_used(m.number, FinancialYear(m.year), versions[m.latest]))
            for m in taken
        ]


def _placing(recipient: Taxpayer) -> tuple[Any, ...]:
    """Return the data of a recipient that decide where its documents are placed, except its annual returns."""
    return (recipient.state, recipient.registration_type, recipient.frequency)


def _alike(v: str) -> str:
    """Return the SQL condition that record `v` of supplier `o` has the same number as the chunk's row `s`
    (R-049)."""
    return f"{v}.supplier_id = o.id AND {v}.number_key = s.number_key AND {v}.year = s.year AND {v}.kind = s.kind"
