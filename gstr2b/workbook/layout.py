"""Sheets and columns of the GSTR-2B workbook, with the names in the real portal's workbook.

Other programs find sheets and columns by these names, so a changed name would break the other programs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ims_portal.support.workbook.write import DATE, MONEY, Column
from invoices.rules.ruling import Section

TITLE = "Goods and Services Tax  - GSTR-2B"
README = "Read me"

# sections of the sheets that have neither ITC reversals nor rejected documents
GIVEN = tuple(
    s.value
    for s in (
        Section.ALL_OTHER_ITC,
        Section.ISD,
        Section.REVERSE_CHARGE,
        Section.IMPORTS,
        Section.CREDIT_NOTES,
        Section.NOT_AVAILABLE,
        Section.NOT_AVAILABLE_NOTES,
    )
)
# Sections of the sheets with ITC reversals. The portal's workbook has no reversal sheets for documents of
# e-commerce operators. The reversal sheets of invoices contain these documents.
REVERSED = (Section.RULE_37A.value,)
REJECTED = (Section.REJECTED.value,)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of documents and its columns. The sheet contains the statement's lines that are in one of its
    `sections` and in one of its `tables`."""

    name: str
    about: str
    sections: tuple[str, ...]
    tables: tuple[str, ...]
    columns: tuple[Column, ...]
    reference: str

    @property
    def amended(self) -> bool:
        return self.tables[0].endswith("a")

    @property
    def levels(self) -> int:
        return 3 if self.columns[0].group.startswith("Original") else 2


# A date is ten characters and a period is six, so that their columns leave room for names and amounts. A heading may
# take more lines than a value.
DAY = 11
_TAX = "Tax Amount"
_SUPPLIER = (
    Column("GSTIN of supplier", "gstin", width=18),
    Column("Trade/Legal name", "name", width=26, wrap=True),
)


def _taxes(group: str = _TAX) -> tuple[Column, ...]:
    return (
        Column("Integrated Tax(₹)", "igst", MONEY, group=group),
        Column("Central Tax(₹)", "cgst", MONEY, group=group),
        Column("State/UT Tax(₹)", "sgst", MONEY, group=group),
        Column("Cess(₹)", "cess", MONEY, group=group),
    )


_SUPPLY = (
    Column("Place of supply", "place_of_supply", width=16, wrap=True),
    Column("Supply Attract Reverse Charge", "reverse_charge", width=9),
    Column("Taxable Value (₹)", "taxable", MONEY),
)
_FILED = (
    Column("GSTR-1/IFF/GSTR-1A/GSTR-5 Period", "source_period", width=10),
    Column("GSTR-1/IFF/GSTR-1A/GSTR-5 Filing Date", "filed_on", DATE, width=DAY),
)
_AVAILABLE = (
    Column("ITC Availability", "available", width=11),
    Column("Reason", "reason", width=26, wrap=True),
    Column("Applicable % of Tax Rate", "percent", width=10),
)
_EINVOICE = (
    Column("Source", "einvoice", width=10),
    Column("IRN", "irn", width=24, wrap=True),
    Column("IRN Date", "irn_date", DATE, width=DAY),
)
_REDUCED = "Amount declared by taxpayer for ITC reduction"
_REDUCTION = (
    Column("Whether ITC to be reduced (taxpayer's input)", "reduce", width=11),
    Column("Integrated Tax(₹)", "declared_igst", MONEY, group=_REDUCED),
    Column("Central Tax(₹)", "declared_cgst", MONEY, group=_REDUCED),
    Column("State/UT Tax(₹)", "declared_sgst", MONEY, group=_REDUCED),
    Column("Cess(₹)", "declared_cess", MONEY, group=_REDUCED),
)
_REMARKS = (Column("Remarks", "remarks", width=28, wrap=True),)

_INVOICE = tuple(
    replace(column, group="Invoice Details")
    for column in (
        Column("Invoice number", "number", width=18),
        Column("Invoice type", "type", width=15, wrap=True),
        Column("Invoice Date", "date", DATE, width=DAY),
        Column("Invoice Value(₹)", "value", MONEY),
    )
)
_NOTE = tuple(
    replace(column, group="Credit note/Debit note details")
    for column in (
        Column("Note number", "number", width=18),
        Column("Note type", "note_type", width=12),
        Column("Note Supply type", "type", width=15, wrap=True),
        Column("Note date", "date", DATE, width=DAY),
        Column("Note Value (₹)", "value", MONEY),
    )
)
_ECO = (
    Column("GSTIN of ECO", "gstin", width=18),
    Column("Trade/Legal name", "name", width=26, wrap=True),
    Column("Document number", "number", width=18, group="Document details"),
    Column("Document type", "type", width=15, wrap=True, group="Document details"),
    Column("Document date", "date", DATE, width=DAY, group="Document details"),
    Column("Document value(₹)", "value", MONEY, group="Document details"),
    Column("Place of supply", "place_of_supply", width=16, wrap=True),
    Column("Taxable value (₹)", "taxable", MONEY),
    *_taxes("Tax amount"),
    Column("GSTR-1/IFF/GSTR-1A Period", "source_period", width=10),
    Column("GSTR-1/IFF/GSTR-1A Filing Date", "filed_on", DATE, width=DAY),
    Column("ITC availability", "available", width=11),
    Column("Reason", "reason", width=26, wrap=True),
)
_B2B = (*_SUPPLIER, *_INVOICE, *_SUPPLY, *_taxes(), *_FILED, *_AVAILABLE)
_CDNR = (*_SUPPLIER, *_NOTE, *_SUPPLY, *_taxes(), *_FILED, *_AVAILABLE)
_ISD = (
    Column("GSTIN of ISD", "gstin", width=18),
    Column("Trade/Legal name", "name", width=26, wrap=True),
    Column("ISD Document type", "note_type", width=16),
    Column("ISD Document number", "number", width=18),
    Column("ISD Document date", "date", DATE, width=DAY),
    Column("Original Invoice Number", "isd_original_number", width=18),
    Column("Original invoice date", "isd_original_date", DATE, width=DAY),
    *_taxes("Input tax distribution by ISD"),
    Column("ISD GSTR-6 Period", "source_period", width=10),
    Column("ISD GSTR-6 Filing Date", "filed_on", DATE, width=DAY),
    Column("Eligibility of ITC", "available", width=11),
)
_IMPG = (
    Column("Icegate Reference Date", "date", DATE, width=DAY),
    Column("Port Code", "port", width=10),
    Column("Number", "number", width=18, group="Bill of Entry Details"),
    Column("Date", "date", DATE, width=DAY, group="Bill of Entry Details"),
    Column("Taxable Value", "taxable", MONEY, group="Bill of Entry Details"),
    Column("Integrated Tax(₹)", "igst", MONEY, group="Amount of tax (₹)"),
    Column("Cess(₹)", "cess", MONEY, group="Amount of tax (₹)"),
    Column("Amended (Yes)", "amended", width=10),
)
_IMPGSEZ = (
    Column("GSTIN of supplier", "sez_supplier", width=18),
    Column("Trade/Legal name", "name", width=26, wrap=True),
    *_IMPG,
)

_OLD_INVOICE = (
    Column("Invoice number", "original_number", width=18),
    Column("Invoice Date", "original_date", DATE, width=DAY),
)
_OLD_NOTE = (
    Column("Note type", "note_type", width=12),
    Column("Note number", "original_number", width=18),
    Column("Note date", "original_date", DATE, width=DAY),
)
_OLD_DOCUMENT = (
    Column("Document number", "original_number", width=18),
    Column("Document date", "original_date", DATE, width=DAY),
)
_OLD_ISD = (
    Column("ISD Document type", "note_type", width=16),
    Column("Document Number", "original_number", width=18),
    Column("Document date", "original_date", DATE, width=DAY),
)


def _amended(old: tuple[Column, ...], revised: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns of an amendment: `old` under "Original Details", then `revised` under "Revised
    Details"."""
    below = (
        replace(c, group=f"Revised Details|{c.group}" if c.group else "Revised Details") for c in revised
    )
    return (*(replace(c, group="Original Details") for c in old), *below)


def _rejected(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns of a sheet of rejected documents: `columns` without reverse charge, ITC availability
    and ITC reduction."""
    unneeded = ("reverse_charge", "available", "reason", "reduce")
    return (*(c for c in columns if c.field not in unneeded and not c.field.startswith("declared_")),)


_B2B_GIVEN = (*_B2B, *_EINVOICE)
_B2BA_GIVEN = _amended(_OLD_INVOICE, (*_B2B, *_REDUCTION, *_REMARKS))
_CDNR_GIVEN = (*_CDNR, *_EINVOICE, *_REDUCTION, *_REMARKS)
_CDNRA_GIVEN = _amended(_OLD_NOTE, (*_CDNR, *_REDUCTION, *_REMARKS))
_ECO_GIVEN = (*_ECO, *_EINVOICE)
_ECOA_GIVEN = _amended(_OLD_DOCUMENT, (*_ECO, *_REDUCTION, *_REMARKS))
_ISDA = _amended(_OLD_ISD, _ISD)

_NOTES, _NOTES_A = ("b2bdn", "b2bcn"), ("b2bdna", "b2bcna")

SHEETS = (
    Sheet(
        "B2B", "Taxable inward supplies received from registered persons", GIVEN, ("b2b",), _B2B_GIVEN, "3, 4"
    ),
    Sheet(
        "B2BA", "Amendments to previously filed invoices by supplier", GIVEN, ("b2ba",), _B2BA_GIVEN, "3, 4"
    ),
    Sheet("B2B-CDNR", "Debit/Credit notes (Original)", GIVEN, _NOTES, _CDNR_GIVEN, "3, 4"),
    Sheet(
        "B2B-CDNRA",
        "Amendments to previously filed Credit/Debit notes by supplier",
        GIVEN,
        _NOTES_A,
        _CDNRA_GIVEN,
        "3, 4",
    ),
    Sheet(
        "ECO",
        "Documents reported by ECO on which ECO is liable to pay tax u/s 9(5)",
        GIVEN,
        ("ecom",),
        _ECO_GIVEN,
        "3, 4",
    ),
    Sheet(
        "ECOA",
        "Amended documents reported by ECO on which ECO is liable to pay tax u/s 9(5)",
        GIVEN,
        ("ecoma",),
        _ECOA_GIVEN,
        "3, 4",
    ),
    Sheet("ISD", "ISD Credits", GIVEN, ("isd",), _ISD, "3, 4"),
    Sheet("ISDA", "Amendments to ISD credits received", GIVEN, ("isda",), _ISDA, "3, 4"),
    Sheet("IMPG", "Import of goods from overseas on bill of entry", GIVEN, ("impg",), _IMPG, "3"),
    Sheet(
        "IMPGA", "Amendments in import of goods from overseas on bill of entry", GIVEN, ("impga",), _IMPG, "3"
    ),
    Sheet(
        "IMPGSEZ",
        "Import of goods from SEZ units/developers on bill of entry",
        GIVEN,
        ("impgsez",),
        _IMPGSEZ,
        "3",
    ),
    Sheet(
        "IMPGSEZA",
        "Amendments in import of goods from SEZ units/developers on bill of entry",
        GIVEN,
        ("impgseza",),
        _IMPGSEZ,
        "3",
    ),
    Sheet(
        "B2B (ITC Reversal)",
        "Invoices for ITC reversal under Rule 37A",
        REVERSED,
        ("b2b", "ecom"),
        _B2B_GIVEN,
        "5",
    ),
    Sheet(
        "B2BA (ITC Reversal)",
        "Amended invoices for ITC reversal under Rule 37A",
        REVERSED,
        ("b2ba", "ecoma"),
        _B2BA_GIVEN,
        "5",
    ),
    Sheet("B2B-DNR", "Debit notes for ITC reversal under Rule 37A", REVERSED, ("b2bdn",), _CDNR_GIVEN, "5"),
    Sheet(
        "B2B-DNRA",
        "Amended debit notes for ITC reversal under Rule 37A",
        REVERSED,
        ("b2bdna",),
        _CDNRA_GIVEN,
        "5",
    ),
    Sheet(
        "B2B(Rejected)",
        "Invoices rejected in IMS",
        REJECTED,
        ("b2b",),
        (*_rejected(_B2B_GIVEN), *_REMARKS),
        "6",
    ),
    Sheet(
        "B2BA(Rejected)", "Amended invoices rejected in IMS", REJECTED, ("b2ba",), _rejected(_B2BA_GIVEN), "6"
    ),
    Sheet(
        "B2B-CDNR(Rejected)",
        "Debit/Credit notes rejected in IMS",
        REJECTED,
        _NOTES,
        _rejected(_CDNR_GIVEN),
        "6",
    ),
    Sheet(
        "B2B-CDNRA(Rejected)",
        "Amended Debit/Credit notes rejected in IMS",
        REJECTED,
        _NOTES_A,
        _rejected(_CDNRA_GIVEN),
        "6",
    ),
    Sheet(
        "ECO(Rejected)",
        "ECO documents rejected in IMS",
        REJECTED,
        ("ecom",),
        (*_rejected(_ECO_GIVEN), *_REMARKS),
        "6",
    ),
    Sheet(
        "ECOA(Rejected)",
        "Amended ECO documents rejected in IMS",
        REJECTED,
        ("ecoma",),
        _rejected(_ECOA_GIVEN),
        "6",
    ),
    Sheet("ISD(Rejected)", "ISD documents rejected", REJECTED, ("isd",), _rejected(_ISD), "6"),
    Sheet("ISDA(Rejected)", "Amended ISD documents rejected", REJECTED, ("isda",), _rejected(_ISDA), "6"),
)

# the meaning of each field, for the guide on the first sheet
INSTRUCTIONS = {
    "gstin": "GSTIN of the supplier, ISD or e-commerce operator",
    "name": "Trade name, or legal name where there is none",
    "number": "Number of the document",
    "type": "Regular, SEZ supplies with or without payment, Deemed Exports, or from customs bonded warehouse",
    "note_type": "Credit note or debit note",
    "date": "Date of the document, DD-MM-YYYY",
    "value": "Total value of the document",
    "place_of_supply": "State of supply as declared by the supplier",
    "reverse_charge": "Yes if the recipient is liable to pay the tax",
    "taxable": "Taxable value of the document",
    "igst": "Integrated tax",
    "cgst": "Central tax",
    "sgst": "State/UT tax",
    "cess": "Cess",
    "source_period": "Period of the form in which the document was reported",
    "filed_on": "Date on which that form was filed",
    "available": "Whether input tax credit is available",
    "reason": "Why credit is not available",
    "percent": "100% or 65% of the rate of tax",
    "einvoice": "e-Invoice if the document was reported with an IRN",
    "irn": "Invoice reference number",
    "irn_date": "Date of the invoice reference number",
    "reduce": "The taxpayer's answer whether ITC is to be reduced",
    "remarks": "Remarks given in IMS",
    "original_number": "Number of the document that was amended",
    "original_date": "Date of the document that was amended",
    "isd_original_number": "Invoice to which an ISD credit note relates",
    "isd_original_date": "Date of that invoice",
    "port": "Port code of the bill of entry",
    "sez_supplier": "GSTIN of the SEZ unit or developer",
    "amended": "Yes if the bill of entry was amended",
    "declared_igst": "Declared reduction of integrated tax",
    "declared_cgst": "Declared reduction of central tax",
    "declared_sgst": "Declared reduction of State/UT tax",
    "declared_cess": "Declared reduction of cess",
}

REASONS = {
    "POS": "POS and supplier state are same but recipient state is different",
    "16(4)": "Return filed post annual cut-off",
}
