"""Events of GSTR-2B: draft, generate on demand, recompute, freeze (R-090 to R-097).

A computation has four steps. First, the counters give the situations (combinations of record properties) of
the records in scope. Second, the law rules once on each situation. Third, one INSERT ... SELECT joins the
records with these rulings and writes the lines. Fourth, SQL sums the lines. The number of SQL statements is
the same for one recipient and for hundreds of recipients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, Q, QuerySet

from gstr2b.lines import select as lines
from gstr2b.lines import sums, write
from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.wording import say
from ims_portal.support.database import planner
from ims_portal.support.database.retry import retried
from invoices import locks
from invoices.journal import writing as journal
from invoices.journal.writing import SYSTEM, By
from invoices.models import JournalEntry, RecipientDesk, Record, Taxpayer
from invoices.queries import situations, tallies
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, Group
from invoices.rules import gates
from invoices.rules.attribution import RegistrationType
from invoices.rules.refusals import refused
from invoices.rules.situation import Filing, Route


@retried
def generate(
    recipient: Taxpayer, period: TaxPeriod, *, by: By, cause: str = Statement.Cause.DEMAND
) -> Statement:
    """Make the GSTR-2B of `period`. If the period has a GSTR-2B already, make the next version (R-091).
    Raises `Refused`: BAD_PERIOD, NO_ACCESS, FINAL_2B, PREV_3B_PENDING, TOO_EARLY."""
    locks.filers_to([recipient.pk])
    with _transaction():
        desk = locks.open_desk(recipient)
        code = gates.generate(
            period,
            registration=recipient.registration,
            frequency=recipient.files,
            open_period=recipient.opens,
            today=clock.today(),
            calendar=calendar(),
        )
        if code is not None:
            raise refused(code, _early(code, period))
        again = desk.statement_version > 0
        return _compute_one(recipient, desk, by, Statement.Cause.RECOMPUTE if again else cause)


@retried
def recompute(recipient: Taxpayer, period: TaxPeriod, *, by: By) -> Statement:
    """Compute the GSTR-2B again from the current actions on the records in its scope (R-094, R-095). Raises
    `Refused`: BAD_PERIOD, FINAL_2B, NO_2B."""
    with _transaction():
        desk = locks.open_desk(recipient)
        code = gates.recompute(
            period,
            frequency=recipient.files,
            open_period=recipient.opens,
            exists=desk.period == period.number and desk.statement_version > 0,
        )
        if code is not None:
            raise refused(code)
        return _compute_one(recipient, desk, by, Statement.Cause.RECOMPUTE)


@retried
def draft_if_due(recipient: Taxpayer, period: TaxPeriod) -> Statement | None:
    """Make and return the draft of the 14th for one recipient. Return None if `period` is not the open
    period, or if the period has a GSTR-2B already."""
    locks.filers_to([recipient.pk])
    with _transaction():
        desk = locks.open_desk(recipient)
        if desk.period != period.number or desk.statement_version > 0:
            return None
        return _compute_one(recipient, desk, SYSTEM, Statement.Cause.DRAFT)


@retried
def draft_many_due(recipients: Sequence[Taxpayer], period: TaxPeriod) -> int:
    """Make the drafts of the 14th for many recipients in one transaction: all drafts or none. Return the
    number of drafts that were made."""
    locks.filers_to([recipient.pk for recipient in recipients])
    with _transaction():
        found = locks.open_desks(recipients)
        due = [
            (recipient, desk)
            for recipient, desk in found
            if desk.period == period.number and desk.statement_version == 0
        ]
        views = DeskView.of_many([recipient for recipient, _desk in due], clock.today(), calendar())
        by_view: dict[DeskView, list[tuple[Taxpayer, RecipientDesk]]] = {}
        for recipient, desk in due:
            by_view.setdefault(views[recipient.pk], []).append((recipient, desk))
        for view, some in by_view.items():
            _compute(some, view, SYSTEM, Statement.Cause.DRAFT)
        return len(due)


def recipients_due(today: date) -> QuerySet[Taxpayer]:
    """Return the listed taxpayers whose draft for the open period is due by `today` but not made yet (R-090,
    R-091, R-093)."""
    dates = calendar()
    month = TaxPeriod.of(today).offset(-1)
    while dates.draft_date(month) > today:
        month = month.offset(-1)
    due = Q(frequency="M", open_period=month.number)
    if month.is_quarter_end:
        due |= Q(frequency="Q", open_period=month.number)
    made = RecipientDesk.objects.filter(statement_version__gt=0, filed_at=None).values("recipient_id")
    # no draft is due for a taxpayer who filed the previous GSTR-3B after the drafts were made. This
    # taxpayer generates the GSTR-2B on demand.
    moment = clock.midnight(dates.draft_date(month))
    late = RecipientDesk.objects.filter(filed_at__gt=moment).values("recipient_id")
    having = [kind.value for kind in RegistrationType if kind.has_ims]
    due_ones = Taxpayer.objects.filter(due, listed=True, registration_type__in=having)
    return due_ones.exclude(pk__in=made).exclude(pk__in=late)


def scope(recipient: Taxpayer, period: TaxPeriod) -> QuerySet[Record]:
    """Return the filed records in the scope of the GSTR-2B of `period` (R-090). A record is in scope if its
    2B period is `period` or earlier, and if no closed GSTR-2B contains the record."""
    return _scope([recipient.pk], recipient.open_period, period)


# a record with one of these routes is in no GSTR-2B
NOT_HERE = (Route.NO_ACCESS, Route.BEFORE_IMS, Route.WITHDRAWN, Route.PURGED)


def _scope(recipient_ids: Sequence[int], open_period: int, period: TaxPeriod) -> QuerySet[Record]:
    mine = Q(recipient_id__in=recipient_ids)
    if len(recipient_ids) > 1:
        # This condition does not change the result. It lets the database find the decisions by an index.
        # Without the condition, the database would read all decisions.
        mine &= Q(decision__recipient_id__in=recipient_ids)
    return (
        Record.objects.filter(mine, filing="F", claim_period__lte=period.number)
        .exclude(route__in=[route.value for route in NOT_HERE])
        .annotate(land=situations.land_period())
        .filter(land__gte=open_period, land__lte=period.number)
    )


def _groups(recipient_ids: Sequence[int], view: DeskView, period: TaxPeriod) -> list[Group]:
    """Return the groups of records in the scope of the statement, one group for each situation. The groups
    come from the counters."""
    return tallies.grouped(
        row
        for row in tallies.rows_of(recipient_ids, view)
        if row.situation.filing is Filing.FILED
        and row.claim_period <= period.number
        and row.situation.route not in NOT_HERE
        and view.open_period <= row.land <= period.number
    )


def freeze(recipient: Taxpayer, desk: RecipientDesk) -> Statement:
    """Make the current statement final (R-102), and return the statement. The caller must call this function
    in the transaction that files GSTR-3B."""
    statement = Statement.objects.select_for_update().get(
        recipient=recipient, period=desk.period, is_current=True
    )
    Statement.objects.filter(pk=statement.pk).update(is_final=True)
    statement.is_final = True
    return statement


def _early(code: str, period: TaxPeriod) -> str:
    if code == "NO_ACCESS":
        return "This registration has no IMS, so no GSTR-2B is made here."
    if code != "TOO_EARLY":
        return ""
    return say(
        "GSTR-2B of %(period)s will be drafted on %(day)s. You can act on records now.",
        period=period.label,
        day=f"{calendar().draft_date(period):%d-%m-%Y}",
    )


@contextmanager
def _transaction() -> Iterator[None]:
    """Open the transaction of a computation. The caller must first lock the desk in this transaction. The
    computation then sees every decision that was made before the lock.

    Suppliers do not take the desk lock. Therefore `generate` and the drafts wait (`locks.filers_to`) until
    all suppliers who are filing have finished. For example, a form filed on the 13th is in the draft, even if
    the form's transaction commits on the 14th.

    The records are counted by situation before the lines are written. A supplier may commit a record between
    these two steps. If the count has the record's situation, the record gets a line. If not, the line has no
    section, the database refuses the INSERT, and the records are counted again."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # The planner has no statistics of the new lines yet, and would sort all lines to group them.
                # With this setting, the planner groups the lines without sorting.
                cursor.execute("SET LOCAL enable_sort = off")
            planner.for_many_rows()
        yield


def _compute_one(recipient: Taxpayer, desk: RecipientDesk, by: By, cause: str) -> Statement:
    view = DeskView.of(recipient, clock.today(), calendar())
    return _compute([(recipient, desk)], view, by, cause)[0]


def _compute(
    due: Sequence[tuple[Taxpayer, RecipientDesk]], view: DeskView, by: By, cause: str
) -> list[Statement]:
    """Make the next version for each of these locked desks, and return the versions. All desks must have the
    same period and the same `view`."""
    period = TaxPeriod.from_number(due[0][1].period)
    ids = [recipient.pk for recipient, _desk in due]
    records = _scope(ids, view.open_period, period)
    seen = dict(
        JournalEntry.objects.filter(taxpayer_id__in=ids)
        .order_by()
        .values_list("taxpayer_id")
        .annotate(last=Max("id"))
    )
    now, real = clock.now(), clock.real_now()
    statements = Statement.objects.bulk_create(
        [
            Statement(
                recipient=recipient,
                period=period.number,
                version=desk.statement_version + 1,
                cause=cause,
                actor_id=getattr(by.user, "pk", None),
                computed_at=now,
                real_time=real,
                journal_position=seen.get(recipient.pk, 0),
                # A first version shares no lines, so its origin is None. If several desks are computed
                # together, each of the new versions is the first version of its desk.
                origin_id=write.origin_for(desk) if len(due) == 1 else None,
            )
            for recipient, desk in due
        ]
    )
    in_scope = situations.with_clock_facets(records, view)
    amounts = _insert_lines(
        in_scope,
        statements,
        [lambda: _groups(ids, view, period), *[lambda: situations.tally(records, view)] * 3],
    )
    with planner.by_index():
        sums.insert_totals(statements, amounts)
    _switch(statements, [desk for _recipient, desk in due])
    event = {"draft": "GSTR-2B drafted", "demand": "GSTR-2B generated"}.get(cause, "GSTR-2B recomputed")
    journal.write_many(
        [
            journal.Event(s.recipient_id, event, period.number, s.line_count, after={"version": s.version})
            for s in statements
        ],
        by,
    )
    return statements


def _insert_lines(
    in_scope: QuerySet[Record],
    statements: Sequence[Statement],
    tallies: Sequence[Callable[[], Sequence[Group]]],
) -> set[str]:
    """Write the lines of these versions, and return the names of the columns that were written. `tallies` are
    functions that count the records by situation. If a count lacks the situation of a record, the lines are
    written again with the next count.

    The first count comes from the counters. The counters lack a situation if a supplier has just filed a
    record in a new situation, or if somebody changed the counters by hand. The later counts read the records
    themselves, so no document is left out. Raises `IntegrityError` if every count fails."""
    flagged = lines.of_rule37a(statements)
    for tally in tallies:
        parts = [made for made in (lines.of_records(in_scope, tally(), statements), flagged) if made]
        try:
            with transaction.atomic():
                if statements[0].origin_id:
                    write.write_changed(parts, statements[0])
                else:
                    write.write_whole(parts)
                return {column for made in parts for column in made.columns}
        except IntegrityError as failure:
            unruled = failure
    raise unruled


def _switch(statements: Sequence[Statement], desks: Sequence[RecipientDesk]) -> None:
    """Make the finished versions current in one step. Then delete the lines that only older versions use. The
    new version and the version just before it keep their lines."""
    period, computed_at = statements[0].period, statements[0].computed_at
    mine = Statement.objects.filter(recipient_id__in=[s.recipient_id for s in statements], period=period)
    mine.filter(is_current=True).update(is_current=False)
    mine.filter(pk__in=[s.pk for s in statements]).update(is_current=True)
    for statement in statements:
        statement.is_current = True
    RecipientDesk.objects.filter(pk__in=[desk.pk for desk in desks]).update(
        statement_version=F("statement_version") + 1, drafted_at=computed_at, changes=0
    )
    for statement in statements:
        if statement.version > 2:
            write.drop_outdated(statement)
