"""Finds documents that are no longer in IMS by a typed number: documents of a filed period, and documents that have
moved to the archive."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries import numbers
from invoices.queries.situations import DeskView, is_closed, land_period
from invoices.rules.situation import Route

MOST = 8
# the recipient may not open a document on this route
_SHOWN = ~Q(route=Route.NO_ACCESS.value)


@dataclass(frozen=True, slots=True)
class Left:
    """A document that has left the desk. `words` says when or why it left."""

    record: Record | ArchivedRecord
    words: str


def found(recipient: Taxpayer, view: DeskView, typed: str) -> list[Left]:
    """Return the recipient's documents that have left the desk and whose number contains `typed`, at most `MOST`. The
    function first returns closed documents that are not yet in the archive. Four queries."""
    held = held_closed(recipient, view, typed)
    return [*held, *archived(recipient, typed)][:MOST]


def held_closed(recipient: Taxpayer, view: DeskView, typed: str) -> list[Left]:
    """Return the closed documents with such a number that are not yet in the archive. Two queries."""
    desk = {"recipient_id": recipient.pk}
    records = Record.objects.filter(numbers.containing(typed, **desk), _SHOWN, **desk).annotate(
        land=land_period()
    )
    newest = (
        records.filter(is_closed(view)).select_related("supplier").order_by("-document_date", "-pk")[:MOST]
    )
    return [Left(one, closed_words(recipient, one.land)) for one in newest]


def archived(recipient: Taxpayer, typed: str) -> list[Left]:
    """Return the recipient's archived documents with such a number. Two queries."""
    desk = {"recipient_id": recipient.pk}
    gone = ArchivedRecord.objects.filter(numbers.containing(typed, ArchivedRecord, **desk), _SHOWN, **desk)
    newest = gone.select_related("supplier").order_by("-document_date", "-pk")[:MOST]
    return [Left(one, _why(recipient, one)) for one in newest]


def closed_words(recipient: Taxpayer, period: int) -> str:
    """Say in which GSTR-2B of the recipient a document was closed."""
    month = TaxPeriod.from_number(period)
    quarterly = recipient.files is Frequency.QUARTERLY
    return _("closed in GSTR-2B %(period)s") % {"period": month.quarter_label if quarterly else month.label}


def _why(recipient: Taxpayer, record: ArchivedRecord) -> str:
    if record.why == ArchivedRecord.Why.CLOSED.value:
        return closed_words(recipient, record.land_period)
    return _(ArchivedRecord.Why(record.why).label)
