"""Pages of an answer: so many rows and the place after which the next page begins."""

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
AFTER = OpenApiParameter("after", OpenApiTypes.INT64, description="`next` of the page before")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they were read, and `after` of the page that follows; None is the end."""

    items: Sequence[Any]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """So many rows beyond the id `after`; 0 is the beginning."""

    size: int
    after: int


def page_of(name: str, row: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The serializer of a `Page` of such rows, under its name in the OpenAPI document."""
    fields = {
        "items": row(many=True),
        "next": serializers.CharField(allow_null=True, help_text="`after` of the page that follows"),
    }
    return type(name, (serializers.Serializer,), fields)


def limit_parameter(most: int = MOST_ROWS) -> OpenApiParameter:
    """The parameter for the number of rows."""
    return OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {most}, {ROWS} unless told")


def size_asked(given: Mapping[str, str], most: int = MOST_ROWS) -> int:
    """How many rows a query string asks for. Raises `Invalid`."""
    return whole(given, "limit", ROWS, least=1, most=most)


def place_asked(given: Mapping[str, str], most: int = MOST_ROWS) -> Place:
    """The place that a query string asks for, where pages go by id. Raises `Invalid`."""
    return Place(size_asked(given, most), whole(given, "after", 0, least=0, most=2**63 - 1))


def page_by_id(place: Place, *sources: QuerySet, newest_first: bool = False) -> Page:
    """The page at a place of `sources` together, in the order of their ids. One query each."""
    order, beyond = ("-pk", "pk__lt") if newest_first else ("pk", "pk__gt")
    rows: list[Any] = []
    for source in sources:
        further = source.filter(**{beyond: place.after}) if place.after else source
        rows += further.order_by(order)[: place.size + 1]
    rows.sort(key=lambda row: row.pk, reverse=newest_first)
    more, rows = len(rows) > place.size, rows[: place.size]
    return Page(rows, str(rows[-1].pk) if more else None)
