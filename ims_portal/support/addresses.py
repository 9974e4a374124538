"""Parts of an address that views read: a tax period as MMYYYY."""

from __future__ import annotations

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import BadPeriod, TaxPeriod


def tax_period(wire: str) -> TaxPeriod:
    """The period an address names. Raises `NotFound` for anything that is none."""
    try:
        return TaxPeriod.from_wire(wire)
    except BadPeriod:
        raise NotFound("NOT_FOUND", "There is no such page.") from None
