"""Parts of an address that views read: a tax period as MMYYYY."""

from __future__ import annotations

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import BadPeriod, TaxPeriod

# GST began in July 2017; pages name the years around a period, so the last year of the calendar is left out
FIRST, LAST = TaxPeriod(2017, 7), TaxPeriod(2098, 3)


def tax_period(wire: str) -> TaxPeriod:
    """The period an address names. Raises `NotFound` for anything that is none."""
    try:
        period = TaxPeriod.from_wire(wire)
    except BadPeriod:
        period = None
    if period is None or not FIRST <= period <= LAST:
        raise NotFound("NOT_FOUND", "There is no such page.")
    return period
