"""Event: a supplier's documents arrive by the thousand (R-020, R-040, R-049): staged, compared, merged.

Rows that were checked already are copied into a temporary table, compared there with the portal's records, and
merged: a fixed number of statements for a chunk of any size. All other documents of a file, amendments among them, go
through `checking` and `saving` with the same result; `tests/returns/test_gstr1_paths.py` holds the two ways together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.documents import checking, placing
from invoices.documents.bulk.merge import Merging
from invoices.documents.bulk.table import MET, PLACED, REPORTED, TABLE, Row, load, text
from invoices.documents.checking import Batch
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.calendar import annual_returns
from invoices.rules.calendar import Form
from invoices.rules.documents import DocumentFault
from invoices.rules.remembered_checks import Pattern
from invoices.rules.situation import Filing


class NotFresh(Exception):
    """Documents are edited, too: whoever merges them must be alone with their supplier."""


@dataclass(slots=True)
class Merged:
    """What became of a chunk. `problems`: (place in the chunk, number, problem)."""

    saved: int = 0
    changed: int = 0
    same: int = 0
    problems: list[tuple[int, str, DocumentFault]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Met:
    """A staged row whose number the portal knows. `what`: the number is "taken" by another document, or the saved
    document is "changed"."""

    place: int
    what: str
    latest: int
    number: str
    year: int


class Staging:
    """Merges chunks of one form. Every `merge` runs in the caller's transaction, under the supplier's lock."""

    def __init__(self, supplier: Taxpayer, form: Form, period: TaxPeriod, *, by: By):
        self.batch: Batch = checking.read_batch(supplier, form, period, [], closed=None, upsert=True)
        self.month = self.batch.natural_month
        self.recipients: dict[str, Taxpayer] = {}
        self.gstins: dict[int, str] = {}
        self.merging = Merging(self.batch, by, self.gstins)
        self.returns: dict[int, dict[int, date]] = {}
        self._placed: dict[tuple[Any, ...], dict[Pattern, str]] = {}

    def merge(
        self,
        rows: Sequence[tuple[str, Sequence[Row]]],
        *,
        only_fresh: bool = False,
    ) -> Merged:
        """Save, edit or leave alone these documents, given by their recipient's GSTIN. Writes the journal of the
        documents that were saved or edited. With `only_fresh`, an edit among them raises `NotFresh` instead."""
        merged = Merged()
        recipients = self._know({gstin for gstin, some in rows if some})
        lines = list(self._lines(recipients, rows))
        staged = len(lines)
        if not staged:
            return merged
        load(lines)
        merged.same, known = self._compare()
        edits = any(m.what == "changed" for m in known)
        if edits and only_fresh:
            raise NotFresh
        merged.problems = self._problems([m for m in known if m.what == "taken"])
        merged.saved = staged - merged.same - len(known)
        if merged.saved:
            self.merging.insert(merged.saved)
        if edits:
            merged.changed = self.merging.edit()
        return merged

    # filling

    def _know(self, gstins: set[str]) -> dict[str, Taxpayer]:
        """The recipients. One that had to be made is not remembered: its transaction may be taken back."""
        new = gstins - self.recipients.keys()
        if not new:
            return self.recipients
        known = checking.known_recipients(new)
        self.recipients |= known
        for (taxpayer_id, year), day in annual_returns([t.pk for t in known.values()]).items():
            self.returns.setdefault(taxpayer_id, {})[year] = day
        made = checking.recipients(new - known.keys()) if len(known) < len(new) else {}
        self.gstins |= {t.pk: gstin for gstin, t in (known | made).items()}
        return self.recipients | made

    def _lines(
        self, recipients: dict[str, Taxpayer], rows: Sequence[tuple[str, Sequence[Row]]]
    ) -> Iterator[str]:
        for gstin, some in rows:
            if not some:
                continue
            recipient = recipients[gstin]
            head = f"\t{recipient.pk}\t"
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
                yield f"{place}{head}{reported}\t{placed}"

    def _place(self, recipient: Taxpayer, furnished: dict[int, date], pattern: Pattern) -> str:
        """What `placing` says of a document with this pattern; asked once."""
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

    # comparing

    def _compare(self) -> tuple[int, list[Met]]:
        """Finds the staged rows whose number is known for their kind and year, and notes them: how many are equal to
        what is saved here, and all others."""
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
        # most suppliers have none of either, and then nothing is looked up
        amended, gone = self._has_others()
        amendment = f"(SELECT max(v.id) FROM {table} v WHERE {_alike('v')} AND v.amends_id IS NOT NULL)"
        archived = f"(SELECT max(v.id) FROM {archive} v WHERE {_alike('v')} AND v.why <> 'D')"
        nothing = "CAST(NULL AS bigint)"
        # the latest version answers for the number
        latest = f"{greatest}(COALESCE(r.id, 0), COALESCE(s.amendment, 0), COALESCE(s.gone, 0))"
        # The limit and the supplier's id from its own table leave the planner one way: by number, from the staged rows.
        # Of a supplier it has not counted yet it believes there is nothing, and would read all of its records each time.
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
        """Has the supplier amendments among the live records? anything in the archive?"""
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
        """The refusals of documents whose number is another document's."""
        ids = {m.latest for m in taken}
        versions: dict[int, Any] = {}
        if ids:
            versions = ArchivedRecord.objects.in_bulk(ids) | Record.objects.in_bulk(ids)
        return [
            (m.place, m.number, checking.already_used(m.number, FinancialYear(m.year), versions[m.latest]))
            for m in taken
        ]


def _alike(v: str) -> str:
    """The condition that record `v` of supplier o bears the number of the staged row s (R-049)."""
    return f"{v}.supplier_id = o.id AND {v}.number_key = s.number_key AND {v}.year = s.year AND {v}.kind = s.kind"
