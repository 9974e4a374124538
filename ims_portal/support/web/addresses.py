"""Read a part of a URL: a tax period as MMYYYY."""

from __future__ import annotations

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import BadPeriod, TaxPeriod


def tax_period(wire: str) -> TaxPeriod:
    """Return the tax period that a URL names. Raises `NotFound` if the text is not a period."""
    try:
        return TaxPeriod.from_wire(wire)
    except BadPeriod:
        raise NotFound("NOT_FOUND", "There is no such page.") from None
