"""A query that the ORM writes once and that is run again with other values.

To write a long list of columns with its conditions takes the ORM several times as long as a database needs to answer
it by an index. What is written for one set of values is good for all others of their types: the text is kept with the
places of the values in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

# the first of values that stand for others while the text is written; nothing in a query is by chance one of them.
# A number fits the columns of ids; one of a smaller column belongs to the shape.
INTEGER, TEXT, DAY = 2_017_654_001, "\x7fvalue {}\x7f", date(2, 2, 2).toordinal()
KEPT = 512


def rows(
    build: Callable[..., QuerySet], shape: tuple[Any, ...], values: tuple[int | str | date, ...]
) -> list[tuple]:
    """The rows of `build(*shape, *values)`, a `values_list` queryset of plain columns. Its text may depend on `shape`
    (hashable), and on the values in nothing but where they stand.

    Only on PostgreSQL, whose driver gives plain columns as Python has them, and only where every value stands in the
    query as it was given; else the ORM runs it."""
    kinds = tuple(type(value) for value in values)
    written = _written(build, shape, kinds) if connection.vendor == "postgresql" else None
    if written is None:
        return list(build(*shape, *values))
    sql, given, places = written
    asked = list(given)
    for at, nth in places:
        asked[at] = values[nth]
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return cursor.fetchall()


@lru_cache(maxsize=KEPT)
def _written(
    build: Callable[..., QuerySet], shape: tuple[Any, ...], kinds: tuple[type, ...]
) -> tuple[str, tuple[Any, ...], tuple[tuple[int, int], ...]] | None:
    """The text, its parameters, and which of them are which of the values; None if some value is not among them."""
    marks = [_mark(kind, nth) for nth, kind in enumerate(kinds)]
    sql, given = build(*shape, *marks).query.sql_with_params()
    places = tuple(
        (at, nth)
        for at, value in enumerate(given)
        for nth, mark in enumerate(marks)
        if type(value) is type(mark) and value == mark
    )
    standing = {nth for _at, nth in places}
    return (sql, tuple(given), places) if len(standing) == len(marks) else None


def _mark(kind: type, nth: int) -> int | str | date:
    if kind is int:
        return INTEGER + nth
    return TEXT.format(nth) if kind is str else date.fromordinal(DAY + nth)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Names for `values_list` that give a model's own columns, in the order `instance` takes them."""
    return [f"{prefix}{field.attname}" for field in model._meta.concrete_fields]


def instance(model: type[Model], values: tuple[Any, ...]) -> Any:
    """The instance of these columns, as a queryset would have made it."""
    return model.from_db("default", [field.attname for field in model._meta.concrete_fields], values)
