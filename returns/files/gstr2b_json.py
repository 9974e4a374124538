"""GSTR-2B as a JSON file in GSTN's format, for download."""

from __future__ import annotations

import orjson

from gstr2b.api.gstn_out import statement_to_wire
from gstr2b.statement import queries
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer

# a downloaded file is never split: it contains all documents of the statement
ALL = 10**9


def written(recipient: Taxpayer, period: TaxPeriod) -> bytes:
    """Return the current version of the period's GSTR-2B as JSON. Raises `NotFound`."""
    statement = queries.current(recipient, period)
    if statement is None:
        raise NotFound("NOT_FOUND", "There is no GSTR-2B of this period.")
    return orjson.dumps(statement_to_wire(statement, most=ALL), default=float)
