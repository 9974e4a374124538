"""Writes the new and edited documents of a chunk, with their journal lines (R-020, R-040, R-042).

The number of SQL statements does not depend on the chunk's size."""

from __future__ import annotations

from typing import Any

from django.db import connection

from ims_portal.kernel import clock
from invoices import counters, locks
from invoices.documents import saving
from invoices.documents.bulk.table import MET, PLACED, REPORTED, TABLE, incoming_of, plain
from invoices.documents.checking import Batch, Incoming
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Decision, JournalLine, Record
from invoices.rules.situation import Filing, Kind


class Merging:
    """Writes the chunks of one form. `gstins` maps a recipient's id to the GSTIN."""

    def __init__(self, batch: Batch, by: By, gstins: dict[int, str]):
        self.batch, self.by, self.gstins = batch, by, gstins
        self.month = batch.natural_month

    def insert(self, count: int) -> None:
        """Save the new documents of the chunk. `count` is the number of new documents."""
        constant = {
            "form": self.batch.form.value,
            "tax_period": self.batch.period.number,
            "supplier_id": self.batch.supplier.pk,
            "natural_period": self.month.number,
            "filing": Filing.SAVED.value,
            "superseded": "-",
            "revision": 1,
            "saved_at": _now(),
        }
        staged = ["recipient_id", *REPORTED, *PLACED]
        table = Record._meta.db_table
        columns = ", ".join([*constant, *staged, "root_year"])
        marks = ", ".join(["%s"] * len(constant))
        unknown = f"FROM {TABLE} s WHERE NOT EXISTS (SELECT 1 FROM {MET} m WHERE m.place = s.place)"
        records = f"INSERT INTO {table} ({columns}) SELECT {marks}, {', '.join(staged)}, year {unknown} ORDER BY place"
        decisions = (
            f"INSERT INTO {Decision._meta.db_table} "
            f"(record_id, recipient_id, action, answer, remarks, version, cleared_action) "
            f"SELECT id, recipient_id, 'N', '-', '', 1, ''"
        )
        lines = (
            f"INSERT INTO {JournalLine._meta.db_table} "
            f"(entry_id, record_id, recipient_id, revision, before, after, remarks) "
            f"SELECT %s, id, recipient_id, 1, '', 'N -', ''"
        )
        with connection.cursor() as cursor:
            after: dict[str, Any] = {"form": self.batch.form.value}
            if count == 1:
                cursor.execute(f"SELECT number {unknown}")
                after["number"] = cursor.fetchone()[0]
            with (
                journal.entry(
                    self.batch.supplier.pk,
                    "document saved" if count == 1 else "documents saved",
                    self.by,
                    period=self.batch.period.number,
                    record_count=count,
                    after=after,
                ) as entry,
                counters.apart(),
            ):
                if connection.vendor == "postgresql":
                    cursor.execute(
                        f"WITH saved AS ({records} RETURNING id, {', '.join(counters.FRESH)}), "
                        f"decided AS ({decisions} FROM saved), counted AS ({counters.counting_fresh('saved')}) "
                        f"{lines} FROM saved",
                        [*constant.values(), entry.pk],
                    )
                else:
                    cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")
                    # The new rows have the highest ids, so the primary key finds them. "+ 0" prevents
                    # SQLite from using the supplier's index instead.
                    new = f"FROM {table} WHERE id > %s AND supplier_id + 0 = %s"
                    which = [cursor.fetchone()[0], self.batch.supplier.pk]
                    cursor.execute(records, list(constant.values()))
                    cursor.execute(f"{decisions} {new}", which)
                    cursor.execute(f"{lines} {new}", [entry.pk, *which])
                journal.lines_made(entry)

    def edit(self) -> int:
        """Replace the content of the saved documents that the chunk edits (R-040, R-042). Return how many
        changed."""
        wanted = self._changed()
        # Wait until running actions on these records end. The journal line must contain the last decision
        # before the edit.
        locks.records(Record.objects.filter(pk__in=[pk for pk, _ in wanted]))
        saving.replace_many(self.batch, wanted, self.by)
        return len(wanted)

    def _changed(self) -> list[tuple[int, Incoming]]:
        """Return the changed documents of the chunk, each with the id of the saved record that it edits."""
        names = list(REPORTED)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT m.original, s.recipient_id, s.kind, {', '.join(f's.{name}' for name in names)} "
                f"FROM {MET} m JOIN {TABLE} s ON s.place = m.place WHERE m.what = 'changed' ORDER BY m.place"
            )
            found = cursor.fetchall()
        wanted = []
        for original, recipient, kind, *values in found:
            given = {name: plain(name, value) for name, value in zip(names, values, strict=True)}
            wanted.append((original, incoming_of(self.gstins[recipient], Kind(kind), given)))
        return wanted


def _now() -> Any:
    """Return the portal's time in the database's own format."""
    return connection.ops.adapt_datetimefield_value(clock.now())
