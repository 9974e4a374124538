"""The page of one record: its facts, the effect of each action, the rules that decide its situation, and its
history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import NotFound, PortalError
from ims_portal.kernel.money import HEADS, BadAmount, format_inr, parse_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.desk import undo
from invoices.journal import history
from invoices.models import ArchivedRecord, Record
from invoices.models.choices import KIND_LABELS
from invoices.people.access import Access, for_taxpayer
from invoices.queries import effects, look_alikes, other_party, situations
from invoices.queries.bills import after_cutoff
from invoices.rules.calendar import BILL_AFTER_CUTOFF
from invoices.rules.reduction import REMARKS_LIMIT, reduction_base
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Filing, Kind, Route, from_labels
from invoices.web.desk.overview import PAST_WORDS
from invoices.web.desk.record_choices import choices_of, lapsed_sentence
from invoices.web.page import facts, words
from invoices.web.page.crumbs import crumbs
from invoices.web.page.crumbs import inward as inward_crumb
from invoices.web.page.labels import book_label, section_label
from invoices.web.people.preferences import keys_of
from invoices.web.record_list.drawn_row import drawn_alone, fresh
from invoices.web.record_list.posted import local_address
from invoices.web.record_list.row import (
    desk_view,
    reasons,
    row,
    rule_url,
    since,
)
from invoices.web.register import beside

WHOSE = {
    "all": gettext_noop("All"),
    "mine": gettext_noop("Mine"),
    "supplier": "",  # the name of the other party (`other_party`)
    "system": gettext_noop("System"),
}


def _whose(access: Access, event: history.Event, other: str) -> str:
    """Return the key of the filter (`WHOSE`) under which the record's history shows an event. An event by a
    colleague has the key "other", and only the filter "all" shows this event. `other` is the name of the
    other party."""
    if event.who == other:
        return "supplier"
    if event.who == "System":
        return "system"
    me = access.user.get_full_name() or access.user.get_username()
    return "mine" if event.who == me else "other"


def same_supplier(access: Access, found: Record | ArchivedRecord) -> dict[str, int]:
    """Count the documents of the record's supplier for this recipient, and the rejected documents among them.
    The function counts at most `MOST_OF_SUPPLIER` documents. `more` is True if the supplier may have further
    documents. One query."""
    if found.supplier_id is None:
        return {}
    mine = Record.objects.filter(recipient_id=access.taxpayer.pk, supplier_id=found.supplier_id)
    some = mine.order_by().values("decision__action")[:MOST_OF_SUPPLIER]
    actions = [action for (action,) in some.values_list("decision__action")]
    return {"count": len(actions), "rejected": actions.count("R"), "more": len(actions) == MOST_OF_SUPPLIER}


# route past IMS -> who reported the document, and where GSTR-2B shows it
DIRECT = {route: sentence for route, (sentence, _row) in PAST_WORDS.items()} | {
    Route.ISD: gettext_noop(
        "Reported by an input service distributor in GSTR-6. GSTR-2B shows the document under ISD."
    )
}
# routes of documents that were in IMS at no time
NEVER_IN_IMS = (Route.REVERSE_CHARGE, Route.ISD, Route.NON_RESIDENT, Route.ICEGATE, Route.BEFORE_IMS)
MOST_OF_SUPPLIER = 1000
# reason for archiving a record -> code of the message at the top of the record's page
GONE_CODES = {ArchivedRecord.Why.DELETED.value: "SUP-DELETED", ArchivedRecord.Why.CLOSED.value: "3B-FILED"}


@for_taxpayer()
@require_safe
def record(request: HttpRequest, access: Access, record_id: int) -> HttpResponse:
    if "row" in request.GET:
        found = find(access, record_id)
        if not isinstance(found, Record):
            return HttpResponse(status=204)
        section = request.GET.get("in", "all")[:8]
        return HttpResponse(drawn_alone(access, section, fresh(access, record_id)))
    return show(request, access, record_id)


def show(
    request: HttpRequest,
    access: Access,
    record_id: int,
    *,
    error: PortalError | None = None,
    posted: QueryDict | None = None,
    said: str = "",
) -> HttpResponse:
    """Show the record's page, or only the panel beside a list. After a refused form, also show the error and
    the values that the person entered (`posted`)."""
    found = find(access, record_id)
    view = desk_view(access)
    live = found if isinstance(found, Record) else None
    ruling = situations.ruling_of(found, view) if isinstance(found, Record) else _archived_ruling(found)
    shown = row(live, view) if live else None
    who = request.GET.get("who", "all")
    who = who if who in WHOSE else "all"
    links = history.chain(found, access.taxpayer, view)
    may_act = access.can_act and live is not None and bool(ruling.allowed)
    before = [link for link in links if link.pk < found.pk]
    back, forth = (
        undo.of_record(access.taxpayer, access.user.pk, found.pk) if live and access.can_act else (None, None)
    )
    party = other_party.of_section(found.section)
    went_direct = (
        isinstance(found, ArchivedRecord)
        and found.why == ArchivedRecord.Why.CLOSED.value
        and ruling.situation.route in NEVER_IN_IMS
    )
    context: dict[str, Any] = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), _section(access, found), here=found.number),
        "record": found,
        "live": live,
        "row": shown,
        "ruling": ruling,
        "record_book": book_label(ruling.situation.book),
        "action": ruling.situation.action.value,
        "decision": live.decision if live else found,
        "kind": _(KIND_LABELS[Kind(found.kind)]),
        "may_act": may_act,
        "undo_entry": back,
        "redo_entry": forth,
        "choices": choices_of(access, live, view, ruling) if live and ruling.allowed else [],
        "reasons": reasons(ruling),
        "offered": "AP" if ruling.situation.kind.is_import else "ARP",
        "asks_reduction": may_act and ruling.asks_reduction,
        "reduction": reduction_form(found, live.decision if live else found, posted),
        "asking": request.GET.get("ask", "") if may_act else "",
        "back": local_address(request, (posted or request.GET).get("next", "")),
        "remarks_limit": REMARKS_LIMIT,
        "remarks": posted.get("remarks", "") if posted else live.decision.remarks if live else "",
        "facts": facts.facts(found),
        "rate_lines": facts.rate_lines(found),
        "chain": links if len(links) > 1 else [],
        "before_elsewhere": found.amends_id is not None and not before,
        "difference": history.difference(before[-1].record, found) if before else [],
        "previous": before[-1] if before else None,
        "trail": [
            {"clause": clause, "url": rule_url(clause.code), "since": since(clause.since)}
            for clause in ruling.trail
        ],
        "lines": [words.place(line) for line in ruling.lines],
        "untaken": situations.untaken_of(found).total,
        "bill_warning": _(BILL_AFTER_CUTOFF) if _bill_after_cutoff(access, found, view) else "",
        "party": party,
        "who_other": _(party.subject),
        "went_direct": went_direct,
        "direct": _(DIRECT[ruling.situation.route]) if ruling.situation.route in DIRECT else "",
        "events": [
            e
            for e in history.of_record(found, access.taxpayer)
            if who in ("all", _whose(access, e, party.name))
        ],
        "error": error,
        "error_text": said or (words.refusal_text(error) if error else ""),
        "gone_code": GONE_CODES.get(found.why, "")
        if isinstance(found, ArchivedRecord) and not went_direct
        else "",
        "cleared_word": _(words.STATUS_WORDS[Action(live.decision.cleared_action)])
        if live and live.decision.cleared_action
        else "",
        "superseded_by": next((link.number for link in links if link.pk > found.pk), ""),
        "lapsed": lapsed_sentence(found),
        "who": who,
        "keys": keys_of(access.user, "record"),
        "whose": WHOSE | {"supplier": party.name},
        "duplicate": look_alikes.duplicate(live) if live else None,
        "counterpart": look_alikes.counterpart(live) if live else None,
        "reasons_to_pick": words.REMARK_REASONS,
        "same_supplier": same_supplier(access, found),
        "beside": beside.part_of(access, live, view, ruling) if live else None,
    }
    context["narrow"] = bool(request.headers.get("HX-Request"))
    name = "invoices/panel.html" if context["narrow"] else "invoices/record.html"
    return render(request, name, context, status=error.status if error else 200)


def _bill_after_cutoff(access: Access, found: Record | ArchivedRecord, view: situations.DeskView) -> bool:
    """True if the record is a bill of entry in a GSTR-2B that comes after the bill's section 16(4) date
    (R-135). For a bill on the desk, the function uses the earliest GSTR-2B that can still contain the
    bill."""
    if found.kind != Kind.BILL_OF_ENTRY.value:
        return False
    land = (
        max(effects.land_period(found), view.open_period) if isinstance(found, Record) else found.land_period
    )
    credit = situations.effect_of(found).total
    return bool(after_cutoff(access.taxpayer.pk, TaxPeriod.from_number(land), {found.pk: credit}))


def find(access: Access, record_id: int) -> Record | ArchivedRecord:
    """Return the recipient's record, from the desk or the archive. Raise `NotFound` if there is no such
    record, or if the recipient has no IMS."""
    if record_id >= 2**63:
        raise NotFound("NOT_FOUND", _("This GSTIN has no such record. Open the record from the list."))
    mine = {"pk": record_id, "recipient_id": access.taxpayer.pk}
    found: Record | ArchivedRecord | None = (
        Record.objects.select_related("decision", "supplier").filter(**mine).first()
        or ArchivedRecord.objects.select_related("supplier").filter(**mine).first()
    )
    if found is None or found.route == Route.NO_ACCESS.value:
        raise NotFound("NOT_FOUND", _("This GSTIN has no such record. Open the record from the list."))
    return found


def _archived_ruling(found: ArchivedRecord) -> Ruling:
    gone = {ArchivedRecord.Why.PURGED: Route.PURGED, ArchivedRecord.Why.WITHDRAWN: Route.WITHDRAWN}
    situation = from_labels(
        found.label,
        f"{found.action} {found.answer}",
        closed=found.filing == Filing.FILED.value,
        time_barred=found.last_claim_period < found.land_period,
    )
    route = gone.get(ArchivedRecord.Why(found.why))
    if route is not None and situation.route is not route:
        labels = found.label.split(" ")
        labels[2] = route.value
        situation = from_labels(" ".join(labels), f"{found.action} {found.answer}")
    return rule(situation)


def _section(access: Access, found: Record | ArchivedRecord) -> tuple[str, str]:
    return (
        section_label(found.section),
        f"/t/{access.taxpayer.gstin}/ims/inward/{found.section}/",
    )


# the form for a reduction of ITC


def reduction_form(found: Any, decided: Any, posted: QueryDict | None) -> dict[str, Any]:
    """Return the form of the ITC reduction: the highest amounts, the declared amounts, and the values of the
    fields. Amounts are in paise, values are rupees as text."""
    base = reduction_base(situations.effect_of(found))
    declared = effects.reduction_of(decided)
    start = declared if decided.answer == "P" else base
    answer = {"F": "full", "P": "part", "N": "no"}.get(decided.answer, "full")
    heads = [
        {
            "name": head,
            "label": label,
            "most": getattr(base, head),
            "value": posted.get(head, "") if posted else format_inr(getattr(start, head)),
        }
        for head, label in zip(HEADS, (_("Integrated"), _("Central"), _("State/UT"), _("Cess")), strict=True)
    ]
    return {
        "base": base,
        "heads": heads,
        "answer": posted.get("reduce", answer) if posted else answer,
        "declared": declared if decided.answer in ("P", "N") else None,
    }


def typed_amounts(found: Any, decided: Any, posted: QueryDict) -> list[str]:
    """Return the labels of the fields of `reduction_form` in which the person typed an amount. An empty field, or
    the amount with which the form begins, is not typed."""
    offered = reduction_form(found, decided, None)["heads"]
    sent = ((head["label"], head["value"], posted.get(head["name"], "").strip()) for head in offered)
    return [label for label, value, typed in sent if typed and not _same_amount(typed, value)]


def _same_amount(typed: str, value: str) -> bool:
    try:
        return parse_inr(typed) == parse_inr(value)
    except BadAmount:
        return False
