"""The sandbox clock: what time it is, what would happen on the way to a later one, and going there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from celery import current_app
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from gstr2b import calendar_walk
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Forbidden, PortalError
from invoices import portal_clock
from invoices.models import Membership, Taxpayer

# A move this short is walked while the person waits; a longer one is left to the workers.
NIGHTS_AT_ONCE = 40
TAXPAYERS_AT_ONCE = 200


def presets(now: datetime) -> list[dict[str, str]]:
    """Moments people ask for, soonest first."""
    found = [(_("In one day"), now + timedelta(days=1))]
    for label, day, at in (
        (_("11th, last day of GSTR-1"), 11, time(23, 0)),
        (_("12th, after the monthly window"), 12, time(0, 30)),
        (_("14th, GSTR-2B is drafted"), 14, time(0, 30)),
        (_("20th, GSTR-3B is due"), 20, time(23, 0)),
        (_("25th, after the quarterly due dates"), 25, time(9, 0)),
    ):
        found.append((label, _next(now, lambda d, day=day: d.day == day, at)))
    found.append(
        (_("1 December, after section 16(4)"), _next(now, lambda d: (d.month, d.day) == (12, 1), time(0, 30)))
    )
    found.append(
        (_("1 October 2025, the changed rules"), clock.midnight(date(2025, 10, 1)) + timedelta(minutes=30))
    )
    later = sorted(((label, at) for label, at in found if at > now), key=lambda item: item[1])
    return [{"label": label, "value": at.strftime("%Y-%m-%dT%H:%M"), "at": at} for label, at in later]  # type: ignore[dict-item]


def _next(now: datetime, fits, at: time) -> datetime:
    day = now.date()
    while True:
        moment = datetime.combine(day, at, tzinfo=clock.IST)
        if fits(day) and moment > now:
            return moment
        day += timedelta(days=1)


def may_move(request: HttpRequest) -> bool:
    """In a sandbox, staff and whoever works for a taxpayer there."""
    if not settings.PORTAL_SANDBOX:
        return False
    return bool(request.user.is_staff or Membership.objects.filter(user_id=request.user.pk).exists())


def _asked(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (
        (moment if moment.tzinfo else moment.replace(tzinfo=clock.IST))
        if 2017 <= moment.year <= 2098
        else None
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def clock_page(request: HttpRequest) -> HttpResponse:
    """GET shows the clock, and with `to` what lies on the way; POST goes there."""
    allowed = may_move(request)
    if request.method == "POST":
        if not allowed:
            portal_clock.require_sandbox()
            raise Forbidden(
                "NOPERM", _("Only people who work for a taxpayer here, and staff, may move the clock.")
            )
        return _move(request)
    row = portal_clock.state()
    now = clock.now()
    target, error, ahead = None, "", []
    if text := request.GET.get("to", ""):
        target = _asked(text)
        if target is None:
            error = _("This is no date and time. Choose one, or write it as 2024-11-14T00:30.")
        elif target <= now:
            error = _("The clock moves forward only, and this moment has passed.")
            target = None
        elif target > now + timedelta(days=366 * 4):
            error = _("Move at most four years at a time.")
            target = None
        else:
            ahead = calendar_walk.preview(target)
    nights_left = 0
    if row.moving_to and row.nights_through:
        nights_left = max(0, (row.moving_to.astimezone(clock.IST).date() - row.nights_through).days)
    context = {
        "row": row,
        "now": now,
        "real": clock.real_now(),
        "simulated": portal_clock.is_simulated(),
        "sandbox": settings.PORTAL_SANDBOX,
        "may_move": allowed,
        "presets": presets(now) if allowed else [],
        "target": target,
        "error": error,
        "ahead": ahead,
        "given": text,
        "nights_left": nights_left,
        "crumbs": [{"label": _("Home"), "url": "/t/"}, {"label": _("Portal time")}],
    }
    return render(request, "clock/clock.html", context, status=400 if error else 200)


def _move(request: HttpRequest) -> HttpResponse:
    if request.POST.get("real"):
        portal_clock.use_real_time(user=request.user)
        messages.success(request, _("The portal runs on real time again."))
        return redirect("clock")
    target = _asked(request.POST.get("to", ""))
    if target is None:
        messages.error(request, _("This is no date and time; nothing was moved."))
        return redirect("clock")
    try:
        portal_clock.ask_to_move(target, user=request.user)
    except PortalError as refusal:
        if isinstance(refusal, Forbidden):
            raise
        messages.error(request, refusal.message)
        return redirect("clock")
    short = len(portal_clock.nights_due()) <= NIGHTS_AT_ONCE
    if short and Taxpayer.objects.filter(listed=True).count() <= TAXPAYERS_AT_ONCE:
        nights = list(calendar_walk.walk(here=True))
        drafts = sum(night.drafts_due for night in nights)
        said = _("It is %(now)s.") % {"now": clock.now().strftime("%d-%m-%Y %H:%M")}
        if drafts:
            said += " " + ngettext("%(n)d GSTR-2B was drafted.", "%(n)d GSTR-2B were drafted.", drafts) % {
                "n": drafts
            }
        messages.success(request, said)
        return redirect("clock")
    transaction.on_commit(lambda: current_app.send_task("invoices.heartbeat", retry=False), robust=True)
    messages.info(
        request, _("The clock is on its way. The nights are run in order; this page shows how far it is.")
    )
    return redirect("clock")
