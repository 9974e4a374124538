"""The first page after sign-in: the taxpayers for which a person works, what is late first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.money import format_count, format_inr
from ims_portal.kernel.periods import Frequency
from invoices.models import Preference, Taxpayer
from invoices.people.access import accesses_of
from invoices.queries.calendar import calendar
from invoices.rules.calendar import Calendar, Form
from invoices.web.people.preferences import preference_of
from returns.overview.due_returns import DueReturn
from returns.overview.next_steps import records_url
from returns.overview.outward_steps import closed_iff, form_url
from returns.overview.step import period_name
from returns.overview.taxpayers import SOON_DAYS, Row, Undecided, Urgency, rows

PAGE = 100
# the page with which a person wants to begin -> the page's path below the address of a GSTIN
LANDINGS = {
    Preference.Landing.HOME: "",
    Preference.Landing.IMS: "ims/",
    Preference.Landing.INWARD: "ims/inward/",
    Preference.Landing.RECORDS: "ims/inward/all/",
    Preference.Landing.TRIAGE: "ims/triage/all/",
}
SHOWS: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "all": (gettext_noop("All"), lambda row: True),
    "late": (gettext_noop("Late"), lambda row: bool(row.late)),
    "stale": (gettext_noop("Out of date"), lambda row: row.stale),
}
URGENCIES = list(Urgency)


def _by_due(row: Row) -> tuple[Any, ...]:
    due = row.next.due.on if row.next else date.max
    return URGENCIES.index(row.urgency), due, -row.undecided.at_stake, row.taxpayer.name


SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "due": (gettext_noop("What is late first"), _by_due),
    "name": (gettext_noop("Name"), lambda row: (row.taxpayer.name.lower(), row.taxpayer.gstin)),
    "undecided": (gettext_noop("Most undecided records"), lambda row: (-row.undecided.count, _by_due(row))),
    "itc": (gettext_noop("Most ITC at stake"), lambda row: (-row.undecided.at_stake, _by_due(row))),
    "draft": (gettext_noop("GSTR-2B out of date first"), lambda row: (not row.stale, _by_due(row))),
}
TONES = {Urgency.LATE: "R", Urgency.SOON: "P", Urgency.FILED: "A"}


@dataclass(frozen=True, slots=True)
class Line:
    """A taxpayer as the table shows it. `own` is true if the person sees the recipient's side. `draft` and
    `due` are the two lines of text of their cells. `then` is the first return that is not late, if another
    return is late. `held` tells the credit that waits for suppliers to file. `then`, `held` and `notes`, which
    are about the taxpayer's own documents, are links: text and address."""

    row: Row
    url: str
    name: str
    gstin: str
    state: str
    roles: str
    own: bool
    undecided: Undecided
    records_url: str
    later_url: str
    held: tuple[str, str]
    period: str
    tone: str
    stale: bool
    late: bool
    draft: tuple[str, str]
    draft_url: str
    due: tuple[str, str]
    due_url: str
    then: tuple[str, str]
    notes: list[tuple[str, str]]


@login_required
@require_safe
def taxpayers(request: HttpRequest) -> HttpResponse:
    """Show the taxpayers of this person, with the sums of the taxpayers that the search finds.

    Each word of `?q=` must be a part of the GSTIN, of the name or of the State. `?show=` limits the list to taxpayers with
    late returns or with a GSTR-2B that is out of date. `?sort=` is one of `SORTS`."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    show = _one_of(SHOWS, request.GET.get("show", ""))
    sort = _one_of(SORTS, request.GET.get("sort", ""))
    today, dates = clock.today(), calendar()
    everything = rows(accesses_of(request.user), today, dates)
    words = asked.lower().split()
    found = [row for row in everything if all(word in _searched(row.taxpayer) for word in words)]
    shown = sorted(filter(SHOWS[show][1], found), key=SORTS[sort][1])
    page = min(typed_values.whole_number(request.GET.get("page", "")) or 1, -(-len(shown) // PAGE) or 1)
    part = shown[(page - 1) * PAGE : page * PAGE]
    sizes = Counter(row.urgency for row in shown)

    def url(**changed: Any) -> str:
        asked_for = {"q": asked, "show": show, "sort": sort} | changed
        usual = {"q": "", "show": "all", "sort": "due", "page": 1}
        query = urlencode({name: value for name, value in asked_for.items() if value != usual[name]})
        return f"?{query}" if query else "?"

    landing = LANDINGS[Preference.Landing(preference_of(request.user).landing)]
    context = {
        "asked": asked,
        "show": show,
        "sort": sort,
        "sorts": [(key, _(label)) for key, (label, _key) in SORTS.items()],
        "shows": [
            {
                "label": f"{_(label)} {format_count(sum(map(fits, found)))}",
                "url": url(show=key),
                "current": key == show,
            }
            for key, (label, fits) in SHOWS.items()
        ],
        "groups": [
            (_heading(urgency) if sort == "due" else "", sizes[urgency], list(lines))
            for urgency, lines in groupby(
                (_line(row, landing, today, dates) for row in part),
                key=lambda line: line.row.urgency if sort == "due" else Urgency.NOTHING,
            )
        ],
        "sums": _sums(found, today),
        "late_url": url(show="late"),
        "stale_url": url(show="stale"),
        "undecided_url": url(show="all", sort="undecided"),
        "previous": url(page=page - 1) if page > 1 else "",
        "next": url(page=page + 1) if page * PAGE < len(shown) else "",
        "range": f"{(page - 1) * PAGE + 1}–{(page - 1) * PAGE + len(part)}",
        "none_at_all": not everything,
    }
    response = render(request, "returns/recipient/taxpayers.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _one_of(known: dict[str, Any], asked: str) -> str:
    """Return the asked key, or the first known key if the asked key is unknown."""
    return asked if asked in known else next(iter(known))


def _searched(taxpayer: Taxpayer) -> str:
    """Return the text of a row that the search looks at. The PAN is a part of the GSTIN."""
    said = (taxpayer.gstin, taxpayer.trade_name, taxpayer.legal_name, _(taxpayer.state_name))
    return " ".join(said).lower()


def _sums(shown: Sequence[Row], today: date) -> dict[str, Any]:
    # a late return does not hide the next return of the same taxpayer
    ahead = [(one, row.taxpayer.pk) for row in shown for one in row.open if one.due.on >= today]
    first = min((one for one, _pk in ahead), key=lambda one: one.due.on, default=None)
    same = {pk for one, pk in ahead if first and (one.due.on, one.form) == (first.due.on, first.form)}
    return {
        "taxpayers": len(shown),
        "late": sum(bool(row.late) for row in shown),
        "stale": sum(row.stale for row in shown),
        "undecided": sum(row.undecided.count for row in shown),
        "at_stake": sum(row.undecided.at_stake for row in shown),
        "reductions": sum(row.undecided.reductions for row in shown),
        "next": _("%(form)s of %(n)s taxpayers") % {"form": first.form.value, "n": format_count(len(same))}
        if first and len(same) > 1
        else first.form.value
        if first
        else "",
        "next_on": _day(first.due.on, today) if first else "",
    }


def _heading(urgency: Urgency) -> str:
    return {
        Urgency.LATE: _("Late"),
        Urgency.SOON: _("Due within %(n)s days") % {"n": SOON_DAYS},
        Urgency.LATER: _("Later"),
        Urgency.FILED: _("Filed for the latest period"),
        Urgency.NOTHING: _("No return to file here"),
    }[urgency]


def _line(row: Row, landing: str, today: date, dates: Calendar) -> Line:
    taxpayer = row.taxpayer
    base = reverse("home", args=[taxpayer.gstin])
    return Line(
        row,
        url=base + (landing if taxpayer.registration.has_ims else ""),
        name=taxpayer.name,
        gstin=taxpayer.gstin,
        state=_(taxpayer.state_name),
        roles=row.access.role_label,
        own=row.access.as_recipient,
        undecided=row.undecided,
        records_url=records_url(taxpayer, status="N", lands="this", filing="S,F")
        if row.undecided.count
        else "",
        later_url=records_url(taxpayer, status="N", lands="later", filing="S,F"),
        held=_held(row),
        period=_period(row),
        tone=TONES.get(row.urgency, "N"),
        stale=row.stale,
        late=bool(row.late),
        draft=_draft(row, today, dates),
        draft_url=reverse("gstr2b", args=[taxpayer.gstin, taxpayer.opens.wire])
        if row.access.as_recipient
        else "",
        due=_due(row, today),
        due_url=form_url(taxpayer, row.next) if row.next else "",
        then=_then(row, today),
        notes=_notes(row),
    )


def _notes(row: Row) -> list[tuple[str, str]]:
    """Return the notes on documents left in a closed IFF, and on documents that recipients rejected."""
    notes = [(closed_iff(one), form_url(row.taxpayer, one)) for one in row.closed]
    if row.rejected:
        said = ngettext("%(n)s document rejected", "%(n)s documents rejected", row.rejected)
        url = reverse("outward_rejected", args=[row.taxpayer.gstin])
        notes.append((said % {"n": format_count(row.rejected)}, url))
    return notes


def _held(row: Row) -> tuple[str, str]:
    """Return the credit of the records whose suppliers have not filed, with the person's own GSTINs among
    these suppliers."""
    if not row.undecided.not_filed:
        return "", ""
    said = _("₹%(tax)s waits for suppliers to file") % {"tax": format_inr(row.undecided.not_filed)}
    if row.holders:
        names = ", ".join(one.name for one in row.holders)
        said = _("%(what)s, also your own %(names)s") % {"what": said, "names": names}
    return said, records_url(row.taxpayer, status="N", filing="S")


def _then(row: Row, today: date) -> tuple[str, str]:
    one = row.after_late
    if one is None:
        return "", ""
    said = _("then %(form)s %(day)s") % {"form": one.form.value, "day": _day(one.due.on, today)}
    return said, form_url(row.taxpayer, one)


def _period(row: Row) -> str:
    """Return the open period, as the bar on the taxpayer's pages has it. A registration without IMS files no
    GSTR-3B here, so it has no open period."""
    taxpayer = row.taxpayer
    if not taxpayer.registration.has_ims:
        return ""
    return period_name(taxpayer) if taxpayer.files is Frequency.QUARTERLY else taxpayer.opens.short_label


def _draft(row: Row, today: date, dates: Calendar) -> tuple[str, str]:
    """Return the state of the GSTR-2B of the open period, and the fact that explains the state."""
    taxpayer, desk = row.taxpayer, row.desk
    if not taxpayer.registration.has_ims:
        return _("no IMS"), ""
    if not row.access.as_recipient:
        return "", ""
    if desk is not None and desk.statement_version:
        draft = _("Draft %(n)s") % {"n": desk.statement_version}
        if desk.is_stale:
            why = ngettext("%(n)s change since", "%(n)s changes since", desk.changes)
            return draft, why % {"n": format_count(desk.changes)}
        made = desk.drafted_at.astimezone(clock.IST).date() if desk.drafted_at else None
        return draft, _("made on %(day)s") % {"day": _day(made, today)} if made else ""
    comes = dates.draft_date(taxpayer.opens)
    why = _("comes on %(day)s") if today < comes else _("was due on %(day)s")
    return _("Not drafted"), why % {"day": _day(comes, today)}


def _due(row: Row, today: date) -> tuple[str, str]:
    """Return the due date of the first return, and the name of the return with what else is late."""
    first = row.next
    if first is None:
        return "", ""
    days = (first.due.on - today).days
    if days < 0:
        left = ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": format_count(-days)}
    elif days:
        left = ngettext("%(n)s day", "%(n)s days", days) % {"n": format_count(days)}
    else:
        left = _("today")
    more = len(row.late) - 1
    what = _name(row, first)
    if more > 0:
        what += " · " + ngettext("%(n)s more is late", "%(n)s more are late", more) % {
            "n": format_count(more)
        }
    return f"{_day(first.due.on, today)} · {left}", what


def _name(row: Row, one: DueReturn) -> str:
    quarterly = row.taxpayer.files is Frequency.QUARTERLY and one.form in (Form.GSTR1, Form.GSTR3B)
    return f"{one.form.value} {one.period.quarter_label if quarterly else one.period.short_label}"


def _day(day: date, today: date) -> str:
    return format_date(day, "j M" if day.year == today.year else "j M Y")
