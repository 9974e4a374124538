"""Queries on a supplier's forms: status, tables, sums and the recipients' actions.

All queries select by supplier. The number of queries is the same for a form of any size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, RecipientDesk, Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates, lapsing
from invoices.rules.attribution import filed_month
from invoices.rules.calendar import Calendar, Due, Form
from invoices.rules.situation import Filing, Kind, Route
from returns import own_gstr1
from returns.models import Gstr3b, OutwardReturn
from returns.outward import save_and_file as outward
from returns.outward.open_forms import GSTR1_FORMS, OpenForms

NOT_ACTIONABLE = "L"
DEEMED = "D"
AnyRecord = Record | ArchivedRecord


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a supplier's form. The documents of the table are sent to recipients through IMS. `numbers`
    are the table's numbers in GSTR-1, and are empty in forms without these numbers."""

    slug: str
    numbers: str
    label: str
    kinds: tuple[Kind, ...]
    amended: bool

    @property
    def title(self) -> str:
        return f"{self.numbers} – {_(self.label)}" if self.numbers else _(self.label)

    @property
    def filters(self) -> Q:
        return Q(kind__in=[kind.value for kind in self.kinds], amends_id__isnull=not self.amended)


NOTES = (Kind.CREDIT_NOTE, Kind.DEBIT_NOTE)
TABLES = (
    Table("b2b", "4A, 4B, 6B, 6C", gettext_noop("B2B, SEZ, deemed exports"), (Kind.INVOICE,), False),
    Table("b2ba", "9A", gettext_noop("Amended B2B"), (Kind.INVOICE,), True),
    Table("notes", "9B", gettext_noop("Credit and debit notes"), NOTES, False),
    Table("notesa", "9C", gettext_noop("Amended notes"), NOTES, True),
    Table("eco", "15", gettext_noop("Supplies under section 9(5)"), (Kind.ECO,), False),
    Table("ecoa", "15A", gettext_noop("Amended section 9(5)"), (Kind.ECO,), True),
)
OTHER_TABLES = (
    Table("b2b", "", gettext_noop("Invoices"), (Kind.INVOICE,), False),
    Table("b2ba", "", gettext_noop("Amended invoices"), (Kind.INVOICE,), True),
    Table("notes", "", gettext_noop("Credit and debit notes"), NOTES, False),
    Table("notesa", "", gettext_noop("Amended notes"), NOTES, True),
)


def tables_of(form: Form) -> tuple[Table, ...]:
    return TABLES if form in GSTR1_FORMS else OTHER_TABLES


def table_of(form: Form, kind: str, *, amended: bool) -> Table:
    """Return the table that contains documents of this kind: the table of originals, or with `amended` the
    table of amendments."""
    return next(t for t in tables_of(form) if Kind(kind) in t.kinds and t.amended == amended)


@dataclass(slots=True)
class FormStatus:
    """The status of a form of one period. `closed` is a sentence that says why the form cannot be used now,
    or None if the form is open."""

    form: Form
    period: TaxPeriod
    filed: OutwardReturn | None
    count: int
    due: date | None
    closed: str | None
    saved_at: datetime | None = None
    # true if GSTR-3B of the period is filed
    after_3b: bool = False
    extended_by: str = ""  # the notification that extended the due date
    # the sentence about documents of the form that can no longer be filed, or an empty text
    lapsed: str = ""
    # true if the form was filed outside this portal: it is empty and older than the supplier's first period here
    elsewhere: bool = False

    @property
    def closed_code(self) -> str:
        """Return the code of `closed` in the message catalogue, or an empty text if `closed` has no code."""
        if not self.closed or self.filed:
            return ""
        if self.form is Form.IFF and self.closed == gates.IFF_ELSEWHERE:
            return "IFF-NA"
        return "R1A-CLOSED" if self.form is Form.GSTR1A and self.after_3b else ""

    @property
    def word(self) -> str:
        if self.filed:
            return _("Filed")
        if self.lapsed:
            return _("Can no longer be filed")
        return _("Saved, not filed") if self.count else _("Not started")

    @property
    def tone(self) -> str:
        return "L" if self.filed or self.lapsed else "P" if self.count else "N"

    @property
    def days_left(self) -> int | None:
        return None if self.filed or self.elsewhere or self.due is None else (self.due - clock.today()).days


def status(supplier: Taxpayer, form: Form, period: TaxPeriod) -> FormStatus:
    """Return the status of a form. Raises `Refused` (BAD_PERIOD) for a period that the form does not have."""
    closed = outward.why_closed(supplier, form, period)
    own = mine(supplier, form, period)
    live = Record.objects.filter(own).aggregate(
        n=Count("pk"), at=Max("saved_at"), lapsed=Count("pk", filter=Q(filing=Filing.LAPSED.value))
    )
    archived = gone(own).count()
    filed = OutwardReturn.objects.filter(
        supplier=supplier, form=form.value, period=period.number
    ).select_related("filed_by")
    due = due_of(supplier, form, period)
    done, count = filed.first(), live["n"] + archived
    after_3b = supplier.opens > period
    empty = after_3b and done is None and not count
    return FormStatus(
        form=form,
        period=period,
        filed=done,
        count=count,
        due=due.on,
        extended_by=due.source,
        closed=closed,
        saved_at=live["at"],
        after_3b=after_3b,
        elsewhere=empty and supplier.files.period_of(period) < own_gstr1.first_here(supplier),
        lapsed=lapsing.what_to_do(form, period) if live["lapsed"] else "",
    )


def left_in_iff(supplier: Taxpayer, form: Form, period: TaxPeriod) -> list[tuple[TaxPeriod, int]]:
    """Return the months of the quarter whose IFF has saved documents, with their number, if the form is GSTR-1
    of the quarter. After GSTR-1 is filed, these documents can never be filed (R-075)."""
    ended = lapsing.ended_by(form, period)
    if ended is None or ended.form is not Form.IFF or ended.first is None:
        return []
    saved = Record.objects.filter(supplier_id=supplier.pk, form=Form.IFF.value, filing=Filing.SAVED.value)
    months = saved.filter(tax_period__range=(ended.first.number, ended.last.number)).order_by("tax_period")
    return [
        (TaxPeriod.from_number(month), count)
        for month, count in months.values_list("tax_period").annotate(n=Count("pk"))
    ]


def due_of(supplier: Taxpayer, form: Form, period: TaxPeriod, dates: Calendar | None = None) -> Due:
    """Return the last day for filing the form. For GSTR-1A this is the due date of the period's GSTR-3B,
    because a supplier can file GSTR-1A until GSTR-3B is filed. Without `dates`, one query."""
    dates = dates or calendar()
    if form is Form.GSTR1A:
        return dates.gstr3b(period, frequency=supplier.files, seat=supplier.seat)
    return dates.window(period, form=form, frequency=supplier.files, seat=supplier.seat)


def mine(supplier: Taxpayer, form: Form, period: TaxPeriod) -> Q:
    """Return the condition that selects the rows of one form, live or archived."""
    return Q(supplier_id=supplier.pk, form=form.value, tax_period=period.number)


def gone(own: Q) -> QuerySet[ArchivedRecord]:
    """Return the archived documents that meet the condition `own`. Documents that the supplier deleted are
    left out."""
    return ArchivedRecord.objects.filter(own).exclude(why=ArchivedRecord.Why.DELETED)


@dataclass(slots=True)
class TableSum:
    """The sums of one table. Credit notes are subtracted from the amounts. `actions` has the number of
    documents by status: N, A, R, P, and L (not in IMS)."""

    table: Table
    count: int = 0
    taxable: int = 0
    tax: TaxAmounts = field(default_factory=TaxAmounts)
    actions: dict[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        return self.actions.get("R", 0)

    @property
    def pending(self) -> int:
        return self.actions.get("P", 0)

    @property
    def accepted(self) -> int:
        return self.actions.get("A", 0)


def table_sums(supplier: Taxpayer, form: Form, period: TaxPeriod) -> list[TableSum]:
    """Return every table of the form with its sums. Needs two queries."""
    sums = {table.slug: TableSum(table) for table in tables_of(form)}
    own = mine(supplier, form, period)
    for rows, action in ((Record.objects.filter(own), "decision__action"), (gone(own), "action")):
        grouped = rows.order_by().values(
            "kind",
            amended=_flag(amends_id__isnull=False),
            did=Case(
                When(route=Route.IMS.value, then=F(action)), default=Value("L"), output_field=CharField()
            ),
        )
        for row in grouped.annotate(
            n=Count("pk"), s_taxable=Sum("taxable"), **{f"s_{h}": Sum(h) for h in HEADS}
        ):
            _add(sums[table_of(form, row["kind"], amended=bool(row["amended"])).slug], dict(row))
    return list(sums.values())


def _flag(**condition: Any) -> Case:
    return Case(When(then=Value(True), **condition), default=Value(False), output_field=BooleanField())


def _add(total: TableSum, row: dict[str, Any]) -> None:
    sign = Kind(row["kind"]).sign
    total.count += row["n"]
    total.taxable += sign * int(row["s_taxable"])
    total.tax += TaxAmounts(*(int(row[f"s_{h}"]) for h in HEADS)).scaled(sign)
    total.actions[row["did"]] = total.actions.get(row["did"], 0) + row["n"]


def amend_form(supplier: Taxpayer, form: Form, period: TaxPeriod) -> tuple[Form, TaxPeriod] | None:
    """Return the form and period in which the supplier can now amend a document that was filed in `form` of
    `period` (R-043, R-044). The result is GSTR-1A of the document's period if GSTR-1A is open, and otherwise
    the supplier's next form. Return None if the registration no longer has the form `form`."""
    return OpenForms(supplier).for_amendment(form, period)


def forms_in(supplier: Taxpayer, period: TaxPeriod) -> list[Form]:
    """Return the forms that the supplier can file for a month."""
    found = []
    for form in gates.forms_of(supplier.registration):
        if form is Form.IFF and (supplier.files.is_period(period)):
            continue
        if gates.is_form_period(form, period, supplier.files):
            found.append(form)
    return found


def statuses(supplier: Taxpayer, period: TaxPeriod) -> list[FormStatus]:
    """Return the status of every form of the month, for the returns dashboard."""
    found = []
    for form in forms_in(supplier, period):
        try:
            found.append(status(supplier, form, period))
        except Refused:
            continue
    return found


def recipient_count(supplier: Taxpayer, form: Form, period: TaxPeriod) -> int:
    """Return the number of different recipients of the form's documents."""
    own = mine(supplier, form, period)
    ids = set(Record.objects.filter(own).values_list("recipient_id", flat=True).distinct())
    return len(ids | set(gone(own).values_list("recipient_id", flat=True).distinct()))


def lands_in(supplier: Taxpayer, form: Form, period: TaxPeriod, on: date | None = None) -> TaxPeriod:
    """Return the month whose GSTR-2B gets the form's documents if the form is filed on the day `on` (default:
    today)."""
    return filed_month(
        calendar(),
        form,
        on or clock.today(),
        form_month=period,
        frequency=supplier.files,
        seat=supplier.seat,
    )


@dataclass(frozen=True, slots=True)
class Inward:
    """The state of GSTR-2B and GSTR-3B of a period, for the returns dashboard."""

    period: TaxPeriod
    statement: Statement | None
    is_stale: bool
    draft: Due
    filed: Gstr3b | None
    due: Due
    gstr1_missing: bool  # the taxpayer's own GSTR-1, which comes before GSTR-3B


def inward(taxpayer: Taxpayer, period: TaxPeriod) -> Inward:
    """Return the state of GSTR-2B and GSTR-3B of a period. `period` must be a period of the taxpayer: a
    quarter's last month for quarterly filers."""
    own = {"recipient": taxpayer, "period": period.number}
    dates = calendar()
    desk = RecipientDesk.objects.filter(**own).first()
    return Inward(
        period=period,
        statement=Statement.objects.filter(**own, is_current=True).first(),
        is_stale=desk is not None and desk.is_stale,
        draft=dates.draft(period),
        filed=Gstr3b.objects.filter(**own).first(),
        gstr1_missing=own_gstr1.is_missing(taxpayer, period),
        due=dates.gstr3b(period, frequency=taxpayer.files, seat=taxpayer.seat),
    )
