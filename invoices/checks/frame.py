"""Tools for checks of invariants: run a query that finds the rows that break an invariant, and count the rows
that were checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

MOST_TOLD = 20


@dataclass(slots=True)
class Looked:
    """The result of a check. `count` is the number of checked rows. `unit` is the word for these rows, such
    as "records". `broken` has a sentence for each broken row, at most `MOST_TOLD` sentences for each
    query."""

    count: int
    unit: str
    broken: list[str] = field(default_factory=list)

    def ask(self, sql: str, told: Callable[..., str]) -> None:
        """Run a query that finds broken rows, and add a sentence for each row. The function `told` makes the
        sentence from a row's columns."""
        self.add(told(*row) for row in rows(f"{sql} LIMIT {MOST_TOLD + 1}"))

    def add(self, sentences: Iterable[str]) -> None:
        for number, sentence in enumerate(sentences):
            if number == MOST_TOLD:
                self.broken.append("… and more faults of this kind")
                return
            self.broken.append(sentence)


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def count(source: str) -> int:
    """Return the number of rows in `source`. `source` is the text of an SQL FROM clause with its
    conditions."""
    return rows(f"SELECT count(*) FROM {source}")[0][0]


def table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def owned(column: str, only: int | None, *, word: str = "AND") -> str:
    """Return the SQL condition for one taxpayer's rows. For all taxpayers (None), return an empty text."""
    return "" if only is None else f" {word} {column} = {int(only)}"
