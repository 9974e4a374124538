"""A bill and a document of IMS, field by field: both values, and how they relate, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from ims_portal.kernel.money import HEADS, format_inr
from ims_portal.kernel.places import state_name
from invoices.matching import numbers
from invoices.matching.documents import Document, Heads
from invoices.matching.numbers import Piece
from invoices.matching.reasons import NUMBERS
from invoices.matching.relations import Days, Facts, Party, name_core
from invoices.matching.settings import Settings
from invoices.matching.words import REASONS
from invoices.models.choices import HEAD_LABELS, KIND_LABELS

AGREES, HARMLESS, LOOK = "A", "I", "P"
TONES = {AGREES: gettext_noop("agrees"), HARMLESS: gettext_noop("harmless"), LOOK: gettext_noop("look")}
PARTIES = {
    Party.SAME: (AGREES, gettext_noop("The GSTINs are the same.")),
    Party.SAME_PAN: (LOOK, REASONS["GSTIN_SUPPLIER_OTHER"]),
    Party.TYPO: (LOOK, REASONS["GSTIN_CHECK_FAILS"]),
    Party.EMPTY: (LOOK, REASONS["GSTIN_EMPTY"]),
    Party.OTHER: (LOOK, gettext_noop("The GSTINs belong to two suppliers.")),
}
WRITTEN_ALIKE = frozenset({numbers.Relation.SAME, numbers.Relation.FORMAT})


@dataclass(frozen=True, slots=True)
class Line:
    """One field. `pieces` are the parts of both numbers, for a field that is a number. `tone` is "" if nothing is
    compared."""

    label: str
    books: str
    portal: str
    tone: str
    said: str
    pieces: tuple[Sequence[Piece], Sequence[Piece]] | None = None
    mono: bool = False

    @property
    def word(self) -> str:
        return _(TONES[self.tone]) if self.tone else ""


def lines(
    bill: Document,
    record: Document,
    found: Facts,
    settings: Settings,
    *,
    originals: tuple[str, str] = ("", ""),
) -> list[Line]:
    """Return a line for each field of a pair. `originals` are the numbers of the invoices that the two notes name."""
    party, said = PARTIES[found.party]
    shown = [
        Line(_("Supplier GSTIN"), bill.supplier, record.supplier, party, _(said), mono=True),
        _name(bill, record),
        _number(bill, record, found),
        _day(bill.day, record.day, found),
        _kind(bill, record, found),
        *_amounts(bill.heads, record.heads, settings),
        _place(bill, record, found),
        _charge(bill, record, found),
    ]
    if any(originals):
        shown.append(_original(bill, record, found, originals))
    return shown


def both_gstins(bill: Document, record: Document) -> Line:
    """Return the line of our own GSTINs, for a bill that is booked at another registration."""
    same = bill.own == record.own
    said = "" if same else _(REASONS["GSTIN_OWN_OTHER"])
    return Line(_("Our GSTIN"), bill.own, record.own, AGREES if same else LOOK, said, mono=True)


def _name(bill: Document, record: Document) -> Line:
    if not bill.name or not record.name:
        return Line(_("Supplier name"), bill.name, record.name, "", "")
    same = name_core(bill.name) == name_core(record.name)
    said = "" if same else _("The names differ. The GSTIN decides.")
    return Line(_("Supplier name"), bill.name, record.name, AGREES if same else HARMLESS, said)


def _number(bill: Document, record: Document, found: Facts) -> Line:
    code = NUMBERS.get(found.number, "NUM_DAMAGED" if bill.keys.damaged else "NUM_MISSING")
    tone = AGREES if found.number in WRITTEN_ALIKE else HARMLESS if found.number_agrees else LOOK
    both = numbers.pieces(bill.number, bill.day), numbers.pieces(record.number, record.day)
    return Line(_("Number"), bill.number, record.number, tone, _(REASONS[code]), both, mono=True)


def _day(bill: date, record: date, found: Facts) -> Line:
    if found.days is Days.SAME:
        tone, said = AGREES, _("Same day.")
    else:
        tone = HARMLESS if found.days is Days.NEAR else LOOK
        said = ngettext("%(n)s day apart.", "%(n)s days apart.", found.apart) % {"n": found.apart}
        if found.days is Days.SWAPPED:
            said += " " + _(REASONS["DATE_SWAPPED"])
        if not found.same_year:
            said += " " + _(REASONS["DATE_YEAR"])
    return Line(_("Document date"), f"{bill:%d-%m-%Y}", f"{record:%d-%m-%Y}", tone, said)


def _kind(bill: Document, record: Document, found: Facts) -> Line:
    said = "" if found.same_group else _(REASONS["KIND_DIFFERS"])
    ours, theirs = _(KIND_LABELS[bill.kind]), _(KIND_LABELS[record.kind])
    return Line(_("Kind"), ours, theirs, AGREES if found.same_group else LOOK, said)


def _amounts(bill: Heads, record: Heads, settings: Settings) -> list[Line]:
    shown = []
    for head in ("taxable", *HEADS):
        ours, theirs = getattr(bill, head), getattr(record, head)
        if head != "taxable" and not ours and not theirs:
            continue
        label = _("Taxable value") if head == "taxable" else _(HEAD_LABELS[head])
        tone, said = difference(ours, theirs, settings.rounding * (2 if head == "cess" else 1))
        shown.append(Line(f"{label} ₹", format_inr(ours), format_inr(theirs), tone, said))
    return shown


def difference(ours: int, theirs: int, rounding: int) -> tuple[str, str]:
    """Return the tone and the sentence of two amounts in paise."""
    if ours == theirs:
        return AGREES, ""
    pattern = _("₹%(amount)s more in IMS.") if theirs > ours else _("₹%(amount)s less in IMS.")
    near = abs(theirs - ours) <= rounding
    return HARMLESS if near else LOOK, pattern % {"amount": format_inr(abs(theirs - ours))}


def _place(bill: Document, record: Document, found: Facts) -> Line:
    ours, theirs = place_words(bill), place_words(record)
    if not ours or not theirs:
        return Line(_("Place of supply"), ours, theirs, "", "")
    said = _(REASONS["POS_DIFFERS"]) if found.place_differs else ""
    return Line(_("Place of supply"), ours, theirs, LOOK if found.place_differs else AGREES, said)


def place_words(one: Document) -> str:
    """Return the place of supply with the State's name, or "" if it is unknown."""
    return f"{one.place} {_(state_name(one.place))}" if one.place else ""


def _charge(bill: Document, record: Document, found: Facts) -> Line:
    ours, theirs = (_("Yes") if one.reverse_charge else _("No") for one in (bill, record))
    said = _(REASONS["RCM_DIFFERS"]) if found.charge_differs else ""
    return Line(_("Reverse charge"), ours, theirs, LOOK if found.charge_differs else AGREES, said)


def _original(bill: Document, record: Document, found: Facts, written: tuple[str, str]) -> Line:
    if not all(written):
        return Line(_("Original number"), *written, "", "", mono=True)
    both: Any = numbers.pieces(written[0], bill.day), numbers.pieces(written[1], record.day)
    said = _(REASONS["ORIGINAL_SAME"]) if found.same_original else _("The notes name two invoices.")
    return Line(
        _("Original number"), *written, AGREES if found.same_original else LOOK, said, both, mono=True
    )
