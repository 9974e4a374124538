"""The next steps of a taxpayer, most urgent first. Each step has a number of records, their ITC, and one link
to the page for the step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel.money import format_count
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.models import RecipientDesk, Taxpayer
from invoices.queries import draft_changes
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Due, Form, cutoff
from returns import own_gstr1
from returns.overview.desk import Desk, Sum

# The page shows a step for a time limit only in the last NEAR_LIMIT_DAYS days before the limit.
NEAR_LIMIT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One task of the taxpayer. `tax` is in paise. If `posts` is true, the button submits a form. If `stop`
    is true, the page marks the step as urgent. `until` is the last legal day for the step, or None if no date
    of the law limits the step. `if_accepted` is true if `tax` is the ITC that the records would bring if the
    recipient accepted them."""

    title: str
    why: str
    url: str
    link: str
    count: int | None = None
    tax: int | None = None
    posts: bool = False
    stop: bool = False
    until: date | None = None
    if_accepted: bool = False


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
    """Return the taxpayer's steps, most urgent first: the urgent steps, then the steps with a legal date by
    this date, then the steps without a legal date. `annual_returns` maps the first calendar year of a financial
    year to the day on which the taxpayer furnished the annual return."""
    period, gstin = taxpayer.opens, taxpayer.gstin
    due = dates.gstr3b(period, frequency=taxpayer.files, seat=taxpayer.seat)
    name = period_name(taxpayer)
    shown: list[Step] = []
    drafted = desk is not None and desk.statement_version > 0
    if desk is not None and desk.is_stale:
        shown.append(_recompute(taxpayer, desk, due))
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
                until=due.on,
            )
        )
    own = _own_gstr1(taxpayer, today, dates)
    if own is not None:
        shown.append(own)
    shown += _limits(taxpayer, found, today, dates, annual_returns)
    shown += _decide(taxpayer, found, due)
    if drafted and not (desk is not None and desk.is_stale):
        shown.append(_file(taxpayer, name, due, overdue=today > due.on))
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
    # `sorted` keeps the order of steps with the same date: a person decides records before filing GSTR-3B
    return sorted(shown, key=lambda step: (not step.stop, not step.stop and (step.until or date.max)))


def _recompute(taxpayer: Taxpayer, desk: RecipientDesk, due: Due) -> Step:
    differ = draft_changes.records_that_differ(desk)
    why = (
        ngettext(
            "%(n)s record differs from draft %(d)s. GSTR-3B is due on %(day)s.",
            "%(n)s records differ from draft %(d)s. GSTR-3B is due on %(day)s.",
            differ,
        )
        if differ
        else _("The actions after draft %(d)s were undone. GSTR-3B is due on %(day)s.")
    )
    return Step(
        _("Recompute the GSTR-2B draft"),
        why % {"n": format_count(differ), "d": desk.statement_version, "day": _due_day(due)},
        reverse("compute", args=[taxpayer.gstin, taxpayer.opens.wire]),
        _("Recompute"),
        posts=True,
        stop=True,
        until=due.on,
    )


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
        until=due.on,
    )


def _decide(taxpayer: Taxpayer, found: Desk, due: Due) -> list[Step]:
    """Return the steps for records that the recipient can decide until GSTR-3B is filed."""
    shown = []
    undecided = found.undecided
    if undecided.count:
        shown.append(
            _step(
                _("Decide records still at No action"),
                _("Records without an action count as accepted."),
                records_url(taxpayer, status="N", lands="this", **found.list_filters),
                undecided,
                until=due.on,
            )
        )
    if found.edited.count:
        shown.append(
            _step(
                _("Look again at records that suppliers changed"),
                _("The supplier's edit cleared your earlier action."),
                records_url(taxpayer, edited="1", **found.list_filters),
                found.edited,
                until=due.on,
            )
        )
    return shown


def _limits(
    taxpayer: Taxpayer, found: Desk, today: date, dates: Calendar, annual_returns: Mapping[int, date]
) -> list[Step]:
    """Return a step for each day within `NEAR_LIMIT_DAYS` on which pending records reach their last day (R-063,
    R-064)."""
    limits: dict[date, list[Limit]] = defaultdict(list)
    for last, total in found.pending_by_deadline(taxpayer, dates).items():
        limits[last].append(
            Limit(
                _("Decide pending records that can be pending for one period only"),
                _("After %(day)s these records return to No action and count as accepted."),
                total,
            )
        )
    lost, back = found.purged_by_year(), found.reverting_by_year()
    for year in {**lost, **back}:
        last = _cutoff(year, annual_returns)
        if year in lost:
            limits[last].append(
                Limit(
                    _("Decide pending records of FY %(year)s") % {"year": year.label},
                    _("After %(day)s these records leave IMS and their credit is lost (section 16(4))."),
                    lost[year],
                )
            )
        if year in back:
            limits[last].append(
                Limit(
                    _("Decide pending records of FY %(year)s that lower ITC") % {"year": year.label},
                    _(
                        "After %(day)s these records return to No action and count as accepted "
                        "(section 16(4))."
                    ),
                    back[year],
                )
            )
    shown = []
    for last, here in sorted(limits.items()):
        left = (last - today).days
        if 0 <= left <= NEAR_LIMIT_DAYS:
            shown.append(_limit(taxpayer, last, left, here))
    return shown


@dataclass(frozen=True, slots=True)
class Limit:
    """Pending records whose last day is the same, and the consequence of this day. `why` has a place for the
    day."""

    title: str
    why: str
    total: Sum


def _limit(taxpayer: Taxpayer, last: date, left: int, here: list[Limit]) -> Step:
    """Return the step for the pending records whose last day is `last`, in `left` days. The step's list shows
    exactly these records."""
    total = Sum()
    for one in here:
        total.count += one.total.count
        total.tax += one.total.tax
    day = {"day": _day(last)}
    if len(here) == 1:
        title, why = here[0].title, here[0].why % day
    else:
        title = _("Decide pending records until %(day)s") % day
        why = " ".join(f"{format_count(one.total.count)}: {one.why % day}" for one in here)
    url = records_url(taxpayer, status="P", ends=f"{left}-{left}" if left else "0")
    return replace(_step(title, why, url, total, until=last), if_accepted=True)


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
        until=due.on,
    )


def _step(title: str, why: str, url: str, total: Sum, link: str = "", until: date | None = None) -> Step:
    return Step(title, why, url, link or _("Review"), total.count, total.tax.total, until=until)


def _due_day(due: Due) -> str:
    """Return a due date in words, with the notification that extended the date."""
    day = _day(due.on)
    return _("%(day)s (extended by %(source)s)") % {"day": day, "source": due.source} if due.source else day


def _day(day: date) -> str:
    return format_date(day, "j M Y")
