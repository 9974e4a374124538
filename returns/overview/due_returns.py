"""The returns that taxpayers must still file, for many taxpayers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Due, Form
from returns import own_gstr1
from returns.models import Gstr3b, OutwardReturn


@dataclass(frozen=True, slots=True)
class DueReturn:
    """A return that is not filed. `period` is a tax period of the taxpayer, or a month for GSTR-5, GSTR-6 and
    IFF. `documents` is the number of saved documents of an IFF."""

    form: Form
    period: TaxPeriod
    due: Due
    documents: int = 0

    def is_late(self, today: date) -> bool:
        return today > self.due.on and self.form is not Form.IFF

    def is_closed(self, today: date) -> bool:
        """True if the return can no longer be filed: an IFF after its last day."""
        return today > self.due.on and self.form is Form.IFF


@dataclass(frozen=True, slots=True)
class Returns:
    """A taxpayer's returns. `open` has the returns to file, earliest due date first. `closed` has each IFF that
    can no longer be filed and still has saved documents. `filed` is true if a GSTR-3B was filed here."""

    open: tuple[DueReturn, ...] = ()
    closed: tuple[DueReturn, ...] = ()
    filed: bool = False


def returns_of(taxpayers: Collection[Taxpayer], today: date, dates: Calendar) -> dict[int, Returns]:
    """Return the returns of each taxpayer, by taxpayer id. Three queries at most, however many taxpayers
    there are.

    GSTR-1 of the running period and GSTR-3B of the open period are always in the list, unless they are filed.
    IFF is voluntary, so it is in the list only if the taxpayer has saved documents in it. After its last day
    nobody can file it, so it is never late (R-075)."""
    ids = [one.pk for one in taxpayers]
    filed: dict[int, set[int]] = defaultdict(set)
    returns = Gstr3b.objects.filter(recipient_id__in=ids).order_by()
    for owner, period in returns.values_list("recipient_id", "period"):
        filed[owner].add(period)
    done: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for owner, form, period in (
        OutwardReturn.objects.filter(supplier_id__in=ids)
        .order_by()
        .values_list("supplier_id", "form", "period")
    ):
        done[owner].add((form, period))
    saved = _saved_in_iff(taxpayers)
    found = {}
    for one in taxpayers:
        wanted = (
            *_supplies(one, today, dates, filed[one.pk], done[one.pk], saved[one.pk]),
            *_gstr3b(one, today, dates),
        )
        in_order = sorted(wanted, key=lambda each: (each.due.on, each.form.value))
        found[one.pk] = Returns(
            tuple(each for each in in_order if not each.is_closed(today)),
            tuple(each for each in in_order if each.is_closed(today)),
            bool(filed[one.pk]),
        )
    return found


def _saved_in_iff(taxpayers: Collection[Taxpayer]) -> dict[int, dict[int, int]]:
    """Return the number of saved documents of each IFF, by taxpayer id and period. Only quarterly filers use
    IFF. One query, or none without a quarterly filer."""
    saved: dict[int, dict[int, int]] = defaultdict(dict)
    ids = [one.pk for one in taxpayers if one.files is Frequency.QUARTERLY]
    in_iff = Record.objects.filter(supplier_id__in=ids, filing="S", form=Form.IFF.value).order_by()
    for owner, period, n in in_iff.values_list("supplier_id", "tax_period").annotate(n=Count("pk")):
        saved[owner][period] = n
    return saved


def _supplies(
    taxpayer: Taxpayer,
    today: date,
    dates: Calendar,
    filed_3b: Iterable[int],
    done: set[tuple[str, int]],
    saved_iff: Mapping[int, int],
) -> list[DueReturn]:
    wanted: list[tuple[Form, int]] = []
    if gates.gstr1_comes_first(taxpayer.registration):
        running = taxpayer.files.period_of(TaxPeriod.of(today)).number
        required = own_gstr1.required(taxpayer, today, filed_3b) | {max(running, taxpayer.open_period)}
        wanted += [(Form.GSTR1, n) for n in required]
        wanted += [(Form.IFF, n) for n in saved_iff]
    else:
        # a registration without IMS files no GSTR-3B here, so its open period is its first period here
        months = _months(taxpayer.opens, today)
        wanted += [(form, month.number) for form in gates.forms_of(taxpayer.registration) for month in months]
    open_periods = [(form, TaxPeriod.from_number(n)) for form, n in wanted if (form.value, n) not in done]
    return [
        DueReturn(
            form,
            one,
            dates.window(one, form=form, frequency=taxpayer.files, seat=taxpayer.seat),
            saved_iff.get(one.number, 0) if form is Form.IFF else 0,
        )
        for form, one in open_periods
    ]


def _months(first: TaxPeriod, today: date) -> list[TaxPeriod]:
    """Return the months from `first` to the month of `today`."""
    months = [first]
    while months[-1].first_day <= today:
        months.append(months[-1].offset(1))
    return months[:-1]


def _gstr3b(taxpayer: Taxpayer, today: date, dates: Calendar) -> list[DueReturn]:
    if not taxpayer.registration.has_ims:
        return []
    files, period = taxpayer.files, taxpayer.opens
    periods = [period]
    while (period := files.next(period)).last_day < today:
        periods.append(period)
    return [
        DueReturn(Form.GSTR3B, one, dates.gstr3b(one, frequency=files, seat=taxpayer.seat)) for one in periods
    ]
