"""Accept, Reject, Pending or Reset on one record, from its row or from its page."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ims_portal.kernel.errors import Conflict, Invalid, PortalError, Refused
from ims_portal.kernel.money import HEADS, BadAmount, TaxAmounts, parse_inr
from invoices import actions
from invoices.access import ACT, Access, for_taxpayer
from invoices.actions import Asked, Seen
from invoices.models import Record
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action
from invoices.web import words
from invoices.web.inward import desk_view
from invoices.web.record import find, show
from invoices.web.rows import row as row_of

# what was sent


def action_of(text: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise Invalid("BAD_ACTION", _("Choose Accept, Reject, Pending or Reset.")) from None


def seen_of(text: str) -> Seen:
    found = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})", text)
    if not found:
        raise Invalid(
            "BAD_SEEN", _("The page did not say which version of the record it showed. Open it again.")
        )
    return Seen(int(found[1]), int(found[2]))


def back_to(request: HttpRequest, access: Access) -> str:
    """Where the person came from: an address of this portal, or the inward summary."""
    asked = request.POST.get("next", "")
    local = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if local and asked.startswith("/") else f"/t/{access.taxpayer.gstin}/ims/inward/"


def _declaration(post: QueryDict) -> Declaration | None:
    """The answer to "Does ITC need to be reduced?"; none where it was not asked."""
    answer = post.get("reduce", "")
    if answer == "part":
        try:
            amounts = TaxAmounts(*(parse_inr(post.get(head, "").strip() or "0") for head in HEADS))
        except BadAmount as bad:
            raise Invalid("BAD_AMOUNT", str(bad)) from None
        return Declaration(True, amounts)
    return {"full": Declaration(True), "no": Declaration(False)}.get(answer)


# one record


@for_taxpayer(ACT)
@require_POST
def record_action(request: HttpRequest, access: Access, record_id: int) -> HttpResponse:
    find(access, record_id)
    try:
        action = action_of(request.POST.get("action", ""))
        # the question is put beside all three buttons, but answered with Accept only
        declaration = _declaration(request.POST) if action is Action.ACCEPTED else None
        asked = Asked(action, request.POST.get("remarks", "").replace("\r\n", "\n"), declaration)
        seen = seen_of(request.POST.get("seen") or request.GET.get("seen", ""))
        taken = actions.take_one(access.taxpayer, record_id, asked, by=access.by(), seen=seen)
    except (Refused, Conflict, Invalid) as error:
        return _refused(request, access, record_id, error)
    text = words.said(_fresh_row(access, record_id), taken)
    if request.headers.get("HX-Request"):
        return _partial(request, access, record_id, text)
    messages.success(request, text)
    return redirect(back_to(request, access))


def _fresh_row(access: Access, record_id: int):
    record = (
        Record.objects.select_related("decision", "supplier")
        .filter(pk=record_id, recipient_id=access.taxpayer.pk)
        .get()
    )
    return row_of(record, desk_view(access))


def _refused(request: HttpRequest, access: Access, record_id: int, error: PortalError) -> HttpResponse:
    text = words.refusal_text(error)
    if request.headers.get("HX-Request") and Record.objects.filter(pk=record_id).exists():
        return _partial(request, access, record_id, text, status=error.status)
    if request.POST.get("whole_page"):
        # what was typed stays in the form
        return show(request, access, record_id, error=error, posted=request.POST)
    messages.error(request, text)
    return redirect(back_to(request, access))


def _partial(
    request: HttpRequest, access: Access, record_id: int, text: str, status: int = 200
) -> HttpResponse:
    context = {"row": _fresh_row(access, record_id), "access": access, "text": text, "may_act": True}
    return render(request, "invoices/row_reply.html", context, status=status)
