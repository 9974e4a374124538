"""The actions that a record allows, each with the action's effect on ITC, and the reason for each refused action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ims_portal.kernel.money import TaxAmounts, format_inr
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.web import screen_messages
from invoices.models import Record
from invoices.people.access import Access
from invoices.queries import effects, other_party, situations
from invoices.queries.calendar import annual_returns
from invoices.rules import credit_in_words
from invoices.rules.calendar import Form
from invoices.rules.lapsing import for_recipient
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Answer, Filing
from invoices.web.desk.pending_until import pending_until
from invoices.web.page import words
from invoices.web.page.labels import in_language
from invoices.web.record_list.row import (
    LETTERS,
    VERBS,
    Reason,
    reason,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One action on the record, with the action's effect on ITC in paise. `places` are the tables of GSTR-2B
    in which the record would be after this action. `blocked` is the reason if the rules refuse the action.
    `same_as_none` is True if the effect is the effect of No action. `adds_back` is the note about tax that the
    action adds to the supplier."""

    code: str
    verb: str
    effect: TaxAmounts
    places: tuple[str, ...]
    notes: tuple[str, ...]
    blocked: Reason | None
    same_as_none: bool = False
    adds_back: str = ""


def lapsed_sentence(found: Any) -> str:
    """Return the sentence about a document that can no longer be filed, or an empty text for others."""
    if found.filing != Filing.LAPSED.value:
        return ""
    return in_language(for_recipient(Form(found.form), TaxPeriod.from_number(found.tax_period)))


def choices_of(access: Access, live: Record, view: situations.DeskView, ruling: Ruling) -> list[Choice]:
    """Return a choice for each action, in the order of the buttons."""
    found = []
    for action in LETTERS:
        if action in ruling.refusals:
            found.append(_blocked(action, ruling))
        else:
            found.append(_open(access, live, view, action))
    return found


def _blocked(action: Action, ruling: Ruling) -> Choice:
    return Choice(
        action.value, _(VERBS[action]), TaxAmounts(), (), (), reason(ruling.refusals[action], [action])
    )


def _open(access: Access, live: Record, view: situations.DeskView, action: Action) -> Choice:
    # the action that the record has now keeps the declared reduction
    now = live.decision.action == action.value
    reduction = effects.reduction_of(live.decision) if now else effects.NOTHING
    answer = Answer(live.decision.answer) if now else Answer.NONE
    ruling, party = effects.if_taken(live, view, action, answer), other_party.of_section(live.section)
    period = view.files.label(TaxPeriod.from_number(max(effects.land_period(live), view.open_period)))
    places = tuple(
        _("GSTR-2B %(period)s, %(place)s") % {"period": period, "place": words.place(line)}
        for line in ruling.lines
    )
    notes, adds_back = [], ""
    if action is Action.ACCEPTED:
        barred = [line for line in ruling.lines if line.not_available]
        if barred:
            tax, earlier = situations.tax_of(live), effects.baseline_of(live)
            reported = sum(effects.barred(line, tax=tax, baseline=earlier).total for line in barred)
            notes.append(
                _(
                    "The section 16(4) date has passed, so the credit is not available. The tax of "
                    "₹%(tax)s is reported in GSTR-3B table 4(D)(2)."
                )
                % {"tax": format_inr(reported)}
            )
        elif answer not in (Answer.PART, Answer.NO):
            notes.append(_("If you leave the record at No action, the effect is the same."))
        if answer in (Answer.PART, Answer.NO):
            notes.append(_("You declared a reduction of ₹%(tax)s.") % {"tax": format_inr(reduction.total)})
            full = effects.of_ruling(effects.if_taken(live, view, Action.NONE), live)
            notes.append(
                _(
                    "Reset sets the record to No action and drops this declaration. ITC is then reduced in full: "
                    "the effect is ₹%(tax)s (R-123)."
                )
                % {"tax": format_inr(full.total)}
            )
        elif ruling.asks_reduction:
            notes.append(
                _(
                    "You declare by how much ITC must be reduced. Without a declaration, ITC is reduced "
                    "in full."
                )
            )
    elif action is Action.REJECTED:
        notes.append(_("%(who)s sees the rejection and your remarks.") % {"who": _(party.subject)})
        back = effects.added_if_rejected(live, view).total
        if back:
            adds_back = _("When you file GSTR-3B, ₹%(tax)s is added to the tax of %(who)s (R-110).") % {
                "tax": format_inr(back),
                "who": _(party.inside),
            }
            notes.append(adds_back)
    else:
        day, why = pending_until(access.taxpayer, live, ruling, annual_returns([access.taxpayer.pk]))
        said = _("The record is in no GSTR-2B while it is pending. Pending ends on %(day)s.")
        if ruling.one_period and live.filing == Filing.SAVED.value:
            said += " " + _("Until the document is filed, its month and this day move on.")
        notes.append(said % {"day": f"{day:%d-%m-%Y}, {why}"})
        if not ruling.one_period:
            code = "PEND-BACK" if ruling.reverts else "PEND-LIMIT"
            notes.append(screen_messages.text_with_code(code, date=f"{day:%d-%m-%Y}"))
    if live.filing == Filing.SAVED.value:
        effect = in_language(credit_in_words.after_filing(ruling, _(party.inside)))
        notes.append(screen_messages.text_with_code("NOT-FILED", who=_(party.subject), effect=effect))
    elif live.filing == Filing.LAPSED.value:
        notes.append(lapsed_sentence(live))
    if ruling.situation.superseded:
        notes.append(_("An amendment has replaced this record, so the record itself changes no ITC."))
    itc = effects.of_ruling(ruling, live, reduction)
    same = action is Action.ACCEPTED and answer not in (Answer.PART, Answer.NO)
    return Choice(action.value, _(VERBS[action]), itc, places, tuple(notes), None, same, adds_back)
