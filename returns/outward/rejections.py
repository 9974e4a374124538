"""The documents of a supplier that recipients rejected, over all periods: the tax that each rejection adds, and the
ways in which the supplier can answer (R-087, R-107, R-110)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.kernel.wording import say
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries import effects
from invoices.queries.calendar import annual_returns
from invoices.queries.situations import added_by_rejection, tax_of
from invoices.rules import after_rejection, gates
from invoices.rules.after_rejection import Effect, RejectedDocument, Ways
from invoices.rules.calendar import Form, cutoff
from invoices.rules.named_original import named
from invoices.rules.situation import Filing, Kind, from_labels
from returns.models import AddBack
from returns.outward import recipients_answers
from returns.outward.document_lists import lapsed_note
from returns.outward.open_forms import OpenForms
from returns.outward.queries import due_of, mine
from returns.outward.recipients_answers import AnsweredDocument

# "now": the supplier can still answer in time; "added" and "forecast": the rejection adds tax; "recipient": the
# rejection costs only the recipient
SHOWN = ("", "now", "added", "forecast", "recipient")
MOST_RECIPIENTS = 200
MOST_VERSIONS = 25
NO_FORM = say("This registration no longer files the form of the document.")


def rejected(
    supplier: Taxpayer, *, show: str = "", period: TaxPeriod | None = None, recipient: str = ""
) -> list[QuerySet]:
    """Return two querysets of rejected documents, live and archived. `show` is one of `SHOWN`, `period` a
    return period, and `recipient` a GSTIN. Without them all rejected documents are included."""
    live, gone = recipients_answers.documents(supplier, period, None, "R")
    live, gone = live.filter(decision__action="R"), gone.filter(action="R")
    if recipient:
        live, gone = live.filter(recipient__gstin=recipient), gone.filter(recipient__gstin=recipient)
    posted = Exists(AddBack.objects.filter(record_id=OuterRef("pk")))
    if show == "now":
        late = Q(root_year__in=_past_years(supplier))
        live, gone = live.exclude(late | _amended()), gone.exclude(late | _amended())
    elif show == "added":
        live, gone = live.filter(posted), gone.filter(posted)
    elif show in ("forecast", "recipient"):
        expected = Q(pk__in=recipients_answers.forecasts(supplier).values("pk"))
        if show == "forecast":
            live, gone = live.filter(expected), gone.none()
        else:
            live, gone = live.exclude(expected | posted | _amended()), gone.exclude(posted | _amended())
    return [live, gone]


def _amended() -> Q:
    """Return the condition that another version amends the document."""
    archived = ArchivedRecord.objects.filter(amends_id=OuterRef("pk")).exclude(why=ArchivedRecord.Why.DELETED)
    return Q(Exists(Record.objects.filter(amends_id=OuterRef("pk")))) | Q(Exists(archived))


def _past_years(supplier: Taxpayer) -> list[int]:
    """Return the first years of the financial years whose time for amendments has passed (R-046)."""
    furnished, today = annual_returns([supplier.pk]), clock.today()
    years = range(2017, FinancialYear.of(today).start + 1)
    return [y for y in years if today > cutoff(FinancialYear(y), furnished.get((supplier.pk, y)))]


def total(sources: Sequence[QuerySet]) -> tuple[int, int]:
    """Return the number of documents and the sum of their tax in paise. One query for each source."""
    documents = tax = 0
    for source in sources:
        sums = source.order_by().aggregate(n=Count("pk"), **{f"sum_{head}": Sum(head) for head in HEADS})
        documents += sums["n"]
        tax += sum(int(sums[f"sum_{head}"] or 0) for head in HEADS)
    return documents, tax


@dataclass(frozen=True, slots=True)
class Balance:
    """The change of the supplier's tax by rejections so far. `added` is the tax that was added back, and `again` the
    tax by which filed later versions of these documents lowered the supplier's tax again (R-111, R-113)."""

    added: TaxAmounts
    again: TaxAmounts

    @property
    def net(self) -> TaxAmounts:
        return self.added - self.again

    @property
    def lowered(self) -> int:
        """The change of the supplier's tax by the later versions, in paise: negative if they lower the tax."""
        return -self.again.total


def balance(supplier: Taxpayer, sources: Sequence[QuerySet]) -> Balance:
    """Return the balance of these rejected documents, which are the live and the archived ones of `rejected`.
    Three queries."""
    listed = Q()
    for source in sources:
        listed |= Q(record_id__in=source.order_by().values("pk"))
    posted = AddBack.objects.filter(listed, supplier=supplier).order_by()
    again = TaxAmounts()
    for versions in (Record.objects.all(), ArchivedRecord.objects.exclude(why=ArchivedRecord.Why.DELETED)):
        filed = versions.filter(amends_id__in=posted.values("record_id"), filing=Filing.FILED.value)
        again += recipients_answers.sum_added(filed)
    return Balance(_sum(posted), again)


def adds(supplier: Taxpayer, sources: Sequence[QuerySet]) -> tuple[TaxAmounts, TaxAmounts]:
    """Return the tax that these rejected documents will add, and the tax that they added (R-111). `sources` are the
    live and the archived documents of `rejected`."""
    live, gone = (source.order_by().values("pk") for source in sources)
    expected = recipients_answers.forecasts(supplier).filter(pk__in=live)
    posted = AddBack.objects.filter(Q(record_id__in=live) | Q(record_id__in=gone), supplier=supplier)
    return recipients_answers.sum_added(expected), _sum(posted)


def _sum(posted: QuerySet[AddBack]) -> TaxAmounts:
    sums = posted.aggregate(**{f"sum_{head}": Sum(head) for head in HEADS})
    return TaxAmounts(*(int(sums[f"sum_{head}"] or 0) for head in HEADS))


@dataclass(frozen=True, slots=True)
class ReturnBalance:
    """The effect of rejections on one GSTR-3B of the supplier. `versions` are the filed documents that lower the tax
    again, at most `MOST_VERSIONS`, each with its amount in paise. `expected` is the forecast of `forecast_count`
    documents whose recipients have not filed GSTR-3B."""

    balance: Balance
    versions: list[tuple[Any, int]]
    version_count: int
    forecast_count: int
    expected: TaxAmounts

    @property
    def is_empty(self) -> bool:
        return self.balance.added.is_zero and not self.version_count and not self.forecast_count


def of_return(supplier: Taxpayer, period: TaxPeriod) -> ReturnBalance:
    """Return the balance of a GSTR-3B: the tax that was added to it (R-111), and the tax by which documents of its
    GSTR-1, IFF or GSTR-1A lower the tax again after such a rejection (R-113). The number of queries does not depend
    on the number of documents."""
    added = _sum(AddBack.objects.filter(supplier=supplier, period=period.number))
    again, count = TaxAmounts(), 0
    versions: list[Any] = []
    months = (supplier.files.first_month(period).number, period.number)
    raised = AddBack.objects.filter(supplier=supplier).values("record_id")
    for source in (Record.objects.all(), ArchivedRecord.objects.exclude(why=ArchivedRecord.Why.DELETED)):
        filed = source.filter(
            supplier=supplier, amends_id__in=raised, filing=Filing.FILED.value, tax_period__range=months
        )
        number, tax = recipients_answers.count_added(filed)
        again, count = again + tax, count + number
        versions += filed.order_by("document_date", "pk")[:MOST_VERSIONS]
    expected = recipients_answers.forecasts(supplier)
    expected = expected.filter(_lands_in(supplier, period, expected))
    return ReturnBalance(
        Balance(added, again),
        [(version, -added_by_rejection(version).total) for version in versions[:MOST_VERSIONS]],
        count,
        *recipients_answers.count_added(expected),
    )


def of_form(supplier: Taxpayer, form: Form, period: TaxPeriod) -> Balance | None:
    """Return the balance of the amendments that are saved in a form, of documents whose rejection added tax: what the
    rejections of their originals added, and by how much the amendments lower the tax again (R-113). None without such
    amendments. Two queries."""
    raised = AddBack.objects.filter(supplier=supplier)
    versions = Record.objects.filter(mine(supplier, form, period), amends_id__in=raised.values("record_id"))
    number, again = recipients_answers.count_added(versions)
    if not number:
        return None
    return Balance(_sum(raised.filter(record_id__in=versions.order_by().values("amends_id"))), again)


def _lands_in(supplier: Taxpayer, period: TaxPeriod, expected: QuerySet[Any]) -> Q:
    """Return the condition that a forecast will be added to this GSTR-3B. The pairs of periods of the forecasts
    decide this; they are few. One query."""
    found = Q(pk__in=[])
    pairs = expected.order_by().values_list("land_period", "recipient__open_period")
    for land, opens in pairs.distinct():
        target = gates.add_back_period(
            TaxPeriod.from_number(max(land, opens)),
            supplier_frequency=supplier.files,
            supplier_open_period=supplier.opens,
        )
        if target == period:
            found |= Q(land_period=land, recipient__open_period=opens)
    return found


def cost(sources: Sequence[QuerySet]) -> tuple[int, int]:
    """Return the number of rejected documents and the ITC in paise that the recipients lose by the rejections.
    One query for each source."""
    documents = tax = 0
    late = Case(When(last_claim_period__lt=F("land_period"), then=Value(1)), default=Value(0))
    for source in sources:
        groups = source.order_by().annotate(late=late).values("label", "action", "answer", "late")
        for row in groups.annotate(
            n=Count("pk"),
            **{f"sum_{head}": Sum(head) for head in HEADS},
            **{f"was_{head}": Sum(f"baseline_{head}") for head in HEADS},
        ):
            documents += row["n"]
            tax += effects.lost_by_rejection(
                from_labels(row["label"], f"{row['action']} {row['answer']}"),
                late=bool(row["late"]),
                tax=TaxAmounts(*(int(row[f"sum_{head}"] or 0) for head in HEADS)),
                baseline=TaxAmounts(*(int(row[f"was_{head}"] or 0) for head in HEADS)),
            ).total
    return documents, tax


def _cost_of(record: Any) -> int:
    return effects.lost_by_rejection(
        from_labels(record.label, f"{record.action} {record.answer}"),
        late=record.last_claim_period < record.land_period,
        tax=tax_of(record),
        baseline=effects.baseline_of(record),
    ).total


def periods(supplier: Taxpayer) -> list[TaxPeriod]:
    """Return the return periods with rejected documents, newest first. Two queries."""
    found: set[int] = set()
    for source in rejected(supplier):
        found |= set(source.order_by().values_list("tax_period", flat=True).distinct())
    return [TaxPeriod.from_number(number) for number in sorted(found, reverse=True)]


def recipients(supplier: Taxpayer) -> list[Taxpayer]:
    """Return the recipients that rejected documents, by name, at most `MOST_RECIPIENTS`. One query."""
    live, gone = rejected(supplier)
    chosen = Q(pk__in=live.order_by().values("recipient_id")) | Q(
        pk__in=gone.order_by().values("recipient_id")
    )
    return list(
        Taxpayer.objects.filter(chosen).order_by("trade_name", "legal_name", "gstin")[:MOST_RECIPIENTS]
    )


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected document with the ways to answer it. `form` and `period` name the form that takes the
    amendment. `later` is the version that already amends the document. `until` is the section 37(3) date, and
    `late` is true after this date. `target` is the supplier's GSTR-3B that takes, or took, the added tax. `cost` is the ITC
    in paise that the recipient loses by the rejection. `relief` is the tax by which the filed later version
    lowers the supplier's tax again, after the rejection added tax (R-113). `lowers` is the same amount if this document
    is itself such a later version. `file_by` is the due date of the form in
    which the document is saved, and None for a filed document."""

    seen: AnsweredDocument
    ways: Ways
    effect: Effect
    form: Form | None
    period: TaxPeriod | None
    later: Any
    until: date
    late: bool
    target: TaxPeriod | None
    cost: int
    relief: TaxAmounts | None
    lowers: TaxAmounts | None
    file_by: date | None


def with_ways(supplier: Taxpayer, rows: Sequence[Any]) -> list[Rejection]:
    """Return the documents of a page with their ways to answer. The number of queries does not depend on the
    number of documents. Without documents, no query."""
    if not rows:
        return []
    ids = [row.pk for row in rows]
    later: dict[int, Any] = {
        found.amends_id: found
        for source in (
            ArchivedRecord.objects.exclude(why=ArchivedRecord.Why.DELETED),
            Record.objects.all(),
        )
        for found in source.filter(amends_id__in=ids)
        if found.amends_id is not None
    }
    forms, furnished = OpenForms(supplier), annual_returns([supplier.pk])
    raised = set(
        AddBack.objects.filter(record_id__in=[row.amends_id for row in rows if row.amends_id]).values_list(
            "record_id", flat=True
        )
    )
    return [
        _rejection(supplier, seen, later.get(seen.record.pk), forms, furnished, raised)
        for seen in recipients_answers.seen(rows)
    ]


def _rejection(
    supplier: Taxpayer,
    seen: AnsweredDocument,
    later: Any,
    forms: OpenForms,
    furnished: dict,
    raised: set[int],
) -> Rejection:
    record = seen.record
    lapsed = lapsed_note(record)
    own, month = Form(record.form), TaxPeriod.from_number(record.tax_period)
    form, period = forms.for_amendment(own, month) or (None, None)
    closed = forms.why_closed(form, period) if form and period else NO_FORM
    facts = RejectedDocument(
        named(record),
        Filing(record.filing),
        final=seen.posted is not None or seen.filed_3b_on is not None,
        later=named(later) if later else "",
        later_filing=Filing(later.filing) if later else Filing.FILED,
        closed=lapsed or closed,
    )
    until = cutoff(FinancialYear(record.root_year), furnished.get((supplier.pk, record.root_year)))
    target = None
    if seen.posted:
        target = TaxPeriod.from_number(seen.posted.period)
    elif seen.adds:
        target = gates.add_back_period(
            TaxPeriod.from_number(max(record.land_period, seen.recipient.open_period)),
            supplier_frequency=supplier.files,
            supplier_open_period=supplier.opens,
        )
    saved = record.filing == Filing.SAVED.value
    baseline = any(getattr(record, f"baseline_{head}") is not None for head in HEADS)
    return Rejection(
        seen=seen,
        ways=after_rejection.ways(facts),
        effect=after_rejection.effect(
            Kind(record.kind), seen.adds.total if seen.adds else 0, baseline=baseline
        ),
        form=form,
        period=period,
        later=later,
        until=until,
        late=clock.today() > until,
        target=target,
        cost=_cost_of(record),
        relief=_relief(later) if later and seen.posted else None,
        lowers=_relief(record) if record.amends_id in raised else None,
        file_by=due_of(supplier, own, month, forms.calendar).on if saved else None,
    )


def _relief(version: Any) -> TaxAmounts | None:
    """Return the tax by which a version lowers the supplier's tax again, after the rejection of the earlier version
    added tax. None if the version is not filed: only a filed form changes the tax (R-113)."""
    return added_by_rejection(version) if version.filing == Filing.FILED.value else None
