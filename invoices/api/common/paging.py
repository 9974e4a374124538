"""Pages of a long list in the API's answers. A page has a certain number of rows, which follow the row with a
certain id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from invoices.api.common.base import whole

ROWS = 50
MOST_ROWS = 500
AFTER = OpenApiParameter("after", OpenApiTypes.INT64, description="Value of `next` from the previous page")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, as read from the database. `next` is the parameter `after` of the next page, or
    None at the end."""

    items: Sequence[Any]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The rows of one page of a list: `size` rows after the row with the id `after`. If `after` is 0, the
    page begins with the first row."""

    size: int
    after: int


def page_of(name: str, row: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Return the serializer of a `Page` with rows of `row`. `name` is the serializer's name in the OpenAPI
    document."""
    fields = {
        "items": row(many=True),
        "next": serializers.CharField(allow_null=True, help_text="Value of `after` for the next page"),
    }
    return type(name, (serializers.Serializer,), fields)


def limit_parameter(most: int = MOST_ROWS) -> OpenApiParameter:
    """Describe the query parameter `limit` (the number of rows) for the OpenAPI document."""
    return OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {most}; default {ROWS}")


def size_asked(given: Mapping[str, str], most: int = MOST_ROWS) -> int:
    """Return the number of rows that a query string asks for. Raise `Invalid` for a wrong number."""
    return whole(given, "limit", ROWS, least=1, most=most)


def place_asked(given: Mapping[str, str], most: int = MOST_ROWS) -> Place:
    """Return the page that a query string asks for by the parameters `after` and `limit`. Raise `Invalid` if
    a parameter is not an allowed number."""
    return Place(size_asked(given, most), whole(given, "after", 0, least=0, most=2**63 - 1))


def page_by_id(place: Place, *sources: QuerySet, newest_first: bool = False) -> Page:
    """Return the page that `place` describes: rows from all `sources` together, ordered by id. One query for
    each source."""
    order, beyond = ("-pk", "pk__lt") if newest_first else ("pk", "pk__gt")
    rows: list[Any] = []
    for source in sources:
        further = source.filter(**{beyond: place.after}) if place.after else source
        rows += further.order_by(order)[: place.size + 1]
    rows.sort(key=lambda row: row.pk, reverse=newest_first)
    more, rows = len(rows) > place.size, rows[: place.size]
    return Page(rows, str(rows[-1].pk) if more else None)
