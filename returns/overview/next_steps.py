"""The next steps of a taxpayer, most urgent first. Each step has a number of records, their ITC, and one link
to the page for the step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel.money import format_count
from ims_portal.kernel.periods import FinancialYear
from invoices.models import RecipientDesk, Taxpayer
from invoices.people.access import ACT, FILE, Access
from invoices.queries import draft_changes
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Due, cutoff
from returns.overview import outward_steps
from returns.overview.desk import Desk, Sum
from returns.overview.step import Step, day_name, due_day, in_order, period_name

# The page shows a step for a time limit only in the last NEAR_LIMIT_DAYS days before the limit.
NEAR_LIMIT_DAYS = 60


def records_url(taxpayer: Taxpayer, **filters: str) -> str:
    """Return the address of the record list with these filters: status, filing (S or F), lands, edited.
    Return an empty text if there is no record list in this installation."""
    try:
        base = reverse("records", args=[taxpayer.gstin, "all"])
    except NoReverseMatch:
        return ""
    return f"{base}?{urlencode(filters)}" if filters else base


def steps(
    access: Access,
    found: Desk,
    desk: RecipientDesk | None,
    *,
    today: date,
    dates: Calendar,
    annual_returns: Mapping[int, date],
) -> list[Step]:
    """Return the taxpayer's steps in the words for this person, most urgent first (`in_order`).
    `annual_returns` maps the first calendar year of a financial year to the day on which the taxpayer
    furnished the annual return."""
    taxpayer = access.taxpayer
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
                needs=ACT,
                told=_("GSTR-2B for %(period)s is not generated; a preparer or a signatory generates it")
                % {"period": name},
            )
        )
    shown += outward_steps.of(access, today, dates)
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
                told=_("Suppliers saved documents but did not file; a preparer or a signatory reminds them"),
            )
        )
    # steps with the same date keep their order: a person decides records before filing GSTR-3B
    return in_order(shown, access)


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
        why % {"n": format_count(differ), "d": desk.statement_version, "day": due_day(due)},
        reverse("compute", args=[taxpayer.gstin, taxpayer.opens.wire]),
        _("Recompute"),
        posts=True,
        stop=True,
        until=due.on,
        needs=ACT,
        told=_("The GSTR-2B draft is out of date; a preparer or a signatory recomputes it"),
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
                told=_("Records still at No action; a preparer or a signatory decides them"),
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
                told=_("Records that suppliers changed; a preparer or a signatory looks at them again"),
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
    lost, back, gone = found.purged_by_year(), found.reverting_by_year(), found.purged_without_credit()
    for year in {**lost, **back, **gone}:
        last = _cutoff(year, annual_returns)
        if year in gone:
            limits[last].append(
                Limit(
                    _("Pending records of FY %(year)s without credit") % {"year": year.label},
                    _(
                        "Their credit is already lost: the last GSTR-2B that could give it is filed. "
                        "After %(day)s these records leave IMS (section 16(4))."
                    ),
                    gone[year],
                )
            )
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
    day = {"day": day_name(last)}
    if len(here) == 1:
        title, why = here[0].title, here[0].why % day
    else:
        title = _("Decide pending records until %(day)s") % day
        why = " ".join(f"{format_count(one.total.count)}: {one.why % day}" for one in here)
    url = records_url(taxpayer, status="P", ends=f"{left}-{left}" if left else "0")
    told = _("Pending records until %(day)s; a preparer or a signatory decides them") % day
    return replace(_step(title, why, url, total, until=last, told=told), if_accepted=True)


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
        why % {"day": due_day(due)},
        reverse("gstr3b", args=[taxpayer.gstin, taxpayer.opens.wire]),
        _("Review"),
        stop=overdue,
        until=due.on,
        needs=FILE,
        told=(
            _("GSTR-3B of %(period)s is late; a signatory files it")
            if overdue
            else _("GSTR-3B of %(period)s is not filed; a signatory files it")
        )
        % {"period": name},
    )


def _step(
    title: str, why: str, url: str, total: Sum, link: str = "", until: date | None = None, *, told: str
) -> Step:
    """Return a step for records, which a preparer or a signatory decides."""
    tax = total.tax.total
    return Step(title, why, url, link or _("Review"), total.count, tax, until=until, needs=ACT, told=told)
