"""Writes the journal. A caller must be in the transaction of the change that the entry describes. The same
transaction seals the entry into its GSTIN's chain (`ims_portal.kernel.seals`).

To write an entry with lines, a caller uses `with entry(...) as written:`. The entry is sealed at the end of
the block. The end of the chain is locked only at that moment, after all other locks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ims_portal.kernel import clock, seals
from ims_portal.support.database.insert_select import insert_select
from invoices.journal import outbox
from invoices.models import JournalEntry, JournalHead, JournalLine, JournalSeal

# The SQL form of `seals.line_text`. The database joins the texts of an entry's lines and computes their hash.
# A text in PostgreSQL has at most one gigabyte, so an entry can have at most about twenty million lines.
LINE_TEXT_SQL = (
    "record_id || '|' || revision || '|' || before || '|' || after || '|' || length(remarks) || ':' || remarks "
    "|| '|' || coalesce(length(nullif(detail::text, 'null')), 0) || ':' || "
    "coalesce(nullif(detail::text, 'null'), '') || chr(10)"
)
AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class By:
    """The person who asks for a change, and the way by which the request came.

    `source` is page, api, file, batch, command, system or admin."""

    user: Any = None
    source: str = "system"
    key: str | None = None  # the idempotency key, if the request has one


SYSTEM = By()


@dataclass(slots=True)
class Written:
    """An entry that is not finished: its row, and the digest of the lines written so far."""

    row: JournalEntry
    line_count: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    bulk_digest: str = ""

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def lines_digest(self) -> str:
        return self.bulk_digest or self.digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Event:
    """One entry for `write_many`: the GSTIN, the name of the event, and the entry's lines."""

    taxpayer_id: int
    event: str
    period: int | None = None
    record_count: int = 0
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    lines: Sequence[JournalLine] = ()


@contextmanager
def entry(
    taxpayer_id: int,
    event: str,
    by: By,
    *,
    period: int | None = None,
    record_count: int = 0,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Iterator[Written]:
    """Write one entry, and seal the entry at the end of the `with` block.

    In the block, the caller adds lines with `add_lines`, `lines_from` or `lines_made`. `period` is a number
    like 202410. `before` and `after` are facts of the whole event, as JSON values."""
    _inside()
    row = _row(Event(taxpayer_id, event, period, record_count, before, after), by)
    row.save(force_insert=True)
    written = Written(row)
    yield written
    _seal([written])


def write(
    taxpayer_id: int,
    event: str,
    by: By,
    *,
    period: int | None = None,
    record_count: int = 0,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    lines: Iterable[JournalLine] = (),
) -> JournalEntry:
    """Write one entry with these lines, seal the entry, and return its row.

    `period` is a number like 202410. `before` and `after` are facts of the whole event, as JSON values."""
    with entry(
        taxpayer_id, event, by, period=period, record_count=record_count, before=before, after=after
    ) as written:
        add_lines(written, lines)
    return written.row


def write_many(events: Sequence[Event], by: By) -> list[JournalEntry]:
    """Write entries at many GSTINs, each with its lines. Return their rows in the order of the GSTINs' ids.

    The function writes `AT_ONCE` entries at a time, with a fixed number of SQL statements."""
    _inside()
    rows: list[JournalEntry] = []
    in_order = sorted(events, key=lambda event: event.taxpayer_id)
    for start in range(0, len(in_order), AT_ONCE):
        some = in_order[start : start + AT_ONCE]
        written = [Written(row) for row in JournalEntry.objects.bulk_create([_row(e, by) for e in some])]
        lines: list[JournalLine] = []
        for event, one in zip(some, written, strict=True):
            lines += _lines_of_entry(one, event.lines)
        JournalLine.objects.bulk_create(lines, batch_size=2000)
        _seal(written)
        rows += [one.row for one in written]
    return rows


def add_lines(written: Written, changes: Iterable[JournalLine]) -> None:
    """Add lines, one for each record, to an entry that is not sealed yet."""
    JournalLine.objects.bulk_create(_lines_of_entry(written, changes), batch_size=2000)


def lines_from(written: Written, source: QuerySet, columns: Mapping[str, Any]) -> int:
    """Add one line for each row of `source`, inside the database. Return the number of lines.

    `columns` maps attributes of `JournalLine` to expressions, as in `insert_select`. The entry can have no
    other lines."""
    defaults: dict[str, Any] = {"revision": 0, "before": "", "after": "", "remarks": ""}
    insert_select(JournalLine, source, {**defaults, **columns, "entry_id": written.pk})
    return lines_made(written)


def lines_made(written: Written) -> int:
    """Compute the digest of the lines that the caller inserted with its own SQL statement. The seal needs
    this digest. Return the number of lines."""
    assert not written.line_count, "an entry's lines come from one place"
    written.line_count, written.bulk_digest = _bulk_digest(written.pk)
    return written.line_count


def _row(event: Event, by: By) -> JournalEntry:
    return JournalEntry(
        taxpayer_id=event.taxpayer_id,
        event=event.event,
        actor_id=getattr(by.user, "pk", None),
        source=by.source,
        portal_time=clock.now(),
        real_time=clock.real_now(),
        period=event.period,
        record_count=event.record_count,
        before=dict(event.before) if event.before is not None else None,
        after=dict(event.after) if event.after is not None else None,
        idempotency_key=by.key,
    )


def _lines_of_entry(written: Written, changes: Iterable[JournalLine]) -> list[JournalLine]:
    assert not written.bulk_digest, "an entry's lines come from one place"
    batch = []
    for line in changes:
        line.entry_id = written.pk
        written.digest.update(
            seals.line_text(
                line.record_id, line.revision, line.before, line.after, line.remarks, line.detail
            ).encode()
        )
        written.line_count += 1
        batch.append(line)
    return batch


def _bulk_digest(entry_id: int) -> tuple[int, str]:
    table = connection.ops.quote_name(JournalLine._meta.db_table)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(told, ''), ''), 'UTF8')), 'hex') "
                f"FROM (SELECT {LINE_TEXT_SQL} AS told FROM {table} WHERE entry_id = %s ORDER BY id) AS lines",
                [entry_id],
            )
            return cursor.fetchone()
    count, digest = 0, hashlib.sha256()
    lines = JournalLine.objects.filter(entry_id=entry_id).order_by("pk")
    columns = ("record_id", "revision", "before", "after", "remarks", "detail")
    rows: Iterator[tuple[Any, ...]] = lines.values_list(*columns).iterator()
    for told in rows:
        count += 1
        digest.update(seals.line_text(*told).encode())
    return count, digest.hexdigest()


def _seal(written: Sequence[Written]) -> None:
    """Add these entries to the ends of their GSTINs' chains. The ends are locked in the order of the GSTINs'
    ids."""
    if not written:
        return
    ids = sorted({one.row.taxpayer_id for one in written})
    locked = JournalHead.objects.select_for_update().order_by("taxpayer_id")
    heads = {head.taxpayer_id: head for head in locked.filter(taxpayer_id__in=ids)}
    if len(heads) < len(ids):
        missing = [JournalHead(taxpayer_id=pk) for pk in ids if pk not in heads]
        JournalHead.objects.bulk_create(missing, ignore_conflicts=True)
        heads = {head.taxpayer_id: head for head in locked.filter(taxpayer_id__in=ids)}
    links = []
    for one in written:
        head = heads[one.row.taxpayer_id]
        links.append(
            JournalSeal(
                entry_id=one.pk,
                taxpayer_id=head.taxpayer_id,
                sequence=head.sequence + 1,
                line_count=one.line_count,
                lines_digest=one.lines_digest,
                previous=head.hash,
                hash=seals.link(head.hash, one.lines_digest, one.row.facts()),
            )
        )
        head.sequence, head.hash = head.sequence + 1, links[-1].hash
    JournalSeal.objects.bulk_create(links, batch_size=2000)
    JournalHead.objects.bulk_create(
        heads.values(),
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["taxpayer"],
        update_fields=["sequence", "hash"],
    )
    outbox.note([one.row for one in written])


def _inside() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a journal entry is written inside the transaction of its change")
