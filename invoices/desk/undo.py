"""Event: the undo of an action or of a whole batch (R-050, R-051).

The undo erases nothing and has a journal entry of its own. A record gets back its earlier label, declared
reduction, remarks and period, if nobody changed the record after the action. The rules judge the earlier
decision like a new action, because the rules may refuse today an action that they allowed earlier."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, NotFound
from ims_portal.kernel.sentences import inside
from invoices import locks
from invoices.desk import actions, decisions
from invoices.desk.actions import Asked
from invoices.desk.decisions import MOST_NAMED
from invoices.documents.filing import carry_to_open_period
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import JournalEntry, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, Group
from invoices.rules.reduction import Declaration
from invoices.rules.refusals import CODES
from invoices.rules.ruling import Refusal
from invoices.rules.situation import Action, Answer, Filing

UNDONE, REDONE = "undone", "redone"
ACTED = tuple(actions.EVENTS.values())
# the largest number of actions that a person can undo one after the other, from the latest action back
MOST_STACKED = 50
# the largest number of records of an action that a page judges before it offers the undo
MOST_LOOKED = 200


@dataclass(slots=True)
class Undone:
    """The result of an undo.

    `restored` counts the records that got their earlier decision back. `touched_count` counts the records
    that somebody changed later, and `touched` has a few of their ids. `gone_count` counts the records that
    have left the desk. `refused` counts, by refusal code, the records whose earlier decision the rules do not
    allow now."""

    restored: int = 0
    touched: list[int] = field(default_factory=list)
    touched_count: int = 0
    gone_count: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Refusal] = field(default_factory=dict)
    entry_id: int | None = None
    made_stale: bool = False

    @property
    def left_alone(self) -> int:
        return self.touched_count + self.gone_count + self.refused.total()


def undo(recipient: Taxpayer, entry_ids: Sequence[int], *, by: By) -> Undone:
    """Undo these journal entries of one recipient in one event, and return the result.

    Raises `NotFound` if an entry is not an action of this recipient. Raises `Conflict` UNDO_LATE, with the
    reason, if no record can be restored."""
    entries = list(
        JournalEntry.objects.filter(
            pk__in=entry_ids, taxpayer_id=recipient.pk, event__in=(*ACTED, UNDONE, REDONE)
        )
    )
    if not entries or len(entries) != len(set(entry_ids)):
        raise NotFound("NOT_FOUND", "The action to undo was not found.")
    with transaction.atomic():
        desk = locks.open_desk(recipient)
        theirs = JournalLine.objects.filter(entry_id__in=entry_ids)
        selection = Record.objects.filter(recipient_id=recipient.pk, pk__in=theirs.values("record_id"))
        locks.records(selection)
        told = Undone()
        there = Record.objects.filter(recipient_id=recipient.pk, pk=OuterRef("record_id"))
        told.gone_count = theirs.filter(~Exists(there)).count()
        _restore(recipient, desk, _untouched(selection, entry_ids, told), entries, by, told)
        if not told.restored:
            raise _too_late(told)
    return told


def _untouched(selection: QuerySet[Record], entry_ids: Sequence[int], told: Undone) -> QuerySet[Record]:
    """Return the records that nobody changed after the action that the person undoes. Store the number and
    the ids of the other records in the result `told`.

    Each returned record has the annotation `was_label`: its label before the action."""
    line = decisions.lines_of(entry_ids, OuterRef("pk"))
    since = JournalLine.objects.filter(
        record_id=OuterRef("pk"), recipient_id=OuterRef("recipient_id"), pk__gt=OuterRef("line")
    )
    marked = selection.annotate(
        line=Subquery(line.values("pk")[:1]),
        line_revision=Subquery(line.values("revision")[:1]),
        was_label=Subquery(line.values("before")[:1]),
    ).annotate(touched=Exists(since))
    changed = Q(touched=True) | ~Q(revision=F("line_revision"))
    touched = marked.filter(changed)
    told.touched_count = touched.count()
    if told.touched_count:
        told.touched = list(touched.order_by("pk").values_list("pk", flat=True)[:MOST_NAMED])
    return marked.exclude(changed)


def _restore(
    recipient: Taxpayer,
    desk: RecipientDesk,
    marked: QuerySet[Record],
    entries: Sequence[JournalEntry],
    by: By,
    told: Undone,
) -> None:
    _write(recipient, desk, _allowed(recipient, marked, told), entries, by, told)


def _allowed(recipient: Taxpayer, marked: QuerySet[Record], told: Undone) -> QuerySet[Record]:
    """Return the records whose earlier decision the rules allow now. Count the others in `told`."""
    view = DeskView.of(recipient, clock.today(), calendar())
    facets = situations.with_clock_facets(marked, view)
    by_label: dict[str, list[Group]] = defaultdict(list)
    for group in situations.tally(marked, view, by=("was_label",)):
        by_label[group.keys[0]].append(group)
    chosen = Q(pk__in=[])
    for label, groups in by_label.items():
        judged = actions.judge(groups, _as_before(label))
        told.reasons.update(judged.reasons)
        told.refused.update(judged.refused_counts)
        chosen |= Q(situations.where(judged.open), was_label=label)
    return facets.filter(chosen)


def possible(recipient: Taxpayer, entry_ids: Sequence[int]) -> bool:
    """True if an undo of these entries would restore a record now. The answer is for a page that offers the
    undo, so it looks at `MOST_LOOKED` records only. If there are more, an undo counts as possible as long as one
    of these is on the desk."""
    lines = JournalLine.objects.filter(entry_id__in=entry_ids).order_by("pk")
    some = list(lines.values_list("record_id", flat=True)[:MOST_LOOKED])
    there = Record.objects.filter(recipient_id=recipient.pk, pk__in=some)
    if len(some) == MOST_LOOKED:
        return there.exists()
    told = Undone()
    return _allowed(recipient, _untouched(there, entry_ids, told), told).exists()


def _as_before(label: str) -> Asked:
    """Return the action that would set the earlier label again. An undo restores the label only if the rules
    still allow this action."""
    answer = Answer(label[2:3])
    declaration = None if answer is Answer.NONE else Declaration(answer is not Answer.NO)
    return Asked(Action(label[:1]), declaration=declaration)


def _write(
    recipient: Taxpayer,
    desk: RecipientDesk,
    chosen: QuerySet[Record],
    entries: Sequence[JournalEntry],
    by: By,
    told: Undone,
) -> None:
    counts = decisions.count(chosen, recipient, desk)
    if not counts.records:
        return
    ids = sorted(entry.pk for entry in entries)
    with journal.entry(
        recipient.pk,
        REDONE if all(e.event == UNDONE for e in entries) else UNDONE,
        by,
        period=desk.period,
        record_count=counts.records,
        after={"undoes": ids, "events": sorted({e.event for e in entries})},
    ) as entry:
        decisions.lines(entry, chosen, after=F("was_label"))
        decisions.restore(entry, ids, by)
        # The supplier may have filed the document after the GSTR-3B of its period, and after the action. The
        # period to which the filing moved the document stays.
        restored = Record.objects.filter(pk__in=decisions.records_of(entry), filing=Filing.FILED.value)
        carry_to_open_period(restored)
        told.made_stale = decisions.follow(recipient, desk, decisions.records_of(entry), counts)
    told.restored, told.entry_id = counts.records, entry.pk


def _too_late(told: Undone) -> Conflict:
    """Return the error UNDO_LATE for an undo that restored no record. The error names the most common
    reason."""
    if told.refused:
        code = told.refused.most_common(1)[0][0]
        known = told.reasons.get(code)
        sentence = known.short if known else CODES[code].sentence
        rule = known.clause.code if known else CODES[code].rule
    elif told.gone_count:
        sentence, rule = "the record has left IMS.", "R-102"
    else:
        sentence, rule = "the record was changed again after the action.", ""
    error = Conflict("UNDO_LATE", f"Cannot undo: {inside(sentence)}")
    error.rule = rule
    return error


# the list of actions that one person can undo


@dataclass(frozen=True, slots=True)
class Stack:
    """The ids of the journal entries that a person can undo now (`undo`) and redo now (`redo`). The next undo
    or redo takes the last id of its list. `sources` has the source of each entry."""

    undo: tuple[int, ...]
    redo: tuple[int, ...]
    sources: Mapping[int, str] = field(default_factory=dict, compare=False)


def stack(recipient: Taxpayer, user_id: int, *, since: int = 0, sources: Sequence[str] = ("page",)) -> Stack:
    """Return the journal entries that a person can undo and redo.

    The function considers the person's actions after the entry `since`, from these `sources`: "page" or, for
    example, "api". Actions that are already undone can only be redone. `last_action` adds the batches and
    files."""
    rows = JournalEntry.objects.filter(
        taxpayer=recipient,
        actor_id=user_id,
        source__in=sources,
        event__in=(*ACTED, UNDONE, REDONE),
        pk__gt=since,
    ).order_by("-pk")[: 3 * MOST_STACKED]
    back: list[int] = []
    forth: list[int] = []
    came_from: dict[int, str] = {}
    for pk, event, after, source in sorted(
        rows.values_list("pk", "event", "after", "source"), key=itemgetter(0)
    ):
        came_from[pk] = source
        taken_back = (after or {}).get("undoes", [])
        if event == UNDONE:
            back = [b for b in back if b not in taken_back]
            forth.append(pk)
        elif event == REDONE:
            forth = [f for f in forth if f not in taken_back]
            back.append(pk)
        else:
            back.append(pk)
            forth = []
    return Stack(tuple(back[-MOST_STACKED:]), tuple(forth[-MOST_STACKED:]), came_from)


def of_record(recipient: Taxpayer, user_id: int, record_id: int) -> tuple[int | None, int | None]:
    """Return the journal entries with which a person can undo and redo the record's latest change. Each of the
    two is None if the person did not make this change, if the change was of several records at once, or if it
    cannot be undone or redone now."""
    lines = JournalLine.objects.filter(record_id=record_id, recipient_id=recipient.pk).order_by("-pk")
    latest = lines.values_list("entry_id", "entry__actor_id", "entry__record_count").first() or (0, 0, 0)
    if latest[1:] != (user_id, 1):
        return None, None
    found = stack(recipient, user_id)
    if latest[0] not in (*found.undo, *found.redo) or not possible(recipient, [latest[0]]):
        return None, None
    return (latest[0], None) if latest[0] in found.undo else (None, latest[0])
