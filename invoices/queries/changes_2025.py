"""Finds, on one recipient's desk, a document on which a person can try each change of October 2025."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Case, IntegerField, Q, When

from ims_portal.kernel import clock
from invoices.models import Record, Taxpayer
from invoices.queries import situations, tallies
from invoices.queries.calendar import book_for, calendar
from invoices.queries.situations import DeskView
from invoices.rules.changes_2025 import CHANGES, holds_in


def draft_holds_new_rules(recipient: Taxpayer) -> bool:
    """True if the recipient's next GSTR-2B is of a month under the rules of October 2025."""
    return holds_in(book_for(recipient.opens))


def documents(recipient: Taxpayer, own: Sequence[str] = ()) -> list[Record | None]:
    """Return one record for each of `CHANGES`, in their order. An entry is None if no record on the desk
    fits. A record is used for a second change only if no other record fits. `own` has, for each change, the
    beginning of the numbers of the documents that are made for it: they come first, and those of another
    change last. At most two queries for each change, whatever the size of the desk."""
    view = DeskView.of(recipient, clock.today(), calendar())
    rows = tallies.rows(recipient, view)
    mine = Record.objects.filter(recipient_id=recipient.pk).select_related("supplier")
    marked = situations.with_clock_facets(mine, view).order_by("-document_date", "-pk")
    fitting = [tallies.grouped(row for row in rows if change.fits(row.situation)) for change in CHANGES]
    found: dict[int, Record] = {}
    # A change with few fitting records chooses first. Otherwise another change could take its only record.
    for nth in sorted(range(len(CHANGES)), key=lambda n: sum(group.count for group in fitting[n])):
        if groups := fitting[nth]:
            those = marked.filter(situations.where(groups))
            if own:
                those = those.order_by(_own_first(own, nth), "-document_date", "-pk")
            record = those.exclude(pk__in=[one.pk for one in found.values()]).first() or those.first()
            if record is not None:
                found[nth] = record
    return [found.get(nth) for nth in range(len(CHANGES))]


def _own_first(own: Sequence[str], nth: int) -> Case:
    other = Q()
    for start in own:
        other |= Q(number_key__startswith=start)
    return Case(
        When(number_key__startswith=own[nth], then=0),
        When(other, then=2),
        default=1,
        output_field=IntegerField(),
    )
