"""Acknowledgement numbers for practice. The numbers are easy to read aloud, and differ clearly from numbers
of the real portal."""

from __future__ import annotations

import hashlib

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer


def practice_reference(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> str:
    """Return the acknowledgement number of a filing. The same filing always has the same number, so a
    repeated request does not get a second number."""
    digest = hashlib.sha256(f"{taxpayer.gstin} {form} {period.number}".encode()).hexdigest()
    return f"PR{taxpayer.state}{period.wire}{digest[:7].upper()}"
