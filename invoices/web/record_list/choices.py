"""The mode "choose first, then save", as on the GST portal. The server stores the choices until Save or
Reset, so a reload or the end of the session loses no choice."""

from __future__ import annotations

import re
from collections import defaultdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ims_portal.kernel.errors import Conflict, Invalid, PortalError, Refused
from invoices.desk import actions
from invoices.desk.actions import Asked, Seen
from invoices.desk.taken import Taken
from invoices.models import Record, StagedChoice
from invoices.people.access import ACT, Access, for_taxpayer
from invoices.queries import situations
from invoices.rules.situation import Action
from invoices.web.page import words
from invoices.web.record_list.posted import action_of, back_to, seen_of
from invoices.web.record_list.row import desk_view

MOST_NAMED = 5


def staged(access: Access) -> dict[int, StagedChoice]:
    """Return a person's unsaved choices at a GSTIN, by record id. One query."""
    mine = StagedChoice.objects.filter(taxpayer=access.taxpayer, user=access.user)
    return {choice.record_id: choice for choice in mine}


def _note(access: Access, post: QueryDict) -> None:
    """Replace the stored choices for the rows of a page with the choices in the posted form."""
    shown, wanted = [], []
    for name, value in post.items():
        if not re.fullmatch(r"row[0-9]{1,18}", name):
            continue
        pk = int(name[3:])
        version, _dot, was = post.get(f"seen{pk}", "").rpartition(".")
        shown.append(pk)
        action, seen = action_of(str(value)), seen_of(version)
        if action.value != was:
            wanted.append((pk, action, seen))
    theirs = set(
        Record.objects.filter(recipient_id=access.taxpayer.pk, pk__in=[pk for pk, *_ in wanted]).values_list(
            "pk", flat=True
        )
    )
    StagedChoice.objects.filter(taxpayer=access.taxpayer, user=access.user, record_id__in=shown).delete()
    StagedChoice.objects.bulk_create(
        [
            StagedChoice(
                taxpayer=access.taxpayer,
                user=access.user,
                record_id=pk,
                action=action.value,
                revision=seen.revision,
                version=seen.version,
            )
            for pk, action, seen in wanted
            if pk in theirs
        ],
        ignore_conflicts=True,
    )


@for_taxpayer(ACT)
@require_POST
def stage(request: HttpRequest, access: Access) -> HttpResponse:
    """Store the choices of a page's rows without acting on the records. `step=reset` deletes all of the
    person's choices."""
    if request.POST.get("step") == "reset":
        StagedChoice.objects.filter(taxpayer=access.taxpayer, user=access.user).delete()
        messages.info(request, _("Your choices are discarded; nothing was saved."))
        return redirect(back_to(request, access))
    _note(access, request.POST)
    count = StagedChoice.objects.filter(taxpayer=access.taxpayer, user=access.user).count()
    if request.headers.get("HX-Request"):
        return JsonResponse({"count": count})
    return redirect(back_to(request, access))


def save_choices(request: HttpRequest, access: Access) -> HttpResponse:
    """Save all unsaved choices of the person: each record gets the action that the person chose. The form
    sends the choices of this page. The choices of other pages are already stored. Notices tell the number of
    saved records and the reason for each refusal."""
    _note(access, request.POST)
    chosen: dict[Action, dict[int, Seen]] = defaultdict(dict)
    for choice in staged(access).values():
        chosen[Action(choice.action)][choice.record_id] = Seen(choice.revision, choice.version)
    _leave_questions(request, access, chosen[Action.ACCEPTED])
    if not any(chosen.values()):
        messages.info(request, _("No row was changed, so nothing was saved."))
    for action, picks in chosen.items():
        if not picks:
            continue
        try:
            taken = actions.take(
                access.taxpayer,
                list(picks),
                Asked(action, words.remarks_of(request.POST)),
                by=access.by(),
                seen=dict(picks),
            )
        except (Refused, Conflict, Invalid) as error:
            _show_refusal(request, error)
            break
        words.tell(request, action, taken, numbers(access, taken))
        StagedChoice.objects.filter(
            taxpayer=access.taxpayer, user=access.user, record_id__in=list(picks)
        ).delete()
    return redirect(back_to(request, access))


def _leave_questions(request: HttpRequest, access: Access, picks: dict[int, Seen]) -> None:
    """Remove from `picks` the records whose Accept needs an answer about the ITC reduction (R-120). Delete their
    choices, and name them in a notice. Without the answer, ITC would be reduced in full."""
    view = desk_view(access)
    records = Record.objects.select_related("decision").filter(recipient_id=access.taxpayer.pk, pk__in=picks)
    asking = [r for r in records.order_by("pk") if situations.ruling_of(r, view).asks_reduction]
    if not asking:
        return
    for record in asking:
        del picks[record.pk]
    StagedChoice.objects.filter(
        taxpayer=access.taxpayer, user=access.user, record_id__in=[r.pk for r in asking]
    ).delete()
    named = ", ".join(record.number for record in asking[:MOST_NAMED])
    if len(asking) > MOST_NAMED:
        named += " …"
    text = _(
        "Not accepted: %(numbers)s. Open each record and answer whether ITC must be reduced, then press Accept."
    )
    messages.warning(request, text % {"numbers": named})


def _show_refusal(request: HttpRequest, error: PortalError) -> None:
    messages.error(request, words.refusal_text(error))


def numbers(access: Access, taken: Taken) -> dict[int, str]:
    """Return the document numbers of a few records of each refusal, by id, so that the person can find the records.
    One query."""
    wanted = [pk for case in taken.cases() for pk in case.ids[:MOST_NAMED]]
    mine = Record.objects.filter(recipient_id=access.taxpayer.pk, pk__in=wanted)
    return dict(mine.values_list("pk", "number"))
