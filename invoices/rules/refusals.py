"""Every refusal code, with the sentence that a user reads and the rule behind the refusal."""

from __future__ import annotations

from dataclasses import dataclass

from ims_portal.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Code:
    rule: str
    sentence: str


CODES: dict[str, Code] = {
    "NO_ACCESS": Code("R-010", "This registration has no IMS, so no action can be taken here."),
    "TOO_EARLY": Code(
        "R-013",
        "It is too early for this. Actions are possible from 14 October 2024 on. GSTR-2B can be computed from the "
        "day on which it is drafted, for a month the 14th of the next month (R-090).",
    ),
    "RECORD_CLOSED": Code(
        "R-102", "GSTR-3B of this record's period is filed; its action can no longer be changed."
    ),
    "NOT_IN_IMS": Code("R-030", "This document is not in your IMS."),
    "ORIGINAL_NOT_CLOSED": Code(
        "R-081",
        "Decide the original record and file the GSTR-3B of its period. Then you can act on this amendment.",
    ),
    "PENDING_NOT_ALLOWED": Code("R-053", "Pending is not available for this record."),
    "REJECT_NOT_ALLOWED": Code("R-131", "A bill of entry can be accepted or kept pending, not rejected."),
    "DECL_NOT_APPLICABLE": Code(
        "R-124",
        "An ITC reduction can be declared only when you accept a record that reduces ITC. The record must "
        "belong to the GSTR-2B of October 2025 or later.",
    ),
    "DECL_INVALID": Code(
        "R-121",
        "The declared reduction is not valid. CGST and SGST must be equal, and no amount may be negative. "
        "If ITC is not to be reduced, leave the amounts blank.",
    ),
    "DECL_EXCEEDS": Code(
        "R-121", "The declared reduction is larger than the full ITC reduction of this record."
    ),
    "ANSWER_REQUIRED": Code(
        "R-123",
        "State whether ITC is to be reduced. A program must give this answer to accept a credit note.",
    ),
    "REMARKS_REQUIRED": Code("R-122", "Give a remark when ITC is reduced in part or not at all."),
    "REMARKS_TOO_LONG": Code("R-058", "Remarks may have at most 250 characters."),
    "FINAL_2B": Code("R-097", "GSTR-3B of this period is filed, so GSTR-2B of the period is final."),
    "PREV_3B_PENDING": Code("R-091", "GSTR-3B of the previous tax period is not filed. File it first."),
    "NO_2B": Code("R-101", "There is no GSTR-2B for this period yet."),
    "STALE_2B": Code(
        "R-086", "Actions were taken after this GSTR-2B was computed. Recompute GSTR-2B before filing."
    ),
    "GSTR1_PENDING": Code(
        "R-101",
        "Your own GSTR-1 of this period is not filed. File it before GSTR-3B (section 39(10)).",
    ),
    "DOC_LOCKED": Code("R-043", "A filed document cannot be edited or deleted, only amended."),
    "DUPLICATE_DOC": Code(
        "R-049", "This number was already used for this kind of document in the financial year."
    ),
    "BAD_GSTIN": Code("R-140", "The recipient's GSTIN is not valid."),
    "BAD_DOC_NO": Code("R-143", "A document number has 1 to 16 characters: letters, digits, - and /."),
    "BAD_DOC": Code("R-145", "The document is not valid."),
    "GSTIN_CHANGE_IN_1A": Code(
        "R-045",
        "The recipient's GSTIN cannot be changed in GSTR-1A. Use the amendment table of a later GSTR-1.",
    ),
    "FORM_CLOSED": Code("R-045", "This form is not open for the period."),
    "BAD_PERIOD": Code("R-004", "This is not a tax period of this taxpayer."),
    "OPENING_BALANCE": Code("R-105", "This opening balance cannot be entered."),
    "NOT_SIGNATORY": Code("R-101", "Only a signatory of this GSTIN may file."),
}

# For each refusal code with its rule: the code of the same message in the screens' message catalogue
# (ims_portal/support/web/screen_messages.py). A catalogue code appears only once in this table.
QUOTED: dict[tuple[str, str], str] = {
    ("PENDING_NOT_ALLOWED", "R-053"): "PEND-OLD",
    ("PENDING_NOT_ALLOWED", "R-054"): "PEND-WINDOW",
    ("PENDING_NOT_ALLOWED", "R-055"): "PEND-LIMIT",
    ("REJECT_NOT_ALLOWED", "R-131"): "REJ-BOE",
    ("ORIGINAL_NOT_CLOSED", "R-081"): "ORIG-FIRST",
    ("RECORD_CLOSED", "R-102"): "3B-FILED",
    ("DECL_EXCEEDS", "R-121"): "RED-MAX",
    ("REMARKS_REQUIRED", "R-122"): "RED-REMARK",
    ("TOO_EARLY", "R-090"): "2B-BEFORE-14",
    ("PREV_3B_PENDING", "R-091"): "2B-PREV3B",
    ("STALE_2B", "R-086"): "2B-STALE",
    ("GSTIN_CHANGE_IN_1A", "R-045"): "R1A-GSTIN",
}


def quoted(code: str, rule: str = "") -> str:
    """Return the code of a refusal in the screens' message catalogue, or "" if the catalogue has no code. If
    `rule` is empty, the function uses the rule that `CODES` gives for the refusal."""
    return QUOTED.get((code, rule or (CODES[code].rule if code in CODES else "")), "")


def refused(code: str, message: str = "", *, rule: str = "", **details: object) -> Refused:
    """Return the error for a refusal. The caller raises the error. The error has the code, the rule number
    and the sentence, and all screens and the API show these three."""
    known = CODES[code]
    return Refused(code, message or known.sentence, rule=rule or known.rule, details=details)


# the rule of a record that changed after a person opened the list: the change resets its action
CHANGED_MEANWHILE = "R-040"
