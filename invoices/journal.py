"""The one writer of the journal. Called inside the transaction of the change it records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ims_portal.kernel import clock
from invoices.models import JournalEntry, JournalLine


@dataclass(frozen=True, slots=True)
class By:
    """Who asks for a change, and through what: page, api, file, command, system or admin."""

    user: Any = None
    source: str = "system"
    key: str | None = None  # idempotency key, if the caller gave one


SYSTEM = By()


def write(
    taxpayer_id: int,
    event: str,
    by: By,
    *,
    period: int | None = None,
    record_count: int = 0,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> JournalEntry:
    """Append one entry. `period` is 202410-like; `before` and `after` must be JSON values."""
    if not connection.in_atomic_block:
        raise RuntimeError("a journal entry is written inside the transaction of its change")
    return JournalEntry.objects.create(
        taxpayer_id=taxpayer_id,
        event=event,
        actor_id=getattr(by.user, "pk", None),
        source=by.source,
        portal_time=clock.now(),
        real_time=clock.real_now(),
        period=period,
        record_count=record_count,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        idempotency_key=by.key,
    )


def lines(entry: JournalEntry, changes: Iterable[JournalLine]) -> None:
    """Append per-record lines of an entry."""
    batch = []
    for line in changes:
        line.entry = entry
        batch.append(line)
    JournalLine.objects.bulk_create(batch, batch_size=2000)
