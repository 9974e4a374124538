"""A query that the ORM writes once and the database runs again with other values.

The ORM takes several times as long to write a long list of columns with conditions as a database takes to
answer by an index. The text for one set of values fits all other values of the same types. So the text is
kept, with the places of the values in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

# The first of the values that stand for others while the ORM writes the text. No query contains them by
# chance. A number fits the columns of ids. A number for a smaller column belongs to the shape.
INTEGER, TEXT, DAY = 2_017_654_001, "\x7fvalue {}\x7f", date(2, 2, 2).toordinal()
KEPT = 512


def rows(
    build: Callable[..., QuerySet], shape: tuple[Any, ...], values: tuple[int | str | date, ...]
) -> list[tuple]:
    """Return the rows of `build(*shape, *values)`, a `values_list` queryset of plain columns. The text of the
    query may depend on `shape` (hashable). The values may only be parameters of the text.

    The kept text is used only on PostgreSQL, whose driver gives plain columns as Python has them, and only if
    every value is in the query unchanged. Otherwise the ORM runs the query."""
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
    """The text, its parameters, and which parameter is which value. None if a value is not among the
    parameters."""
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
    """Names for `values_list` that give a model's own columns, in the order in which `instance` takes
    them."""
    return [f"{prefix}{field.attname}" for field in model._meta.concrete_fields]


def instance(model: type[Model], values: tuple[Any, ...]) -> Any:
    """The model instance with these column values, as a queryset would have made it."""
    return model.from_db("default", [field.attname for field in model._meta.concrete_fields], values)
