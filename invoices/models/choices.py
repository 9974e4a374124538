"""Choices of model fields. The choices come from the enumerations of the rules, so fields and rules cannot
differ."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from django.utils.translation import gettext_noop

from ims_portal.kernel.periods import Frequency
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Form
from invoices.rules.situation import Action, Answer, Direction, Filing, Kind, Route, Standing

Member = TypeVar("Member", bound=str)

KIND_LABELS = {
    Kind.INVOICE: "Invoice",
    Kind.DEBIT_NOTE: "Debit note",
    Kind.CREDIT_NOTE: "Credit note",
    Kind.ECO: "ECO document",
    Kind.BILL_OF_ENTRY: "Bill of entry",
    Kind.BOE_REDUCTION: "Bill of entry moved to another GSTIN",
}
ACTION_LABELS = {
    Action.NONE: "No action",
    Action.ACCEPTED: "Accepted",
    Action.REJECTED: "Rejected",
    Action.PENDING: "Pending",
}
ROUTE_LABELS = {
    Route.IMS: "IMS",
    Route.REVERSE_CHARGE: "Reverse charge",
    Route.ISD: "Input service distributor",
    Route.NON_RESIDENT: "Non-resident (GSTR-5)",
    Route.ICEGATE: "Customs, before October 2025",
    Route.PLACE_OF_SUPPLY: "ITC not available: place of supply",
    Route.TIME_BAR: "ITC not available: section 16(4)",
    Route.NO_ACCESS: "Recipient has no IMS",
    Route.BEFORE_IMS: "Before IMS",
    Route.WITHDRAWN: "Withdrawn by an amendment",
    Route.PURGED: "Left IMS at the section 16(4) date",
}
HEAD_LABELS = {
    "igst": gettext_noop("Integrated tax"),
    "cgst": gettext_noop("Central tax"),
    "sgst": gettext_noop("State/UT tax"),
    "cess": gettext_noop("Cess"),
}
FREQUENCY_LABELS = {Frequency.MONTHLY: "Monthly", Frequency.QUARTERLY: "Quarterly (QRMP)"}
INVOICE_TYPE_LABELS = {
    "R": "Regular",
    "SEWP": "SEZ supplies with payment",
    "SEWOP": "SEZ supplies without payment",
    "DE": "Deemed exports",
    "CBW": "From customs bonded warehouse",
}
REGISTRATION_LABELS = {
    RegistrationType.NORMAL: "Normal taxpayer",
    RegistrationType.SEZ_UNIT: "SEZ unit",
    RegistrationType.SEZ_DEVELOPER: "SEZ developer",
    RegistrationType.CASUAL: "Casual taxable person",
    RegistrationType.COMPOSITION: "Composition",
    RegistrationType.ISD: "Input service distributor",
    RegistrationType.NON_RESIDENT: "Non-resident taxable person",
    RegistrationType.TDS: "Tax deductor",
    RegistrationType.TCS: "Tax collector",
    RegistrationType.OIDAR: "OIDAR",
    RegistrationType.UIN: "UIN holder",
}


def choices(labels: Mapping[Member, str]) -> list[tuple[str, str]]:
    """Return (value, label) pairs for a model field."""
    return [(member.value if hasattr(member, "value") else member, label) for member, label in labels.items()]


def plain(enum: type[Enum]) -> list[tuple[str, str]]:
    """Return (value, member's name) pairs for facets that no page shows."""
    return [(member.value, member.name.replace("_", " ").capitalize()) for member in enum]


ACTION_CHOICES = choices(ACTION_LABELS)
ANSWER_CHOICES = plain(Answer)
DIRECTION_CHOICES = plain(Direction)
FILING_CHOICES = plain(Filing)
FORM_CHOICES = [(form.value, form.value) for form in Form]
FREQUENCY_CHOICES = choices(FREQUENCY_LABELS)
INVOICE_TYPE_CHOICES = choices(INVOICE_TYPE_LABELS)
KIND_CHOICES = choices(KIND_LABELS)
REGISTRATION_CHOICES = choices(REGISTRATION_LABELS)
ROUTE_CHOICES = choices(ROUTE_LABELS)
STANDING_CHOICES = plain(Standing)

# IMS sections in the portal's order: key, label, tab
SECTIONS = [
    ("b2b", "B2B - Invoices", "itc"),
    ("b2ba", "B2B - Invoices (Amendments)", "itc"),
    ("b2bdn", "B2B - Debit notes", "itc"),
    ("b2bdna", "B2B - Debit notes (Amendments)", "itc"),
    ("b2bcn", "B2B - Credit notes", "itc"),
    ("b2bcna", "B2B - Credit notes (Amendments)", "itc"),
    ("ecom", "ECO [9(5)] documents", "itc"),
    ("ecoma", "ECO [9(5)] documents (Amendments)", "itc"),
    ("isd", "ISD - Invoices and credit notes", "isd"),
    ("isda", "ISD - Invoices and credit notes (Amendments)", "isd"),
    ("impg", "Import of goods - overseas", "imports"),
    ("impga", "Import of goods - overseas (Amendments)", "imports"),
    ("impgsez", "Import of goods - SEZ", "imports"),
    ("impgseza", "Import of goods - SEZ (Amendments)", "imports"),
]
SECTION_LABELS = {key: label for key, label, _ in SECTIONS}
SECTION_CHOICES = [(key, label) for key, label, _ in SECTIONS]

_PLAIN_SECTION = {Kind.INVOICE: "b2b", Kind.DEBIT_NOTE: "b2bdn", Kind.CREDIT_NOTE: "b2bcn", Kind.ECO: "ecom"}


def section_of(kind: Kind, *, form: Form, amended: bool, sez: bool = False) -> str:
    """Return the key of a record's IMS section (R-001). GETINV and the workbook's sheets use the same key."""
    if kind.is_import:
        base = "impgsez" if sez else "impg"
    elif form is Form.GSTR6:
        base = "isd"
    else:
        base = _PLAIN_SECTION[kind]
    return base + "a" if amended else base
