"""The invoice that a note changes. A distributor's credit note names it (GSTR-6), and GSTR-2B shows it beside the
note. A record keeps it among its details."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

NUMBER, DATE = "original_number", "original_date"


def as_details(number: str, on: date) -> dict[str, str]:
    """Return the details of a note that changes the invoice with this number and date."""
    return {NUMBER: number, DATE: on.isoformat()}


def named_in(details: Mapping[str, Any] | None) -> tuple[str, date] | None:
    """Return the number and the date of the invoice that a note changes, or None if the note names none."""
    found = details or {}
    if not found.get(NUMBER) or not found.get(DATE):
        return None
    return str(found[NUMBER]), date.fromisoformat(str(found[DATE]))
