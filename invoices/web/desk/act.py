"""Accept, reject, keep pending or reset one record, from its row, its panel or its page. Also undo and
redo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import Conflict, Invalid, PortalError, Refused
from ims_portal.kernel.money import HEADS, BadAmount, TaxAmounts, format_count, format_inr, parse_inr
from ims_portal.support.web import screen_messages
from invoices.desk import actions, last_action, undo
from invoices.desk.actions import Asked
from invoices.journal import history
from invoices.models import JournalEntry, JournalLine, Record
from invoices.people.access import ACT, Access, for_taxpayer
from invoices.queries import effects, look_alikes, other_party
from invoices.rules.reduction import Declaration
from invoices.rules.refusals import quoted
from invoices.rules.situation import Action
from invoices.web.desk import triage
from invoices.web.desk.record import find, reduction_form, show, typed_amounts
from invoices.web.page import offers, words
from invoices.web.page.labels import in_language
from invoices.web.people.preferences import preference_of
from invoices.web.record_list.drawn_row import drawn_alone, fresh
from invoices.web.record_list.posted import action_of, back_to, back_to_row, row_button_of, seen_of
from invoices.web.record_list.row import RecordRow, desk_view

# the largest number of rows that the reply updates after an undo of many records
MOST_REDRAWN = 50


def _declaration(access: Access, record_id: int, post: QueryDict, seen: str) -> Declaration | None:
    """Return the answer to "Does ITC need to be reduced?", or None if the form has no answer. Raise `Invalid`
    (BAD_AMOUNT) if an amount is wrong, and (PART_NOT_CHOSEN) if the person typed amounts of a part but chose
    another answer."""
    answer = post.get("reduce", "")
    if answer in ("full", "no"):
        _refuse_unused_part(fresh(access, record_id), post, seen)
    if answer == "part":
        try:
            amounts = TaxAmounts(*(parse_inr(post.get(head, "").strip() or "0") for head in HEADS))
        except BadAmount as bad:
            raise Invalid("BAD_AMOUNT", in_language(bad.args[0])) from None
        return Declaration(True, amounts)
    return {"full": Declaration(True), "no": Declaration(False)}.get(answer)


def _refuse_unused_part(row: RecordRow, post: QueryDict, seen: str) -> None:
    """Raise `Invalid` if the form has typed amounts that its answer does not use. A record that changed meanwhile
    had other amounts in its form; the action itself reports this change."""
    typed = typed_amounts(row.record, row.record.decision, post) if row.seen == seen else []
    if typed:
        text = _(
            "You typed amounts (%(heads)s), but the chosen answer does not use them. Nothing was saved. "
            'Choose "Yes, in part" to reduce ITC by these amounts, or clear the amounts.'
        )
        raise Invalid("PART_NOT_CHOSEN", text % {"heads": ", ".join(typed)})


# one record


@for_taxpayer(ACT)
@require_POST
def record_action(request: HttpRequest, access: Access, record_id: int) -> HttpResponse:
    seen = request.POST.get("seen") or request.GET.get("seen", "")
    return _act(request, access, record_id, request.POST.get("action", ""), seen)


@for_taxpayer(ACT)
@require_POST
def row_action(request: HttpRequest, access: Access) -> HttpResponse:
    """Take the action of a button in a row of the record list. All rows have one form and one address, and the value
    of the button names the action, the record, and the version of the record that the person saw."""
    letter, record_id, seen = row_button_of(request.POST.get("act", ""))
    return _act(request, access, record_id, letter, seen)


def _act(request: HttpRequest, access: Access, record_id: int, letter: str, seen: str) -> HttpResponse:
    live = isinstance(find(access, record_id), Record)
    try:
        action = action_of(letter)
        question = _question(request, access, record_id, action, seen) if live else None
        if question is not None:
            return question
        # the form sends the answer about the ITC reduction with every button, but the answer counts only for
        # Accept
        answers = live and action is Action.ACCEPTED
        declaration = _declaration(access, record_id, request.POST, seen) if answers else None
        asked = Asked(action, words.remarks_of(request.POST), declaration)
        taken = actions.take_one(access.taxpayer, record_id, asked, by=access.by(), seen=seen_of(seen))
    except (Refused, Conflict, Invalid) as error:
        return _refused(request, access, record_id, error)
    row = fresh(access, record_id)
    text = words.sentence_of_action(row, taken)
    if action is Action.REJECTED:
        text += _pair_warning(row)
    if request.headers.get("HX-Request"):
        return _reply(request, access, row, text, undo_entry=taken.entry_id)
    # triage has its own Undo, which goes back to the record
    if triage.asking_address(request, access):
        messages.success(request, text)
    else:
        bare = action in (Action.REJECTED, Action.PENDING) and not asked.remarks.strip()
        can = offers.tags(access.taxpayer, undo=taken.entry_id, remarks=record_id if bare else 0)
        messages.success(request, text, extra_tags=can)
    return redirect(back_to_row(request, access, record_id))


def _question(
    request: HttpRequest, access: Access, record_id: int, action: Action, seen: str
) -> HttpResponse | None:
    """Return a reply that asks a question before the action is saved, or None if no question is needed.

    Reject and Pending ask for remarks. Accept asks for the ITC reduction. The reply is the row with the
    question below it. In triage and without scripts, the reply is a redirect to the page that asks: the page
    of triage that the form names (`triage.asking_address`), or the record's page."""
    if "answered" in request.POST or "whole_page" in request.POST:
        return None
    preference, scripted = preference_of(access.user), bool(request.headers.get("HX-Request"))
    row = fresh(access, record_id)
    if action in row.ruling.refusals or action is row.ruling.situation.action:
        return None
    if row.seen != seen:
        return None  # the record changed meanwhile: no question, the action itself reports this
    asks = triage.asking_address(request, access, action)
    # triage has a field for remarks beside its buttons, and asks only before a rejection, which the supplier sees
    rejects = action is Action.REJECTED
    wants_remarks = action in (Action.REJECTED, Action.PENDING) and (
        preference.need_remarks
        or (preference.ask_remarks and (scripted or bool(asks and rejects)))
        or (preference.confirm_reject and rejects)
    )
    wants_answer = action is Action.ACCEPTED and row.ruling.asks_reduction
    if not wants_answer and (not wants_remarks or words.remarks_of(request.POST)):
        return None
    if scripted:
        return _ask(request, access, row, action)
    if asks:
        return redirect(asks)
    query = urlencode({"ask": action.value, "next": back_to(request, access)})
    return redirect(f"/t/{access.taxpayer.gstin}/ims/records/{record_id}/?{query}#act-here")


def _ask(
    request: HttpRequest,
    access: Access,
    row: RecordRow,
    action: Action,
    *,
    error: PortalError | None = None,
    said: str = "",
) -> HttpResponse:
    section = _section(request)
    question = {
        "row": row,
        "access": access,
        "section": section,
        "preference": preference_of(access.user),
        "reasons": words.REMARK_REASONS,
        "asking": action.value,
        "posted": request.POST,
        "ask_error": said,
        "declares": action is Action.ACCEPTED,
        "adds": 0,
    }
    if action is Action.REJECTED:
        question["adds"] = effects.added_if_rejected(row.record, desk_view(access)).total
    if action is Action.ACCEPTED:
        posted = request.POST if error else None
        question["reduction"] = reduction_form(row.record, row.record.decision, posted)
    asked = render_to_string("invoices/_ask.html", question, request)
    context = {"drawn_row": drawn_alone(access, section, row, asked)}
    return render(request, "invoices/row_reply.html", context, status=error.status if error else 200)


def _section(request: HttpRequest) -> str:
    """Return the section of the list that contains the row. The section decides which columns the row has."""
    return (request.POST.get("in") or request.GET.get("in", "all"))[:8]


def _pair_warning(row: RecordRow) -> str:
    """Return the warning PAIR-REJECT if the recipient has rejected an invoice and also its credit note.
    Otherwise return ""."""
    other = look_alikes.counterpart(row.record)
    if other is None:
        return ""
    who = _(other_party.of_section(row.record.section).inside)
    return f" {other.number}: " + screen_messages.text_with_code(
        "PAIR-REJECT", amount=f"₹{format_inr(row.record.tax)}", who=who
    )


def _refused(request: HttpRequest, access: Access, record_id: int, error: PortalError) -> HttpResponse:
    text = words.refusal_text(error)
    if error.code == "ROW_CHANGED":
        text = _row_changed(access, record_id)
    elif quoted(error.code, error.rule) == "RED-MAX":
        text = " ".join([text, *_too_much(fresh(access, record_id), request.POST)])
    live = Record.objects.filter(pk=record_id).exists()
    if request.headers.get("HX-Request") and live:
        if "answered" in request.POST and error.code != "ROW_CHANGED":
            action = Action(request.POST["action"])
            return _ask(request, access, fresh(access, record_id), action, error=error, said=text)
        return _reply(request, access, fresh(access, record_id), text, status=error.status)
    if triage.asking_address(request, access):
        return triage.show_again(request, access, said=text, status=error.status)
    if request.POST.get("whole_page"):
        # show the page again with the values that the person entered
        return show(request, access, record_id, error=error, posted=request.POST, said=text)
    messages.error(request, text)
    return redirect(back_to(request, access))


def _too_much(row: RecordRow, posted: QueryDict) -> list[str]:
    """Return a message RED-MAX for each head whose declared amount is too high. The message has the highest
    allowed amount."""
    return [
        screen_messages.text_with_code("RED-MAX", head=head["label"], max=format_inr(head["most"]))
        for head in reduction_form(row.record, row.record.decision, posted)["heads"]
        if parse_inr(head["value"].strip() or "0") > head["most"]
    ]


def _row_changed(access: Access, record_id: int) -> str:
    """Return the message ROW-CHANGED. It names the person who made the latest change of the record, and the
    time (IST). If this person made the change, for example with Undo a moment before, return ROW-MINE."""
    line = (
        JournalLine.objects.filter(record_id=record_id, recipient_id=access.taxpayer.pk)
        .select_related("entry__actor", "entry")
        .order_by("-pk")
        .first()
    )
    own = False
    if line is None:
        who, at = _("Somebody"), clock.now()
    else:
        mine = line.entry.taxpayer_id == access.taxpayer.pk
        own = mine and line.entry.actor_id == access.user.pk
        section = Record.objects.filter(pk=record_id).values_list("section", flat=True).first() or ""
        other = _(other_party.of_section(section).subject)
        who, at = (history.who_did(line.entry) if mine else other), line.entry.portal_time
    time = f"{at.astimezone(clock.IST):%d-%m-%Y %H:%M}"
    if own:
        return screen_messages.text_with_code("ROW-MINE", time=time)
    return screen_messages.text_with_code("ROW-CHANGED", who=who, time=time)


def _reply(
    request: HttpRequest,
    access: Access,
    row: RecordRow,
    text: str,
    *,
    status: int = 200,
    undo_entry: int | None = None,
) -> HttpResponse:
    """Return the reply to an action: the record's row as it is now, and a message. The reply's header starts
    the event `ims:acted` in the browser. On this event, the rest of the page updates its figures."""
    context = {"access": access, "text": text, "undo_entry": undo_entry, "failed": status >= 400}
    context["drawn_row"] = drawn_alone(access, _section(request), row)
    reply = render(request, "invoices/row_reply.html", context, status=status)
    reply["HX-Trigger"] = json.dumps({"ims:acted": {"records": [row.record.pk]}})
    return reply


@for_taxpayer(ACT)
@require_POST
def take_back(request: HttpRequest, access: Access) -> HttpResponse:
    """Undo the person's latest action, or the action of the journal entry that the form names as `entry`.
    With `redo`, redo the latest undone action. With `show_record`, the address to which the reply leads names
    the record that was undone."""
    entry = typed_values.whole_number(request.POST.get("entry", ""))
    if entry is None:
        stack = undo.stack(access.taxpayer, access.user.pk, sources=last_action.SOURCES)
        entry = next(reversed(stack.redo if "redo" in request.POST else stack.undo), None)
    if entry is None:
        return _undo_told(request, access, _("You have no action to undo."), error=True)
    try:
        whole = last_action.take_back(access.taxpayer, access.user.pk, entry, by=access.by())
        if whole is not None:
            return _whole_told(request, access, *whole)
        told = undo.undo(access.taxpayer, [entry], by=access.by())
    except Conflict as late:
        return _undo_told(request, access, words.refusal_text(late), error=True, status=late.status)
    ids = list(
        JournalLine.objects.filter(entry_id=told.entry_id).values_list("record_id", flat=True)[:MOST_REDRAWN]
    )
    redone = JournalEntry.objects.filter(pk=told.entry_id or 0, event=undo.REDONE).exists()
    can = {"undo" if redone else "redo": told.entry_id or 0}
    return _undo_told(request, access, _undone_text(access, told, ids, redone=redone), ids=ids, can=can)


def _whole_told(
    request: HttpRequest, access: Access, whole: last_action.Whole, restored: int | None
) -> HttpResponse:
    """Tell the result of the undo of a batch or a file, or lead to its page while a job undoes it."""
    away = reverse(whole.page, args=[access.taxpayer.gstin, whole.pk])
    if restored is not None:
        text = ngettext("%(n)s record was restored.", "%(n)s records were restored.", restored)
        messages.success(request, text % {"n": format_count(restored)})
        away = back_to(request, access)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": away})
    return redirect(away)


def _undone_text(access: Access, told: undo.Undone, ids: list[int], *, redone: bool) -> str:
    if told.restored == 1:
        row = fresh(access, ids[0])
        status = _(words.STATUS_WORDS[row.ruling.situation.action])
        which = {"number": row.record.number, "status": status}
        if not redone:
            text = screen_messages.text_with_code("UNDONE", **which)
        else:
            text = _("The action was repeated: %(number)s is %(status)s.") % which
    else:
        text = ngettext("%(n)s record was restored.", "%(n)s records were restored.", told.restored) % {
            "n": format_count(told.restored)
        }
    if told.left_alone:
        text += " " + ngettext(
            "%(n)s record was changed later, so it was not undone.",
            "%(n)s records were changed later, so they were not undone.",
            told.left_alone,
        ) % {"n": format_count(told.left_alone)}
    if told.made_stale:
        text += " " + _("GSTR-2B must be recomputed.")
    return text


def _undo_told(
    request: HttpRequest,
    access: Access,
    text: str,
    *,
    error: bool = False,
    status: int = 200,
    ids: list[int] | None = None,
    can: Mapping[str, int] | None = None,
) -> HttpResponse:
    """Tell the person the result, with what the person can do next (`can`): undo or redo a journal entry."""
    can = can or {}
    if not request.headers.get("HX-Request"):
        # triage has its own Undo
        told = "" if "show_record" in request.POST else offers.tags(access.taxpayer, **can)
        (messages.error if error else messages.success)(request, text, extra_tags=told)
        back = back_to_row(request, access, ids[0]) if ids else back_to(request, access)
        if "show_record" in request.POST:
            # triage goes back to the record that was undone, and stays where it is if nothing was undone
            back += f"{'&' if '?' in back else '?'}record={ids[0]}" if ids else ""
            back = (not ids and triage.asking_address(request, access)) or back
        return redirect(back)
    context: dict[str, Any] = {
        "access": access,
        "text": text,
        "oob": True,
        "failed": error,
        "undo_entry": can.get("undo"),
        "redo_entry": can.get("redo"),
    }
    reply = render(request, "invoices/toast_reply.html", context, status=status)
    if ids:
        reply["HX-Trigger"] = json.dumps({"ims:acted": {"records": ids, "redraw": True}})
    return reply
