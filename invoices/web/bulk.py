"""Accept, Reject, Pending, Reset for many records: what was selected, the preview, the run, and the portal's Save."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ims_portal.kernel.errors import Conflict, Invalid, Refused
from invoices import actions
from invoices.access import ACT, Access, for_taxpayer
from invoices.actions import Asked, Preview, Seen, Taken
from invoices.models import Record
from invoices.queries import effects
from invoices.queries import records as query
from invoices.rules.situation import Action
from invoices.web import listing as addresses
from invoices.web import words
from invoices.web.acting import action_of, back_to, seen_of
from invoices.web.crumbs import crumbs
from invoices.web.crumbs import inward as inward_crumb
from invoices.web.inward import desk_view
from invoices.web.listing import Listing

MOST_NAMED = 5
SCOPES = ("ticked", "page", "match")


@dataclass(frozen=True, slots=True)
class Selection:
    """Ticked records as they were seen, or every record of a list as it stood when it was read."""

    scope: str
    listing: Listing
    picks: Mapping[int, Seen]
    as_of: datetime

    def records(self, access: Access) -> QuerySet[Record]:
        if self.scope != "match":
            return Record.objects.filter(recipient_id=access.taxpayer.pk, pk__in=list(self.picks))
        found = query.matching(access.taxpayer, desk_view(access), self.listing.filters)
        # what came or was edited after the list was read has not been seen
        return found.filter(saved_at__lte=self.as_of)

    def take(self, access: Access, asked: Asked) -> Taken:
        """Act on those that do not have the status yet: the others keep what was declared and said on them."""
        records = self.records(access)
        if self.scope == "match":
            changing = records.exclude(decision__action=asked.action.value)
            return actions.take_all(access.taxpayer, changing, asked, by=access.by())
        already = set(records.filter(decision__action=asked.action.value).values_list("pk", flat=True))
        picks = {pk: seen for pk, seen in self.picks.items() if pk not in already}
        return actions.take(access.taxpayer, list(picks), asked, by=access.by(), seen=picks)


def _picks(values: list[str]) -> dict[int, Seen]:
    picks = {}
    for value in values:
        pk, _dot, seen = value.partition(".")
        if not (pk.isdigit() and len(pk) < 19):
            raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
        picks[int(pk)] = seen_of(seen)
    return picks


def _selection(request: HttpRequest, access: Access) -> Selection:
    scope = request.POST.get("scope", "ticked")
    if scope not in SCOPES:
        raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
    try:
        as_of = datetime.fromisoformat(request.POST.get("as_of", ""))
    except ValueError:
        raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again.")) from None
    if as_of.tzinfo is None:
        raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
    sent = request.POST.getlist("pick")
    if scope == "page":
        sent = [value for value in request.POST.get("page_picks", "").split(",") if value]
    return Selection(scope, _listing(request, access), _picks(sent) if scope != "match" else {}, as_of)


def _listing(request: HttpRequest, access: Access) -> Listing:
    """The list the person came from, read from its own address."""
    address = urlsplit(back_to(request, access))
    found = re.fullmatch(
        rf"/t/{access.taxpayer.gstin}/ims/inward/([a-z0-9]+)/", address.path, flags=re.IGNORECASE
    )
    if not found:
        raise Invalid("BAD_SELECTION", _("The selection names no list. Open the list again."))
    return addresses.read(address.path, found[1], QueryDict(address.query))


@for_taxpayer(ACT)
@require_POST
def bulk(request: HttpRequest, access: Access) -> HttpResponse:
    if request.POST.get("step") == "save":
        return _save(request, access)
    selection = _selection(request, access)
    asked = Asked(action_of(request.POST.get("action", "")), request.POST.get("remarks", ""))
    if selection.scope != "match" and not selection.picks:
        messages.info(request, _("Tick at least one record, or choose all that match."))
        return redirect(selection.listing.here)
    foreseen = actions.preview(access.taxpayer, selection.records(access), asked)
    if request.POST.get("step") != "run":
        return _preview(request, access, selection, asked, foreseen)
    if request.POST.get("expected") != _expected(foreseen):
        return _preview(request, access, selection, asked, foreseen, drifted=True)
    try:
        taken = selection.take(access, asked)
    except (Refused, Conflict, Invalid) as error:
        messages.error(request, words.refusal_text(error))
        return redirect(selection.listing.here)
    words.tell(request, asked.action, taken, _numbers(access, taken))
    return redirect(selection.listing.here)


def _expected(foreseen: Preview) -> str:
    """The counts a person agreed to."""
    return f"{foreseen.allowed}.{foreseen.unchanged}.{sum(foreseen.refused.values())}"


def _preview(
    request: HttpRequest,
    access: Access,
    selection: Selection,
    asked: Asked,
    foreseen: Preview,
    *,
    drifted: bool = False,
) -> HttpResponse:
    change = effects.change(selection.records(access), desk_view(access), asked.action)
    taken = Taken(reasons=dict(foreseen.reasons))
    total = foreseen.allowed + foreseen.unchanged + sum(foreseen.refused.values())
    context: dict[str, Any] = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=_("Preview")),
        "selection": selection,
        "picks": request.POST.getlist("pick") if selection.scope == "ticked" else [],
        "page_picks": request.POST.get("page_picks", ""),
        "action": asked.action.value,
        "remarks": asked.remarks,
        "total": total,
        "foreseen": foreseen,
        "cannot": sum(foreseen.refused.values()),
        "refusals": [
            {"count": count, "reason": words.reason_for(code, taken)}
            for code, count in foreseen.refused.items()
        ],
        "change": change,
        "change_rows": [
            {"label": _("As they are"), "tax": change.before},
            {"label": _("Change"), "tax": change.difference},
        ],
        "change_total": {"label": _("After this action"), "tax": change.after},
        "expected": _expected(foreseen),
        "drifted": drifted,
        "keeps_remarks": asked.action in (Action.REJECTED, Action.PENDING),
    }
    return render(request, "invoices/bulk.html", context)


def _numbers(access: Access, taken: Taken) -> dict[str, list[str]]:
    """A few document numbers for each refusal, to find them by. One query."""
    wanted = {code: ids[:MOST_NAMED] for code, ids in taken.refused.items()}
    found = dict(
        Record.objects.filter(
            recipient_id=access.taxpayer.pk, pk__in=[pk for ids in wanted.values() for pk in ids]
        ).values_list("pk", "number")
    )
    return {code: [found[pk] for pk in ids if pk in found] for code, ids in wanted.items()}


# the portal's own way: choose in every row, then one Save


def _save(request: HttpRequest, access: Access) -> HttpResponse:
    """Rows whose radio differs from the status they were shown with."""
    chosen: dict[Action, dict[int, Seen]] = defaultdict(dict)
    for name, value in request.POST.items():
        if not re.fullmatch(r"row[0-9]{1,18}", name):
            continue
        version, _dot, was = request.POST.get(f"seen{name[3:]}", "").rpartition(".")
        if value != was:
            assert isinstance(value, str)  # a posted name has a value; items() gives its last
            chosen[action_of(value)][int(name[3:])] = seen_of(version)
    if not chosen:
        messages.info(request, _("No row was changed, so nothing was saved."))
    for action, picks in chosen.items():
        try:
            taken = actions.take(
                access.taxpayer, list(picks), Asked(action), by=access.by(), seen=dict(picks)
            )
        except (Refused, Conflict, Invalid) as error:
            messages.error(request, words.refusal_text(error))
            break
        words.tell(request, action, taken, _numbers(access, taken))
    return redirect(back_to(request, access))
