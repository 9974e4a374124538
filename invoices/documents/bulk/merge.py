"""Writes what was staged: new documents, and edits of saved ones with their journal (R-020, R-040, R-042).

Every function is a fixed number of statements for a chunk of any size; documents that go to another recipient are
moved singly.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from ims_portal.kernel import clock
from invoices import counters, locks
from invoices.documents import saving, voiding
from invoices.documents.bulk.table import MET, PLACED, REPORTED, TABLE, incoming_of, plain
from invoices.documents.checking import Batch
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Decision, JournalLine, Record
from invoices.rules.situation import Filing, Kind

NOT_COMPARED = ("number_key", "year")


class Merging:
    """Writes the chunks of one form. `gstins` names recipients by id."""

    def __init__(self, batch: Batch, by: By, gstins: dict[int, str]):
        self.batch, self.by, self.gstins = batch, by, gstins
        self.month = batch.natural_month

    def insert(self, count: int) -> None:
        """Save the sound documents the portal does not know, `count` of them."""
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
        unknown = (
            f"FROM {TABLE} s WHERE sound = 1 AND NOT EXISTS (SELECT 1 FROM {MET} m WHERE m.place = s.place)"
        )
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
                    # "+ 0" keeps to the primary key: the rows are the last ones
                    new = f"FROM {table} WHERE id > %s AND supplier_id + 0 = %s"
                    which = [cursor.fetchone()[0], self.batch.supplier.pk]
                    cursor.execute(records, list(constant.values()))
                    cursor.execute(f"{decisions} {new}", which)
                    cursor.execute(f"{lines} {new}", [entry.pk, *which])
                journal.lines_made(entry)

    def edit(self) -> int:
        """R-040: the new content takes the old one's place and the action falls back to No action. A document
        that goes to another recipient (R-042) is moved singly. Returns how many are changed."""
        # whoever was deciding on them is done, and the status that is read is the one that is cleared
        locks.records(Record.objects.filter(pk__in=_met("changed", "moves")))
        rows = self._old_and_new()
        if rows:
            journal.write(
                self.batch.supplier.pk,
                "document edited" if len(rows) == 1 else "documents edited",
                self.by,
                period=self.batch.period.number,
                record_count=len(rows),
                before={"form": self.batch.form.value},
                after={
                    "form": self.batch.form.value,
                    **({"number": rows[0][1]["number"]} if len(rows) == 1 else {}),
                },
                lines=[self._line(*row) for row in rows],
            )
            self._replace()
        return len(rows) + self._move()

    def _old_and_new(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        names = list(REPORTED)
        columns = ", ".join([f"r.{name}" for name in names] + [f"s.{name}" for name in names])
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT r.id, r.recipient_id, r.revision, d.label, {columns} "
                f"FROM {MET} m JOIN {TABLE} s ON s.place = m.place "
                f"JOIN {Record._meta.db_table} r ON r.id = m.original "
                f"JOIN {Decision._meta.db_table} d ON d.record_id = r.id "
                f"WHERE m.what = 'changed' ORDER BY m.place"
            )
            found = cursor.fetchall()
        rows = []
        for pk, recipient, revision, label, *values in found:
            old = {"id": pk, "recipient_id": recipient, "revision": revision, "label": label}
            both = [plain(name, value) for name, value in zip(names * 2, values, strict=True)]
            old |= dict(zip(names, both[: len(names)], strict=True))
            rows.append((old, dict(zip(names, both[len(names) :], strict=True))))
        return rows

    def _line(self, old: dict[str, Any], new: dict[str, Any]) -> JournalLine:
        detail = {
            name: [old[name], value]
            for name, value in new.items()
            if old[name] != value and name not in NOT_COMPARED
        }
        return JournalLine(
            record_id=old["id"],
            recipient_id=old["recipient_id"],
            revision=old["revision"],
            before=old["label"],
            after="N -",
            detail=detail or None,
        )

    def _replace(self) -> None:
        table = Record._meta.db_table
        taken = [name for name in (*REPORTED, *PLACED) if name not in ("kind", "section")]
        sets = ", ".join([f"{name} = s.{name}" for name in taken])
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {sets}, root_year = s.year, natural_period = %s, "
                f"revision = {table}.revision + 1, saved_at = %s FROM {TABLE} s, {MET} m "
                f"WHERE s.place = m.place AND {table}.id = m.original AND m.what = 'changed'",
                [self.month.number, _now()],
            )
        voiding.clear_decisions(_met("changed"))

    def _move(self) -> int:
        names = list(REPORTED)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT m.original, s.recipient_id, s.kind, {', '.join(f's.{name}' for name in names)} "
                f"FROM {MET} m JOIN {TABLE} s ON s.place = m.place WHERE m.what = 'moves' ORDER BY m.place"
            )
            found = cursor.fetchall()
        wanted = []
        for original, recipient, kind, *values in found:
            given = {n: plain(n, v) for n, v in zip(names, values, strict=True)}
            wanted.append((original, incoming_of(self.gstins[recipient], Kind(kind), given)))
        if wanted:
            saving.move(self.batch, wanted, self.by)
        return len(wanted)


def _met(*what: str) -> RawSQL:
    """Ids of saved documents that are given with other content ("changed"), or for another recipient ("moves")."""
    return RawSQL(f"SELECT original FROM {MET} WHERE what IN ({', '.join(['%s'] * len(what))})", list(what))  # noqa: S611


def _now() -> Any:
    """The portal's time as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(clock.now())
