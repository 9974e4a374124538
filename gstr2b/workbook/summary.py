"""The rows of the summary sheets in the GSTR-2B workbook. The rows have the same texts as in the workbook of
the real portal. Each row names the stored totals that the row sums."""

from __future__ import annotations

from dataclasses import dataclass

from invoices.rules.ruling import Section


@dataclass(frozen=True, slots=True)
class Detail:
    """A summary row, which sums the totals of its `tables` (IMS section keys). If `reverse_charge` is true,
    the row sums only supplies with reverse charge. If `reverse_charge` is false, the row sums only supplies
    without reverse charge. If `reverse_charge` is None, the row sums all supplies."""

    heading: str
    tables: tuple[str, ...]
    table_3b: str = ""
    reverse_charge: bool | None = None


@dataclass(frozen=True, slots=True)
class Main:
    """A heading with its detail rows. `amounts` names the kind of amounts that the row sums. `sign` is -1 if
    the stored amounts of credit notes are negative. The sheet then shows them as positive amounts."""

    number: str
    heading: str
    table_3b: str
    advisory: str
    section: Section
    amounts: str
    details: tuple[Detail, ...]
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    label: str
    text: str
    mains: tuple[Main, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    name: str
    banner: str
    parts: tuple[Part, ...]


SUMMARY_HEADINGS = (
    "S.no.",
    "Heading",
    "GSTR-3B table",
    "Integrated Tax (₹)",
    "Central Tax (₹)",
    "State/UT Tax (₹)",
    "Cess (₹)",
    "Advisory",
)
SUMMARY_ABOUT = (
    "FORM GSTR-2B has been generated on the basis of the information furnished by your suppliers in their respective "
    "forms and of bills of entry received from ICEGATE. This information is for guidance purposes only."
)
ALL_OTHER = "All other ITC - Supplies from registered persons other than reverse charge"


def _supplies(ims: str, *, reverse_charge: bool | None = False) -> tuple[Detail, ...]:
    rc = reverse_charge
    return (
        Detail(f"B2B - Invoices{ims}", ("b2b",), reverse_charge=rc),
        Detail(f"B2B - Debit notes{ims}", ("b2bdn",), reverse_charge=rc),
        Detail(f"ECO - Documents{ims}", ("ecom",), reverse_charge=rc),
        Detail(f"B2B - Invoices (Amendment){ims}", ("b2ba",), reverse_charge=rc),
        Detail(f"B2B - Debit notes (Amendment){ims}", ("b2bdna",), reverse_charge=rc),
        Detail(f"ECO - Documents (Amendment){ims}", ("ecoma",), reverse_charge=rc),
    )


def _reverse_charge(reverse_charge: bool | None = None) -> tuple[Detail, ...]:
    return (
        Detail("B2B - Invoices", ("b2b",), reverse_charge=reverse_charge),
        Detail("B2B - Debit notes", ("b2bdn",), reverse_charge=reverse_charge),
        Detail("B2B - Invoices (Amendment)", ("b2ba",), reverse_charge=reverse_charge),
        Detail("B2B - Debit notes (Amendment)", ("b2bdna",), reverse_charge=reverse_charge),
    )


def _notes(ims: str, forward: str = "", charged: str = "", isd: str = "") -> tuple[Detail, ...]:
    return (
        Detail(f"B2B - Credit notes{ims}", ("b2bcn",), forward, reverse_charge=False),
        Detail(f"B2B - Credit notes (Amendment){ims}", ("b2bcna",), forward, reverse_charge=False),
        Detail("B2B - Credit notes (Reverse charge)", ("b2bcn",), charged, reverse_charge=True),
        Detail("B2B - Credit notes (Reverse charge)(Amendment)", ("b2bcna",), charged, reverse_charge=True),
        Detail("ISD - Credit notes", ("isd",), isd),
        Detail("ISD - Credit notes (Amendment)", ("isda",), isd),
    )


_ISD_DETAILS = (Detail("ISD - Invoices", ("isd",)), Detail("ISD - Invoices (Amendment)", ("isda",)))
_IMPORT_DETAILS = (
    Detail("IMPG - Import of goods from overseas", ("impg",)),
    Detail("IMPG (Amendment)", ("impga",)),
    Detail("IMPGSEZ - Import of goods from SEZ", ("impgsez",)),
    Detail("IMPGSEZ (Amendment)", ("impgseza",)),
)
_MAY = "Net input tax credit may be availed under Table {} of FORM GSTR-3B."
_MAY_NOT = "Such credit shall not be taken and has to be reported in Table 4(D)(2) of FORM GSTR-3B."

SUMMARIES = (
    Summary(
        "ITC Available",
        "Credit which may be availed under FORM GSTR-3B",
        (
            Part(
                "Part A",
                "ITC Available - Credit may be claimed in relevant headings in GSTR-3B",
                (
                    # This row sums supplies with and without reverse charge. An amendment may change a supply
                    # to reverse charge. The correction of the earlier credit then still belongs to this row.
                    Main(
                        "I",
                        ALL_OTHER,
                        "4(A)(5)",
                        _MAY.format("4(A)(5)"),
                        Section.ALL_OTHER_ITC,
                        "effect",
                        _supplies(" (IMS)", reverse_charge=None),
                    ),
                    Main(
                        "II",
                        "Inward Supplies from ISD",
                        "4(A)(4)",
                        _MAY.format("4(A)(4)"),
                        Section.ISD,
                        "effect",
                        _ISD_DETAILS,
                    ),
                    Main(
                        "III",
                        "Inward Supplies liable for reverse charge",
                        "3.1(d)\n4(A)(3)",
                        "These supplies shall be declared in Table 3.1(d) of FORM GSTR-3B for payment of tax. "
                        "Net input tax credit may be availed under Table 4(A)(3) of FORM GSTR-3B on payment of tax.",
                        Section.REVERSE_CHARGE,
                        "effect",
                        _reverse_charge(),
                    ),
                    Main(
                        "IV",
                        "Import of Goods",
                        "4(A)(1)",
                        _MAY.format("4(A)(1)"),
                        Section.IMPORTS,
                        "effect",
                        _IMPORT_DETAILS,
                    ),
                ),
            ),
            Part(
                "Part B",
                "ITC Available - Credit notes should be net off against relevant ITC available headings in GSTR-3B",
                (
                    Main(
                        "I",
                        "Others",
                        "4(A)",
                        "Credit Notes shall be net-off against relevant ITC available headings in GSTR-3B.",
                        Section.CREDIT_NOTES,
                        "effect",
                        _notes(" (IMS)", "4(A)(5)", "3.1(d)\n4(A)(3)", "4(A)(4)"),
                        sign=-1,
                    ),
                ),
            ),
        ),
    ),
    Summary(
        "ITC not available",
        "Credit which may not be availed under FORM GSTR-3B",
        (
            Part(
                "Part A",
                "ITC Not Available",
                (
                    Main("I", ALL_OTHER, "4(D)(2)", _MAY_NOT, Section.NOT_AVAILABLE, "barred", _supplies("")),
                    Main(
                        "II",
                        "Inward Supplies from ISD",
                        "4(D)(2)",
                        _MAY_NOT,
                        Section.NOT_AVAILABLE,
                        "barred",
                        _ISD_DETAILS,
                    ),
                    Main(
                        "III",
                        "Inward Supplies liable for reverse charge",
                        "3.1(d)\n4(D)(2)",
                        f"These supplies shall be declared in Table 3.1(d) of FORM GSTR-3B for payment of tax. {_MAY_NOT}",
                        Section.NOT_AVAILABLE,
                        "barred",
                        _reverse_charge(True),
                    ),
                ),
            ),
            Part(
                "Part B",
                "ITC Not Available - Credit notes should be net off against relevant ITC available headings in GSTR-3B",
                (
                    Main(
                        "I",
                        "Others",
                        "NA",
                        "Credit was not available on the supplies these notes belong to; nothing is netted off.",
                        Section.NOT_AVAILABLE_NOTES,
                        "own",
                        _notes(""),
                    ),
                ),
            ),
        ),
    ),
    Summary(
        "ITC Reversal",
        "Credit which shall be reversed under FORM GSTR-3B",
        (
            Part(
                "Part A",
                "ITC Reversed - Others",
                (
                    Main(
                        "I",
                        "ITC Reversal on account of Rule 37A",
                        "4(B)(2)",
                        "Such credit shall be reversed and has to be reported under Table 4(B)(2) of FORM GSTR-3B.",
                        Section.RULE_37A,
                        "reversed",
                        _supplies("", reverse_charge=None),
                    ),
                    Main(
                        "II",
                        "Others",
                        "4(B)(1)",
                        "Credit taken on a document whose place of supply was amended, to be reversed under Table 4(B)(1) of "
                        "FORM GSTR-3B.",
                        Section.NOT_AVAILABLE,
                        "reversed",
                        _supplies("", reverse_charge=None),
                    ),
                ),
            ),
        ),
    ),
    Summary(
        "ITC Rejected",
        "Credit which is rejected on IMS Dashboard",
        (
            Part(
                "Part A",
                "ITC Rejected - Others",
                (
                    Main(
                        "I",
                        f"{ALL_OTHER} (IMS)",
                        "NA",
                        "Input tax credit cannot be availed in FORM GSTR-3B.",
                        Section.REJECTED,
                        "own",
                        _supplies(" (IMS)", reverse_charge=None),
                    ),
                    Main(
                        "II",
                        "Inward Supplies from ISD",
                        "NA",
                        "Input tax credit cannot be availed in FORM GSTR-3B.",
                        Section.REJECTED,
                        "own",
                        _ISD_DETAILS,
                    ),
                ),
            ),
            Part(
                "Part B",
                "Rejected Records - Credit notes rejected on IMS Dashboard",
                (
                    Main(
                        "I",
                        "Others",
                        "NA",
                        "These Credit Notes are not eligible to net-off against relevant ITC available headings in GSTR-3B.",
                        Section.REJECTED,
                        "own",
                        (
                            Detail("B2B - Credit notes (IMS)", ("b2bcn",)),
                            Detail("B2B - Credit notes (Amendment) (IMS)", ("b2bcna",)),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
