"""The ways in which a supplier answers the rejection of a document: amend the document, or report the same values
again (R-080, R-087). The effect of each way on the supplier's tax (R-110, R-113).

Reporting again is an amendment with the same values. It is for a document that was rejected by mistake."""

from __future__ import annotations

from dataclasses import dataclass

from ims_portal.kernel.money import format_inr
from ims_portal.kernel.wording import say
from invoices.rules.named_original import earlier_version, taken_original, unfiled_original
from invoices.rules.situation import Filing, Kind


@dataclass(frozen=True, slots=True)
class RejectedDocument:
    """The facts about a rejected document. `final` is true if the recipient has filed GSTR-3B: the rejection can
    then no longer change. `number` is the name of the document (`named_original.named`). `later` is the name of the
    version that amends the document, or empty. `later_filing` is the state of that version. `closed` says why no form
    can take an amendment, or that the document can no longer be filed. It is empty if neither is so."""

    number: str
    filing: Filing
    final: bool
    later: str = ""
    later_filing: Filing = Filing.FILED
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """One sentence for each way. The sentence says why the way is closed, and is empty if the way is open."""

    amend: str
    again: str


STILL_OPEN = say(
    "The recipient has not filed GSTR-3B and can still accept the document. If the values are right, ask the "
    "recipient to change the action."
)


def ways(document: RejectedDocument) -> Ways:
    """Return which ways are open to the supplier of a rejected document.

    The portal takes an amendment after the section 37(3) date and warns (R-046), so the date closes no way."""
    shut = _shut(document)
    return Ways(shut, shut or ("" if document.final else STILL_OPEN))


def _shut(document: RejectedDocument) -> str:
    if document.filing is Filing.SAVED:
        return unfiled_original(document.number).message
    if document.later and document.later_filing is Filing.FILED:
        return earlier_version(document.number).message
    if document.later:
        lapsed = document.later_filing is Filing.LAPSED
        return taken_original(document.number, document.later, lapsed=lapsed).message
    return document.closed


@dataclass(frozen=True, slots=True)
class Effect:
    """Three sentences about the supplier's tax. `amended` says what happens if the supplier amends the document.
    `again` says what happens if the supplier reports the same values again. `rejected_again` says what happens if
    the recipient rejects the new version too."""

    amended: str
    again: str
    rejected_again: str


def effect(kind: Kind, added: int, *, baseline: bool) -> Effect:
    """Return the effect on the supplier's tax. `added` is the tax that the rejection adds, in paise; 0 if it
    adds none (R-112). `baseline` is true if the recipient accepted an earlier version (R-084)."""
    if kind is Kind.CREDIT_NOTE and added > 0 and not baseline:
        return Effect(
            say("Your tax falls by the whole tax of the amended note."),
            say("Your tax falls by ₹%(tax)s. One note then counts in all.", tax=format_inr(added)),
            say("The tax of the new version is added to your tax again."),
        )
    if added > 0:
        return Effect(
            say("Your tax changes by the difference from the version that the recipient accepted."),
            say("Your tax falls by ₹%(tax)s, as with the rejected amendment.", tax=format_inr(added)),
            say("The difference is added to your tax again."),
        )
    return Effect(
        say("Your tax changes by the difference from the values filed."),
        say("Your tax does not change."),
        say("Your tax stays as you reported it."),
    )
