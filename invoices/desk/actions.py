"""Event: the recipient accepts, rejects, keeps pending or resets records (R-050 to R-059, R-120 to R-125).

The same code serves one record and a million records. The module finds the situations of the records and gets
one ruling for each situation. The module then saves the action on the records whose ruling allows the action
(R-057), and counts the refused records by refusal code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.wording import say
from ims_portal.support.database import planner
from invoices import counters, locks
from invoices.desk import decisions
from invoices.desk.taken import Case, Taken
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.queries import situations, tallies
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, Group
from invoices.rules.attribution import ACTIONS_OPEN_ON
from invoices.rules.reduction import REMARKS_LIMIT, Declaration, Settled, remarks_kept, remarks_needed, settle
from invoices.rules.refusals import refused
from invoices.rules.ruling import Refusal, Ruling
from invoices.rules.situation import Action, Answer

# The largest number of records in one declaration with amounts. This number is limited, because the portal
# checks the amounts for each record separately.
MOST_DECLARED_AT_ONCE = 500

EVENTS = {
    Action.ACCEPTED: "accepted",
    Action.REJECTED: "rejected",
    Action.PENDING: "kept pending",
    Action.NONE: "reset to no action",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The action that the recipient asks for. The amounts of a declaration are in paise."""

    action: Action
    remarks: str = ""
    declaration: Declaration | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw before the action: the revision of the document and the version of the decision."""

    revision: int
    version: int


def take_one(recipient: Taxpayer, record_id: int, asked: Asked, *, by: By, seen: Seen | None = None) -> Taken:
    """Act on one record and return the result.

    Raises `Refused` with the refusal code. Raises `Conflict` if the record changed after the person saw it,
    because a person must see an edit before accepting it (R-040)."""
    taken = take(recipient, [record_id], asked, by=by, seen={record_id: seen} if seen else None)
    for code, ids in taken.refused.items():
        if code == "ROW_CHANGED":
            raise Conflict(
                "ROW_CHANGED",
                "This record changed after you opened it. Your action was not saved. Look at the record again.",
            )
        reason = taken.reasons.get(code)
        raise refused(
            code,
            reason.short if reason else "",
            rule=reason.clause.code if reason else "",
            instead=reason.instead if reason else "",
            record=ids[0],
        )
    return taken


def take(
    recipient: Taxpayer,
    record_ids: Sequence[int],
    asked: Asked,
    *,
    by: By,
    seen: Mapping[int, Seen | None] | None = None,
) -> Taken:
    """Act on records by id and return the result. An unknown id or another recipient's id is refused as
    NOT_IN_IMS."""
    with transaction.atomic():
        desk = begin(recipient, asked)
        wanted = list(dict.fromkeys(record_ids))
        selection = Record.objects.filter(recipient_id=recipient.pk, pk__in=wanted)
        locks.records(selection)
        # read after the lock: another transaction may have deleted records during the wait for the lock
        found = set(selection.values_list("pk", flat=True))
        taken = Taken()
        missing = [pk for pk in wanted if pk not in found]
        if missing:
            _refuse_missing(recipient, missing, taken)
        if seen:
            changed = _changed_since(selection, seen)
            if changed:
                taken.refused["ROW_CHANGED"] += changed
                selection = selection.exclude(pk__in=changed)
        _take(recipient, desk, selection, asked, by, taken)
    return taken


def take_all(
    recipient: Taxpayer,
    selection: QuerySet[Record],
    asked: Asked,
    *,
    by: By,
    seen_until: int | None = None,
) -> Taken:
    """Act on every record of a selection and return the result.

    The selection is a query and may have any size. `seen_until` is the id of the last journal line that the
    person saw. Records with a later journal line are refused as ROW_CHANGED (R-040)."""
    with transaction.atomic():
        planner.for_many_rows()
        desk = begin(recipient, asked)
        taken = Taken()
        selection = selection.filter(recipient_id=recipient.pk)
        held = locks.records(selection)
        if seen_until is not None:
            # Read the journal after the lock. Another transaction may have edited records during the wait for
            # the lock.
            changed = touched_after(selection, seen_until)
            if changed:
                taken.refused["ROW_CHANGED"] += changed
                selection = selection.exclude(pk__in=changed)
                held = held and max(0, held - len(changed))
        _take(recipient, desk, selection, asked, by, taken, grouping=planner.few_groups, held=held)
    return taken


@dataclass(frozen=True, slots=True)
class Judged:
    """Groups of records. The rules allow the action for groups in `open`. `sentences` has the other groups by the
    code and the reason of their refusal. A code covers several kinds of records, and each kind has its own
    sentence."""

    open: list[Group]
    sentences: Mapping[tuple[str, Refusal | None], list[Group]]

    @property
    def refused(self) -> dict[str, list[Group]]:
        """Return the refused groups by code."""
        found: dict[str, list[Group]] = {}
        for (code, _refusal), groups in self.sentences.items():
            found.setdefault(code, []).extend(groups)
        return found

    @property
    def reasons(self) -> dict[str, Refusal]:
        """Return one reason for each code that has a reason from the law."""
        return {code: refusal for code, refusal in self.sentences if refusal is not None}

    @property
    def refused_counts(self) -> dict[str, int]:
        """Return how many records are refused, by code."""
        return {code: sum(group.count for group in groups) for code, groups in self.refused.items()}

    @property
    def cases(self) -> list[tuple[Case, list[Group]]]:
        """Return the refused groups with their case, one case for each sentence."""
        return [
            (Case(code, refusal, sum(group.count for group in groups)), groups)
            for (code, refusal), groups in self.sentences.items()
        ]


def judge(groups: Iterable[Group], asked: Asked) -> Judged:
    """Divide the groups of records into groups for which the law allows the action `asked`, and refused
    groups."""
    allowed: list[Group] = []
    sentences: dict[tuple[str, Refusal | None], list[Group]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: group.where):
        refusal = refusal_for(group.ruling, asked)
        if refusal is None:
            allowed.append(group)
        elif isinstance(refusal, str):
            sentences[refusal, None].append(group)
        else:
            sentences[refusal.code, refusal].append(group)
    return Judged(allowed, sentences)


def refusal_for(ruling: Ruling, asked: Asked) -> Refusal | str | None:
    """Return why this ruling refuses the action `asked`: a `Refusal`, or a refusal code only. Return None if
    the ruling allows the action."""
    blocked = ruling.refusals.get(asked.action)
    if blocked is not None:
        return blocked
    if asked.declaration is not None and (asked.action is not Action.ACCEPTED or not ruling.asks_reduction):
        return "DECL_NOT_APPLICABLE"
    return None


def begin(recipient: Taxpayer, *asked: Asked) -> RecipientDesk:
    """Lock and return the recipient's desk, if the recipient can act at all.

    Raises `Refused` (NO_ACCESS, TOO_EARLY) and `Invalid` (REMARKS_INVALID)."""
    if not recipient.registration.has_ims:
        raise refused("NO_ACCESS")
    if clock.today() < ACTIONS_OPEN_ON:
        raise refused("TOO_EARLY", "Actions in IMS are possible from 14 October 2024.")
    if any("\x00" in item.remarks for item in asked):
        raise Invalid("REMARKS_INVALID", "Remarks contain a character that cannot be stored.")
    return locks.open_desk(recipient)


def _changed_since(selection: QuerySet[Record], seen: Mapping[int, Seen | None]) -> list[int]:
    now = {
        pk: (revision, version)
        for pk, revision, version in selection.values_list("pk", "revision", "decision__version")
    }
    return [
        pk
        for pk, was in seen.items()
        if was is not None and pk in now and now[pk] != (was.revision, was.version)
    ]


def touched_after(selection: QuerySet[Record], line: int) -> list[int]:
    """Return the ids of the records that have a journal line with an id above `line`.

    The query searches the lines of each record separately. A plain join would read all new lines, because the
    database has no statistics about new lines yet."""
    try:
        chosen, given = selection.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return []  # no record can meet the conditions of the selection
    lines = connection.ops.quote_name(JournalLine._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT record_id FROM {lines} WHERE {planner.one_by_one('record_id', chosen)} "
            "AND id > %s ORDER BY record_id",
            [*given, line],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _refuse_missing(recipient: Taxpayer, ids: list[int], taken: Taken) -> None:
    closed = set(
        ArchivedRecord.objects.filter(
            recipient_id=recipient.pk, pk__in=ids, why=ArchivedRecord.Why.CLOSED, route="M"
        ).values_list("pk", flat=True)
    )
    for pk in ids:
        taken.refused["RECORD_CLOSED" if pk in closed else "NOT_IN_IMS"].append(pk)


def _take(
    recipient: Taxpayer,
    desk: RecipientDesk,
    selection: QuerySet[Record],
    asked: Asked,
    by: By,
    taken: Taken,
    *,
    grouping: Callable[[], AbstractContextManager[None]] = nullcontext,
    held: int | None = None,
) -> None:
    view = DeskView.of(recipient, clock.today(), calendar())
    with grouping():
        rows = tallies.rows_among(selection, view)
    while held is not None and sum(row.count for row in rows) > held:
        # suppliers saved new records after the lock; lock the new records too before the write
        held = locks.records(selection)
        with grouping():
            rows = tallies.rows_among(selection, view)
    marked = situations.with_clock_facets(selection, view)
    judged = judge(tallies.grouped(rows), asked)
    taken.reasons.update(judged.reasons)
    for case, groups in judged.cases:
        taken.refuse(case.code, marked.filter(situations.where(groups)), case.count, case.refusal)
    if not judged.open:
        return
    chosen = marked.filter(situations.where(judged.open))
    open_to_it = {group.where for group in judged.open}
    answers = [Part(chosen, Settled(Answer.NONE, None), [row for row in rows if row.where in open_to_it])]
    if asked.declaration is not None:
        answers = _declared(answers[0], asked, taken)
    for part in answers:
        if part.rows is None:
            part = replace(part, rows=tallies.rows_among(part.records, view))
        count = sum(row.count for row in part.rows or ())
        if remarks_needed(part.settled.answer) and not asked.remarks.strip():
            taken.refuse("REMARKS_REQUIRED", part.records, count)
        elif len(asked.remarks) > REMARKS_LIMIT:
            taken.refuse("REMARKS_TOO_LONG", part.records, count)
        else:
            _save(recipient, desk, part, asked, by, taken)


@dataclass(frozen=True, slots=True)
class Part:
    """Records whose decisions get the same answer about ITC reduction (`settled`). `rows` are the counters of
    the records, or None before the count."""

    records: QuerySet[Record]
    settled: Settled
    rows: list[tallies.TallyRow] | None = None


def _declared(part: Part, asked: Asked, taken: Taken) -> list[Part]:
    """Check the declaration, and return the records in parts. All records of a part get the same answer.

    Without amounts, all records get one answer. With amounts, the answer depends on the record: an amount may
    be the full reduction of one record and only a part of another record's reduction (R-122)."""
    assert asked.declaration is not None
    if asked.declaration.amounts is None:
        found = settle(asked.declaration, effect=TaxAmounts())
        assert isinstance(found, Settled)
        return [replace(part, settled=found)]
    rows = list(part.records[: MOST_DECLARED_AT_ONCE + 1])
    if len(rows) > MOST_DECLARED_AT_ONCE:
        raise Invalid(
            "TOO_MANY",
            say("Declare ITC reductions for at most %(most)d records at once.", most=MOST_DECLARED_AT_ONCE),
        )
    answers: dict[Settled, list[int]] = defaultdict(list)
    for row in rows:
        found = settle(asked.declaration, effect=situations.effect_of(row))
        if isinstance(found, str):
            taken.refused[found].append(row.pk)
            continue
        answers[found].append(row.pk)
    # select by id, not by standing: saving one part may change the standing of amendments in another part
    return [Part(Record.objects.filter(pk__in=ids), settled) for settled, ids in answers.items()]


def _save(recipient: Taxpayer, desk: RecipientDesk, part: Part, asked: Asked, by: By, taken: Taken) -> None:
    settled, rows = part.settled, part.rows or []
    remarks = asked.remarks.strip() if remarks_kept(asked.action, settled.answer) else ""
    counts = decisions.counted(rows, part.records, recipient, desk)
    if not counts.records:
        return
    label = f"{asked.action.value} {settled.answer.value}"
    with journal.entry(
        recipient.pk,
        EVENTS[asked.action],
        by,
        period=desk.period,
        record_count=counts.records,
        after={"action": asked.action.value, "answer": settled.answer.value, "remarks": remarks},
    ) as entry:
        written = decisions.lines(entry, part.records, after=label, remarks=remarks)
        # `written` differs from the count only if a supplier added documents after the count. The other
        # records were locked before the count.
        exact = written == counts.records
        amounts = settled.amounts
        with counters.apart(exact):
            decisions.write(
                entry,
                {
                    "action": asked.action.value,
                    "answer": settled.answer.value,
                    **decisions.reduction_columns(amounts),
                    "remarks": remarks,
                    "acted_at": clock.now(),
                    "actor": getattr(by.user, "pk", None),
                    "cleared_action": "",
                },
                moved_to=recipient.open_period if counts.carried else None,
            )
        if exact:
            opens = recipient.open_period
            counters.decided(
                recipient.pk,
                rows,
                label,
                lambda row: opens if row.claim_period < opens else row.moved_to,
                amounts or TaxAmounts(),
            )
        taken.made_stale = (
            decisions.follow(recipient, desk, decisions.records_of(entry), counts) or taken.made_stale
        )
        taken.saved += written
    taken.entry_id = entry.pk
