"""Events: GSTR-2B is drafted, generated on demand, recomputed, frozen (R-090 to R-097).

Read this first: it is the whole idea in a page. Ask which situations the records in scope are in, have each
ruled once, write the lines with one INSERT ... SELECT per kind of line, and take the totals from the groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, Case, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest

from gstr2b.models import HEADS, Reversal37A, Statement, StatementLine, StatementTotal, SupplierTotal
from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.insert_select import insert_select
from ims_portal.support.retry import retried
from invoices import journal, locks
from invoices.journal import SYSTEM, By
from invoices.models import JournalEntry, RecipientDesk, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, Group
from invoices.rules import gates
from invoices.rules.attribution import RegistrationType
from invoices.rules.refusals import refused
from invoices.rules.ruling import Effect, Line, Row, Section
from invoices.rules.situation import Route


@retried
def generate(
    recipient: Taxpayer, period: TaxPeriod, *, by: By, cause: str = Statement.Cause.DEMAND
) -> Statement:
    """Make the GSTR-2B of `period`, or make it again if there is one (R-091). Raises `Refused`: BAD_PERIOD,
    NO_ACCESS, FINAL_2B, PREV_3B_PENDING, TOO_EARLY."""
    with _snapshot():
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
        return _compute(recipient, desk, period, by, Statement.Cause.RECOMPUTE if again else cause)


@retried
def recompute(recipient: Taxpayer, period: TaxPeriod, *, by: By) -> Statement:
    """Compute the GSTR-2B again from the actions as they are now, over the records of its scope (R-094, R-095).
    Raises `Refused`: BAD_PERIOD, FINAL_2B, NO_2B."""
    with _snapshot():
        desk = locks.open_desk(recipient)
        code = gates.recompute(
            period,
            frequency=recipient.files,
            open_period=recipient.opens,
            exists=desk.period == period.number and desk.statement_version > 0,
        )
        if code is not None:
            raise refused(code)
        return _compute(recipient, desk, period, by, Statement.Cause.RECOMPUTE)


@retried
def draft_if_due(recipient: Taxpayer, period: TaxPeriod) -> Statement | None:
    """The draft of the 14th for one recipient, or None where the law makes none or it is there already."""
    with _snapshot():
        desk = locks.open_desk(recipient)
        if desk.period != period.number or desk.statement_version > 0:
            return None
        return _compute(recipient, desk, period, SYSTEM, Statement.Cause.DRAFT)


def recipients_due(today) -> QuerySet[Taxpayer]:
    """Listed taxpayers whose open period's draft is due by `today` and not made (R-090, R-091, R-093)."""
    dates = calendar()
    month = TaxPeriod.of(today).offset(-1)
    while dates.draft_date(month) > today:
        month = month.offset(-1)
    due = Q(frequency="M", open_period=month.number)
    if month.is_quarter_end:
        due |= Q(frequency="Q", open_period=month.number)
    made = RecipientDesk.objects.filter(statement_version__gt=0, filed_at=None).values("recipient_id")
    # whoever filed the previous GSTR-3B after the draft's moment generates on demand
    moment = clock.midnight(dates.draft_date(month))
    late = RecipientDesk.objects.filter(filed_at__gt=moment).values("recipient_id")
    having = [kind.value for kind in RegistrationType if kind.has_ims]
    due_ones = Taxpayer.objects.filter(due, listed=True, registration_type__in=having)
    return due_ones.exclude(pk__in=made).exclude(pk__in=late)


def scope(recipient: Taxpayer, period: TaxPeriod) -> QuerySet[Record]:
    """Filed records whose 2B period is not after `period` and that are in no closed 2B (R-090)."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, filing="F", claim_period__lte=period.number)
        .exclude(
            route__in=[
                Route.NO_ACCESS.value,
                Route.BEFORE_IMS.value,
                Route.WITHDRAWN.value,
                Route.PURGED.value,
            ]
        )
        .annotate(land=situations.land_period())
        .filter(land__gte=recipient.open_period, land__lte=period.number)
    )


def freeze(recipient: Taxpayer, desk: RecipientDesk) -> Statement:
    """R-102: the current statement becomes final. Runs in the transaction that files GSTR-3B."""
    statement = Statement.objects.select_for_update().get(
        recipient=recipient, period=desk.period, is_current=True
    )
    Statement.objects.filter(pk=statement.pk).update(is_final=True)
    statement.is_final = True
    return statement


@dataclass(frozen=True, slots=True)
class Placed:
    """Groups of records that bring the same kind of line."""

    line: Line
    groups: tuple[Group, ...]


def _early(code: str, period: TaxPeriod) -> str:
    if code == "NO_ACCESS":
        return "This registration has no IMS, so no GSTR-2B is made here."
    if code != "TOO_EARLY":
        return ""
    return f"GSTR-2B of {period.label} is drafted on {calendar().draft_date(period):%d-%m-%Y}. You can act on records now."


class _snapshot:
    """One snapshot for the tally and the lines: repeatable read on PostgreSQL; on SQLite a write transaction
    already excludes other writers. Nested inside another transaction it takes that one's isolation."""

    def __enter__(self) -> None:
        outermost = not connection.in_atomic_block
        self._atomic = transaction.atomic()
        self._atomic.__enter__()
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def __exit__(self, *failure: Any) -> None:
        self._atomic.__exit__(*failure)


def _compute(recipient: Taxpayer, desk: RecipientDesk, period: TaxPeriod, by: By, cause: str) -> Statement:
    view = DeskView.of(recipient, clock.today(), calendar())
    records = scope(recipient, period)
    groups = situations.tally(records, view, by=("section", "reverse_charge"))
    marked = situations.with_clock_facets(records, view)
    version = desk.statement_version + 1
    seen = JournalEntry.objects.filter(taxpayer=recipient).aggregate(last=Max("id"))["last"] or 0
    statement = Statement.objects.create(
        recipient=recipient,
        period=period.number,
        version=version,
        cause=cause,
        actor_id=getattr(by.user, "pk", None),
        computed_at=clock.now(),
        real_time=clock.real_now(),
        journal_position=seen,
    )
    for placed in _by_line(groups):
        statement.line_count += _insert_lines(statement, marked, placed)
    statement.line_count += _insert_reversals(statement)
    _insert_totals(statement)
    _switch(statement, desk)
    journal.write(
        recipient.pk,
        {"draft": "GSTR-2B drafted", "demand": "GSTR-2B generated"}.get(cause, "GSTR-2B recomputed"),
        by,
        period=period.number,
        record_count=statement.line_count,
        after={"version": version},
    )
    return statement


def _by_line(groups: list[Group]) -> Iterator[Placed]:
    found: dict[Line, list[Group]] = defaultdict(list)
    for group in groups:
        for line in group.ruling.lines:
            found[line].append(group)
    for line, members in found.items():
        yield Placed(line, tuple(members))


def _insert_lines(statement: Statement, records: QuerySet[Record], placed: Placed) -> int:
    line = placed.line
    columns: dict[str, Any] = {
        "statement_id": statement.pk,
        "record_id": F("pk"),
        "recipient_id": F("recipient_id"),
        "supplier_id": F("supplier_id"),
        "section": line.section.value,
        "row": line.row.value,
        "treated": line.treated.value,
        "reason": line.reason.value,
        "table": F("section"),
        "kind": F("kind"),
        "form": F("form"),
        "tax_period": F("tax_period"),
        "number": F("number"),
        "document_date": F("document_date"),
        "place_of_supply": F("place_of_supply"),
        "invoice_type": F("invoice_type"),
        "reverse_charge": F("reverse_charge"),
        "filed_on": F("filed_on"),
        "remarks": F("decision__remarks"),
        "label": F("label"),
        "decision": F("decision__label"),
        "value": F("value"),
        "taxable": F("taxable"),
    }
    for head in HEADS:
        tax, base = F(head), Coalesce(F(f"baseline_{head}"), 0)
        columns[head] = tax
        columns[f"effect_{head}"] = effect_expression(line.effect, head)
        # a barred version of one whose ITC was taken adds only what lies above it
        columns[f"barred_{head}"] = (
            (tax if line.beside_baseline else Greatest(tax - base, Value(0)))
            if line.not_available
            else Value(None, output_field=BigIntegerField())
        )
        columns[f"reversed_{head}"] = (
            base if line.reverses_baseline else Value(None, output_field=BigIntegerField())
        )
    return insert_select(StatementLine, records.filter(situations.where(placed.groups)), columns)


def _insert_reversals(statement: Statement) -> int:
    """R-098: documents flagged under Rule 37A, to be reversed through 4(B)(2)."""
    flagged = Reversal37A.objects.filter(recipient_id=statement.recipient_id, period=statement.period)
    same = [
        "record_id",
        "recipient_id",
        "supplier_id",
        "kind",
        "form",
        "tax_period",
        "number",
        "document_date",
        "place_of_supply",
        "invoice_type",
        "filed_on",
        "label",
        "decision",
        "value",
        "taxable",
        "igst",
        "cgst",
        "sgst",
        "cess",
    ]
    columns: dict[str, Any] = {name: F(name) for name in same}
    columns |= {f"effect_{head}": Value(0, output_field=BigIntegerField()) for head in HEADS}
    columns |= {f"reversed_{head}": F(head) for head in HEADS}
    fixed = {"section": Section.RULE_37A.value, "row": Row.REVERSED_OTHER.value, "treated": "", "reason": ""}
    columns |= {
        "statement_id": statement.pk,
        "table": F("section"),
        "reverse_charge": False,
        "remarks": "",
        **fixed,
    }
    return insert_select(StatementLine, flagged, columns)


def effect_expression(effect: Effect, head: str) -> Any:
    """Signed change to ITC for one tax head, from stored amounts (R-084, R-121, R-122)."""
    number = BigIntegerField()
    tax, base = F(head), Coalesce(F(f"baseline_{head}"), 0)
    if effect is Effect.NONE:
        return Value(0, output_field=number)
    if effect is Effect.MINUS_BASELINE:
        return Case(When(kind="CN", then=base), default=-base, output_field=number)
    if effect is Effect.WHOLE:
        return Case(When(kind="CN", then=-tax), default=tax, output_field=number)
    full = Case(When(kind="CN", then=base - tax), default=tax - base, output_field=number)
    if effect is Effect.FULL:
        return full
    return Greatest(full, Value(0)) - Coalesce(F(f"decision__reduction_{head}"), 0)


AMOUNTS = (
    "value",
    "taxable",
    *HEADS,
    *(f"{kind}_{head}" for kind in ("effect", "barred", "reversed") for head in HEADS),
)
TOTAL_KEYS = ("section", "row", "treated", "reason", "table", "kind", "reverse_charge")
SUPPLIER_KEYS = ("supplier_id", "section", "table", "kind", "tax_period")


def _insert_totals(statement: Statement) -> None:
    lines = StatementLine.objects.filter(statement=statement).order_by()
    sums = lines.values(*TOTAL_KEYS).annotate(count=Count("pk"), **{f"sum_{a}": Sum(a) for a in AMOUNTS})
    StatementTotal.objects.bulk_create(
        [
            StatementTotal(
                statement=statement,
                count=row["count"],
                **{key: row[key] for key in TOTAL_KEYS},
                **{a: _whole(row[f"sum_{a}"]) for a in AMOUNTS},
            )
            for row in sums
        ]
    )
    per_supplier = lines.values(*SUPPLIER_KEYS).annotate(
        n=Count("pk"), last=Max("filed_on"), **{f"sum_{a}": Sum(a) for a in ("taxable", *HEADS)}
    )
    SupplierTotal.objects.bulk_create(
        [
            SupplierTotal(
                statement=statement,
                count=row["n"],
                filed_on=row["last"],
                **{key: row[key] for key in SUPPLIER_KEYS},
                **{a: int(row[f"sum_{a}"] or 0) for a in ("taxable", *HEADS)},
            )
            for row in per_supplier.iterator(chunk_size=5000)
        ],
        batch_size=2000,
    )


def _whole(total: Any) -> int | None:
    return None if total is None else int(total)


def _switch(statement: Statement, desk: RecipientDesk) -> None:
    """Make the finished version current in one step; lines older than the version before are dropped."""
    others = Statement.objects.filter(recipient_id=statement.recipient_id, period=statement.period)
    others.filter(is_current=True).update(is_current=False)
    statement.is_current = True
    statement.save(update_fields=["is_current", "line_count"])
    outdated = others.filter(version__lt=statement.version - 1, has_lines=True)
    StatementLine.objects.filter(statement__in=outdated).delete()
    outdated.update(has_lines=False)
    RecipientDesk.objects.filter(pk=desk.pk).update(
        statement_version=statement.version, drafted_at=statement.computed_at, changes=0
    )
