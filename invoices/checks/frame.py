"""Tools for checks of invariants: a query finds the rows that break the invariant, and a count says how many
rows were checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

MOST_TOLD = 20


@dataclass(slots=True)
class Looked:
    """The result of a check: `count` rows of `unit` were checked. `broken` holds a sentence for each breach,
    at most `MOST_TOLD` for each query."""

    count: int
    unit: str
    broken: list[str] = field(default_factory=list)

    def ask(self, sql: str, told: Callable[..., str]) -> None:
        """Run a query that finds breaches, and add them. `told` makes a sentence of a row's columns."""
        self.add(told(*row) for row in rows(f"{sql} LIMIT {MOST_TOLD + 1}"))

    def add(self, sentences: Iterable[str]) -> None:
        for number, sentence in enumerate(sentences):
            if number == MOST_TOLD:
                self.broken.append("… and more of these")
                return
            self.broken.append(sentence)


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def count(source: str) -> int:
    """Return how many rows `source` has: the text of a FROM clause with its conditions."""
    return rows(f"SELECT count(*) FROM {source}")[0][0]


def table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def owned(column: str, only: int | None, *, word: str = "AND") -> str:
    """Return an SQL condition that keeps only one taxpayer's rows. For all taxpayers (None), return an empty
    text."""
    return "" if only is None else f" {word} {column} = {int(only)}"
