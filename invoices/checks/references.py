"""Each reference without a database foreign key leads to an existing row."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import models

from invoices.checks.frame import Looked, owned, rows, table
from invoices.models import ArchivedRecord, Decision, JournalEntry, JournalLine, JournalSeal, Record, Taxpayer

Reference = tuple[type[models.Model], str, str, str, type[models.Model]]

NAME = "references point to existing rows"
REFERENCES: tuple[Reference, ...] = (
    (Record, "id", "recipient_id", "recipient_id", Taxpayer),
    (Record, "id", "supplier_id", "recipient_id", Taxpayer),
    (ArchivedRecord, "id", "recipient_id", "recipient_id", Taxpayer),
    (ArchivedRecord, "id", "supplier_id", "recipient_id", Taxpayer),
    (Decision, "record_id", "recipient_id", "recipient_id", Taxpayer),
    (JournalLine, "id", "entry_id", "recipient_id", JournalEntry),
    (JournalSeal, "entry_id", "taxpayer_id", "taxpayer_id", Taxpayer),
    (JournalSeal, "entry_id", "entry_id", "taxpayer_id", JournalEntry),
)


def look(only: int | None) -> Looked:
    return look_at(REFERENCES, only)


def look_at(references: Iterable[Reference], only: int | None) -> Looked:
    """Check references and return the result.

    Each reference is (table, key, column, owner, target). Every value of `column` in the table must be an id
    in `target`. `key` is the column that identifies a row. `owner` is the column with the taxpayer's id."""
    looked = Looked(0, "references")
    for model, key, column, owner, target in references:
        mine = owned(f"x.{owner}", only)
        looked.count += rows(f"SELECT count({column}) FROM {table(model)} x WHERE 1 = 1{mine}")[0][0]
        looked.ask(
            f"SELECT x.{key}, x.{column} FROM {table(model)} x LEFT JOIN {table(target)} t ON t.id = "
            f"x.{column} "
            f"WHERE x.{column} IS NOT NULL AND t.id IS NULL{mine}",
            partial(
                "{model} {}: {column} points to {}, which does not exist".format,
                column=column,
                model=model.__name__,
            ),
        )
    return looked
