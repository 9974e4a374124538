"""Sentences about the credit of one record: the credit of a rejected record, and the credit of a saved document
after filing (R-007, R-021). A record that lowers ITC has other sentences than a record that gives ITC."""

from __future__ import annotations

from ims_portal.kernel.wording import Said, say
from invoices.rules.legality import lowers_credit
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Direction, Situation, Standing


def of_rejected(s: Situation) -> Said:
    """Return what a rejected record does to ITC, as a part of a sentence (R-056)."""
    return say("the record does not lower your ITC") if lowers_credit(s) else say("the record gives no ITC")


def after_filing(once_filed: Ruling, who: str) -> Said:
    """Return the sentence about a saved document that `who` has not filed (R-021). `once_filed` is the ruling
    on the filed document under the recipient's action."""
    s = once_filed.situation
    level = s.standing is Standing.BASELINE and s.direction is Direction.LEVEL
    unchanged = s.action in (Action.REJECTED, Action.PENDING) or level
    if unchanged or not once_filed.lines or any(line.not_available for line in once_filed.lines):
        return say("The document counts only after %(who)s files.", who=who)
    if lowers_credit(s):
        return say("Your ITC is reduced after %(who)s files.", who=who)
    return say("You get the credit after %(who)s files.", who=who)
