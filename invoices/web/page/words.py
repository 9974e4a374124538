"""Names of GSTR-2B tables and GSTR-3B rows, and sentences about the result of an action."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import format_count, format_inr
from ims_portal.support.web import screen_messages
from invoices.desk.last_action import LastAction
from invoices.desk.taken import Taken
from invoices.queries import other_party
from invoices.rules import credit_in_words
from invoices.rules.refusals import CODES, quoted
from invoices.rules.ruling import Effect, Line, Refusal, Section, Table4Row
from invoices.rules.situation import Action
from invoices.web.page.labels import in_language
from invoices.web.record_list.row import Reason, bare_reason, reason
from invoices.web.record_list.row import RecordRow as ShownRow

SECTIONS = {
    Section.ALL_OTHER_ITC: gettext_noop("ITC available, Part A (I) All other ITC"),
    Section.ISD: gettext_noop("ITC available, Part A (II) Inward supplies from ISD"),
    Section.REVERSE_CHARGE: gettext_noop("ITC available, Part A (III) Reverse charge"),
    Section.IMPORTS: gettext_noop("ITC available, Part A (IV) Import of goods"),
    Section.CREDIT_NOTES: gettext_noop("ITC available, Part B Others, credit notes"),
    Section.NOT_AVAILABLE: gettext_noop("ITC not available, Part A"),
    Section.NOT_AVAILABLE_NOTES: gettext_noop("ITC not available, Part B"),
    Section.RULE_37A: gettext_noop("ITC reversal, Rule 37A"),
    Section.REJECTED: gettext_noop("ITC rejected"),
}
ROWS = {
    Table4Row.IMPORTS: "4(A)(1)",
    Table4Row.REVERSE_CHARGE: "4(A)(3)",
    Table4Row.ISD: "4(A)(4)",
    Table4Row.ALL_OTHER: "4(A)(5)",
    Table4Row.REVERSED: "4(B)(1)",
    Table4Row.REVERSED_OTHER: "4(B)(2)",
    Table4Row.NOT_AVAILABLE: "4(D)(2)",
}
STATUS_WORDS = {
    Action.ACCEPTED: gettext_noop("Accepted"),
    Action.REJECTED: gettext_noop("Rejected"),
    Action.PENDING: gettext_noop("Pending"),
    Action.NONE: gettext_noop("No action"),
}
DONE = {
    Action.ACCEPTED: gettext_noop("Accepted"),
    Action.REJECTED: gettext_noop("Rejected"),
    Action.PENDING: gettext_noop("Kept pending"),
    Action.NONE: gettext_noop("Reset to No action"),
}


# the words of `DONE` with a small first letter, for use inside a sentence
DONE_WORDS = {
    Action.ACCEPTED: gettext_noop("accepted"),
    Action.REJECTED: gettext_noop("rejected"),
    Action.PENDING: gettext_noop("kept pending"),
    Action.NONE: gettext_noop("reset to no action"),
}

# Reasons that a person can choose instead of typing remarks. The portal stores a chosen reason as the remarks
#
REMARK_REASONS = (
    gettext_noop("Not our document"),
    gettext_noop("Wrong amount"),
    gettext_noop("Wrong GSTIN"),
    gettext_noop("Duplicate"),
    gettext_noop("Goods or service not received"),
    gettext_noop("Rate or place of supply wrong"),
    gettext_noop("Under discussion"),
    gettext_noop("Other"),
)


def remarks_of(post: QueryDict) -> str:
    """Return the remarks of a posted form: the chosen reason and the typed text, in one text. A reason that is
    not in `REMARK_REASONS` is ignored."""
    reason, text = post.get("reason", ""), post.get("remarks", "").replace("\r\n", "\n").strip()
    if reason not in REMARK_REASONS or (reason == "Other" and text):
        return text
    return f"{reason}: {text}" if text else reason


def bulk_title(action: Action, n: int) -> str:
    """Return the title of a bulk action: "Accept 214 records", "Keep 214 records pending"."""
    forms = {
        Action.ACCEPTED: ngettext("Accept %(n)s record", "Accept %(n)s records", n),
        Action.REJECTED: ngettext("Reject %(n)s record", "Reject %(n)s records", n),
        Action.PENDING: ngettext("Keep %(n)s record pending", "Keep %(n)s records pending", n),
        Action.NONE: ngettext("Reset %(n)s record to No action", "Reset %(n)s records to No action", n),
    }
    return forms[action] % {"n": format_count(n)}


def place(line: Line) -> str:
    """Return the name of the line's table in GSTR-2B, followed by the row of GSTR-3B to which the line's
    amounts are added. A line that reverses an earlier version says so."""
    words = _(SECTIONS[line.section])
    if line.row is not Table4Row.NONE:
        words = f"{words} → GSTR-3B {ROWS[line.row]}"
    if line.effect is Effect.MINUS_BASELINE:
        return _("%(place)s: reverses the earlier version under forward charge") % {"place": words}
    if line.reverses_baseline:
        return _("%(place)s; the credit of the earlier version is reversed in 4(B)(1)") % {"place": words}
    return words


def amount(paise: int) -> str:
    return f"{'+' if paise > 0 else ''}{format_inr(paise)}"


def sentence_of_action(row: ShownRow, taken: Taken) -> str:
    """Return a sentence about one saved action: "Accepted INV-1 · +18,000.00 to ITC available." """
    situation = row.ruling.situation
    who = _(other_party.of_section(row.record.section).inside)
    if situation.action is Action.ACCEPTED:
        if row.effect:
            effect = _("%(amount)s to ITC available") % {"amount": amount(row.effect)}
        else:
            effect = _("ITC: %(note)s") % {"note": row.effect_note or amount(0)}
    elif situation.action is Action.REJECTED:
        effect = in_language(credit_in_words.of_rejected(situation))
    elif situation.action is Action.PENDING:
        effect = _("the record stays in IMS and is not in GSTR-2B")
    else:
        effect = _("a record without an action counts as accepted")
    done = {"action": _(DONE[situation.action]), "number": row.record.number, "effect": effect}
    text = screen_messages.text("SAVED-ONE", **done)
    if situation.action is Action.REJECTED and row.ruling.adds_back:
        added = _("When you file GSTR-3B, the tax of this record is added to GSTR-3B of %(who)s.")
        text += " " + added % {"who": who}
    if situation.filing.value == "S":
        text += " " + _("The record counts only after %(who)s has filed it.") % {"who": who}
    elif situation.filing.value == "L":
        text += " " + _("The record does not count, because its form can no longer be filed.")
    if taken.made_stale:
        text += " " + _("GSTR-2B must be recomputed.")
    return f"{text} (SAVED-ONE)"


def refusal_text(error: PortalError) -> str:
    """Return the text of an error: its sentence, what to do instead, the rule and the code."""
    parts = [in_language(error.message), in_language(str(error.details.get("instead") or ""))]
    where = ", ".join(
        part
        for part in (
            _("Rule %(rule)s") % {"rule": error.rule} if error.rule else "",
            shown_code(error.code, error.rule),
        )
        if part
    )
    return " ".join(part for part in parts if part) + f" ({where})"


def of_law(code: str) -> str:
    """Return the sentence of a refusal code, followed by the refusal's code in the message catalogue. Pages
    show this text next to an action that is not available, before a person tries the action."""
    return f"{in_language(CODES[code].sentence)} ({quoted(code) or code})"


def shown_code(code: str, rule: str = "") -> str:
    """Return an error's code in the form that pages show. A refusal code of the law is followed by its code
    in the message catalogue."""
    if code in CODES:
        return " · ".join(part for part in (code, quoted(code, rule)) if part)
    plain = code.replace("_", "-")
    return plain if plain in screen_messages.MESSAGES or plain in screen_messages.COUNTED else code


def tell(request: HttpRequest, action: Action, taken: Taken, numbers: dict[int, str]) -> None:
    """Add notices about a bulk action to the next page. One notice has the number of saved records. For each
    reason of a refusal, one notice has the number of refused records and the reason. `numbers` has the numbers of a
    few refused documents, by id."""
    if taken.saved:
        text = ngettext("%(done)s %(n)s record.", "%(done)s %(n)s records.", taken.saved)
        text = text % {"done": _(DONE[action]), "n": format_count(taken.saved)}
        if taken.made_stale:
            text += " " + _("GSTR-2B must be recomputed.")
        messages.success(request, text)
    for case in taken.cases():
        why = reason_of(case.code, case.refusal)
        text = ngettext("%(n)s record was not changed:", "%(n)s records were not changed:", case.count)
        text = text % {"n": format_count(case.count)} + f" {why.short} {why.instead}".rstrip()
        where = _("Rule %(rule)s") % {"rule": why.rule} + f", {case.code}" if why.rule else case.code
        named = ", ".join(numbers[pk] for pk in case.ids if pk in numbers)
        more = "…" if any(pk not in numbers for pk in case.ids) else ""
        messages.warning(request, f"{text} ({where}){f' {named}{more}' if named else ''}")
    if not taken.saved and not taken.refused_count:
        messages.info(request, _("Nothing was selected, so nothing was changed."))


def reason_of(code: str, refusal: Refusal | None) -> Reason:
    """Return the texts that pages show for a refusal code. `refusal` is the refusal by a clause of the law, or
    None. Without a refusal, the sentence is the general sentence of the code."""
    if refusal is not None:
        return reason(refusal)
    if code == "ROW_CHANGED":
        text = _("The record changed after you opened the list. Look at the record again.")
        return Reason("", text, text, "", "", "", "", code, shown_code(code))
    return bare_reason(code)


def done_to(last: LastAction) -> str:
    """Return what a person did last, for the button that undoes it: "accepted 2 records"."""
    done = _(DONE_WORDS[Action(last.action)]) if last.action else _("changed")
    if last.number:
        return f"{done} {last.number}"
    return ngettext("%(done)s %(n)s record", "%(done)s %(n)s records", last.records) % {
        "done": done,
        "n": format_count(last.records),
    }
