"""Read a part of a URL: a tax period as MMYYYY."""

from __future__ import annotations

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import BadPeriod, TaxPeriod

# GST began in July 2017. LAST is earlier than the last possible `TaxPeriod`, because pages also name periods
# of the year after the period in the URL.
FIRST, LAST = TaxPeriod(2017, 7), TaxPeriod(2098, 3)


def tax_period(wire: str) -> TaxPeriod:
    """Return the tax period that a URL names. Raises `NotFound` if the text is not a period."""
    try:
        period = TaxPeriod.from_wire(wire)
    except BadPeriod:
        period = None
    if period is None or not FIRST <= period <= LAST:
        raise NotFound("NOT_FOUND", "There is no such page.")
    return period
