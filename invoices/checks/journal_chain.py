"""I15, I16: the journal's chain is unbroken at every GSTIN, for each entry and each line."""

from __future__ import annotations

from invoices.checks.frame import Looked, count, owned, table
from invoices.journal import chain
from invoices.models import JournalEntry

NAME = "I15/I16 the journal's chain is complete and unchanged"


def look(only: int | None) -> Looked:
    looked = Looked(count(f"{table(JournalEntry)} e{owned('e.taxpayer_id', only, word='WHERE')}"), "entries")
    entries = JournalEntry.objects.order_by("taxpayer_id")
    if only is not None:
        entries = entries.filter(taxpayer_id=only)
    for pk, gstin in entries.values_list("taxpayer_id", "taxpayer__gstin").distinct():
        looked.add(
            f"{gstin}: {f'entry {b.entry_id}: ' if b.entry_id else ''}{b.what}" for b in chain.breaks(pk)
        )
    return looked
