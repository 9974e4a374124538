"""Shared parts of the GSTR-2B pages: crumbs, suppliers' names, and the state of a period's GSTR-2B in
words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from gstr2b.models import Statement
from gstr2b.statement import queries
from ims_portal.kernel import clock
from ims_portal.kernel.money import format_count
from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.support.web import screen_messages
from invoices.models import RecipientDesk, Taxpayer
from invoices.people.access import Access
from invoices.queries.calendar import calendar
from invoices.rules import gates


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a period's GSTR-2B: the colour (`tone`) and word of the label on the page, and the reason
    (`why`). If there is no GSTR-2B, `mend` and `mend_url` are the text and address of a link to the page that
    helps."""

    tone: str
    word: str
    why: str = ""
    code: str = ""
    rule: str = ""
    mend_url: str = ""
    mend: str = ""
    changes: int = 0
    may_compute: bool = False
    exists: bool = False
    final: bool = False
    running: bool = False
    # true for a month of a quarter that already has a GSTR-2B
    in_quarter: bool = False


def crumbs(access: Access, *steps: tuple[str, str]) -> list[dict[str, str]]:
    """Return the breadcrumbs, from Home to the page itself. The last step has no address."""
    path = [(_("Home"), f"/t/{access.taxpayer.gstin}/"), *steps]
    return [
        {"label": label, "url": url if place < len(path) - 1 else ""}
        for place, (label, url) in enumerate(path)
    ]


def link(name: str, *args: Any) -> str:
    """Return the address of a page by its URL name, or an empty text if there is no such page in this
    installation."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def period_name(taxpayer: Taxpayer, period: TaxPeriod) -> str:
    """Return the name of a tax period. The first two months of a quarter keep their own name."""
    quarter = taxpayer.files is Frequency.QUARTERLY and taxpayer.files.is_period(period)
    return period.quarter_label if quarter else period.label


def names_of(ids: Iterable[int | None]) -> dict[int, Taxpayer]:
    """Return the suppliers of one page's rows, by id. Needs one query."""
    return Taxpayer.objects.in_bulk({pk for pk in ids if pk})


def standing(access: Access, period: TaxPeriod, statement: Statement | None) -> Standing:
    """Return the state of a period's GSTR-2B. If there is no GSTR-2B, the reason comes from the rules for
    generating a GSTR-2B."""
    taxpayer = access.taxpayer
    if statement is not None and statement.is_final:
        return Standing("L", _("Final"), _("GSTR-3B was filed with this GSTR-2B."), exists=True, final=True)
    desk = RecipientDesk.objects.filter(recipient=taxpayer, period=period.number).first()
    if statement is not None:
        may = access.can_act and period == taxpayer.opens
        if desk is not None and desk.is_stale:
            why = _(
                "Actions were taken after this GSTR-2B was computed. Recompute GSTR-2B before you file "
                "GSTR-3B."
            )
            return Standing(
                "P", _("Out of date"), why, changes=desk.changes, may_compute=may, exists=True, rule="R-086"
            )
        return Standing("I", _("Draft"), "", may_compute=may, exists=True)
    return _not_drafted(access, period)


def _not_drafted(access: Access, period: TaxPeriod) -> Standing:
    taxpayer, dates = access.taxpayer, calendar()
    if not taxpayer.registration.has_ims:
        why = _("This registration has no IMS, so this GSTIN gets no GSTR-2B.")
        return Standing("N", _("No GSTR-2B"), why, code="NO_ACCESS", rule="R-010")
    if taxpayer.files is Frequency.QUARTERLY and not taxpayer.files.is_period(period):
        quarter = period.quarter_end
        made = queries.current(taxpayer, quarter)
        why = screen_messages.text(
            "2B-QRMP", quarter=quarter.quarter_label, date=f"{dates.draft_date(quarter):%d-%m-%Y}"
        )
        if made is not None:
            why = _("You file quarterly. The documents of this month are in GSTR-2B of %(quarter)s.") % {
                "quarter": quarter.quarter_label
            }
        return Standing(
            "L" if made is not None else "N",
            _("In the quarter’s GSTR-2B") if made is not None else _("Not drafted"),
            why,
            code="2B-QRMP",
            rule="R-093",
            mend_url=reverse("gstr2b", args=[taxpayer.gstin, quarter.wire]),
            mend=_("GSTR-2B of the quarter"),
            in_quarter=made is not None,
        )
    code = gates.generate(
        period,
        frequency=taxpayer.files,
        open_period=taxpayer.opens,
        today=clock.today(),
        calendar=dates,
    )
    draft = dates.draft(period)
    day = f"{draft.on:%d-%m-%Y}"
    if draft.source:
        day = _("%(day)s (extended by %(source)s)") % {"day": day, "source": draft.source}
    words = {"period": period_name(taxpayer, period), "date": day}
    if code is None:
        if queries.is_being_drafted(taxpayer):
            # the portal writes all records of a statement in one step, so the number of finished records
            # stays 0 until the end
            total = format_count(queries.records_to_look_at(taxpayer, period))
            return Standing(
                "I",
                _("Computing"),
                screen_messages.text("2B-RUNNING", done=0, total=total),
                code="2B-RUNNING",
                rule="R-090",
                running=True,
            )
        return Standing(
            "P",
            _("Not drafted"),
            _("The drafting date of GSTR-2B has passed. You can generate GSTR-2B now."),
            rule="R-091",
            may_compute=access.can_act,
        )
    if code == "TOO_EARLY":
        return Standing(
            "N",
            _("Not drafted"),
            screen_messages.text("2B-BEFORE-14", **words),
            code="2B-BEFORE-14",
            rule="R-090",
            mend_url=link("records", taxpayer.gstin, "all"),
            mend=_("Records in IMS"),
        )
    if code == "PREV_3B_PENDING":
        opens = taxpayer.opens
        return Standing(
            "R",
            _("Not drafted"),
            screen_messages.text("2B-PREV3B", period=words["period"], prev=period_name(taxpayer, opens)),
            code="2B-PREV3B",
            rule="R-091",
            mend_url=link("gstr3b", taxpayer.gstin, opens.wire),
            mend=_("GSTR-3B for %(period)s") % {"period": period_name(taxpayer, opens)},
        )
    why = (
        _("IMS began with GSTR-2B of October 2024. This portal has no GSTR-2B of earlier periods.")
        if code == "BAD_PERIOD"
        else _("This portal made no GSTR-2B for this period.")
    )
    return Standing("N", _("Not drafted"), why, code=code or "NO_2B", rule="R-013")
