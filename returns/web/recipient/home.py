"""Home of a taxpayer: today's tasks, the state of the period, and the coming dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.models import AnnualReturn, RecipientDesk, Record, Taxpayer
from invoices.people.access import Access, for_taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Due, Form, cutoff, years_past_cutoff
from invoices.web.register import exposures
from returns import own_gstr1
from returns.models import OutwardReturn
from returns.outward import queries
from returns.overview import desk as queries_desk
from returns.overview import outward_steps
from returns.overview.next_steps import steps
from returns.overview.step import in_order, period_name
from returns.web.recipient.charts import by_status
from returns.web.recipient.pages import link

PERIODS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ComingDate:
    day: date
    what: str
    left: int
    duty: bool = True
    source: str = ""  # the notification that extended the date

    @property
    def tone(self) -> str:
        if not self.duty:
            return ""
        return "R" if self.left <= 2 else "P" if self.left <= 7 else ""


@dataclass(frozen=True, slots=True)
class FormCard:
    """A supplier's form of one period: filed, saved, or empty."""

    form: Form
    label: str
    url: str
    due: Due
    filed: OutwardReturn | None
    saved: int
    late: bool


@for_taxpayer()
def home(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the home page. People who act on received documents see the recipient's side. People who enter
    supplies see the supplier's side."""
    taxpayer, today, dates = access.taxpayer, clock.today(), calendar()
    as_recipient = access.as_recipient
    context: dict[str, Any] = {
        "access": access,
        "as_recipient": as_recipient,
        "cards": _cards(taxpayer, today, dates) if access.can_supply or not as_recipient else [],
        "rejected": Record.objects.filter(supplier_id=taxpayer.pk, decision__action="R").count()
        if access.can_supply
        else 0,
        "name": period_name(taxpayer),
        "returns_url": link("returns", taxpayer.gstin),
        "crumbs": [{"label": _("Home"), "url": ""}],
    }
    if as_recipient:
        context |= _recipient(access, today, dates)
    else:
        context["steps"] = in_order(outward_steps.of(access, today, dates), access)
    return render(request, "returns/recipient/home.html", context)


def _recipient(access: Access, today: date, dates: Calendar) -> dict[str, Any]:
    taxpayer = access.taxpayer
    found = queries_desk.desk(taxpayer, dates)
    desks = {
        d.period: d
        for d in RecipientDesk.objects.filter(recipient=taxpayer).order_by("-period")[: PERIODS_SHOWN + 1]
    }
    open_desk = desks.get(taxpayer.open_period)
    furnished = dict(AnnualReturn.objects.filter(taxpayer=taxpayer).values_list("year", "furnished_on"))
    todo = steps(access, found, open_desk, today=today, dates=dates, annual_returns=furnished)
    statuses = by_status(taxpayer, found)
    return {
        **exposures.of_desk(access, dates),
        "steps": todo,
        "desk": open_desk,
        "statuses": statuses,
        "any_record": any(row["count"] for row in statuses),
        "counts": {row["action"]: row["count"] for row in statuses},
        "window": dates.window(taxpayer.opens, form=Form.GSTR1, frequency=Frequency.MONTHLY),
        "quarterly_window": dates.window(
            taxpayer.opens,
            form=Form.GSTR1 if taxpayer.opens.is_quarter_end else Form.IFF,
            frequency=Frequency.QUARTERLY,
        ),
        "draft": dates.draft(taxpayer.opens),
        "due": dates.gstr3b(taxpayer.opens, frequency=taxpayer.files, seat=taxpayer.seat),
        "today": today,
        "dates": _coming(taxpayer, today, dates, furnished),
        "periods": _periods(taxpayer, desks),
        "period": taxpayer.opens,
    }


def _coming(taxpayer: Taxpayer, today: date, dates: Calendar, furnished: dict[int, date]) -> list[ComingDate]:
    period, month = taxpayer.opens, TaxPeriod.of(today)
    year = FinancialYear(years_past_cutoff(today).start + 1)
    found: list[tuple[Due, str, bool]] = [
        (
            dates.gstr3b(period, frequency=taxpayer.files, seat=taxpayer.seat),
            _("GSTR-3B for %(period)s") % {"period": period_name(taxpayer)},
            True,
        ),
        (
            Due(cutoff(year, furnished.get(year.start))),
            _("Section 16(4) limit, FY %(year)s") % {"year": year.label},
            True,
        ),
    ]
    for candidate in (month.offset(-1), month, month.offset(1)):
        own = taxpayer.files.period_of(candidate)
        name = own.quarter_label if taxpayer.files is Frequency.QUARTERLY else own.label
        found.append((dates.draft(own), _("GSTR-2B draft, %(period)s") % {"period": name}, False))
        if Form.GSTR1 in gates.forms_of(taxpayer.registration):
            due = dates.window(own, form=Form.GSTR1, frequency=taxpayer.files, seat=taxpayer.seat)
            found.append((due, _("GSTR-1 for %(period)s") % {"period": name}, True))
            if taxpayer.files is Frequency.QUARTERLY and not candidate.is_quarter_end:
                iff = dates.window(
                    candidate, form=Form.IFF, frequency=Frequency.QUARTERLY, seat=taxpayer.seat
                )
                found.append((iff, _("IFF for %(period)s, voluntary") % {"period": candidate.label}, True))
    # The portal drafts GSTR-2B at midnight, so the list leaves out a draft that is due today. The list
    # contains a return that is due today, because people can still file the return.
    ahead = sorted(
        {one for one in found if one[0].on > today or (one[0].on == today and one[2])},
        key=lambda one: (one[0].on, one[1]),
    )
    return [
        ComingDate(due.on, what, (due.on - today).days, duty, due.source) for due, what, duty in ahead[:5]
    ]


def _periods(taxpayer: Taxpayer, desks: dict[int, RecipientDesk]) -> list[dict[str, Any]]:
    """Return the taxpayer's latest periods for which the portal has data, newest first."""
    rows = []
    period = taxpayer.opens
    for _n in range(PERIODS_SHOWN):
        desk = desks.get(period.number)
        if desk is None and period != taxpayer.opens:
            break
        rows.append(
            {
                "period": period,
                "label": period.quarter_label
                if taxpayer.files is Frequency.QUARTERLY
                else period.short_label,
                "desk": desk,
                "drafted": desk is not None and desk.statement_version > 0,
                "stale": desk is not None and desk.is_stale,
                "filed": desk.filed_at if desk else None,
            }
        )
        period = taxpayer.files.previous(period)
    return rows


def _cards(supplier: Taxpayer, today: date, dates: Calendar) -> list[FormCard]:
    """Return a card for each form of this month and of the two months before. Filed forms have cards too. The
    function needs three queries. An earlier form of a period before the taxpayer's first period on this portal
    has a card only if the form is filed or has saved documents. The same is true of GSTR-1A, which nobody must
    file."""
    forms = gates.forms_of(supplier.registration)
    months = [TaxPeriod.of(today).offset(-n) for n in range(3)]
    filed = {
        (row.form, row.period): row
        for row in OutwardReturn.objects.filter(supplier=supplier, period__gte=months[-1].number)
    }
    saved = {
        (form, period): n
        for form, period, n in Record.objects.filter(supplier_id=supplier.pk, filing="S")
        .order_by()
        .values_list("form", "tax_period")
        .annotate(n=Count("pk"))
    }
    first = own_gstr1.first_here(supplier)
    shown: list[FormCard] = []
    for month in months:
        for form in forms:
            own = supplier.files.period_of(month) if form in (Form.GSTR1, Form.GSTR1A) else month
            if form is Form.IFF and (supplier.files is Frequency.MONTHLY or month.is_quarter_end):
                continue
            if any(card.form is form and card.url == _form_url(supplier, form, own) for card in shown):
                continue
            due = queries.due_of(supplier, form, own, dates)
            done = filed.get((form.value, own.number))
            waiting = saved.get((form.value, own.number), 0)
            before = month != months[0] and supplier.files.period_of(month) < first
            if (before or form is Form.GSTR1A) and done is None and not waiting:
                continue
            quarterly = supplier.files is Frequency.QUARTERLY and form in (Form.GSTR1, Form.GSTR1A)
            shown.append(
                FormCard(
                    form,
                    own.quarter_label if quarterly else own.short_label,
                    _form_url(supplier, form, own),
                    due,
                    done,
                    waiting,
                    done is None and today > due.on and (waiting > 0 or form is not Form.IFF),
                )
            )
    return shown


def _form_url(supplier: Taxpayer, form: Form, period: TaxPeriod) -> str:
    slug = form.value.lower().replace("-", "")
    return link(slug, supplier.gstin, period.wire) or reverse("home", args=[supplier.gstin])
