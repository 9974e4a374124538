"""R-006: the period of a desk without a filed GSTR-3B is the taxpayer's open period. The period of a desk
with a filed GSTR-3B is earlier."""

from __future__ import annotations

from invoices.checks.frame import Looked, count, owned, table
from invoices.models import RecipientDesk, Taxpayer

NAME = "open period is the first period without GSTR-3B"


def look(only: int | None) -> Looked:
    desk, taxpayer = table(RecipientDesk), table(Taxpayer)
    mine = owned("k.recipient_id", only)
    looked = Looked(count(f"{desk} k WHERE 1 = 1{mine}"), "desks")
    looked.ask(
        f"SELECT t.gstin, k.period, t.open_period FROM {desk} k JOIN {taxpayer} t ON t.id = k.recipient_id "
        "WHERE ((k.filed_at IS NULL AND k.period <> t.open_period) "
        f"OR (k.filed_at IS NOT NULL AND k.period >= t.open_period)){mine}",
        lambda gstin, period, opens: (
            f"{gstin}: the first desk without GSTR-3B is {period}, but the open period is {opens}"
        ),
    )
    return looked
