"""INSERT ... SELECT from a queryset. The database copies rows from table to table, and Python does not load
the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet, Value
from django.db.models.expressions import Combinable


def insert_select(model: type[Model], source: QuerySet, columns: Mapping[str, Any]) -> int:
    """Insert into `model` one row per row of `source`. Return the number of rows.

    `columns` maps the target's attribute names (like `entry_id`) to expressions over the source or to plain
    values. The order of `source` has no effect, because the function removes the order."""
    names = list(columns)
    annotations = {}
    for place, (name, expression) in enumerate(columns.items()):
        if not isinstance(expression, Combinable) and not hasattr(expression, "resolve_expression"):
            field: Any = next(f for f in model._meta.concrete_fields if name in (f.attname, f.name))
            # A plain value needs the type of its column, because PostgreSQL cannot tell the type of a
            # parameter.
            output = field.target_field.__class__() if field.is_relation else field.clone()
            expression = Value(expression, output_field=output)
        annotations[f"column_{place}"] = expression
    query = source.order_by().annotate(**annotations).values_list(*annotations).query
    try:
        sql, params = query.get_compiler(using="default").as_sql()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    targets = []
    for name in names:
        field = next(f for f in model._meta.concrete_fields if name in (f.attname, f.name))
        targets.append(quote(str(field.column)))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(targets)}) {sql}", params)
        return cursor.rowcount
