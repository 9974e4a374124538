"""2 to 12 November 2024: suppliers report and file October, with every kind of amendment. Two suppliers do
not file."""

from __future__ import annotations

from invoices.rules.calendar import Form
from returns.sandbox.world.stage import Stage, cn, dn, eco, inv

OCTOBER, NOVEMBER = "2024-10", "2024-11"


def carriers_and_gases(s: Stage) -> None:
    """Run the events of 7 and 8 November: documents under reverse charge, an amended invoice, an amended
    debit note, and an amendment that changes only a document number."""
    s.goes_to("2024-11-07 11:40")
    s.saves(
        "bhima",
        OCTOBER,
        [
            inv("BL/24-25/2204", "2024-10-18", 91_300, 5),
            inv("BL/24-25/2210", "2024-10-22", 47_500, 5, rcm=True),
            dn("BL/DN/05", "2024-10-24", 2_800, 5, rcm=True),
            cn("BL/CN/12", "2024-10-28", 3_000, 5, rcm=True),
            # This invoice was reported under forward charge, and was accepted in a period that is closed. The
            # amendment reports the invoice under reverse charge.
            inv("BL/24-25/2105", "2024-09-13", 85_000, 5, rcm=True, amends=True),
        ],
    )
    s.files("bhima", OCTOBER)
    s.goes_to("2024-11-08 10:20")
    s.saves(
        "kaveri",
        OCTOBER,
        [
            inv("KGL/1092A", "2024-09-28", 112_000, was="KGL/1092"),
            dn("KGL/DN/14", "2024-09-18", 36_000, amends=True),
            dn("KGL/DN/16", "2024-10-26", 7_500),
            cn("KGL/CN/22", "2024-10-21", 62_000),
        ],
        person="kiran",
    )
    s.files("kaveri", OCTOBER)
    s.later(45)
    s.saves(
        "kandla",
        OCTOBER,
        [
            inv("KPG/24-25/052", "2024-10-16", 105_000),
            # this amendment corrects only the number of the invoice; the value stays the same
            inv("KPG/24-25/041-R", "2024-09-19", 70_000, was="KPG/24-25/041"),
        ],
    )
    s.files("kandla", OCTOBER)


def traders(s: Stage) -> None:
    """Run the events of 9 and 10 November: notes whose tax is amended upward and downward, amendments that
    replace the original within October, and documents without credit."""
    s.goes_to("2024-11-09 12:00")
    s.saves(
        "deccan",
        OCTOBER,
        [
            inv("DB/24-25/1618", "2024-10-22", 88_000),
            inv("DB/24-25/1622", "2024-10-26", 54_000, to="depot"),
            cn("CN/24-25/091", "2024-10-25", 31_000),
            dn("DB/DN/044", "2024-10-28", 6_400),
            cn("DB/CN/081", "2024-09-12", 30_000, amends=True),
            cn("DB/CN/083", "2024-09-19", 33_000, amends=True),
        ],
        person="arjun",
    )
    s.files("deccan", OCTOBER)
    s.later(30)
    s.saves(
        "godavari",
        OCTOBER,
        [
            inv("GP/OCT/0229", "2024-10-14", 64_250, 12),
            inv("GP/OCT/0240", "2024-10-23", 39_600, 12, also=((8_200, 18),)),
            inv("GP/SEP/0201", "2024-09-05", 52_000, 12, amends=True),
            inv("GP/SEP/0212", "2024-09-18", 22_000, 5, rcm=True, amends=True),
            cn("GP/CN/031", "2024-09-20", 7_000, 12, amends=True),
        ],
    )
    s.files("godavari", OCTOBER)
    s.later(40)
    s.saves(
        "malabar",
        OCTOBER,
        [
            inv("MHH/5610", "2024-10-12", 18_500, 12, pos="32"),
            cn("MHH/CN/44", "2024-10-20", 2_500, 12, pos="32"),
        ],
    )
    s.files("malabar", OCTOBER)
    s.goes_to("2024-11-10 09:50")
    s.saves(
        "konkan",
        OCTOBER,
        [
            inv("KST/24-25/0436", "2024-10-22", 230_000, to="kandla", type="SEWOP"),
            inv("KST/24-25/0437", "2024-10-24", 112_000, to="kandla", type="SEWP"),
            inv("KST/24-25/0439", "2024-10-25", 340_000, to="vindhya"),
            inv("KST/24-25/0440", "2024-10-28", 76_300, type="DE"),
            cn("KST/CN/026", "2024-10-29", 12_500),
            dn("KST/DN/009", "2024-10-30", 8_900),
            inv("KST/24-25/0391", "2024-09-04", 158_000, amends=True),
            inv("KST/24-25/0394", "2024-09-11", 70_000, amends=True),
            cn("KST/CN/021", "2024-09-20", 24_000, amends=True),
            dn("KST/DN/007", "2024-09-23", 9_000, amends=True),
        ],
        person="arjun",
    )
    s.files("konkan", OCTOBER, person="arjun")
    s.later(60)
    s.saves(
        "setu",
        OCTOBER,
        [
            eco("ECO/10/5520", "2024-10-22", 8_470),
            eco("ECO/10/5531", "2024-10-26", 15_900),
            eco("ECO/10/5540", "2024-10-27", 22_400, to="vindhya"),
            eco("ECO/09/4410", "2024-09-14", 13_800, amends=True),
            eco("ECO/09/4432", "2024-09-22", 7_000, amends=True),
        ],
        person="rohan",
    )
    s.files("setu", OCTOBER, person="rohan")
    s.later(30)
    s.saves(
        "hooghly",
        OCTOBER,
        [
            inv("HLL/WB/4096", "2024-10-24", 304_615, irn=True),
            # The next three documents are from 2022-23. For this year, the time limit of section 16(4) passed
            # on 30 November 2023, so no credit is available.
            inv("HLL/WB/2207", "2023-03-15", 118_000),
            dn("HLL/DN/031", "2023-02-10", 9_600),
            cn("HLL/CN/018", "2023-03-20", 14_000),
        ],
    )
    s.files("hooghly", OCTOBER)


def last_day(s: Stage) -> None:
    """Run the events of 11 November, the last day to file for GSTR-2B October: amendments that change the
    place of supply, and the returns of non-residents and distributors. The recipients then decide."""
    s.goes_to("2024-11-11 10:10")
    s.saves(
        "narmada",
        OCTOBER,
        [
            inv("NFL-2410-1201", "2024-10-24", 88_450, irn=True),
            inv("NFL-2410-1204", "2024-10-25", 132_000, irn=True, to="yamuna"),
            inv("NFL-2410-1206", "2024-10-28", 58_000, irn=True, to="kandla", type="SEWP"),
            # Two amendments change the place of supply. After the first amendment, the credit stays eligible.
            # The second amendment names the supplier's own State, so the credit is barred.
            inv("NFL-2409-1109", "2024-09-16", 74_000, irn=True, pos="29", amends=True),
            inv("NFL-2409-1113", "2024-09-20", 56_000, irn=True, pos="24", amends=True),
        ],
        person="arjun",
    )
    s.files("narmada", OCTOBER)
    s.later(35)
    s.saves(
        "satpura",
        OCTOBER,
        [
            inv("SAP/1166", "2024-10-10", 71_200),
            inv("SAP/1171", "2024-10-19", 44_000, to="kandla", type="SEWP"),
            dn("DN-0031", "2024-10-16", 18_600),
            cn("SAP/CN/020", "2024-10-27", 5_600),
            inv("SAP/1140", "2024-09-08", 55_000, amends=True),
            dn("DN-0029", "2024-09-14", 19_900, amends=True),
            cn("SAP/CN/017", "2024-09-22", 27_500, amends=True),
        ],
        person="kiran",
    )
    s.files("satpura", OCTOBER)
    s.later(50)
    s.saves(
        "yamuna",
        OCTOBER,
        [cn("YE/CN/07", "2024-10-24", 11_000), inv("YE/3312", "2024-09-25", 98_000, amends=True)],
        form=Form.IFF,
        person="devendra",
    )
    s.files("yamuna", OCTOBER, form=Form.IFF, person="devendra")
    s.later(20)
    s.saves(
        "rheinfeld",
        OCTOBER,
        [
            inv("RMT-2024-118", "2024-10-15", 350_000, heads="igst"),
            cn("RMT-CN-04", "2024-10-28", 15_000, heads="igst"),
        ],
        form=Form.GSTR5,
        person="rohan",
    )
    s.files("rheinfeld", OCTOBER, form=Form.GSTR5, person="rohan")
    s.later(20)
    s.saves(
        "head_office",
        OCTOBER,
        [
            inv("ISD/24-25/007", "2024-10-31", 233_333, heads="igst"),
            inv("ISD/24-25/008", "2024-10-31", 205_556, heads="local"),
            cn(
                "ISD/24-25/C02",
                "2024-10-31",
                12_000,
                heads="local",
                changes=("ISD/24-25/006", "2024-09-30"),
            ),
            inv("ISD/24-25/006", "2024-09-30", 104_000, heads="local", amends=True),
        ],
        form=Form.GSTR6,
        person="rohan",
    )
    s.files("head_office", OCTOBER, form=Form.GSTR6, person="rohan")
    decisions(s)


def decisions(s: Stage) -> None:
    """Run the events of the evening of 11 November: the recipients' first decisions on their records."""
    s.goes_to("2024-11-11 17:30")
    s.acts(
        "sahyadri",
        "accept",
        [
            ("kaveri", "INV", "KGL/1120"),
            ("kaveri", "INV", "KGL/1092A"),
            ("bhima", "INV", "BL/24-25/2204"),
            ("hooghly", "INV", "HLL/WB/4096"),
            ("deccan", "INV", "DB/24-25/1610"),
            ("deccan", "INV", "DB/24-25/1618"),
            ("setu", "ECO", "ECO/10/5531"),
            ("konkan", "DN", "KST/DN/009"),
            ("deccan", "CN", "CN/24-25/091"),
        ],
    )
    s.acts(
        "sahyadri",
        "reject",
        [("kaveri", "INV", "KGL/1131")],
        remarks="Cylinders went back unloaded; credit note KGL/CN/22 is for this invoice.",
    )
    s.acts(
        "sahyadri",
        "reject",
        [("godavari", "INV", "GP/OCT/0229")],
        remarks="Not ours: addressed to the Nashik works.",
    )
    s.acts(
        "sahyadri",
        "reject",
        [("satpura", "CN", "SAP/CN/020")],
        remarks="Rate difference not agreed.",
        person="meera",
    )
    s.acts(
        "sahyadri",
        "pending",
        [("satpura", "DN", "DN-0031")],
        remarks="Waiting for the revised purchase order.",
    )
    s.acts("sahyadri", "pending", [("narmada", "INV", "NFL-2410-1201")])
    s.acts("sahyadri", "accept", [("godavari", "INV", "GP/OCT/0240")])
    s.later(4)
    s.acts("sahyadri", "reset", [("godavari", "INV", "GP/OCT/0240")])
    s.acts("yamuna", "accept", [("konkan", "INV", "KST/24-25/0426")], person="devendra")
    s.acts("kandla", "accept", [("konkan", "INV", "KST/24-25/0437")], person="meera")


def morning_of_the_twelfth(s: Stage) -> None:
    """Run the events of the morning of 12 November: GSTR-1A of October, one day after the supplier's GSTR-1,
    and the first documents of November. All these documents belong to a GSTR-2B after October's."""
    s.goes_to("2024-11-12 09:20")
    s.saves(
        "konkan",
        OCTOBER,
        [
            inv("KST/24-25/0421", "2024-10-09", 120_000, irn=True, amends=True),
            inv("KST/24-25/0444", "2024-10-31", 27_400),
        ],
        form=Form.GSTR1A,
        person="arjun",
    )
    s.files("konkan", OCTOBER, form=Form.GSTR1A, person="arjun")
    s.later(15)
    s.saves(
        "konkan",
        NOVEMBER,
        [
            inv("KST/24-25/0462", "2024-11-06", 110_000),
            inv("KST/24-25/0466", "2024-11-11", 96_000, irn=True),
            cn("KST/CN/029", "2024-11-08", 7_800),
        ],
        person="arjun",
    )
    s.saves("deccan", NOVEMBER, [inv("DB/24-25/1660", "2024-11-08", 143_500)], person="arjun")
