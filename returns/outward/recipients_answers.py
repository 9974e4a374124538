"""The recipients' actions on a supplier's documents: counts by table, the documents, and tax added back by
rejections (R-107).

A supplier sees the action with its date and remarks, and the period of the GSTR-2B that contains the
document. A supplier sees nothing else from the recipient's IMS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, RecipientDesk, Record, Taxpayer
from invoices.queries.situations import added_by_rejection
from invoices.rules import gates
from invoices.rules.calendar import Calendar
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Kind, Route, from_labels
from returns.models import AddBack
from returns.outward.queries import Table, table_of, tables_of

NOT_ACTIONABLE = "L"
STATUSES = ("N", "A", "R", "P", NOT_ACTIONABLE)
# Routes of documents with an action in IMS. A purged document has left IMS. Until then the document was
# pending, and the supplier still sees Pending.
DECIDED_IN_IMS = (Route.IMS.value, Route.PURGED.value)


@dataclass(slots=True)
class TableRow:
    """The number of a table's documents for each action of the recipients. The letter L counts documents on
    which the recipient cannot act."""

    table: Table
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def tables(supplier: Taxpayer) -> tuple[Table, ...]:
    """Return the tables of the form in which this registration reports documents."""
    forms = gates.forms_of(supplier.registration)
    return tables_of(forms[0]) if forms else ()


def _own(supplier: Taxpayer, period: TaxPeriod | None) -> Q:
    forms = [form.value for form in gates.forms_of(supplier.registration)]
    own = Q(supplier_id=supplier.pk, form__in=forms)
    return own if period is None else own & Q(tax_period=period.number)


def _did(action: str) -> Case:
    return Case(
        When(route__in=DECIDED_IN_IMS, then=F(action)),
        default=Value(NOT_ACTIONABLE),
        output_field=CharField(),
    )


def _live(where: Q) -> QuerySet[Record]:
    """Return live documents with the columns of their decisions. These columns have the same names as in
    `ArchivedRecord`."""
    return Record.objects.filter(where).annotate(
        action=F("decision__action"),
        answer=F("decision__answer"),
        remarks=F("decision__remarks"),
        acted_at=F("decision__acted_at"),
        land_period=Coalesce(F("decision__moved_to"), F("claim_period")),
        did=_did("decision__action"),
    )


def _gone(where: Q) -> QuerySet[ArchivedRecord]:
    return (
        ArchivedRecord.objects.filter(where)
        .exclude(why=ArchivedRecord.Why.DELETED)
        .annotate(did=_did("action"))
    )


def counts(supplier: Taxpayer, period: TaxPeriod) -> list[TableRow]:
    """Return every table with the counts of its live and archived documents. Needs two queries."""
    rows = {table.slug: TableRow(table) for table in tables(supplier)}
    forms = gates.forms_of(supplier.registration)
    where = _own(supplier, period)
    for source in (_live(where), _gone(where)):
        amended = Case(When(amends_id__isnull=False, then=Value(1)), default=Value(0))
        for kind, is_amended, did, n in (
            source.order_by()
            .annotate(amended=amended)
            .values_list("kind", "amended", "did")
            .annotate(n=Count("pk"))
        ):
            table = table_of(forms[0], kind, amended=bool(is_amended))
            rows[table.slug].counts[did] += n
    return list(rows.values())


def documents(
    supplier: Taxpayer, period: TaxPeriod | None, table: Table | None, status: str
) -> list[QuerySet]:
    """Return two querysets of documents, live and archived. If `period` is None, all return periods are
    included. If `table` is None, all tables are included. If `status` is empty, every status is included."""
    where = _own(supplier, period)
    if table is not None:
        where &= table.filters
    sources: list[QuerySet] = [_live(where), _gone(where)]
    return [source.filter(did=status) if status else source for source in sources]


@dataclass(frozen=True, slots=True)
class AnsweredDocument:
    """A document with the recipient's action, for the supplier's view."""

    record: Any
    recipient: Taxpayer
    filed_3b_on: date | None
    adds: TaxAmounts | None
    posted: AddBack | None = None

    @property
    def deemed(self) -> bool:
        """True if the document was deemed accepted: the recipient took no action and filed GSTR-3B."""
        return self.record.did == "N" and self.filed_3b_on is not None

    @property
    def signed_taxable(self) -> int:
        """The taxable value in paise, negative for a credit note, as the supplier's own figures count it."""
        return Kind(self.record.kind).sign * self.record.taxable

    @property
    def signed_tax(self) -> int:
        return Kind(self.record.kind).sign * self.record.tax


def seen(rows: Sequence[Any]) -> list[AnsweredDocument]:
    """Return the documents of one page, each with its recipient, the date of the recipient's GSTR-3B, and the
    tax that a rejection adds. Needs three queries."""
    recipients = Taxpayer.objects.in_bulk({row.recipient_id for row in rows})
    filed = filed_3b(rows)
    posted = {a.record_id: a for a in AddBack.objects.filter(record_id__in=[row.pk for row in rows])}
    return [
        AnsweredDocument(
            row,
            recipients[row.recipient_id],
            filed.get((row.recipient_id, row.land_period)),
            amount_added(row),
            posted.get(row.pk),
        )
        for row in rows
    ]


def filed_3b(rows: Iterable[Any]) -> dict[tuple[int, int], date]:
    """Return the IST dates on which the recipients of these rows filed GSTR-3B for the periods of the rows'
    GSTR-2B. The keys are (recipient id, period). Needs one query."""
    wanted = {(row.recipient_id, row.land_period) for row in rows}
    found = RecipientDesk.objects.filter(
        recipient_id__in={pair[0] for pair in wanted},
        period__in={pair[1] for pair in wanted},
        filed_at__isnull=False,
    )
    return {
        (desk.recipient_id, desk.period): desk.filed_at.astimezone(clock.IST).date()
        for desk in found
        if desk.filed_at is not None
    }


def amount_added(row: Any) -> TaxAmounts | None:
    """Return the amounts that a rejection of this document adds to the supplier's tax. Return None if the
    document is not rejected, or if the rejection adds nothing (R-110, R-112)."""
    if row.action != "R" or not _adds_back(row.label, f"{row.action} {row.answer}"):
        return None
    return added_by_rejection(row)


def _adds_back(label: str, decision: str) -> bool:
    """Return true if a rejection of the document adds to the supplier's tax. `label` and `decision` alone
    decide this, not the current day or period."""
    return rule(from_labels(label, decision)).adds_back


# Tax added to the supplier's liability


@dataclass(slots=True)
class Liability:
    """Tax that rejections add to a supplier's liability. The tax is a forecast until the recipient files
    GSTR-3B. Then the portal posts the tax to a GSTR-3B period of the supplier."""

    forecast_count: int = 0
    forecast: TaxAmounts = TaxAmounts()
    posted_count: int = 0
    posted: TaxAmounts = TaxAmounts()

    @property
    def count(self) -> int:
        return self.forecast_count + self.posted_count

    @property
    def total(self) -> TaxAmounts:
        return self.forecast + self.posted


def forecasts(supplier: Taxpayer, period: TaxPeriod | None = None) -> QuerySet[Record]:
    """Return the live rejected documents that will add tax to the supplier's liability when the recipient
    files GSTR-3B. If `period` is given, only documents of this return period are included."""
    where = Q(supplier_id=supplier.pk) if period is None else _own(supplier, period)
    rejected = Record.objects.filter(where, decision__action="R", route=Route.IMS.value)
    labels = [
        (label, decision)
        for label, decision in rejected.order_by().values_list("label", "decision__label").distinct()
        if _adds_back(label, decision)
    ]
    posted = AddBack.objects.filter(record_id=OuterRef("pk"))
    chosen = Q(pk__in=[])
    for label, decision in labels:
        chosen |= Q(label=label, decision__label=decision)
    return _live(where & chosen & Q(decision__action="R")).exclude(Exists(posted))


def posted(
    supplier: Taxpayer, period: TaxPeriod | None = None, liability_period: TaxPeriod | None = None
) -> QuerySet[AddBack]:
    """Return the add-backs that were posted to this supplier. If `period` is given, only add-backs for
    documents of this return period are included. If `liability_period` is given, only add-backs of this
    GSTR-3B period are included."""
    found = AddBack.objects.filter(supplier=supplier)
    if period is not None:
        own = _own(supplier, period)
        found = found.filter(
            Q(record_id__in=Record.objects.filter(own).values("pk"))
            | Q(record_id__in=ArchivedRecord.objects.filter(own).values("pk"))
        )
    if liability_period is not None:
        found = found.filter(period=liability_period.number)
    return found.order_by("pk")


def liability(expected: QuerySet[Record], added: QuerySet[AddBack]) -> Liability:
    """Return the number and the tax of the forecast rejections, and of the posted rejections. The tax is
    given by tax head. Needs two queries."""
    result = Liability(*count_added(expected))
    sums = added.order_by().aggregate(n=Count("pk"), **{h: Sum(h) for h in HEADS})
    result.posted = TaxAmounts(*(int(sums[h] or 0) for h in HEADS))
    result.posted_count = sums["n"]
    return result


def sum_added(documents: QuerySet) -> TaxAmounts:
    """Return the sum of what `added_by_rejection` gives for each document. Needs one query."""
    return count_added(documents)[1]


def count_added(documents: QuerySet) -> tuple[int, TaxAmounts]:
    """Return the number of documents with the sum of `sum_added`. Needs one query."""
    count, tax = 0, TaxAmounts()
    rows: Any = (
        documents.order_by()
        .values("kind")
        .annotate(
            n=Count("pk"),
            **{f"s_{h}": Sum(h) for h in HEADS},
            **{
                f"b_{h}": Sum(Coalesce(F(f"baseline_{h}"), 0) + Coalesce(F(f"untaken_{h}"), 0)) for h in HEADS
            },
        )
    )
    for row in rows:
        now = TaxAmounts(*(int(row[f"s_{h}"] or 0) for h in HEADS))
        before = TaxAmounts(*(int(row[f"b_{h}"] or 0) for h in HEADS))
        count += row["n"]
        tax += (before - now).scaled(Kind(row["kind"]).sign)
    return count, tax


def posted_periods(supplier: Taxpayer) -> list[int]:
    """Return the GSTR-3B periods with add-backs, newest first."""
    found = AddBack.objects.filter(supplier=supplier).order_by("-period")
    return list(found.values_list("period", flat=True).distinct())


def documents_of(added: Sequence[AddBack]) -> dict[int, Any]:
    """Return the documents of posted add-backs by id, live or archived. Needs two queries."""
    ids = [row.record_id for row in added]
    found: dict[int, Any] = {r.pk: r for r in _gone(Q(pk__in=ids))}
    found.update({r.pk: r for r in _live(Q(pk__in=ids))})
    return found


def last_useful_day(rows: Iterable[AnsweredDocument], calendar: Calendar, today: date) -> date | None:
    """Return the earliest GSTR-3B due date of the recipients of these rows, from `today` on. A recipient can
    change its action until its due date. Return None if all due dates have passed."""
    days = []
    for row in rows:
        taxpayer = row.recipient
        period = max(TaxPeriod.from_number(row.record.land_period), taxpayer.opens)
        days.append(
            calendar.gstr3b_due(
                taxpayer.files.period_of(period), frequency=taxpayer.files, seat=taxpayer.seat
            )
        )
    ahead = [day for day in days if day >= today]
    return min(ahead) if ahead else None
