"""The layout of the statement: blocks, parts, rows and the rows' headings. This module describes only the
layout. The rules of the law are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invoices.models.choices import SECTION_LABELS
from invoices.rules.ruling import Reason, Section, Table4Row, Treated

# The amounts that a row of the statement can show. EFFECT is the change to ITC. BARRED is the amount in
# 4(D)(2). REVERSED is the reversed credit. TAX is the tax of the documents.
EFFECT, BARRED, REVERSED, TAX = "effect", "barred", "reversed", ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A row of the statement: its part, name and GSTR-3B table, and the section and amounts that the row
    sums."""

    part: str | Promise
    numeral: str
    label: str | Promise
    table_3b: str
    section: Section
    slug: str
    amounts: str
    advice: str | Promise


@dataclass(frozen=True, slots=True)
class Block:
    """One of the four blocks of the summary."""

    slug: str
    label: str | Promise
    note: str | Promise
    headings: tuple[Heading, ...]


PART_A = _("Part A – credit that may be claimed")
PART_B = _("Part B – credit notes, netted off against the heads above")

ALL_OTHER = Heading(
    PART_A,
    "I",
    _("All other ITC"),
    "4(A)(5)",
    Section.ALL_OTHER_ITC,
    "all-other-itc",
    EFFECT,
    _("Documents that you accepted or left at No action: invoices, debit notes, section 9(5) documents."),
)
FROM_ISD = Heading(
    PART_A,
    "II",
    _("Inward supplies from ISD"),
    "4(A)(4)",
    Section.ISD,
    "isd",
    EFFECT,
    _("Credit that an input service distributor reported in GSTR-6. This credit does not pass through IMS."),
)
REVERSE_CHARGE = Heading(
    PART_A,
    "III",
    _("Liable to reverse charge"),
    "3.1(d), 4(A)(3)",
    Section.REVERSE_CHARGE,
    "reverse-charge",
    EFFECT,
    _("You pay the tax on these documents yourself. The documents do not pass through IMS."),
)
IMPORTS = Heading(
    PART_A,
    "IV",
    _("Import of goods"),
    "4(A)(1)",
    Section.IMPORTS,
    "imports",
    EFFECT,
    _("Bills of entry and their amendments as customs reported them."),
)
CREDIT_NOTES = Heading(
    PART_B,
    "I",
    _("Others"),
    "4(A)",
    Section.CREDIT_NOTES,
    "credit-notes",
    EFFECT,
    _("Credit notes and amended credit notes reduce the credit in Part A."),
)
BARRED_DOCUMENTS = Heading(
    _("Part A – credit that is not available"),
    "I",
    _("All other ITC"),
    "4(D)(2)",
    Section.NOT_AVAILABLE,
    "not-available",
    BARRED,
    _(
        "You cannot take this credit. Either the place of supply is the supplier’s State and you are in "
        "another State, or the section 16(4) limit has passed."
    ),
)
BARRED_NOTES = Heading(
    _("Part B – credit notes"),
    "I",
    _("Others"),
    "none",
    Section.NOT_AVAILABLE_NOTES,
    "not-available-notes",
    TAX,
    _("The credit of these supplies is not available, so their credit notes do not reduce your credit."),
)
RULE_37A = Heading(
    _("Part A – credit to reverse"),
    "I",
    _("Rule 37A: supplier has not paid"),
    "4(B)(2)",
    Section.RULE_37A,
    "rule-37a",
    REVERSED,
    _(
        "The supplier has not filed GSTR-3B. Reverse this credit by the 30 November after the financial year "
        "in which you took it. You can take the credit again after the supplier files GSTR-3B."
    ),
)
PLACE_CHANGED = Heading(
    _("Part A – credit to reverse"),
    "II",
    _("Place of supply changed after credit was taken"),
    "4(B)(1)",
    Section.NOT_AVAILABLE,
    "place-changed",
    REVERSED,
    _("An amendment made the credit unavailable. The credit of the earlier version must be reversed."),
)
REJECTED = Heading(
    _("Records you rejected"),
    "I",
    _("Rejected in IMS"),
    "none",
    Section.REJECTED,
    "rejected",
    TAX,
    _(
        "For information only. Nothing in this part reaches GSTR-3B. The amounts are the tax of the documents; "
        "credit notes count as negative. An amendment counts with its whole tax, also where credit of the "
        "version before was claimed. The home page shows the change of ITC instead. It also counts rejected "
        "originals that an amendment replaced; GSTR-2B does not list them."
    ),
)

BLOCKS = (
    Block(
        "available",
        _("ITC available"),
        "",
        (ALL_OTHER, FROM_ISD, REVERSE_CHARGE, IMPORTS, CREDIT_NOTES),
    ),
    Block("not-available", _("ITC not available"), "4(D)(2)", (BARRED_DOCUMENTS, BARRED_NOTES)),
    Block("reversal", _("ITC reversal"), "4(B)", (RULE_37A, PLACE_CHANGED)),
    Block("rejected", _("ITC rejected"), _("tax as on the documents"), (REJECTED,)),
)
BY_SLUG = {heading.slug: heading for block in reversed(BLOCKS) for heading in reversed(block.headings)}
BLOCK_OF = {heading.section.value: block for block in reversed(BLOCKS) for heading in block.headings}

# rows of GSTR-3B Table 4 that GSTR-2B fills: slug -> printed number, label, row in the lines, amounts to sum
TABLE_4_ROWS = {
    "4a1": ("4(A)(1)", _("Import of goods"), Table4Row.IMPORTS, EFFECT),
    "4a3": ("4(A)(3)", _("Inward supplies liable to reverse charge"), Table4Row.REVERSE_CHARGE, EFFECT),
    "4a4": ("4(A)(4)", _("Inward supplies from ISD"), Table4Row.ISD, EFFECT),
    "4a5": ("4(A)(5)", _("All other ITC"), Table4Row.ALL_OTHER, EFFECT),
    "4b1": ("4(B)(1)", _("Reversed: rules 38, 42, 43 and section 17(5)"), Table4Row.REVERSED, REVERSED),
    "4b2": ("4(B)(2)", _("Reversed: others"), Table4Row.REVERSED_OTHER, REVERSED),
    "4d2": ("4(D)(2)", _("Not available: section 16(4), place of supply"), Table4Row.NOT_AVAILABLE, BARRED),
}
NET_ROWS = (
    (_("All other ITC"), "4a5"),
    (_("From ISD"), "4a4"),
    (_("Reverse charge"), "4a3"),
    (_("Import of goods"), "4a1"),
)

TREATED_WORDS = {
    Treated.ACCEPTED.value: ("A", _("Accepted")),
    Treated.DEEMED.value: ("D", _("Deemed accepted")),
    Treated.REJECTED.value: ("R", _("Rejected")),
    Treated.CHARGE_CHANGED.value: ("I", _("Changed to reverse charge")),
    Treated.DIRECT.value: ("L", _("Not through IMS")),
}
REASON_WORDS = {
    Reason.PLACE_OF_SUPPLY.value: _("Place of supply is the supplier’s State, not yours"),
    Reason.TIME_BAR.value: _("Section 16(4) limit has passed"),
    Reason.NONE.value: "",
}


def table_label(table: str, *, reverse_charge: bool = False) -> str:
    """Return the name of a documents table of the statement. `table` is an IMS section key."""
    label = gettext(SECTION_LABELS[table]).replace(" - ", " – ")
    return gettext("%(table)s, reverse charge") % {"table": label} if reverse_charge else label
