"""Write any number of rows with one statement. All rows are one JSON parameter of the statement.

Use this module if each row has its own values and one request may write thousands of rows. `bulk_create` and
`bulk_update` need one parameter for each value, so they need more statements for more rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model


def insert(model: type[Model], rows: Sequence[Mapping[str, Any]], **same: Any) -> int:
    """Insert one row for each mapping, and return the number of rows. The keys of a mapping are attribute
    names (like `entry_id`), and its values are JSON values. All mappings must have the same keys. Every row
    also gets the values of `same`. A field without a value gets the model's default."""
    if not rows:
        return 0
    given = {*rows[0], *same}
    for field in model._meta.concrete_fields:
        if field.attname not in given and not field.primary_key and field.has_default():
            same[field.attname] = field.get_default()
    source, params = as_select(model, rows)
    columns = [_column(model, name) for name in (*rows[0], *same)]
    picked = [f"v.{_quote(name)}" for name in rows[0]] + ["%s"] * len(same)
    sql = (
        f"INSERT INTO {_table(model)} ({', '.join(columns)}) SELECT {', '.join(picked)} FROM ({source}) AS v"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_values(model, same), *params])
        return cursor.rowcount


def update(model: type[Model], rows: Sequence[Mapping[str, Any]], **same: Any) -> int:
    """Update the rows whose `id` is in one of the mappings. Each row gets the other values of its mapping,
    and every row gets the values of `same`. Return how many rows were updated."""
    if not rows:
        return 0
    source, params = as_select(model, rows)
    sets = [f"{_column(model, name)} = v.{_quote(name)}" for name in rows[0] if name != "id"]
    sets += [f"{_column(model, name)} = %s" for name in same]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(model)} AS t SET {', '.join(sets)} FROM ({source}) AS v WHERE t.id = v.id",
            [*_values(model, same), *params],
        )
        return cursor.rowcount


def row_of(instance: Model, names: Sequence[str]) -> dict[str, Any]:
    """Return an instance as a mapping from attribute names to JSON values. A value for a JSON column becomes
    text in the form that the model writes, because SQLite compares such values as text."""
    row = {}
    for name in names:
        value = getattr(instance, name)
        if isinstance(value, (dict, list)):
            value = json.dumps(value)
        row[name] = value.isoformat() if isinstance(value, date) else value
    return row


def as_select(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    """Return a SELECT that yields these rows, and its parameters. Each key of a row becomes a column, with
    the type of the model's column. `rows` must not be empty."""
    names = list(rows[0])
    text = json.dumps(
        [[row[name] for name in names] for row in rows], separators=(",", ":"), ensure_ascii=False
    )
    if connection.vendor == "postgresql":
        columns = [
            f"CAST(e.value ->> {place} AS {_field(model, name).db_type(connection)}) AS {_quote(name)}"
            for place, name in enumerate(names)
        ]
        return f"SELECT {', '.join(columns)} FROM jsonb_array_elements(%s::jsonb) AS e(value)", [text]
    columns = [f"json_extract(e.value, '$[{place}]') AS {_quote(name)}" for place, name in enumerate(names)]
    return f"SELECT {', '.join(columns)} FROM json_each(%s) AS e", [text]


def _field(model: type[Model], name: str) -> Any:
    return next(f for f in model._meta.concrete_fields if name in (f.attname, f.name))


def _column(model: type[Model], name: str) -> str:
    return _quote(str(_field(model, name).column))


def _table(model: type[Model]) -> str:
    return _quote(model._meta.db_table)


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _values(model: type[Model], same: Mapping[str, Any]) -> list[Any]:
    """Return the values in the form that the database needs."""
    return [_field(model, name).get_db_prep_value(value, connection) for name, value in same.items()]
