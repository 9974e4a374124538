"""The people and registrations of the sample world. All of them are invented, and each has a note about its
role."""

from __future__ import annotations

from dataclasses import dataclass

from ims_portal.kernel.gstin import check_character
from invoices.models import Role


def gstin(state: str, pan: str, entity: str = "1") -> str:
    """Return the GSTIN for this State and PAN, with the right check character."""
    first = f"{state}{pan}{entity}Z"
    return first + check_character(first)


@dataclass(frozen=True, slots=True)
class Player:
    """One registration. Its document numbers begin with `code`. `shows` is a note about the registration's
    role in the sample world."""

    gstin: str
    name: str
    code: str
    shows: str
    trade_name: str = ""
    frequency: str = "M"
    registration: str = "normal"
    district: str = ""


PLAYERS: dict[str, Player] = {
    # recipients
    "sahyadri": Player(
        gstin("27", "AAXCS4821K"), "Sahyadri Tools Pvt Ltd", "STL", "monthly recipient: every class of record"
    ),
    "depot": Player(
        gstin("29", "AAXCS4821K"),
        "Sahyadri Tools Pvt Ltd",
        "STB",
        "the same PAN in Karnataka: a bill of entry moved here",
        trade_name="Sahyadri Tools, Bengaluru depot",
    ),
    "yamuna": Player(
        gstin("07", "BKTPY4417D"),
        "Yamuna Electricals",
        "YE",
        "quarterly (QRMP) recipient, and a supplier who files by IFF",
        frequency="Q",
    ),
    "vindhya": Player(
        gstin("23", "AAHCV7052M"), "Vindhya Auto Components Ltd", "VAC", "recipient with thousands of records"
    ),
    "kandla": Player(
        gstin("24", "AAECK6120P"),
        "Kandla Precision Gears Pvt Ltd",
        "KPG",
        "SEZ unit: receives supplies without tax, supplies with IGST",
        trade_name="Kandla Precision Gears (SEZ unit)",
        registration="sez_unit",
    ),
    "shivneri": Player(
        gstin("27", "ALTPS2290G"),
        "Shivneri Canteen Services",
        "SCS",
        "composition taxpayer: has no IMS",
        registration="composition",
    ),
    # suppliers
    "konkan": Player(
        gstin("27", "AAKFK3310M"),
        "Konkan Steel Traders",
        "KST",
        "monthly supplier; GSTR-1 and GSTR-1A",
        district="Raigad",
    ),
    "deccan": Player(
        gstin("29", "AABCD7719R"), "Deccan Bearings Pvt Ltd", "DB", "credit notes and their amendments"
    ),
    "narmada": Player(
        gstin("24", "AAJFN2045C"), "Narmada Fasteners LLP", "NFL", "e-invoices; edits what it saved"
    ),
    "kaveri": Player(
        gstin("33", "AACCK9082L"), "Kaveri Industrial Gases Ltd", "KGL", "amended invoices and debit notes"
    ),
    "godavari": Player(
        gstin("27", "AAGFG5521H"),
        "Godavari Packaging Co",
        "GP",
        "filed September late: amendments of one period",
    ),
    "satpura": Player(
        gstin("23", "AAUCS6403P"),
        "Satpura Abrasives Pvt Ltd",
        "SAP",
        "filed September late: notes of all kinds",
    ),
    "bhima": Player(
        gstin("27", "AAHCB1186Q"), "Bhima Logistics Pvt Ltd", "BL", "goods transport: reverse charge"
    ),
    "manjira": Player(
        gstin("36", "AAOCM2750J"), "Manjira Castings Pvt Ltd", "MC", "saved October, did not file it"
    ),
    "hooghly": Player(
        gstin("19", "AAECH8834B"), "Hooghly Lubricants Ltd", "HLL", "documents of old financial years"
    ),
    "aravalli": Player(
        gstin("08", "AAMCA6629F"),
        "Aravalli Paints Pvt Ltd",
        "APL",
        "quarterly supplier whose IFF is saved, not filed",
        frequency="Q",
    ),
    "malabar": Player(
        gstin("32", "AAGCM1347T"),
        "Malabar Heritage Hotels Ltd",
        "MHH",
        "hotel: place of supply bars the credit",
    ),
    "setu": Player(
        gstin("29", "AAKCS3097E"),
        "Setu Bazaar Online Pvt Ltd",
        "ECO",
        "e-commerce operator: section 9(5) documents",
    ),
    "head_office": Player(
        gstin("27", "AAXCS4821K", "2"),
        "Sahyadri Tools Pvt Ltd",
        "ISD",
        "input service distributor: GSTR-6",
        trade_name="Sahyadri Tools, head office (ISD)",
        registration="isd",
    ),
    "rheinfeld": Player(
        gstin("27", "AAICR8842N"),
        "Rheinfeld Messtechnik GmbH",
        "RMT",
        "non-resident taxable person: GSTR-5",
        registration="nonresident",
    ),
    # the taxpayers of an accounting firm, besides some of the suppliers
    "tapti": Player(
        gstin("24", "AAECT4471L"),
        "Tapti Valves & Fittings Pvt Ltd",
        "TVF",
        "saved October, did not file it, and has many undecided records",
    ),
    "malwa": Player(gstin("23", "BCPPM6620Q"), "Malwa Agro Implements", "MAI", "GSTR-1 of October is late"),
    "chambal": Player(
        gstin("08", "AAFCC3095R"), "Chambal Cables Ltd", "CCL", "receives and supplies; GSTR-1 filed"
    ),
    "periyar": Player(
        gstin("32", "AAOFP8814D"), "Periyar Spices LLP", "PS", "some records decided, some not"
    ),
    "brahmaputra": Player(
        gstin("18", "AAGFB2276H"), "Brahmaputra Tea Traders", "BTT", "every record decided"
    ),
    "kosi": Player(gstin("10", "BLQPK5518A"), "Kosi Handlooms", "KH", "quarterly recipient", frequency="Q"),
    "nilgiri": Player(
        gstin("33", "AAKFN7702E"),
        "Nilgiri Dairy Equipment",
        "NDE",
        "quarterly supplier whose IFF is filed",
        frequency="Q",
    ),
}

PASSWORD = "practice-2024"  # noqa: S105  printed on purpose; only a sandbox has users with this password


@dataclass(frozen=True, slots=True)
class Person:
    """A person who signs in, with roles at some registrations."""

    first_name: str
    last_name: str
    does: str
    roles: tuple[tuple[str, Role], ...] = ()
    staff: bool = False


def at(role: Role, *players: str) -> tuple[tuple[str, Role], ...]:
    return tuple((player, role) for player in players)


_CLERK, _SIGNS = Role.SUPPLIER_CLERK, Role.SIGNATORY
PEOPLE: dict[str, Person] = {
    "meera": Person(
        "Meera",
        "Deshpande",
        "signs for many recipients",
        at(_SIGNS, "sahyadri", "depot", "vindhya", "yamuna", "kandla", "head_office"),
    ),
    "prakash": Person(
        "Prakash", "Naik", "prepares: acts, recomputes, cannot file", at(Role.PREPARER, "sahyadri", "vindhya")
    ),
    "vani": Person("Vani", "Iyer", "can only look", at(Role.VIEWER, "sahyadri", "vindhya")),
    "anita": Person("Anita", "Rao", "audits", at(Role.AUDITOR, "sahyadri", "konkan")),
    "arjun": Person(
        "Arjun",
        "Sawant",
        "supplier: enters and files",
        (*at(_SIGNS, "konkan"), *at(_CLERK, "konkan", "deccan", "narmada")),
    ),
    "kiran": Person(
        "Kiran", "Pillai", "supplier's clerk: enters, cannot file", at(_CLERK, "kaveri", "satpura", "manjira")
    ),
    "devendra": Person(
        "Devendra",
        "Yadav",
        "quarterly taxpayer: receives, and supplies by IFF",
        at(_SIGNS, "yamuna", "aravalli"),
    ),
    "rohan": Person(
        "Rohan",
        "Mehta",
        "files for an operator and a distributor",
        at(_SIGNS, "setu", "head_office", "rheinfeld"),
    ),
    "lakshmi": Person(
        "Lakshmi",
        "Menon",
        "accountant: works for fifteen taxpayers",
        (
            *at(_SIGNS, "tapti", "malwa", "chambal", "brahmaputra", "godavari", "hooghly", "kosi"),
            *at(Role.PREPARER, "periyar", "aravalli", "setu"),
            *at(Role.VIEWER, "malabar", "nilgiri", "shivneri"),
            *at(_CLERK, "bhima", "manjira"),
        ),
    ),
    "staff": Person("Portal", "Staff", "runs the portal: admin, clock, every table", staff=True),
}
