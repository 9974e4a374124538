"""A query that the ORM writes once and the database runs again with other values.

For a query with many columns and conditions, the ORM needs several times as long to write the SQL as the
database needs to answer. The SQL for one set of values is right for all other values of the same types.
Therefore this module stores the SQL, with the places of the values in its parameters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

# Placeholder values, with which the ORM writes the SQL. No real query contains these values by chance.
# INTEGER is a large number. It fits columns of ids, but not columns of small integers, such as a year. If a
# query compares a column of small integers with a number, the caller passes the number in `shape`, not in
# `values`.
INTEGER, TEXT, DAY = 2_017_654_001, "\x7fvalue {}\x7f", date(2, 2, 2).toordinal()
MOMENT = datetime(2, 2, 2, tzinfo=UTC)
KEPT = 512
Value = int | str | date | datetime
Row = TypeVar("Row", bound=Model)


def rows(build: Callable[..., QuerySet], shape: tuple[Any, ...], values: tuple[Value, ...]) -> list[tuple]:
    """Return the rows of `build(*shape, *values)`, a `values_list` queryset of plain columns. The text of the
    SQL may depend on `shape`, which must be hashable. The text of the SQL must not depend on `values`, which
    become its parameters.

    The function uses stored SQL only on PostgreSQL, because PostgreSQL's driver returns the same Python
    values as the ORM. Every value must also be an unchanged parameter of the query. In all other cases, the
    ORM runs the query."""
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
    """Return the SQL, its parameters, and for each value the place of its parameter. Return None if a value
    is not among the parameters."""
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


def _mark(kind: type, nth: int) -> Value:
    if kind is int:
        return INTEGER + nth
    if kind is datetime:
        return MOMENT + timedelta(days=nth)
    return TEXT.format(nth) if kind is str else date.fromordinal(DAY + nth)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return the names of a model's own columns for `values_list`, in the order that `instance` needs."""
    return [f"{prefix}{field.attname}" for field in model._meta.concrete_fields]


def instance(model: type[Model], values: tuple[Any, ...]) -> Any:
    """Return the model instance with these column values, as a queryset would return the instance."""
    return model.from_db("default", [field.attname for field in model._meta.concrete_fields], values)


def one(model: type[Row], build: Callable[..., QuerySet], values: tuple[Value, ...]) -> Row | None:
    """Return the first model instance of `build(*values)`, or None. `build` selects `columns_of(model)`, and
    the model has no columns that the ORM converts, such as JSON."""
    found = rows(build, (), values)
    return instance(model, found[0]) if found else None
