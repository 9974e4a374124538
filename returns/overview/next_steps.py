"""The next steps of a taxpayer, most urgent first. Each step has a number of records, their ITC, and one link
to the page for the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.models import RecipientDesk, Taxpayer
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Due, Form, cutoff
from returns import own_gstr1
from returns.overview.desk import Desk, Sum

# The page shows a step for a time limit only in the last NEAR_LIMIT_DAYS days before the limit.
NEAR_LIMIT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One task of the taxpayer. `tax` is in paise. If `posts` is true, the button submits a form. If `stop`
    is true, the page marks the step as urgent."""

    title: str
    why: str
    url: str
    link: str
    count: int | None = None
    tax: int | None = None
    posts: bool = False
    stop: bool = False


def records_url(taxpayer: Taxpayer, **filters: str) -> str:
    """Return the address of the record list with these filters: status, filing (S or F), lands, edited.
    Return an empty text if there is no record list in this installation."""
    try:
        base = reverse("records", args=[taxpayer.gstin, "all"])
    except NoReverseMatch:
        return ""
    return f"{base}?{urlencode(filters)}" if filters else base


def period_name(taxpayer: Taxpayer, period: TaxPeriod | None = None) -> str:
    """Return the name of a tax period of the taxpayer; without `period`, of the open period."""
    period = period or taxpayer.opens
    return period.quarter_label if taxpayer.files is Frequency.QUARTERLY else period.label


def steps(
    taxpayer: Taxpayer,
    found: Desk,
    desk: RecipientDesk | None,
    *,
    today: date,
    dates: Calendar,
    annual_returns: Mapping[int, date],
) -> list[Step]:
    """Return the taxpayer's steps, most urgent first. `annual_returns` maps the first calendar year of a
    financial year to the day on which the taxpayer furnished the annual return."""
    period, gstin = taxpayer.opens, taxpayer.gstin
    due = dates.gstr3b(period, frequency=taxpayer.files, seat=taxpayer.seat)
    name = period_name(taxpayer)
    shown: list[Step] = []
    drafted = desk is not None and desk.statement_version > 0
    if desk is not None and desk.is_stale:
        shown.append(
            Step(
                _("Recompute the GSTR-2B draft"),
                ngettext(
                    "%(n)s change was saved after draft %(d)s. GSTR-3B is due on %(day)s.",
                    "%(n)s changes were saved after draft %(d)s. GSTR-3B is due on %(day)s.",
                    desk.changes,
                )
                % {"n": desk.changes, "d": desk.statement_version, "day": _due_day(due)},
                reverse("compute", args=[gstin, period.wire]),
                _("Recompute"),
                posts=True,
                stop=True,
            )
        )
    if (
        not drafted
        and gates.generate(period, frequency=taxpayer.files, open_period=period, today=today, calendar=dates)
        is None
    ):
        shown.append(
            Step(
                _("Generate GSTR-2B for %(period)s") % {"period": name},
                _("The drafting date has passed and GSTR-3B of the previous period is filed."),
                reverse("compute", args=[gstin, period.wire]),
                _("Generate"),
                posts=True,
                stop=True,
            )
        )
    own = _own_gstr1(taxpayer, today, dates)
    if own is not None and own.stop:
        shown.append(own)
    ready = drafted and not (desk is not None and desk.is_stale)
    overdue = ready and today > due.on
    if overdue:
        shown.append(_file(taxpayer, name, due, overdue=True))
    shown += _decide(taxpayer, found)
    shown += _limits(taxpayer, found, today, dates, annual_returns)
    if found.not_filed.count:
        shown.append(
            _step(
                _("Remind suppliers who saved documents but did not file"),
                _("You get no credit until the suppliers file."),
                records_url(taxpayer, filing="S"),
                found.not_filed,
                link=_("See list"),
            )
        )
    if own is not None and not own.stop:
        shown.append(own)
    if ready and not overdue:
        shown.append(_file(taxpayer, name, due, overdue=False))
    return shown


def _own_gstr1(taxpayer: Taxpayer, today: date, dates: Calendar) -> Step | None:
    """Return the step for the earliest GSTR-1 that the taxpayer has not filed, or None (R-101). The step is
    urgent after the due date."""
    periods = own_gstr1.missing(taxpayer, today)
    if not periods:
        return None
    first = periods[0]
    dues = [
        dates.window(period, form=Form.GSTR1, frequency=taxpayer.files, seat=taxpayer.seat)
        for period in periods
    ]
    due, later = dues[0], sum(today > one.on for one in dues[1:])
    late = today > due.on
    if first < taxpayer.opens:
        why = _("GSTR-1 was due on %(day)s. GSTR-3B of the period is filed, but GSTR-1 is still missing.")
    elif late:
        why = _("GSTR-1 was due on %(day)s. File it before GSTR-3B (section 39(10)).")
    else:
        why = _("GSTR-1 is due on %(day)s. File it before GSTR-3B (section 39(10)).")
    why %= {"day": _due_day(due)}
    if later:
        more = ngettext(
            "GSTR-1 of %(n)s later period is overdue too.",
            "GSTR-1 of %(n)s later periods are overdue too.",
            later,
        )
        why = f"{why} {more % {'n': later}}"
    return Step(
        _("File GSTR-1 for %(period)s") % {"period": period_name(taxpayer, first)},
        why,
        reverse("gstr1", args=[taxpayer.gstin, first.wire]),
        _("Open it"),
        stop=late,
    )


def _decide(taxpayer: Taxpayer, found: Desk) -> list[Step]:
    shown = []
    undecided = found.undecided
    if undecided.count:
        shown.append(
            _step(
                _("Decide records still at No action"),
                _("Records without an action count as accepted."),
                records_url(taxpayer, status="N", lands="this", **found.list_filters),
                undecided,
            )
        )
    if found.edited.count:
        shown.append(
            _step(
                _("Look again at records that suppliers changed"),
                _("The supplier's edit cleared your earlier action."),
                records_url(taxpayer, edited="1", **found.list_filters),
                found.edited,
            )
        )
    return shown


def _limits(
    taxpayer: Taxpayer, found: Desk, today: date, dates: Calendar, annual_returns: Mapping[int, date]
) -> list[Step]:
    """Return steps for pending records that must be decided within `NEAR_LIMIT_DAYS` (R-063, R-064)."""
    limits: list[tuple[date, Step]] = []
    for last, total in found.pending_by_deadline(taxpayer, dates).items():
        if 0 <= (last - today).days <= NEAR_LIMIT_DAYS:
            step = _step(
                _("Decide pending records that can be pending for one period only"),
                _("After %(day)s these records return to No action and count as accepted.")
                % {"day": _day(last)},
                records_url(taxpayer, status="P", **found.list_filters),
                total,
            )
            limits.append((last, step))
    at_cutoff = (
        (
            found.purged_by_year(),
            _("Decide pending records of FY %(year)s"),
            _("After %(day)s these records leave IMS and their credit is lost (section 16(4))."),
        ),
        (
            found.reverting_by_year(),
            _("Decide pending records of FY %(year)s that lower ITC"),
            _("After %(day)s these records return to No action and count as accepted (section 16(4))."),
        ),
    )
    for by_year, title, why in at_cutoff:
        for year, total in by_year.items():
            last = _cutoff(year, annual_returns)
            if 0 <= (last - today).days <= NEAR_LIMIT_DAYS:
                step = _step(
                    title % {"year": year.label},
                    why % {"day": _day(last)},
                    records_url(taxpayer, status="P", **found.list_filters),
                    total,
                )
                limits.append((last, step))
    return [step for _last, step in sorted(limits, key=lambda pair: pair[0])]


def _cutoff(year: FinancialYear, annual_returns: Mapping[int, date]) -> date:
    return cutoff(year, annual_returns.get(year.start))


def _file(taxpayer: Taxpayer, name: str, due: Due, *, overdue: bool) -> Step:
    why = (
        _("GSTR-3B was due on %(day)s. The next GSTR-2B is made only after you file this GSTR-3B.")
        if overdue
        else _("GSTR-3B is due on %(day)s. When you file, decided records leave IMS.")
    )
    return Step(
        _("File GSTR-3B for %(period)s") % {"period": name},
        why % {"day": _due_day(due)},
        reverse("gstr3b", args=[taxpayer.gstin, taxpayer.opens.wire]),
        _("Review"),
        stop=overdue,
    )


def _step(title: str, why: str, url: str, total: Sum, link: str = "") -> Step:
    return Step(title, why, url, link or _("Review"), total.count, total.tax.total)


def _due_day(due: Due) -> str:
    """Return a due date in words, with the notification that extended the date."""
    day = _day(due.on)
    return _("%(day)s (extended by %(source)s)") % {"day": day, "source": due.source} if due.source else day


def _day(day: date) -> str:
    return format_date(day, "j M Y")
