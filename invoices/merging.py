"""Writes what was staged: new documents, and edits of saved ones with their journal (R-020, R-040, R-042).

Every function is a fixed number of statements for a chunk of any size; documents that go to another recipient are
moved singly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from ims_portal.kernel import clock
from invoices import intake, journal
from invoices.journal import By
from invoices.judging import Batch
from invoices.models import Decision, JournalLine, Record
from invoices.rules.situation import Filing, Kind
from invoices.staged import PLACED, REPORTED, TABLE, incoming_of, plain

NOT_COMPARED = ("number_key", "year")


@dataclass(frozen=True, slots=True)
class Met:
    """A staged row whose number the portal knows."""

    place: int
    sound: bool
    number: str
    year: int
    original: int | None
    latest: int
    editable: bool
    moves: bool
    same: bool


class Merging:
    """Writes the chunks of one form. `gstins` names recipients by id."""

    def __init__(self, batch: Batch, by: By, gstins: dict[int, str]):
        self.batch, self.by, self.gstins = batch, by, gstins
        self.month = batch.natural_month

    def insert(self, count: int) -> None:
        """Save what is still sound in the staging table, `count` documents."""
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
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")
            before = cursor.fetchone()[0]
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT {marks}, {', '.join(staged)}, year FROM {TABLE} "
                f"WHERE sound = 1 ORDER BY place",
                list(constant.values()),
            )
            # "+ 0" keeps to the primary key: the rows are the last ones
            new = f"FROM {table} WHERE id > %s AND supplier_id + 0 = %s"
            which = [before, self.batch.supplier.pk]
            cursor.execute(
                f"INSERT INTO {Decision._meta.db_table} "
                f"(record_id, recipient_id, action, answer, remarks, version, cleared_action) "
                f"SELECT id, recipient_id, 'N', '-', '', 1, '' {new}",
                which,
            )
            after: dict[str, Any] = {"form": self.batch.form.value}
            if count == 1:
                cursor.execute(f"SELECT number {new}", which)
                after["number"] = cursor.fetchone()[0]
            with journal.entry(
                self.batch.supplier.pk,
                "document saved" if count == 1 else "documents saved",
                self.by,
                period=self.batch.period.number,
                record_count=count,
                after=after,
            ) as entry:
                cursor.execute(
                    f"INSERT INTO {JournalLine._meta.db_table} "
                    f"(entry_id, record_id, recipient_id, revision, before, after, remarks) "
                    f"SELECT %s, id, recipient_id, 1, '', 'N -', '' {new}",
                    [entry.pk, *which],
                )
                journal.lines_made(entry)

    def edit(self, changed: Sequence[Met]) -> None:
        """R-040: the new content takes the old one's place and the action falls back to No action. A document
        that goes to another recipient (R-042) is moved singly."""
        staying = [m for m in changed if not m.moves]
        if staying:
            self._point(staying)
            rows = self._old_and_new()
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
        moving = [m for m in changed if m.moves]
        if moving:
            self._move(moving)

    def _point(self, met: Sequence[Met]) -> None:
        """Note beside each staged row which record it replaces."""
        pairs = [(m.original, m.place) for m in met]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"UPDATE {TABLE} SET meets = pair.id FROM unnest(%s::bigint[], %s::integer[]) AS pair (id, place) "
                    f"WHERE {TABLE}.place = pair.place",
                    [[p[0] for p in pairs], [p[1] for p in pairs]],
                )
            else:
                cursor.executemany(f"UPDATE {TABLE} SET meets = %s WHERE place = %s", pairs)

    def _old_and_new(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        names = list(REPORTED)
        columns = ", ".join([f"r.{name}" for name in names] + [f"s.{name}" for name in names])
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT r.id, r.recipient_id, r.revision, d.label, {columns} FROM {TABLE} s "
                f"JOIN {Record._meta.db_table} r ON r.id = s.meets "
                f"JOIN {Decision._meta.db_table} d ON d.record_id = r.id ORDER BY s.place"
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
                f"UPDATE {table} SET {sets}, root_year = s.year, natural_period = %s, revision = {table}.revision + 1, "
                f"saved_at = %s FROM {TABLE} s WHERE {table}.id = s.meets",
                [self.month.number, _now()],
            )
        intake.clear_decisions(RawSQL(f"SELECT meets FROM {TABLE} WHERE meets IS NOT NULL", []))  # noqa: S611

    def _move(self, moving: Sequence[Met]) -> None:
        names = list(REPORTED)
        places = {m.place: m.original for m in moving}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT place, recipient_id, kind, {', '.join(names)} FROM {TABLE}")
            found = [row for row in cursor.fetchall() if row[0] in places]
        wanted = []
        for place, recipient, kind, *values in found:
            given = {n: plain(n, v) for n, v in zip(names, values, strict=True)}
            wanted.append((places[place], incoming_of(self.gstins[recipient], Kind(kind), given)))
        intake.move(self.batch, wanted, self.by)


def _now() -> Any:
    """The portal's time as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(clock.now())
