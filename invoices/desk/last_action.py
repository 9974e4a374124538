"""The last action of a person at a GSTIN: one record, a batch or a file. The record list offers its undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from invoices.desk import batches, undo
from invoices.journal.writing import By
from invoices.models import ActionBatch, JournalEntry, JournalLine, Record, Taxpayer

# the sources of a person's own actions in the portal, as in `journal.By.source`
SOURCES = ("page", "batch", "file")
# the number of a person's latest batches or files among which an entry's own is searched
MOST_SEARCHED = 10


@dataclass(frozen=True, slots=True)
class Whole:
    """A batch or a file: its journal entries, and the name of its page's address with its id. `take_back` undoes
    it, and returns the number of records restored, or None if a job continues."""

    entries: tuple[int, ...]
    page: str
    pk: int
    take_back: Callable[[By], int | None]


# how the batch or the file of a journal entry is found: (taxpayer, id of the person, id of the entry)
Finder = Callable[[Taxpayer, int, int], Whole | None]
FINDERS: dict[str, Finder] = {}


@dataclass(frozen=True, slots=True)
class LastAction:
    """The entry that an undo or redo names, the letter of the action ("" if the records got several), and the
    number of records. `number` is the document of a single record."""

    entry_id: int
    action: str
    records: int
    number: str


@dataclass(frozen=True, slots=True)
class Offered:
    """The action that a person can undo at a GSTIN now, and the one that the person can redo."""

    undo: LastAction | None
    redo: LastAction | None


def offered(recipient: Taxpayer, user_id: int) -> Offered:
    """Return what the person can undo and redo now. An action is not offered if no record could be restored, and
    then no older action is offered either."""
    found = undo.stack(recipient, user_id, sources=SOURCES)
    back, forth = (ids[-1] if ids else 0 for ids in (found.undo, found.redo))
    again = forth if found.sources.get(forth) == "page" else 0
    return Offered(
        _named(recipient, back, whole_of(recipient, user_id, back, found.sources.get(back, ""))),
        _named(recipient, again, None),
    )


def whole_of(recipient: Taxpayer, user_id: int, entry_id: int, source: str) -> Whole | None:
    """Return the batch or the file of this entry of the person, or None for an action on one record."""
    finder = FINDERS.get(source)
    return finder(recipient, user_id, entry_id) if finder and entry_id else None


def whole_of_entry(recipient: Taxpayer, user_id: int, entry_id: int) -> Whole | None:
    """Return the batch or the file that an undo of this entry must undo as a whole."""
    mine = JournalEntry.objects.filter(
        pk=entry_id, taxpayer=recipient, actor_id=user_id, event__in=undo.ACTED
    )
    return whole_of(recipient, user_id, entry_id, mine.values_list("source", flat=True).first() or "")


def _named(recipient: Taxpayer, entry_id: int, whole: Whole | None) -> LastAction | None:
    if not entry_id:
        return None
    ids = whole.entries if whole else (entry_id,)
    if not undo.possible(recipient, ids):
        return None
    entries = list(JournalEntry.objects.filter(pk__in=ids).values_list("event", "record_count"))
    lines = JournalLine.objects.filter(entry_id=entry_id).order_by("pk")
    record_id, before, after = lines.values_list("record_id", "before", "after")[0]
    undone = {event for event, _n in entries} == {undo.UNDONE}
    action = (before if undone else after)[:1] if len({event for event, _n in entries}) == 1 else ""
    count = sum(n for _event, n in entries)
    numbers = Record.objects.filter(pk=record_id).values_list("number", flat=True)
    return LastAction(entry_id, action, count, numbers.first() or "" if count == 1 else "")


def _batch(recipient: Taxpayer, user_id: int, entry_id: int) -> Whole | None:
    mine = ActionBatch.objects.filter(taxpayer=recipient, created_by_id=user_id)
    done = mine.exclude(state=ActionBatch.State.PREVIEW).order_by("-pk")
    for pk, entries in done.values_list("pk", "entries")[:MOST_SEARCHED]:
        if entry_id in entries:
            return Whole(tuple(entries), "batch", pk, partial(_undo_batch, pk, recipient))
    return None


def _undo_batch(pk: int, recipient: Taxpayer, by: By) -> int | None:
    told = batches.take_back(pk, recipient, by=By(user=by.user, source="batch"))
    undone = told.result.get("undone")
    return undone["restored"] if undone else None


FINDERS["batch"] = _batch


def take_back(recipient: Taxpayer, user_id: int, entry_id: int, *, by: By) -> tuple[Whole, int | None] | None:
    """Undo the batch or the file of this entry. Return it with the number of records restored, or None if the
    entry is an action on one record, which `undo.undo` undoes. Raises `Conflict` like `undo.undo`."""
    whole = whole_of_entry(recipient, user_id, entry_id)
    return (whole, whole.take_back(by)) if whole else None
