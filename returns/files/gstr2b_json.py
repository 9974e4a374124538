"""GSTR-2B as a JSON file in GSTN's format, for download."""

from __future__ import annotations

from collections.abc import Iterator

from gstr2b.api.gstn_out_stream import statement_in_pieces
from gstr2b.statement import queries
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer


def written(recipient: Taxpayer, period: TaxPeriod) -> Iterator[bytes]:
    """Return the current version of the period's GSTR-2B as JSON, in pieces. The file is never split: it
    contains all documents of the statement. Raises `NotFound`."""
    statement = queries.current(recipient, period)
    if statement is None:
        raise NotFound("NOT_FOUND", "There is no GSTR-2B of this period.")
    return statement_in_pieces(statement)
