"""The clauses that forbid actions on a record: table T1 (R-052). Refusals are reported in the order of these
clauses. The first clause that forbids the requested action gives the refusal its code and sentence."""

from __future__ import annotations

from invoices.rules.ruling import Closes, legality
from invoices.rules.situation import Action, Book, Direction, Kind, Route, Situation, Standing

EVERY = frozenset({Action.ACCEPTED, Action.REJECTED, Action.PENDING, Action.NONE})
PENDING = frozenset({Action.PENDING})
REJECT = frozenset({Action.REJECTED})

# the documents that never enter IMS, in the plural, by route
STRAIGHT = {
    Route.REVERSE_CHARGE: "Reverse charge documents",
    Route.ISD: "Documents of an input service distributor",
    Route.NON_RESIDENT: "Documents of non-resident suppliers",
    Route.ICEGATE: "Bills of entry before October 2025",
}
# the documents whose lowering amendments reduce credit already given
LOWERED = {
    Kind.INVOICE: "invoice",
    Kind.DEBIT_NOTE: "debit note",
    Kind.ECO: "9(5) document",
}

PREVAILING = (Standing.PREVAILS, Standing.PREVAILS_REJECTED)


def reduces_credit_on_acceptance(s: Situation) -> bool:
    """True for a record of the five classes in R-053. When such a record is accepted, it reduces credit that
    was already given. R-054, R-064, R-110 and R-120 apply to one more class of records (`is_specified`)."""
    if s.kind is Kind.CREDIT_NOTE:
        if s.standing is Standing.ORIGINAL:
            return True
        if s.direction in (Direction.UP, Direction.LEVEL):
            return s.standing is not Standing.BLOCKED
        return s.standing in (Standing.NO_BASELINE, Standing.PREVAILS_REJECTED)
    if s.kind.takes_credit:
        return s.standing is Standing.BASELINE and s.direction is Direction.DOWN
    return False


def is_specified(s: Situation) -> bool:
    """True for a record that the law calls specified (R-064, R-120): a record of the five classes of R-053,
    or an amendment of a credit note that takes the place of an open version of the same 2B period."""
    return reduces_credit_on_acceptance(s) or (s.kind is Kind.CREDIT_NOTE and s.standing in PREVAILING)


def waits_one_period(s: Situation) -> bool:
    """True if R-064 limits how long this record may be pending.

    The limit applies to specified records. It also applies to a held amendment (R-082) that raises the tax of
    a credit note or leaves the tax unchanged. Such an amendment will become a specified record, whatever the
    recipient does with the credit note (R-053)."""
    held = s.kind is Kind.CREDIT_NOTE and s.standing is Standing.BLOCKED and s.direction is not Direction.DOWN
    return is_specified(s) or held


def lowers_credit(s: Situation) -> bool:
    """True if acceptance of this record lowers the recipient's ITC, measured by total tax (R-007, R-063). A
    held amendment of a credit note counts as lowering, because its effect is known only after the version
    before the amendment is closed."""
    if s.kind is Kind.BOE_REDUCTION:
        return True
    if s.kind is Kind.CREDIT_NOTE:
        return s.standing is not Standing.BASELINE or s.direction is Direction.UP
    return s.standing in (Standing.BASELINE, Standing.BLOCKED) and s.direction is Direction.DOWN


@legality("R-102", source="IMS-FAQ; GSTR-3B filing closes the period")
def closed_with_gstr3b(s: Situation) -> Closes | None:
    """GSTR-3B of this record's period is filed, so its action can no longer be changed."""
    short = "GSTR-3B of this record's period is filed."
    if s.closed and s.route is Route.IMS:
        if s.kind.is_import:
            return EVERY, "RECORD_CLOSED", "If the bill of entry is wrong, ask customs to amend it.", short
        if s.action is not Action.REJECTED:
            return EVERY, "RECORD_CLOSED", "If the document is wrong, ask the supplier to amend it.", short
        return (
            EVERY,
            "RECORD_CLOSED",
            "If the record was rejected by mistake, ask the supplier to report the document again "
            "unchanged (R-087).",
            short,
        )
    return None


@legality("R-010", source="IMS-FAQ 'Who will have access'")
def recipient_without_ims(s: Situation) -> Closes | None:
    """The document is addressed to a registration that has no IMS, so there is no IMS record."""
    if s.route is Route.NO_ACCESS:
        return (
            EVERY,
            "NOT_IN_IMS",
            "There is nothing to do in IMS for this registration.",
            "This registration has no IMS.",
        )
    return None


@legality("R-013", source="IMS-FAQ; ADDL24 Q1-2")
def before_ims(s: Situation) -> Closes | None:
    """Records of the GSTR-2B of September 2024 or of an earlier month are not in IMS."""
    if s.route is Route.BEFORE_IMS:
        return (
            EVERY,
            "NOT_IN_IMS",
            "Claim the credit with the GSTR-2B of that period.",
            "Records of September 2024 and earlier are not in IMS.",
        )
    return None


@legality("R-030", source="IMS-FAQ 'What documents will not be made available'; FAQ24 Q8")
def straight_to_gstr2b(s: Situation) -> Closes | None:
    """This document goes straight to GSTR-2B and never enters IMS, so there is nothing to decide."""
    if s.route in STRAIGHT:
        return (
            EVERY,
            "NOT_IN_IMS",
            "Look at the document in GSTR-2B. The document needs no action.",
            f"{STRAIGHT[s.route]} go straight to GSTR-2B.",
        )
    return None


@legality("R-031", source="IMS-FAQ; 2BM; 2BRSN code P")
def barred_by_place_of_supply(s: Situation) -> Closes | None:
    """The place of supply is the supplier's State. You are in another State, so the credit is not
    available."""
    if s.route is Route.PLACE_OF_SUPPLY:
        return (
            EVERY,
            "NOT_IN_IMS",
            "If the place of supply is wrong, ask the supplier to correct it.",
            "The place of supply is the supplier's State, not yours.",
        )
    return None


@legality("R-032", source="CGST Act s.16(4); IMS-FAQ")
def barred_by_time(s: Situation) -> Closes | None:
    """The section 16(4) time limit for this document has passed, so the credit is not available."""
    if s.route is Route.TIME_BAR:
        return (
            EVERY,
            "NOT_IN_IMS",
            "There is nothing to do: GSTR-2B lists the document under ITC not available.",
            "The section 16(4) time limit has passed.",
        )
    return None


@legality("R-088", source="IMS-FAQ 'Can a supplier amend an FCM invoice'; inferred for a pending original")
def withdrawn_by_amendment(s: Situation) -> Closes | None:
    """An amendment took this record out of IMS."""
    if s.route is Route.WITHDRAWN:
        return (
            EVERY,
            "NOT_IN_IMS",
            "Look at the amended version in GSTR-2B.",
            "An amendment took this record out of IMS.",
        )
    return None


@legality("R-063", source="IMS-FAQ 'What will happen to the documents kept pending'")
def purged(s: Situation) -> Closes | None:
    """The record has left IMS, because the record or its earlier version was still pending when the section
    16(4) date passed."""
    if s.route is Route.PURGED:
        return (
            EVERY,
            "NOT_IN_IMS",
            "There is nothing to do: the credit of this record can no longer be taken.",
            "The section 16(4) date passed while the record was pending.",
        )
    return None


@legality("R-081", source="IMS-FAQ 'What happens to the original record'")
def original_must_close_first(s: Situation) -> Closes | None:
    """An amendment in a later statement waits until the original has a final action and the GSTR-3B of the
    original's period is filed."""
    if s.standing is Standing.BLOCKED:
        return (
            EVERY,
            "ORIGINAL_NOT_CLOSED",
            "Decide the original and file the GSTR-3B of its period first.",
            "This amendment waits until its original is closed.",
        )
    return None


@legality("R-131", since="2025-10", source="BOE25")
def bills_of_entry_cannot_be_rejected(s: Situation) -> Closes | None:
    """A bill of entry can be accepted or kept pending, not rejected."""
    if s.kind.is_import:
        return (
            REJECT,
            "REJECT_NOT_ALLOWED",
            "Accept the bill or keep it pending. Customs corrects a wrong GSTIN.",
            "A bill of entry cannot be rejected.",
        )
    return None


def _never_pending(s: Situation) -> str:
    """Return the reason of R-053 for the class to which a record belongs."""
    if s.kind is Kind.CREDIT_NOTE and s.standing is Standing.ORIGINAL:
        which = "Credit notes"
    elif s.kind is not Kind.CREDIT_NOTE:
        which = f"Amendments that lower an accepted {LOWERED[s.kind]}"
    elif s.direction is Direction.UP:
        which = "Amendments that raise a credit note"
    elif s.direction is Direction.LEVEL:
        which = "Amendments that leave a credit note's tax unchanged"
    else:
        which = "Amendments that lower a rejected credit note"
    return f"{which} cannot be kept pending before October 2025."


@legality(
    "R-053", source="IMS-FAQ '4 scenarios'; classes confirmed by CHG25, FAQ25 Q1, IC24", several_cases=True
)
def pending_barred(s: Situation) -> Closes | None:
    """Pending is not available for five kinds of records (for GSTR-2B periods before October 2025): (1) an
    original credit note; (2) an amendment that raises a credit note or leaves its tax unchanged; (3) an
    amendment that lowers a rejected credit note; (4) an amendment that lowers an accepted invoice or debit
    note; (5) an amendment that lowers an accepted 9(5) document."""
    if reduces_credit_on_acceptance(s):
        return (
            PENDING,
            "PENDING_NOT_ALLOWED",
            "Accept or reject the record. Without an action, the record counts as accepted.",
            _never_pending(s),
        )
    return None


@legality("R-054", since="2025-10", source="CHG25; FAQ25 Q1, Q4-5")
def pending_for_one_period(s: Situation) -> Closes | None:
    """This record could be pending for only one tax period: until the GSTR-3B due date of the tax period
    after its own. That day has passed."""
    if is_specified(s) and s.pending_limit_reached:
        return (
            PENDING,
            "PENDING_NOT_ALLOWED",
            "Accept or reject the record. Without an action, the record counts as accepted.",
            "The one tax period for which this record could be pending is over.",
        )
    return None


@legality("R-055", source="IMS-FAQ; R-063 for the day; inferred for setting Pending after it")
def pending_ends_at_cutoff(s: Situation) -> Closes | None:
    """A record can be pending until the section 16(4) date of its financial year. That day has passed."""
    waits_by_r064 = s.book is not Book.B2410 and is_specified(s)
    if s.past_cutoff and not waits_by_r064:
        instead = "Accept or reject the record. Without an action, the record counts as accepted."
        if s.kind.is_import:
            instead = "Accept the record. Without an action, the record counts as accepted."
        return (
            PENDING,
            "PENDING_NOT_ALLOWED",
            instead,
            "The section 16(4) date has passed, so Pending has ended.",
        )
    return None


COMMON = (
    closed_with_gstr3b,
    recipient_without_ims,
    before_ims,
    straight_to_gstr2b,
    barred_by_place_of_supply,
    barred_by_time,
    withdrawn_by_amendment,
    purged,
    original_must_close_first,
    bills_of_entry_cannot_be_rejected,
)
# `pending_barred` comes before `pending_ends_at_cutoff`. If both clauses forbid Pending, the
# refusal names R-053.
LEGALITY_2024_10 = (*COMMON, pending_barred, pending_ends_at_cutoff)
