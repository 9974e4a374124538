"""How many records differ from the GSTR-2B draft because of actions after the draft.

`RecipientDesk.changes` counts every action, and decides whether the draft is out of date (R-086). Pages show
the number of records that differ: a record on which somebody acted twice counts once, and a record whose action
was undone does not count."""

from __future__ import annotations

from django.db.models import Max

from invoices.models import JournalEntry, JournalLine, RecipientDesk, Record

DRAFTS = ("GSTR-2B drafted", "GSTR-2B generated", "GSTR-2B recomputed")
# After more actions than this, the number of actions stands for the number of records.
MOST = 2000


def records_that_differ(desk: RecipientDesk) -> int:
    """Return how many filed records of the draft have another decision than when the draft was made. After more
    than `MOST` actions, return the number of actions. At most three queries."""
    if not desk.is_stale or desk.changes > MOST:
        return desk.changes if desk.is_stale else 0
    drafted = JournalEntry.objects.filter(
        taxpayer_id=desk.recipient_id, event__in=DRAFTS, period=desk.period
    ).aggregate(last=Max("pk"))["last"]
    since = JournalEntry.objects.filter(taxpayer_id=desk.recipient_id, pk__gt=drafted or 0)
    lines = JournalLine.objects.filter(entry__in=since.values("pk"), recipient_id=desk.recipient_id)
    before: dict[int, str] = {}
    after: dict[int, str] = {}
    again = set()
    for record_id, was, becomes in lines.order_by("pk").values_list("record_id", "before", "after")[
        : 2 * MOST
    ]:
        before.setdefault(record_id, was)
        after[record_id] = becomes
        if was == becomes:
            again.add(record_id)  # for example, another amount of a declared reduction
    differ = [pk for pk, becomes in after.items() if before[pk] != becomes or pk in again]
    drafted_here = Record.objects.filter(
        pk__in=differ, recipient_id=desk.recipient_id, filing="F", claim_period__lte=desk.period
    )
    return drafted_here.exclude(superseded="X").count()
