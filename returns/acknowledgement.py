"""Practice acknowledgement numbers: shaped for reading aloud, plainly not the portal's."""

from __future__ import annotations

import hashlib

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer


def practice_reference(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> str:
    """The same filing has the same number, so that a repeated request cannot make a second one."""
    digest = hashlib.sha256(f"{taxpayer.gstin} {form} {period.number}".encode()).hexdigest()
    return f"PR{taxpayer.state}{period.wire}{digest[:7].upper()}"
