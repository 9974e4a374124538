"""How an invariant looks: one statement that finds what breaks it, and a count of what was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

MOST_TOLD = 20


@dataclass(slots=True)
class Looked:
    """How much was looked at (`count` of `unit`) and a sentence for each breach, at most `MOST_TOLD` a question."""

    count: int
    unit: str
    broken: list[str] = field(default_factory=list)

    def ask(self, sql: str, told: Callable[..., str]) -> None:
        """Run a query for breaches; `told` makes a sentence of a row's columns."""
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
    """How many rows a FROM clause with its conditions has."""
    return rows(f"SELECT count(*) FROM {source}")[0][0]


def table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def owned(column: str, only: int | None, *, word: str = "AND") -> str:
    """A condition that keeps to one taxpayer's rows; nothing for all."""
    return "" if only is None else f" {word} {column} = {int(only)}"
