"""Writes the webhook deliveries of an event, one row for each webhook that has subscribed to the event.

The journal calls this module in the transaction of the event. Without an active webhook, the module writes
nothing. Each process remembers for `REMEMBER_SECONDS` whether a webhook is active. A new webhook may
therefore miss the events of its first seconds."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Delivery, JournalEntry, JournalLine, RecipientDesk, Webhook

ARRIVED, VOIDED, DRAFTED, STALE, FILED = (
    "record.arrived",
    "action.voided",
    "draft.generated",
    "draft.stale",
    "return.filed",
)
EVENTS = (ARRIVED, VOIDED, DRAFTED, STALE, FILED)
OF_TAXPAYER = {
    "GSTR-2B drafted": DRAFTED,
    "GSTR-2B generated": DRAFTED,
    "GSTR-2B recomputed": DRAFTED,
    "GSTR-3B filed": FILED,
    "form filed": FILED,
}
REMEMBER_SECONDS = 5.0
# (until, active). `active` is True if any webhook is active. The process remembers `active` until the
# monotonic time `until`.
_known: tuple[float, bool] = (0.0, False)


def any_active() -> bool:
    global _known
    until, active = _known
    if time.monotonic() >= until:
        active = Webhook.objects.filter(active=True).exists()
        _known = (time.monotonic() + REMEMBER_SECONDS, active)
    return active


def forget() -> None:
    """Make the next `any_active` read the database. Called after this process has added or ended a
    webhook."""
    global _known
    _known = (0.0, False)


def note(entries: Sequence[JournalEntry]) -> None:
    """Write the webhook deliveries for journal entries. The caller has already written these entries and
    their lines.

    The number of SQL statements does not depend on the number of entries."""
    if not any_active():
        return
    wanted: list[tuple[int, str, str, dict[str, Any]]] = []
    for entry in entries:
        event = OF_TAXPAYER.get(entry.event)
        if event is not None:
            wanted.append((entry.taxpayer_id, event, f"{event} {entry.pk}", _about(entry)))
    by_id = {entry.pk: entry for entry in entries}
    new, voided = Q(before="", after__startswith="N"), ~Q(before="") & ~Q(before__startswith="N")
    lines = JournalLine.objects.filter(entry_id__in=list(by_id)).order_by()
    counts = lines.values("entry_id", "recipient_id").annotate(
        new=Count("pk", filter=new),
        voided=Count("pk", filter=voided & (Q(after="") | Q(after__startswith="N"))),
    )
    for row in counts:
        entry = by_id[row["entry_id"]]
        # a recipient who resets its own action gets no event "voided"
        own = entry.taxpayer_id == row["recipient_id"] and entry.actor_id is not None
        for event, count in ((ARRIVED, row["new"]), (VOIDED, 0 if own else row["voided"])):
            if count:
                about = {"at": _at(entry), "records": count}
                wanted.append((row["recipient_id"], event, f"{event} {entry.pk}", about))
    _keep(wanted)


def note_stale() -> int:
    """Write the deliveries that report stale GSTR-2B drafts. Each webhook that subscribed to this event gets
    one delivery for each stale draft of its taxpayer. A later call writes no second delivery for the same
    draft. Return the number of deliveries, written now or earlier."""
    if not any_active():
        return 0
    asking = Webhook.objects.in_use().filter(events__contains=STALE).values("taxpayer_id")
    desks = RecipientDesk.objects.filter(
        recipient_id__in=asking, filed_at=None, changes__gt=0, statement_version__gt=0
    )
    found = [
        (
            desk.recipient_id,
            STALE,
            f"{STALE} {desk.period} {desk.statement_version}",
            {
                "at": clock.now().isoformat(),
                "period": TaxPeriod.from_number(desk.period).wire,
                "version": desk.statement_version,
                "changes": desk.changes,
            },
        )
        for desk in desks
    ]
    return _keep(found)


def _keep(wanted: Sequence[tuple[int, str, str, dict[str, Any]]]) -> int:
    if not wanted:
        return 0
    hooks: dict[int, list[Webhook]] = defaultdict(list)
    taxpayers = {taxpayer_id for taxpayer_id, *_rest in wanted}
    told = Webhook.objects.in_use().filter(taxpayer_id__in=taxpayers).select_related("taxpayer")
    for hook in told:
        hooks[hook.taxpayer_id].append(hook)
    now = clock.real_now()
    rows = [
        Delivery(
            webhook=hook,
            key=key,
            event=event,
            payload={"event": event, "gstin": hook.taxpayer.gstin, **about},
            next_at=now,
            created_at=now,
        )
        for taxpayer_id, event, key, about in wanted
        for hook in hooks.get(taxpayer_id, ())
        if event in hook.events.split()
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def _at(entry: JournalEntry) -> str:
    return entry.portal_time.isoformat()


def _about(entry: JournalEntry) -> dict[str, Any]:
    after = entry.after or {}
    period = TaxPeriod.from_number(entry.period).wire if entry.period else None
    kept = {name: after[name] for name in ("version", "reference", "form") if name in after}
    return {"at": _at(entry), "period": period, "documents": entry.record_count, **kept}
