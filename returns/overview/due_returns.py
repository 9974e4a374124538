"""The returns that taxpayers must still file, for many taxpayers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Due, Form
from returns import own_gstr1
from returns.models import Gstr3b, OutwardReturn


@dataclass(frozen=True, slots=True)
class DueReturn:
    """A return that is not filed. `period` is a tax period of the taxpayer, or a month for GSTR-5, GSTR-6 and
    IFF."""

    form: Form
    period: TaxPeriod
    due: Due

    def is_late(self, today: date) -> bool:
        return today > self.due.on


@dataclass(frozen=True, slots=True)
class Returns:
    """A taxpayer's returns. `open` has the returns to file, earliest due date first. `filed` is true if a
    GSTR-3B was filed here."""

    open: tuple[DueReturn, ...] = ()
    filed: bool = False


def returns_of(taxpayers: Collection[Taxpayer], today: date, dates: Calendar) -> dict[int, Returns]:
    """Return the returns of each taxpayer, by taxpayer id. Three queries, however many taxpayers there are.

    GSTR-1 of the running period and GSTR-3B of the open period are always in the list, unless they are filed.
    IFF is voluntary, so it is in the list only if the taxpayer has saved documents in it."""
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
    saved: dict[int, set[int]] = defaultdict(set)
    in_iff = Record.objects.filter(supplier_id__in=ids, filing="S", form=Form.IFF.value)
    for owner, period in in_iff.order_by().values_list("supplier_id", "tax_period").distinct():
        saved[owner].add(period)
    return {
        one.pk: Returns(
            tuple(
                sorted(
                    (
                        *_supplies(one, today, dates, filed[one.pk], done[one.pk], saved[one.pk]),
                        *_gstr3b(one, today, dates),
                    ),
                    key=lambda each: (each.due.on, each.form.value),
                )
            ),
            bool(filed[one.pk]),
        )
        for one in taxpayers
    }


def _supplies(
    taxpayer: Taxpayer,
    today: date,
    dates: Calendar,
    filed_3b: Iterable[int],
    done: set[tuple[str, int]],
    saved_iff: Iterable[int],
) -> list[DueReturn]:
    wanted: list[tuple[Form, int]] = []
    if gates.gstr1_comes_first(taxpayer.registration):
        quarterly = taxpayer.files is Frequency.QUARTERLY
        running = taxpayer.files.period_of(TaxPeriod.of(today)).number
        required = own_gstr1.required(taxpayer, today, filed_3b) | {max(running, taxpayer.open_period)}
        wanted += [(Form.GSTR1, n) for n in required]
        wanted += [(Form.IFF, n) for n in saved_iff if quarterly]
    else:
        # a registration without IMS files no GSTR-3B here, so its open period is its first period here
        months = _months(taxpayer.opens, today)
        wanted += [(form, month.number) for form in gates.forms_of(taxpayer.registration) for month in months]
    open_periods = [(form, TaxPeriod.from_number(n)) for form, n in wanted if (form.value, n) not in done]
    return [
        DueReturn(form, one, dates.window(one, form=form, frequency=taxpayer.files, seat=taxpayer.seat))
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
