"""The portal clock: its time, the coming events, and the form that moves the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from gstr2b import coming_midnights, midnight
from gstr2b.midnight import Night
from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import Invalid, PortalError
from ims_portal.kernel.money import format_count
from ims_portal.kernel.periods import BadPeriod, Frequency, TaxPeriod
from invoices import portal_clock
from invoices.people.access import may_move_clock, may_use_real_time, require_clock, require_real_time
from invoices.queries.calendar import calendar
from invoices.rules.calendar import Calendar, Due, Form
from invoices.rules.extensions import EVERYWHERE, GROUPS, Seat, where_in_words
from invoices.web.page.labels import in_language, name_of

FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M")
M, Q = Frequency.MONTHLY, Frequency.QUARTERLY
# the date of a period, the days after this date, hour, minute, and the event at that time
MONTHLY: tuple[tuple[Callable[[Calendar, TaxPeriod], Due], int, int, int, Any], ...] = (
    (lambda c, p: c.window(p, form=Form.GSTR1, frequency=M), 0, 10, 0, gettext_lazy("last day of GSTR-1")),
    (lambda c, p: c.window(p, form=Form.GSTR1, frequency=M), 1, 0, 30, gettext_lazy("GSTR-1 is overdue")),
    (
        lambda c, p: c.window(p, form=Form.GSTR1 if p.is_quarter_end else Form.IFF, frequency=Q),
        0,
        10,
        0,
        gettext_lazy("last day of IFF or quarterly GSTR-1"),
    ),
    (lambda c, p: c.draft(p), 0, 0, 30, gettext_lazy("GSTR-2B is drafted")),
    (lambda c, p: c.gstr3b(p, frequency=M, seat=EVERYWHERE), 0, 23, 59, gettext_lazy("GSTR-3B is due")),
)
# the same for the periods that end a quarter
QUARTERLY: tuple[tuple[Callable[[Calendar, TaxPeriod], Due], int, int, int, Any], ...] = (
    (
        lambda c, p: c.gstr3b(p, frequency=Q, seat=Seat("A")),
        0,
        10,
        0,
        gettext_lazy("quarterly GSTR-3B, group A"),
    ),
    (
        lambda c, p: c.gstr3b(p, frequency=Q, seat=Seat("B")),
        0,
        10,
        0,
        gettext_lazy("quarterly GSTR-3B, group B"),
    ),
)
# The page offers the extended due date of single States or places if the date is at most this far ahead.
EXTENSIONS_WITHIN = timedelta(days=62)
KINDS = {
    "draft": ("I", gettext_lazy("Drafted")),
    "due": ("P", gettext_lazy("Due date")),
    "moves": ("N", gettext_lazy("Moves on")),
    "ends": ("P", gettext_lazy("Pending ends")),
    "back": ("P", gettext_lazy("Returns to No action")),
    "lost": ("R", gettext_lazy("Credit lost")),
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A moment to which the clock can move. `why` names the event at that moment, if there is an event."""

    label: str
    moment: datetime
    why: str = ""

    @property
    def value(self) -> str:
        return f"{self.moment:%Y-%m-%dT%H:%M}"


@login_required
@require_safe
def clock_page(request: HttpRequest) -> HttpResponse:
    """Show the time of the portal clock. With `?to=`, also list the events up to that moment. The page itself
    does not move the clock.

    `?since=` is the address of the page during a long move. The page asks for this address again and again.
    After the move, the page loads completely and says what the move did."""
    row = portal_clock.state()
    if request.GET.get("since") and row.moving_to is None:
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": request.get_full_path()})
        _say_arrived(request, row.nights_through)
    now, real = clock.now(), clock.real_now()
    context: dict[str, Any] = {
        "now": now,
        "real": real,
        "simulated": portal_clock.is_simulated(),
        "apart": _apart(now, real),
        "set_by": name_of(row.set_by) if row.set_by else "",
        "nights_through": row.nights_through,
        "moving_to": row.moving_to,
        "may_move": may_move_clock(request.user),
        "may_use_real": may_use_real_time(request.user),
        "staff_only": settings.PORTAL_CLOCK == "staff",
        "sandbox": settings.PORTAL_SANDBOX,
        "presets": presets(now),
        "crumbs": [{"label": _("Taxpayers"), "url": "/t/"}, {"label": _("Portal clock"), "url": ""}],
    }
    if row.moving_to is not None:
        context["progress"] = _progress(request, row.nights_through, row.moving_to)
    wanted = request.GET.get("to", "")
    if wanted and row.moving_to is None:
        context |= _ahead(wanted, now)
    return render(request, "clock/clock.html", context)


def _ahead(wanted: str, now: datetime) -> dict[str, Any]:
    try:
        target = moment(wanted)
    except Invalid as bad:
        return {"error": in_language(bad.message), "wanted": wanted[:30]}
    if target <= now:
        return {
            "error": _("This time is in the past. The clock only moves forward. Choose a later time."),
            "wanted": wanted[:30],
        }
    ahead = coming_midnights.preview(target)
    events = [
        {
            "event": event,
            "tone": KINDS[event.kind][0],
            "word": str(KINDS[event.kind][1]),
            "number": _counted(event.kind, event.count),
        }
        for event in ahead
    ]
    lost = sum(event.count for event in ahead if event.kind == "lost")
    return {
        "target": target,
        "target_value": f"{target:%Y-%m-%dT%H:%M}",
        "events": events,
        "lost": lost,
        "wanted": f"{target:%Y-%m-%dT%H:%M}",
    }


def _counted(kind: str, count: int) -> str:
    """Return the count of an event with its unit: taxpayers, documents or records."""
    if kind in ("draft", "due"):
        said = ngettext("%(n)s taxpayer", "%(n)s taxpayers", count)
    elif kind == "moves":
        said = ngettext("%(n)s document", "%(n)s documents", count)
    else:
        said = ngettext("%(n)s record", "%(n)s records", count)
    return said % {"n": format_count(count)}


def _progress(request: HttpRequest, through: date | None, moving_to: datetime) -> dict[str, Any]:
    """Return the progress of the clock's move: the numbers of nights in total, done and left, and the first
    day of the move (`since`). The URL parameter `since` names this day. Without this parameter, the first day
    is `through`, the last day whose night is done."""
    last = moving_to.astimezone(clock.IST).date()
    through = through or clock.today()
    try:
        began = typed_values.day(request.GET.get("since", ""))
    except ValueError:
        began = through
    total = max((last - began).days, 1)
    return {
        "since": began.isoformat(),
        "total": total,
        "done": min(max((through - began).days, 0), total),
        "left": max((last - through).days, 0),
    }


def _say_arrived(request: HttpRequest, through: date | None) -> None:
    """Say on the page that a long move is complete. The URL parameter `since` names the first day of the
    move."""
    try:
        began = typed_values.day(request.GET["since"])
    except ValueError:
        return
    if through is not None and began < through:
        messages.success(request, " ".join(_arrival((through - began).days)))


def _arrival(nights: int) -> list[str]:
    """Return the sentences that say the time of the clock and how many midnights the portal processed."""
    return [
        _("It is %(now)s.") % {"now": format_date(clock.now(), "j M Y, H:i")},
        ngettext("The portal processed %(n)s midnight.", "The portal processed %(n)s midnights.", nights)
        % {"n": format_count(nights)},
    ]


def moment(text: str) -> datetime:
    """Return a moment in IST from text that a person or a date field wrote. Raises `Invalid`."""
    for form in FORMATS:
        try:
            found = datetime.strptime(text.strip(), form).replace(tzinfo=clock.IST)
            return typed_values.in_range(found)
        except ValueError:
            continue
    raise Invalid("BAD_MOMENT", _("Write the time as 14-12-2024 00:30, in the years 2000 to 2099."))


def presets(now: datetime) -> list[Preset]:
    """Return the moments that the page offers for the clock: one day later, one month later, and then the
    next moments with an event, soonest first."""
    found = [Preset(_("+1 day"), now + timedelta(days=1)), Preset(_("+1 month"), _month_later(now))]
    dated = _dated(now, calendar())
    november = now.replace(month=11, day=30, hour=23, minute=59, second=0, microsecond=0)
    at = november if november > now else november.replace(year=now.year + 1)
    dated.append(_preset(at, now, _("section 16(4) limit")))
    changed = clock.midnight(date(2025, 10, 1)) + timedelta(minutes=30)
    if changed > now:
        dated.append(_preset(changed, now, _("the rules of October 2025 begin")))
    return [*found, *sorted(dated, key=lambda preset: preset.moment)]


def _dated(now: datetime, dates: Calendar) -> list[Preset]:
    """Return the next moment of each event of every month, and the next due dates that are extended for
    single States or places."""
    found = []
    month_before = TaxPeriod.of(now.date()).offset(-3)
    events = [
        *((*one, month_before, 1) for one in MONTHLY),
        *((*one, month_before.quarter_end, 3) for one in QUARTERLY),
    ]
    for of, later, hour, minute, why, month, step in events:
        while (at := _at(of(dates, month).on + timedelta(days=later), hour, minute)) <= now:
            month = month.offset(step)
        found.append(_preset(at, now, _extended(str(why), of(dates, month).source)))
    last = (now + EXTENSIONS_WITHIN).date()
    for one in (one for some in dates.extensions.values() for one in some):
        if (one.state or one.places) and one.state not in GROUPS and now.date() < one.due_on <= last:
            what = _("%(form)s for %(where)s") % {
                "form": one.form,
                "where": in_language(where_in_words(one.state, sorted(one.places))),
            }
            found.append(_preset(_at(one.due_on, 10, 0), now, _extended(what, one.source)))
    return found


def _at(day: date, hour: int, minute: int) -> datetime:
    return clock.midnight(day) + timedelta(hours=hour, minutes=minute)


def _extended(what: str, source: str) -> str:
    return _("%(event)s, extended by %(source)s") % {"event": what, "source": source} if source else what


def _preset(at: datetime, now: datetime, why: str) -> Preset:
    return Preset(format_date(at, "j M, H:i" if at.year == now.year else "j M Y, H:i"), at, why)


def _month_later(now: datetime) -> datetime:
    try:
        month = TaxPeriod.of(now.date()).offset(1)
    except BadPeriod:
        return now + timedelta(days=28)
    return now.replace(year=month.year, month=month.month, day=min(now.day, month.last_day.day))


def _apart(now: datetime, real: datetime) -> str:
    days = (now - real).total_seconds() / 86400
    if abs(days) < 1:
        return ""
    whole = round(abs(days))
    if days > 0:
        return ngettext("%(n)s day ahead", "%(n)s days ahead", whole) % {"n": format_count(whole)}
    return ngettext("%(n)s day behind", "%(n)s days behind", whole) % {"n": format_count(whole)}


@require_POST
@login_required
def move(request: HttpRequest) -> HttpResponse:
    """Move the clock to the time in the field `to`. The portal runs the jobs of every midnight on the way.
    With the field `again`, continue a move that has stopped."""
    portal_clock.require_sandbox()
    require_clock(request.user)
    began = portal_clock.state().nights_through or clock.today()
    if request.POST.get("again"):
        midnight.wake()
        return redirect(f"/clock/?since={request.POST.get('since', began.isoformat())[:10]}")
    try:
        target = moment(request.POST.get("to", ""))
        nights = midnight.set_out(target, user=request.user)
    except PortalError as refusal:
        messages.error(request, f"{in_language(refusal.message)} ({refusal.code})")
        return redirect("clock")
    if nights is None:
        return redirect(f"/clock/?since={began.isoformat()}")
    messages.success(request, _nights_in_words(nights))
    return redirect("clock")


def _nights_in_words(nights: list[Night]) -> str:
    """Return one line of text with the numbers of events that happened in these nights."""
    said = _arrival(len(nights))
    drafts = sum(night.drafts_due for night in nights)
    if drafts:
        said.append(
            ngettext("%(n)s GSTR-2B was drafted.", "%(n)s GSTR-2B were drafted.", drafts)
            % {"n": format_count(drafts)}
        )
    purged = sum(night.purged for night in nights)
    if purged:
        said.append(
            ngettext("%(n)s record left IMS.", "%(n)s records left IMS.", purged)
            % {"n": format_count(purged)}
        )
    barred = sum(night.barred for night in nights)
    if barred:
        said.append(
            ngettext(
                "%(n)s record is now too late for credit under section 16(4).",
                "%(n)s records are now too late for credit under section 16(4).",
                barred,
            )
            % {"n": format_count(barred)}
        )
    expired = sum(night.expired + night.reverted for night in nights)
    if expired:
        said.append(
            ngettext("%(n)s record returned to No action.", "%(n)s records returned to No action.", expired)
            % {"n": format_count(expired)}
        )
    return " ".join(said)


@require_POST
@login_required
def real(request: HttpRequest) -> HttpResponse:
    """Set the portal clock back to real time. The heartbeat runs the midnights between the old portal time
    and real time."""
    portal_clock.require_sandbox()
    require_real_time(request.user)
    if request.POST.get("sure") != "yes":
        messages.error(
            request,
            _("The clock was not moved. Tick the box to confirm that you want to leave the simulated time."),
        )
        return redirect("clock")
    portal_clock.use_real_time(user=request.user)
    midnight.wake()
    messages.success(request, _("The portal follows real time again."))
    return redirect("clock")
