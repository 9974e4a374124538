"""Pages of a person's preferences, shortcuts and columns, which apply at every GSTIN. The pages also work
without scripts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ims_portal.kernel.errors import Invalid
from invoices.models import Preference
from invoices.models.choices import SECTION_LABELS
from invoices.queries.record_list.paging import ROWS
from invoices.web.help import keyboard
from invoices.web.people import appearance
from invoices.web.record_list import columns

SWITCHES = ("heads", "shortcuts", "stay", "ask_remarks", "need_remarks", "confirm_reject")
WORDS = {
    "heads": gettext_noop("Show tax by head (integrated, central, State/UT, cess) instead of one total"),
    "shortcuts": gettext_noop("Single-key shortcuts in the record list, the panel and triage"),
    "stay": gettext_noop("Stay on the record after an action, instead of going to the next"),
    "ask_remarks": gettext_noop("In the list, ask for remarks when I choose Reject or Pending"),
    "confirm_reject": gettext_noop("Ask me to confirm before a Reject in the list is saved"),
    "need_remarks": gettext_noop("Do not save Reject or Pending without remarks"),
}


def keys_of(user: Any, place: str) -> str:
    """Return the keys of a place for the script, or "" if the person switched the keys off."""
    preference = preference_of(user)
    return keyboard.for_script(preference.keys, place) if preference.shortcuts else ""


def preference_of(user: Any) -> Preference:
    """Return a person's preferences, or the defaults if the person has stored none. One query."""
    return Preference.objects.filter(user_id=user.pk).first() or Preference(user_id=user.pk)


def change(user: Any, **values: Any) -> Preference:
    """Store some of a person's preferences, and return all preferences."""
    found, _made = Preference.objects.update_or_create(user_id=user.pk, defaults=values)
    return found


def _back(request: HttpRequest, otherwise: str) -> str:
    asked = request.POST.get("next", "")
    local = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if local and asked.startswith("/") else otherwise


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    found = preference_of(request.user)
    wrong: list[str] = []
    if request.method == "POST":
        wrong = _keep(request, found)
        if not wrong:
            messages.success(request, _("Your preferences are saved."))
            response = redirect(_back(request, "/me/preferences/"))
            if "reset_keys" not in request.POST:
                appearance.keep(request, response)
            return response
    context = {
        "preference": found,
        "modes": [(value, _(label)) for value, label in Preference.Mode.choices],
        "densities": [(value, _(label)) for value, label in Preference.Density.choices],
        "landings": [(value, _(label)) for value, label in Preference.Landing.choices],
        "looks": appearance.of(request),
        "themes": appearance.choices(appearance.THEMES),
        "text_sizes": appearance.choices(appearance.TEXT_SIZES),
        "sizes": ROWS,
        "switches": [
            {"name": name, "label": _(WORDS[name]), "on": getattr(found, name)} for name in SWITCHES
        ],
        "sheet": keyboard.sheet(found.keys),
        "wrong": wrong,
        "back": _back(request, request.GET.get("next", "")) if request.method == "POST" else _next(request),
    }
    return render(request, "invoices/preferences.html", context, status=422 if wrong else 200)


def _next(request: HttpRequest) -> str:
    asked = request.GET.get("next", "")
    return asked if asked.startswith("/") and not asked.startswith("//") else ""


def _keep(request: HttpRequest, found: Preference) -> list[str]:
    """Copy the values of the form into the preferences `found`, and save the preferences. If the key of a
    shortcut is wrong, save nothing. Return the faults as sentences."""
    post = request.POST
    if "reset_keys" in post:
        change(request.user, keys={})
        return []
    found.mode = post["mode"] if post.get("mode") in Preference.Mode.values else found.mode
    found.density = post["density"] if post.get("density") in Preference.Density.values else found.density
    found.landing = post["landing"] if post.get("landing") in Preference.Landing.values else found.landing
    rows = post.get("rows", "")
    found.rows = int(rows) if rows in {str(size) for size in ROWS} else found.rows
    for name in SWITCHES:
        setattr(found, name, name in post)
    moved, wrong = keyboard.moved_of(post)
    found.keys = moved
    if not wrong:
        found.save()
    return wrong


@login_required
@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Store a section's columns and row height, and whether the list shows tax by head. The record list sends
    this form."""
    section = request.POST.get("section", "")
    if section != "all" and section not in SECTION_LABELS:
        raise Invalid(
            "BAD_FILTER", _("IMS has no section with this name. Open the list again from the menu.")
        )
    found = preference_of(request.user)
    if "usual" in request.POST:
        found.lists.pop(section, None)
        found.lists.get("density", {}).pop(section, None)
    else:
        there = [column.key for column in columns.offered(section, books=True)]
        found.lists[section] = [key for key in there if key in request.POST.getlist("column")]
        found.heads = "heads" in request.POST
        density = request.POST.get("density")
        if density in Preference.Density.values:
            found.lists.setdefault("density", {})[section] = density
    found.save()
    return redirect(_back(request, "/t/"))


@login_required
@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Show the list of shortcuts (key `?`): this person's keys and their functions. A script asks for the keys
    of the page it is on; on a page without a record list it gets no content if the person switched the keys
    off."""
    found, place = preference_of(request.user), request.GET.get("at", "")
    if place == "page" and not found.shortcuts:
        return HttpResponse(status=204)
    name = "invoices/_shortcuts.html" if request.headers.get("HX-Request") else "invoices/shortcuts.html"
    return render(request, name, {"sheet": keyboard.sheet(found.keys, place), "place": place})
