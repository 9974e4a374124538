"""Event: documents that are still saved in a form can no longer be filed (R-045, R-075)."""

from __future__ import annotations

from django.db.models import F, Q, Value

from ims_portal.kernel.periods import TaxPeriod
from invoices import locks
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Record, Taxpayer
from invoices.rules import lapsing
from invoices.rules.calendar import Form
from invoices.rules.situation import Filing


def mark_lapsed(supplier: Taxpayer, filed: Form, period: TaxPeriod, *, by: By) -> int:
    """Mark the documents that lapse because the supplier files the return `filed` of `period`. Return their
    number.

    The caller must have opened a transaction and locked the supplier. A second call changes nothing. The
    number of SQL statements does not depend on the number of documents. The documents stay in the
    recipients' IMS, and the journal has a line for each."""
    ended = lapsing.ended_by(filed, period)
    if ended is None:
        return 0
    about = Q(supplier_id=supplier.pk, form=ended.form.value, tax_period__lte=ended.last.number)
    if ended.first is not None:
        about &= Q(tax_period__gte=ended.first.number)
    these = Record.objects.filter(about, filing=Filing.SAVED.value)
    locks.records(these)
    count = these.count()
    if not count:
        return 0
    label = F("decision__label")
    with journal.entry(
        supplier.pk,
        "documents can no longer be filed",
        by,
        period=ended.last.number,
        record_count=count,
        after={"form": ended.form.value},
    ) as entry:
        facts = {"record_id": F("pk"), "recipient_id": F("recipient_id"), "revision": F("revision")}
        journal.lines_from(entry, these, {**facts, "before": label, "after": label})
        these.update(filing=Value(Filing.LAPSED.value))
    return count
