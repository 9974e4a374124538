"""The message catalogue of the screens: each message once, under the code that people quote.

No other module defines a code or a text of this catalogue. The messages of the law are in `invoices/rules/`,
and have different codes. The table `invoices.rules.refusals.QUOTED` translates a code of the law into a code
of this catalogue."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext_lazy

from ims_portal.kernel.money import format_count
from ims_portal.kernel.wording import Said, say

MESSAGES: dict[str, str] = {
    "NOACT-INFO": gettext_noop("Records you leave at No action count as accepted when GSTR-2B is drafted."),
    "PEND-LIMIT": gettext_noop(
        "This record reaches the section 16(4) limit on %(date)s. After that date the record leaves IMS "
        "and its credit is lost."
    ),
    "PEND-BACK": gettext_noop(
        "Pending ends on the section 16(4) date, %(date)s. This record lowers your ITC, so the record then "
        "returns to No action and counts as accepted."
    ),
    "REJ-BOE": gettext_noop(
        "A bill of entry cannot be rejected. Accept it, or keep it pending. If the bill belongs to another "
        "GSTIN, customs must amend the bill."
    ),
    "AMEND-WINS": gettext_noop("The amendment %(number)s is in the same statement and replaces this record."),
    "NOT-FILED": gettext_noop(
        "%(who)s has saved but not filed this document. Your action is kept. %(effect)s"
    ),
    "RESET-EDIT": gettext_noop(
        "%(who)s changed this document on %(date)s. Your action (%(old)s) was cleared. Look at the "
        "document and decide again."
    ),
    "SUP-DELETED": gettext_noop("%(who)s removed this document on %(date)s."),
    "RED-MAX": gettext_noop("%(head)s: enter an amount between 0.00 and %(max)s."),
    "PAIR-REJECT": gettext_noop(
        "You are rejecting an invoice and its credit note. The two rejections add %(amount)s to the tax of "
        "%(who)s, but your credit does not change."
    ),
    "2B-BEFORE-14": gettext_noop(
        "The draft for %(period)s will be made on %(date)s. You can act on records now."
    ),
    "2B-PREV3B": gettext_noop(
        "GSTR-2B for %(period)s is not drafted because GSTR-3B for %(prev)s is not filed. File that "
        "GSTR-3B, then compute GSTR-2B."
    ),
    "2B-QRMP": gettext_noop(
        "You file quarterly. GSTR-2B for %(quarter)s covers all three months and is drafted on %(date)s."
    ),
    "2B-RUNNING": gettext_noop("Computing… %(done)s of %(total)s records. You may leave this page."),
    "2B-NOCHANGE": gettext_noop("Nothing has changed since draft %(d)s."),
    "3B-LOCKED": gettext_noop(
        "This figure comes from GSTR-2B and cannot be changed by hand. Change the actions on its records."
    ),
    "3B-GATE": gettext_noop("Filing is not possible yet: %(list)s."),
    "ROW-CHANGED": gettext_noop(
        "%(who)s changed this record at %(time)s. Your action was not saved. The record is shown as it "
        "is now."
    ),
    "ROW-MINE": gettext_noop(
        "You changed this record meanwhile, at %(time)s. This action was not saved. The record is shown as it "
        "is now."
    ),
    "SAVED-ONE": gettext_noop("%(action)s %(number)s · %(effect)s."),
    "UNDONE": gettext_noop("Undone: %(number)s is %(status)s again."),
    "UNDO-LATE": gettext_noop("Cannot undo: %(reason)s."),
    "IMP-FORMAT": gettext_noop("This is not a file we can read. Expected %(expected)s; found %(found)s."),
    "IMP-GSTIN": gettext_noop("The file is for %(found)s; you are working on %(here)s."),
    "IMP-PERIOD": gettext_noop("The file is for %(found)s; you are working on %(here)s."),
    "IMP-EMPTY": gettext_noop("The file contains no changes."),
    "CSRF": gettext_noop(
        "Your session ended. Sign in to return to this page. The choices that you kept for later are not "
        "lost."
    ),
    "EXPIRED": gettext_noop(
        "Your session ended. Sign in to return to this page. The choices that you kept for later are not "
        "lost."
    ),
    "ERR": gettext_noop("Something failed on our side. Nothing was saved. Reference %(id)s."),
    "NOPERM": gettext_noop("Your role (%(role)s) cannot do this. Ask %(who)s."),
}

# messages whose wording depends on a count, `n`, which is printed as %(count)s
COUNTED: dict[str, Any] = {
    "2B-STALE": ngettext_lazy(
        "%(count)s change since draft %(d)s. Recompute before filing GSTR-3B.",
        "%(count)s changes since draft %(d)s. Recompute before filing GSTR-3B.",
        "n",
    ),
    "BATCH-DRIFT": ngettext_lazy(
        "%(count)s record changed since the preview. Nothing was done. Check the new preview.",
        "%(count)s records changed since the preview. Nothing was done. Check the new preview.",
        "n",
    ),
    "BATCH-DONE": ngettext_lazy(
        "%(count)s record %(action)s. %(skipped)s left as they were.",
        "%(count)s records %(action)s. %(skipped)s left as they were.",
        "n",
    ),
}


def text(code: str, **values: Any) -> str:
    """Return the message of a code in the reader's language, with the values filled in. Raises `KeyError` for
    an unknown code."""
    if code in COUNTED:
        return str(COUNTED[code] % {**values, "count": format_count(values["n"])})
    return _(MESSAGES[code]) % values


def text_with_code(code: str, **values: Any) -> str:
    """Return the message with its code at the end, for notices and toasts, which cannot contain HTML."""
    return f"{text(code, **values)} ({code})"


def in_english(code: str, **values: Any) -> Said:
    """Return the English message of a code, for files and the API. The returned object also has the pattern
    of the message, so that pages can translate the message."""
    return say(MESSAGES[code], **values)
