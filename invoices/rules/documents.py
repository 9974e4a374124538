"""Checks of one reported document (R-049, R-140 to R-146), in the order in which their refusals are reported.

Amounts are in paise. A check returns the fault, with the field and the correction, or None. A check never
raises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.money import TaxAmounts, format_inr
from ims_portal.kernel.places import is_place_of_supply, state_name
from ims_portal.kernel.wording import say
from invoices.rules import retail_price
from invoices.rules.calendar import Form
from invoices.rules.retail_price import DocumentWarning
from invoices.rules.situation import Kind

DOCUMENT_NUMBER = re.compile(r"[A-Za-z0-9/-]{1,16}\Z")
PORT_CODE = re.compile(r"[A-Z0-9]{6}\Z")  # as INNSA1
INVOICE_TYPES = ("R", "SEWP", "SEWOP", "DE", "CBW")
SEZ_TYPES = ("SEWP", "SEWOP")
BONDED_TYPE = "CBW"  # goods from a bonded warehouse carry IGST only, within a State too
GST_BEGAN = date(2017, 7, 1)
# GST rates in hundredths of a per cent
RATES = (0, 10, 25, 100, 150, 300, 500, 600, 750, 1200, 1800, 2800, 4000)
RATE_BEGINS = {4000: date(2025, 9, 22)}
# The tax of a rate line may differ from the computed tax by one rupee, because billing software
# rounds each line.
TAX_TOLERANCE_PAISE = 100
MOST_PAISE = 9_999_999_999_999_99
GROUPS = {Kind.INVOICE: "INV", Kind.DEBIT_NOTE: "DN", Kind.CREDIT_NOTE: "CN", Kind.ECO: "ECO"}


@dataclass(frozen=True, slots=True)
class RateLine:
    """The amounts of a document at one rate. `rate` is in hundredths of a per cent (1800 is 18 %), amounts
    are in paise."""

    rate: int
    taxable: int
    igst: int = 0
    cgst: int = 0
    sgst: int = 0
    cess: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as the supplier reports it, before the portal has saved it. Amounts are in paise."""

    kind: Kind
    recipient: str
    number: str
    document_date: date
    place_of_supply: str
    taxable: int
    tax: TaxAmounts
    value: int = 0
    invoice_type: str = "R"
    reverse_charge: bool = False
    rate_lines: Sequence[RateLine] = field(default=())
    concessional: bool = False  # the tax is charged at 65 % of the rate (`diff_percent`)
    irn: str = ""
    irn_date: date | None = None


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """The reason why a document is refused: the refusal code, the field, a message with the fault and its
    correction, and the number of the rule."""

    code: str
    field: str
    message: str
    rule: str = ""  # empty: the rule of the code


def number_key(number: str, *, bill: bool = False) -> str:
    """The form of a document number in which two numbers are compared: in capital letters, because two numbers
    that differ only in case are equal (R-143). The number of a bill of entry has no leading zeros, because
    customs, portals and workbooks write the same number with zeros and without."""
    key = number.upper()
    return (key.lstrip("0") or "0") if bill and key else key


def check(
    draft: Draft,
    *,
    supplier: str,
    supplier_is_sez: bool,
    form: Form,
    period_end: date,
    today: date,
    recipient_is_sez: bool = False,
) -> DocumentFault | None:
    """Return the first fault of the document, or None. `period_end` is the last day of the form's period."""
    sez = supplier_is_sez or recipient_is_sez
    return (
        _recipient(draft, supplier)
        or _number(draft)
        or _kind(draft, form)
        or date_problem(draft.document_date, period_end, today)
        or _amounts(draft)
        or (place_and_heads(draft, supplier, sez) if is_gstr1(form) else None)
        or (_rates(draft) if is_gstr1(form) else None)
    )


def is_gstr1(form: Form) -> bool:
    """True for GSTR-1, IFF and GSTR-1A. Place of supply, tax heads and rates are checked only in documents of
    these forms."""
    # the portal accepts documents of GSTR-5, GSTR-6 and ICEGATE as reported, without these checks
    return form in (Form.GSTR1, Form.IFF, Form.GSTR1A)


def _kind(draft: Draft, form: Form) -> DocumentFault | None:
    if draft.kind is Kind.ECO and not is_gstr1(form):
        return DocumentFault(
            "BAD_DOC",
            "kind",
            say("Supplies under section 9(5) are reported in GSTR-1, not in %(form)s.", form=form.value),
        )
    return None


def _recipient(draft: Draft, supplier: str) -> DocumentFault | None:
    try:
        gstin = Gstin.parse(draft.recipient)
    except BadGstin as bad:
        return DocumentFault("BAD_GSTIN", "recipient", str(bad))
    if gstin == supplier:
        return DocumentFault(
            "BAD_GSTIN", "recipient", "The recipient is the supplier's own GSTIN. Enter the buyer's GSTIN."
        )
    return None


def _number(draft: Draft) -> DocumentFault | None:
    return number_fault(draft.number)


def number_fault(given: str) -> DocumentFault | None:
    """Return the fault of a document number, or None."""
    if DOCUMENT_NUMBER.match(given):
        return None
    return DocumentFault(
        "BAD_DOC_NO",
        "number",
        say(
            "Document number %(number)s is not valid. Use 1 to 16 characters: letters, digits, - and /.",
            number=repr(given[:40]),
        ),
    )


def date_problem(when: date, period_end: date, today: date) -> DocumentFault | None:
    """Return the fault in the date of a document, or None. The form's period ends on `period_end`."""
    if when > today:
        return DocumentFault(
            "BAD_DOC",
            "date",
            say("Document date %(day)s is in the future.", day=f"{when:%d-%m-%Y}"),
            rule="R-146",
        )
    if when > period_end:
        return DocumentFault(
            "BAD_DOC",
            "date",
            say(
                "Document date %(day)s is after the end of the form's period, %(end)s.",
                day=f"{when:%d-%m-%Y}",
                end=f"{period_end:%d-%m-%Y}",
            ),
            rule="R-146",
        )
    if when < GST_BEGAN:
        return DocumentFault(
            "BAD_DOC",
            "date",
            say("Document date %(day)s is before GST began on 01-07-2017.", day=f"{when:%d-%m-%Y}"),
            rule="R-146",
        )
    return None


def _amounts(draft: Draft) -> DocumentFault | None:
    amounts = (
        ("value", draft.value),
        ("taxable", draft.taxable),
        ("igst", draft.tax.igst),
        ("cgst", draft.tax.cgst),
        ("sgst", draft.tax.sgst),
        ("cess", draft.tax.cess),
    )
    for name, paise in amounts:
        if paise < 0:
            return DocumentFault(
                "BAD_DOC", name, "Give amounts without a minus sign, even for a credit note."
            )
        if paise > MOST_PAISE:
            return DocumentFault("BAD_DOC", name, "The amount is larger than the portal can hold.")
    return None


def carries_igst_only(draft: Draft, supplier: str, supplier_is_sez: bool) -> bool:
    """True if the supply may carry IGST, but no CGST and SGST (R-144, R-145): the place of supply is not in the
    supplier's State, the supplier or the buyer is a SEZ, or the goods come from a bonded warehouse."""
    igst_type = draft.invoice_type in (*SEZ_TYPES, BONDED_TYPE)
    return supplier_is_sez or igst_type or supplier[:2] != draft.place_of_supply


def tax_waits_for_place(draft: Draft, supplier: str, supplier_is_sez: bool) -> bool:
    """True if the document names no place of supply, and its heads of tax depend on the place."""
    at_home = replace(draft, place_of_supply=supplier[:2])
    return not draft.place_of_supply and not carries_igst_only(at_home, supplier, supplier_is_sez)


def place_and_heads(draft: Draft, supplier: str, supplier_is_sez: bool) -> DocumentFault | None:
    """Return the fault in the document type, the place of supply or the tax heads, or None (R-144). The
    function does not check how large the amounts are. It checks only whether heads are zero, and whether CGST
    equals SGST."""
    if draft.invoice_type not in INVOICE_TYPES:
        return DocumentFault(
            "BAD_DOC",
            "invoice_type",
            say("Document type must be one of %(types)s.", types=", ".join(INVOICE_TYPES)),
            rule="R-144",
        )
    if not is_place_of_supply(draft.place_of_supply):
        return DocumentFault(
            "BAD_DOC",
            "place_of_supply",
            "Place of supply must be a State code from 01 to 38, or 97 for Other Territory.",
            rule="R-142",
        )
    tax = draft.tax
    if draft.invoice_type == "SEWOP" and tax.total:
        return DocumentFault(
            "BAD_DOC",
            "igst",
            "A supply to SEZ without payment of tax must not have tax. Remove the tax amounts.",
            rule="R-144",
        )
    if carries_igst_only(draft, supplier, supplier_is_sez):
        if tax.cgst or tax.sgst:
            if draft.invoice_type == BONDED_TYPE:
                return DocumentFault(
                    "BAD_DOC",
                    "cgst",
                    "A supply from a bonded warehouse carries IGST only. Charge no CGST and SGST.",
                    rule="R-144",
                )
            sez = supplier_is_sez or draft.invoice_type in SEZ_TYPES
            why = (
                say("to or by a SEZ")
                if sez
                else say("place of supply %(place)s", place=state_name(draft.place_of_supply))
            )
            return DocumentFault(
                "BAD_DOC", "cgst", say("The supply is inter-State (%(why)s): charge IGST only.", why=why)
            )
    elif tax.igst:
        return DocumentFault(
            "BAD_DOC", "igst", "The supply is within one State: charge CGST and SGST, not IGST."
        )
    elif tax.cgst != tax.sgst:
        return DocumentFault("BAD_DOC", "sgst", "CGST and SGST must be equal.")
    return None


def rates_on(day: date) -> tuple[int, ...]:
    """The rates that a document of this day may have, in hundredths of a per cent (R-145)."""
    return tuple(rate for rate in RATES if day >= RATE_BEGINS.get(rate, GST_BEGAN))


def _rates(draft: Draft) -> DocumentFault | None:
    if draft.rate_lines:
        return _rate_lines(draft)
    charged = draft.tax.igst + draft.tax.cgst + draft.tax.sgst
    if any(fits(rate, draft.taxable, charged, draft.concessional) for rate in rates_on(draft.document_date)):
        return None
    if retail_price.exceeds_rate(draft.document_date, draft.taxable, charged):
        return None
    return DocumentFault(
        "BAD_DOC",
        "rate",
        say(
            "Tax %(charged)s on taxable value %(taxable)s matches no GST rate. Correct the amounts, or "
            "give one line per rate.",
            charged=format_inr(charged),
            taxable=format_inr(draft.taxable),
        ),
    )


def _rate_lines(draft: Draft) -> DocumentFault | None:
    taxable = igst = cgst = sgst = cess = 0
    for place, line in enumerate(draft.rate_lines, start=1):
        if line.rate in RATE_BEGINS and draft.document_date < RATE_BEGINS[line.rate]:
            begins = RATE_BEGINS[line.rate]
            return DocumentFault(
                "BAD_DOC",
                "rate",
                say(
                    "Line %(place)s: the rate %(rate)s %% applies only from %(begins)s.",
                    place=place,
                    rate=f"{line.rate / 100:g}",
                    begins=f"{begins:%d-%m-%Y}",
                ),
            )
        if line.rate not in RATES:
            return DocumentFault(
                "BAD_DOC",
                "rate",
                say(
                    "Line %(place)s: %(rate)s %% is not a GST rate.", place=place, rate=f"{line.rate / 100:g}"
                ),
            )
        charged = line.igst + line.cgst + line.sgst
        free = draft.invoice_type == "SEWOP" and not charged
        above = line.rate == retail_price.RATE and retail_price.exceeds_rate(
            draft.document_date, line.taxable, charged
        )
        if not (free or above) and not fits(line.rate, line.taxable, charged, draft.concessional):
            return DocumentFault(
                "BAD_DOC",
                "rate",
                say(
                    "Line %(place)s: %(rate)s of %(taxable)s is %(right)s, but the tax is %(charged)s. "
                    "Correct the tax or the rate.",
                    place=place,
                    charged=format_inr(charged),
                    rate=f"{line.rate / 100:g} %" + (" at 65 %" if draft.concessional else ""),
                    taxable=format_inr(line.taxable),
                    right=format_inr(_at_rate(line.rate, line.taxable, draft.concessional)),
                ),
            )
        taxable += line.taxable
        igst += line.igst
        cgst += line.cgst
        sgst += line.sgst
        cess += line.cess
    tax = draft.tax
    if (taxable, igst, cgst, sgst, cess) != (draft.taxable, tax.igst, tax.cgst, tax.sgst, tax.cess):
        return DocumentFault("BAD_DOC", "rate", "The rate lines do not add up to the document's totals.")
    return None


def warnings(draft: Draft, form: Form) -> tuple[DocumentWarning, ...]:
    """Return the warnings about a document that `check` accepts (R-145)."""
    if not is_gstr1(form):
        return ()
    return retail_price.warnings(draft.document_date, draft.taxable, draft.tax, draft.rate_lines)


def tax_at(draft: Draft, rate: int, taxable: int, *, supplier: str, supplier_is_sez: bool) -> TaxAmounts:
    """Return the tax at `rate` on `taxable` paise for a line of this document, rounded to the nearest paisa.
    The function ignores the tax amounts in `draft`."""
    if draft.invoice_type == "SEWOP":
        return TaxAmounts()
    share = taxable * rate * (65 if draft.concessional else 100)
    if carries_igst_only(draft, supplier, supplier_is_sez):
        return TaxAmounts(igst=(share + 500_000) // 1_000_000)
    half = (share + 1_000_000) // 2_000_000
    return TaxAmounts(cgst=half, sgst=half)


def _at_rate(rate: int, taxable: int, concessional: bool) -> int:
    """Return the tax at `rate` on `taxable`, in paise, rounded to the nearest paisa."""
    return (taxable * rate * (65 if concessional else 100) + 500_000) // 1_000_000


def fits(rate: int, taxable: int, charged: int, concessional: bool) -> bool:
    """True if `charged` is the tax at `rate` on `taxable`, within one rupee (R-145). Amounts are in paise."""
    # The function compares integers, in millionths of a paisa, so that money never becomes a floating-point
    # number (I21).
    expected = taxable * rate * (65 if concessional else 100)
    return abs(charged * 1_000_000 - expected) <= TAX_TOLERANCE_PAISE * 1_000_000
