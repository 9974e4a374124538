"""Divides lists of documents into pages. A page begins at a date and id, not at a row number, so the
thousandth page costs as much as the first. A list may be read from several tables whose ids do not overlap
(live and archived records)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid

ROWS = 50
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a page: after a document, before a document, or at the beginning of the list. `rows` is
    the number of rows on the page."""

    day: date | None = None
    pk: int = 0
    back: bool = False
    rows: int = ROWS

    @classmethod
    def read(cls, query: QueryDict) -> Position:
        """Return the position that a URL names by `?after=20241014-42` or `?before=...`, and by `?rows=`.
        Raises `Invalid` for a damaged URL."""
        rows = query.get("rows", "")
        size = typed_values.whole_number(rows, most=MOST_ROWS) or ROWS
        back = "before" in query
        text = query.get("before" if back else "after", "")
        if not text:
            return cls(rows=size)
        found = re.fullmatch(r"([0-9]{8})-([0-9]{1,18})", text)
        try:
            if found:
                day = date(int(found[1][:4]), int(found[1][4:6]), int(found[1][6:]))
                return cls(day, int(found[2]), back, size)
        except ValueError:
            pass
        raise Invalid("BAD_PAGE", "This page address is damaged. Open the list from its first page.")


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """The rows of one page, and the query strings of the pages before and after."""

    rows: list[Any] = field(default_factory=list)
    first: str = ""
    previous: str = ""
    next: str = ""


def page(sources: Sequence[QuerySet], position: Position, query: QueryDict) -> KeysetPage:
    """Return one page of the merged rows of all `sources`, ordered by document date and id. Needs one query
    for each source."""
    field_order = ("-document_date", "-pk") if position.back else ("document_date", "pk")
    found: list[Any] = []
    for source in sources:
        found += source.filter(_beyond(position)).order_by(*field_order)[: position.rows + 1]
    found.sort(key=attrgetter("document_date", "pk"), reverse=position.back)
    more, rows = len(found) > position.rows, found[: position.rows]
    if position.back:
        rows.reverse()
    before = position.day is not None if not position.back else more
    after = more if not position.back else True
    return KeysetPage(
        rows=rows,
        first=_address(query) if before else "",
        previous=_address(query, before=_mark(rows[0])) if before and rows else "",
        next=_address(query, after=_mark(rows[-1])) if after and rows else "",
    )


def _beyond(position: Position) -> Q:
    if position.day is None:
        return Q()
    side = "lt" if position.back else "gt"
    return Q(**{f"document_date__{side}": position.day}) | Q(
        document_date=position.day, **{f"pk__{side}": position.pk}
    )


def _mark(row: Any) -> str:
    return f"{row.document_date:%Y%m%d}-{row.pk}"


def _address(query: QueryDict, **place: str) -> str:
    kept = [(name, value) for name, value in query.items() if name not in ("after", "before")]
    return f"?{urlencode([*kept, *place.items()])}"
