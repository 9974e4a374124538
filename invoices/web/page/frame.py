"""The frame around every page: taxpayer, return period, dates, menu, and the bar for a stale draft.

The frame makes three queries. Downloads, and replies with only a part of a page, do not use the frame and
make none of these queries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel import clock
from ims_portal.kernel.money import format_count
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from ims_portal.support.database import prepared
from invoices import portal_clock
from invoices.models import AnnualReturn, Job, RecipientDesk, Taxpayer
from invoices.models.choices import FREQUENCY_LABELS
from invoices.people.access import Access, last_gstin
from invoices.queries import draft_changes
from invoices.queries.calendar import book_for, calendar
from invoices.queries.desk import desk_of
from invoices.rules import gates
from invoices.rules.calendar import Calendar, Form, cutoff, years_past_cutoff
from invoices.rules.ledgers import NAMES, Ledger
from invoices.web.page.labels import book_label
from invoices.web.people import appearance, session

NEAR_DAYS, URGENT_DAYS = 7, 2


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class MenuItem:
    label: str
    url: str
    current: bool = False
    count: int = 0
    children: tuple[MenuItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A labelled value in the bar that shows the taxpayer's dates. `tone` is the letter of a colour. With
    `css` "only-l", a phone shows the value only in the menu."""

    label: str
    value: str
    tone: str = ""
    icon: str = ""
    css: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ShownTaxpayer:
    gstin: str
    name: str
    frequency_label: str
    switch_url: str = "/t/"


@dataclass(frozen=True, slots=True)
class ShownUser:
    name: str
    role_label: str
    links: tuple[Link, ...]
    logout_url: str
    staff: bool = False


@dataclass(frozen=True, slots=True)
class ShownClock:
    simulated: bool
    text: str
    url: str = "/clock/"


@dataclass(frozen=True, slots=True)
class Stale:
    """The bar for a stale draft. A draft is stale if actions were saved after the open period's GSTR-2B was
    computed (R-086)."""

    period_label: str
    changes: int
    draft_text: str
    recompute_url: str
    compare_url: str


@dataclass(frozen=True, slots=True)
class Frame:
    clock: ShownClock
    theme: str
    text_size: str
    still: bool
    version: str
    rules_label: str
    home_url: str = "/"
    user: ShownUser | None = None
    taxpayer: ShownTaxpayer | None = None
    cells: tuple[Cell, ...] = ()
    menu: tuple[MenuItem, ...] = ()
    stale: Stale | None = None
    search_url: str = ""
    session_left: int = 0
    footer: tuple[Link, ...] = field(
        default_factory=lambda: (
            Link(_("Help"), "/help/"),
            Link(_("Rules"), "/help/rules/"),
            Link(_("Accessibility"), "/accessibility/"),
            Link(_("Benchmarks"), "/ops/benchmarks/"),
        )
    )


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the template variable `frame`. Django calls this function, a context processor, for each
    template. The function makes a lazy object: the frame is built only when the template first uses
    `frame`."""
    return {"frame": SimpleLazyObject(lambda: build(request))}


def build(request: HttpRequest) -> Frame:
    access: Access | None = getattr(request, "access", None)
    user = getattr(request, "user", None)
    now = clock.now()
    shown_clock = ShownClock(portal_clock.is_simulated(), format_date(now, "j M Y, H:i"))
    looks = appearance.of(request)
    bare = Frame(
        clock=shown_clock,
        theme=looks.theme,
        text_size=looks.text,
        still=looks.still,
        version=getattr(settings, "PORTAL_VERSION", ""),
        rules_label=_rules_label(access.taxpayer.opens if access else TaxPeriod.of(now.date())),
        cells=_clock_cells(shown_clock),
    )
    if user is None or not user.is_authenticated:
        return bare
    if access is None:
        last = last_gstin(request)
        # the list of taxpayers already has a link to every GSTIN
        named = not last or request.path == "/t/"
        back = [] if named else [_item(_("Back to %(gstin)s") % {"gstin": last}, f"/t/{last}/")]
        items = [
            *back,
            _item(_("Taxpayers"), "/t/"),
            _item(_("Clock"), "/clock/"),
            _item(_("Help"), "/help/"),
        ]
        return replace(bare, home_url="/t/", user=_user(user, ""), menu=_marked(request.path, items))

    taxpayer, today = access.taxpayer, now.date()
    year = FinancialYear(years_past_cutoff(today).start + 1)
    annual_return, running = _annual_return_and_jobs(taxpayer, year)
    desk = desk_of(taxpayer)
    return replace(
        bare,
        home_url=f"/t/{taxpayer.gstin}/",
        user=_user(user, access.role_label),
        session_left=session.seconds_left(request),
        search_url=reverse("records", args=[taxpayer.gstin, "all"]) if taxpayer.registration.has_ims else "",
        taxpayer=ShownTaxpayer(taxpayer.gstin, taxpayer.name, _(FREQUENCY_LABELS[taxpayer.files])),
        cells=(
            *_dates(
                taxpayer, desk, getattr(request, "calendar", None) or calendar(), today, year, annual_return
            ),
            *bare.cells,
        ),
        menu=_marked(request.path, _menu(access, running, today)),
        stale=_stale(access, desk),
    )


def _annual_return_and_jobs(taxpayer: Taxpayer, year: FinancialYear) -> tuple[date | None, int]:
    """Return the day on which the annual return of the year was filed, and the number of waiting or running
    jobs. One query."""
    [(furnished_on, running)] = prepared.rows(_furnished_and_running, (year.start,), (taxpayer.pk,))
    return furnished_on, running or 0


def _furnished_and_running(year: int, taxpayer_id: int) -> QuerySet:
    furnished = AnnualReturn.objects.filter(taxpayer=OuterRef("pk"), year=year).values("furnished_on")
    under_way = Job.objects.filter(taxpayer=OuterRef("pk"), state__in=[Job.State.QUEUED, Job.State.RUNNING])
    counted = under_way.order_by().values("taxpayer").annotate(n=Count("pk")).values("n")
    return Taxpayer.objects.filter(pk=taxpayer_id).values_list(Subquery(furnished[:1]), Subquery(counted))


def _rules_label(period: TaxPeriod) -> str:
    return book_label(book_for(period))


def _user(user: Any, role_label: str) -> ShownUser:
    links = (
        Link(_("Change taxpayer"), "/t/"),
        Link(_("Preferences"), "/me/preferences/"),
        Link(_("API tokens"), reverse("tokens")),
        *((Link(_("Administration"), reverse("admin:index")),) if user.is_staff else ()),
    )
    return ShownUser(
        user.get_full_name() or user.get_username(), role_label, links, reverse("logout"), user.is_staff
    )


def _clock_cells(shown: ShownClock) -> tuple[Cell, ...]:
    """Return the cell with the simulated time, or nothing if the portal clock shows real time. A phone also
    shows this cell, because all dates on a page depend on the portal clock."""
    return (
        (Cell(_("Simulated time"), shown.text, "L", "simulated", "clock", shown.url),)
        if shown.simulated
        else ()
    )


def _days(left: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", left) % {"n": format_count(left)} if left else _("today")


def _deadline(label: str, day: date, today: date, *, css: str = "") -> Cell:
    """Return the cell of a deadline, with its date and the remaining days. Only a near or past deadline has a
    colour and an icon."""
    left = (day - today).days
    short = format_date(day, "j M")
    if left < 0:
        return Cell(label, _("was on %(day)s") % {"day": short}, "R", "exclamation-circle", css)
    value = f"{short} · " + _days(left)
    if left > NEAR_DAYS:
        return Cell(label, value, css=css)
    return Cell(label, value, *(("R", "exclamation-circle") if left <= URGENT_DAYS else ("P", "clock")), css)


def _dates(
    taxpayer: Taxpayer,
    desk: RecipientDesk | None,
    dates: Calendar,
    today: date,
    year: FinancialYear,
    annual_return: date | None,
) -> tuple[Cell, ...]:
    period = taxpayer.opens
    quarterly = taxpayer.files is Frequency.QUARTERLY
    if not taxpayer.registration.has_ims:
        # no GSTR-2B is made and no GSTR-3B is filed here, so there are no dates of them
        return (Cell("IMS", _("no IMS, no GSTR-2B, no GSTR-3B")),)
    draft_day = dates.draft_date(period)
    if desk and desk.drafted_at:
        draft = _("Made %(day)s") % {"day": format_date(desk.drafted_at.astimezone(clock.IST), "j M")}
    elif today < draft_day:
        draft = _("Comes %(day)s") % {"day": format_date(draft_day, "j M")}
    else:
        draft = _("Not made")
    due = dates.gstr3b(period, frequency=taxpayer.files, seat=taxpayer.seat)
    limit = _deadline(
        _("16(4), FY %(year)s") % {"year": year.label}, cutoff(year, annual_return), today, css="only-l"
    )
    return (
        Cell(_("Filing"), _("Quarterly") if quarterly else _("Monthly"), css="only-l"),
        Cell(_("Return period"), period.quarter_label if quarterly else period.label),
        Cell(_("GSTR-2B draft"), draft, css="only-l"),
        _deadline(_("GSTR-3B due, extended") if due.source else _("GSTR-3B due"), due.on, today),
        limit,
    )


def _stale(access: Access, desk: RecipientDesk | None) -> Stale | None:
    if desk is None or not desk.is_stale:
        return None
    period = TaxPeriod.from_number(desk.period)
    base = f"/t/{access.taxpayer.gstin}/gstr2b/{period.wire}/"
    draft = str(desk.statement_version)
    if desk.drafted_at:
        made = format_date(desk.drafted_at.astimezone(clock.IST), "d-m-Y H:i")
        draft = _("%(n)s, made on %(moment)s") % {"n": draft, "moment": made}
    return Stale(
        period_label=access.taxpayer.files.label(period),
        changes=draft_changes.records_that_differ(desk),
        draft_text=draft,
        recompute_url=f"{base}compute/" if access.can_act else "",
        compare_url=f"{base}compare/",
    )


def _item(label: str, url: str, *children: MenuItem, count: int = 0) -> MenuItem:
    return MenuItem(label, url, count=count, children=children)


def _menu(access: Access, running: int, today: date) -> list[MenuItem]:
    taxpayer = access.taxpayer
    base = f"/t/{taxpayer.gstin}/"
    period, month = taxpayer.opens.wire, TaxPeriod.of(today).offset(-1).wire
    quarterly = taxpayer.files is Frequency.QUARTERLY
    forms = [f for f in gates.forms_of(taxpayer.registration) if quarterly or f is not Form.IFF]
    supplies = [_item(f.value, f"{base}{f.value.replace('-', '').lower()}/{month}/") for f in forms]
    returns = _item(_("Returns dashboard"), f"{base}returns/")
    items = [
        _item(_("Home"), base),
        _item(
            "IMS",
            f"{base}ims/",
            _item(_("IMS dashboard"), f"{base}ims/"),
            _item(_("Inward supplies"), f"{base}ims/inward/"),
            _item(_("Outward supplies"), f"{base}ims/outward/"),
            *(
                (_item(_("Register"), f"{base}register/"), _item(_("Match"), f"{base}match/"))
                if taxpayer.registration.has_ims
                else ()
            ),
        ),
    ]
    gstr2a = _item("GSTR-2A", f"{base}gstr2a/{period}/")
    if taxpayer.registration.has_ims:
        items += [
            _item("GSTR-2B", f"{base}gstr2b/", _item("GSTR-2B", f"{base}gstr2b/{period}/"), gstr2a),
            _item(
                "GSTR-3B",
                f"{base}gstr3b/",
                _item("GSTR-3B", f"{base}gstr3b/{period}/"),
                *(_item(_(NAMES[one]), f"{base}ledgers/{one.value}/") for one in Ledger),
            ),
        ]
    else:
        items.append(gstr2a)
    items.append(
        _item(supplies[0].label if supplies else _("Returns"), f"{base}returns/", returns, *supplies)
    )
    if taxpayer.registration.has_ims:
        items.append(_item(_("Analytics"), f"{base}analytics/"))
    items.append(_item(_("Downloads"), f"{base}jobs/", count=running))
    # every role may read the journal
    items.append(_item(_("Audit"), f"{base}audit/"))
    return [*items, _item(_("Help"), "/help/")]


def _marked(path: str, items: list[MenuItem]) -> tuple[MenuItem, ...]:
    """Mark the current page in the menu, and return the menu. The current entry is the entry with the longest
    address that covers `path`. The current entry and the entry above it are marked."""
    leaves = [leaf for item in items for leaf in (item.children or (item,))]
    best = max(
        (leaf for leaf in leaves if _covers(leaf.url, path)), key=lambda leaf: len(leaf.url), default=None
    )

    def mark(item: MenuItem) -> MenuItem:
        children = tuple(mark(child) for child in item.children)
        here = (item is best) or any(child.current for child in children)
        return MenuItem(item.label, item.url, here, item.count, children)

    return tuple(mark(item) for item in items)


def _covers(url: str, path: str) -> bool:
    """True if the page at `path` belongs to the menu entry at `url`. The page belongs to the entry if the
    page's address begins with the entry's address. A period at the end of the entry's address is ignored. The
    entry of a taxpayer's home covers only the home page."""
    parts, here = url.strip("/").split("/"), path.strip("/").split("/")
    if parts[:1] == ["t"] and len(parts) <= 2:
        return parts == here
    if parts[-1].isdigit() and len(parts[-1]) == 6:
        parts = parts[:-1]
    return here[: len(parts)] == parts
