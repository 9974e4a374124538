"""The six changes of October 2025, in plain words. For each change, a function says on which records a person
can try the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from invoices.rules.rulebooks import BOOK_2025_10, rule
from invoices.rules.situation import Action, Book, Filing, Kind, Situation


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed. `attempt` says what to do with a record to see the change. `rules` are the
    numbers of the rules. `fits` is true for a record without action on which the attempt works, and `needs`
    says in words which records these are."""

    title: str
    before: str
    after: str
    attempt: str
    rules: tuple[str, ...]
    fits: Callable[[Situation], bool]
    needs: str


def _untouched(s: Situation) -> bool:
    return s.book is BOOK_2025_10.book and s.action is Action.NONE and rule(s).in_ims and not s.superseded


def _waits_one_period(s: Situation) -> bool:
    ruling = rule(s)
    return _untouched(s) and ruling.one_period and Action.PENDING in ruling.allowed


def _wait_ends(s: Situation) -> bool:
    """True if the wait of the record has a last day. The month of a saved record moves on until the supplier
    files, and the last day moves with the month (R-073)."""
    return _waits_one_period(s) and s.filing is Filing.FILED


def _asks(s: Situation) -> bool:
    return _untouched(s) and rule(s).asks_reduction and not s.kind.is_import


def _invoice(s: Situation) -> bool:
    return _untouched(s) and s.kind.takes_credit and not s.is_amendment and Action.REJECTED in rule(s).allowed


def _bill(s: Situation) -> bool:
    return _untouched(s) and s.kind is Kind.BILL_OF_ENTRY and Action.PENDING in rule(s).allowed


def _adds_back(s: Situation) -> bool:
    may = Action.REJECTED in rule(s).allowed
    return _untouched(s) and may and rule(s.with_action(Action.REJECTED)).adds_back


CHANGES = (
    Change(
        "Five kinds of records can wait one period",
        "Credit notes, amendments that raise a credit note or leave its tax unchanged, amendments that lower a "
        "rejected credit note, and amendments that lower an accepted invoice, debit note or 9(5) document "
        "could only be accepted or rejected.",
        "They can also be pending, for one period: until the GSTR-3B due date of the period after their own. "
        "If you file monthly, a record of October 2025 can wait until 20 December 2025. If you file "
        "quarterly, a record of October to December 2025 can wait until 22 or 24 April 2026, depending on "
        "your State.",
        "Keep the document pending. The record's page shows the last day.",
        ("R-053", "R-054"),
        _wait_ends,
        "A credit note fits if it has no action and the supplier has filed it. The practice supplier can file "
        "from 12 October 2025.",
    ),
    Change(
        "When the wait is over, silence accepts",
        "None of these records could wait, so nothing ended.",
        "On the day after the last day the record is at No action again, belongs to the open period and "
        "counts as accepted. Accept and Reject stay available. Pending does not.",
        "Keep the document pending, read on its page when Pending ends, and move the portal clock past this day.",
        ("R-064", "R-065"),
        _wait_ends,
        "A credit note fits if it has no action and the supplier has filed it. The practice supplier can file "
        "from 12 October 2025.",
    ),
    Change(
        "Accepting asks how much credit falls",
        "An accepted credit note lowered your credit in full, even if you had never taken the credit.",
        "The portal asks whether ITC must be reduced. You answer Yes in full, Yes in part, or No. A part and No "
        "need a remark.",
        "Accept the credit note with No and the remark “credit never taken”.",
        ("R-120", "R-121", "R-122"),
        _asks,
        "A credit note without action fits.",
    ),
    Change(
        "Your remark reaches the supplier",
        "GSTN's IMS had no remarks, and a rejection said nothing about its reason. This portal offers remarks on "
        "these older records too.",
        "A remark with Reject or Pending is shown to the supplier in Outward supplies, and in GSTR-2B. It has "
        "at most 250 characters.",
        "Reject the document with a remark. Its history shows the remark. A member of the supplier's GSTIN reads the remark in "
        "Outward supplies.",
        ("R-058",),
        _invoice,
        "An invoice or a debit note without action fits.",
    ),
    Change(
        "Bills of entry come to your desk",
        "Data of customs went directly to GSTR-2B.",
        "Bills of entry are in IMS. You accept a bill or keep it pending. You cannot reject it. A bill without "
        "action counts as accepted.",
        "Keep the bill pending. GSTR-2B then leaves it out.",
        ("R-130", "R-131"),
        _bill,
        "A bill of entry without action fits.",
    ),
    Change(
        "The supplier's reduction needs yours",
        "A credit note lowered the supplier's tax when the supplier filed it. The tax of a rejected note was "
        "added back to the supplier, as it is now.",
        "By section 34(2), from 1 October 2025, the supplier's tax falls only if the recipient reverses the "
        "credit that was taken.",
        "Open the credit note and read what Reject adds to the supplier's liability.",
        ("R-110", "R-115"),
        _adds_back,
        "A credit note without action fits.",
    ),
)


def holds_in(book: Book) -> bool:
    """True if the changes hold for records of this rulebook."""
    return book is BOOK_2025_10.book
