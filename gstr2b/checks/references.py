"""Check that statement lines refer to existing rows, because the columns with these references have no
foreign key in the database."""

from __future__ import annotations

from gstr2b.models import Statement, StatementLine
from invoices.checks import references
from invoices.checks.frame import Looked
from invoices.models import Taxpayer

NAME = "references of GSTR-2B lines point to existing rows"


def look(only: int | None) -> Looked:
    return references.look_at(
        (
            (StatementLine, "id", "origin_id", "recipient_id", Statement),
            (StatementLine, "id", "recipient_id", "recipient_id", Taxpayer),
            (StatementLine, "id", "supplier_id", "recipient_id", Taxpayer),
        ),
        only,
    )
