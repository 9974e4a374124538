"""The sample world's returns of September 2024. Documents that are filed in time are in the GSTR-2B of
September, when IMS did not exist yet. Suppliers amend some of these documents later (R-084). Two suppliers
file late. The documents of these two suppliers are in the GSTR-2B of October (R-070), and are therefore in
IMS."""

from __future__ import annotations

from invoices.rules.calendar import Form
from returns.sandbox.world.stage import Stage, cn, dn, eco, inv

SEPTEMBER = "2024-09"


def play(s: Stage) -> None:
    """Run the events of 5 to 12 October 2024, and the late returns of 18 and 21 October."""
    filed_in_time(s)
    by_quarter_and_by_distributor(s)
    filed_late(s)


def filed_in_time(s: Stage) -> None:
    s.goes_to("2024-10-07 11:15")
    s.saves(
        "kandla",
        SEPTEMBER,
        [inv("KPG/24-25/041", "2024-09-19", 70_000)],
    )
    s.files("kandla", SEPTEMBER)
    s.goes_to("2024-10-08 15:40")
    s.saves(
        "narmada",
        SEPTEMBER,
        [
            inv("NFL-2409-1101", "2024-09-09", 198_000, irn=True),
            inv("NFL-2409-1109", "2024-09-16", 74_000, irn=True),
            inv("NFL-2409-1113", "2024-09-20", 56_000, irn=True),
        ],
    )
    s.files("narmada", SEPTEMBER)
    s.goes_to("2024-10-09 12:05")
    s.saves(
        "konkan",
        SEPTEMBER,
        [
            inv("KST/24-25/0391", "2024-09-04", 145_000),
            inv("KST/24-25/0394", "2024-09-11", 88_500),
            inv("KST/24-25/0398", "2024-09-17", 210_000, to="yamuna"),
            cn("KST/CN/021", "2024-09-20", 18_000),
            dn("KST/DN/007", "2024-09-23", 12_400),
        ],
        person="arjun",
    )
    s.files("konkan", SEPTEMBER, person="arjun")
    s.goes_to("2024-10-10 10:30")
    s.saves(
        "deccan",
        SEPTEMBER,
        [
            inv("DB/24-25/1502", "2024-09-06", 264_000),
            cn("DB/CN/081", "2024-09-12", 40_000),
            cn("DB/CN/083", "2024-09-19", 26_500),
        ],
    )
    s.files("deccan", SEPTEMBER)
    s.later(50)
    s.saves(
        "setu",
        SEPTEMBER,
        [eco("ECO/09/4410", "2024-09-14", 12_300), eco("ECO/09/4432", "2024-09-22", 9_150)],
    )
    s.files("setu", SEPTEMBER, person="rohan")
    s.later(35)
    s.saves("hooghly", SEPTEMBER, [inv("HLL/WB/4011", "2024-09-10", 150_000, irn=True)])
    s.files("hooghly", SEPTEMBER)
    s.goes_to("2024-10-11 16:20")
    s.saves(
        "kaveri",
        SEPTEMBER,
        [inv("KGL/1092", "2024-09-28", 100_000), dn("KGL/DN/14", "2024-09-18", 30_000)],
    )
    s.files("kaveri", SEPTEMBER)
    s.later(25)
    s.saves(
        "bhima",
        SEPTEMBER,
        [
            inv("BL/24-25/2105", "2024-09-13", 85_000, 12),
            inv("BL/24-25/2110", "2024-09-21", 36_000, 5, rcm=True),
        ],
    )
    s.files("bhima", SEPTEMBER)
    s.later(40)
    s.saves("manjira", SEPTEMBER, [inv("MC-7702", "2024-09-26", 310_000, irn=True)])
    s.files("manjira", SEPTEMBER)
    s.later(20)
    s.saves("malabar", SEPTEMBER, [inv("MHH/5521", "2024-09-24", 16_000, 12, pos="32")])
    s.files("malabar", SEPTEMBER)


def by_quarter_and_by_distributor(s: Stage) -> None:
    """File quarterly GSTR-1 and GSTR-6, which are due by the 13th."""
    s.goes_to("2024-10-12 11:00")
    s.saves(
        "yamuna",
        SEPTEMBER,
        [inv("YE/3301", "2024-09-03", 64_000), inv("YE/3312", "2024-09-25", 92_000)],
        person="devendra",
    )
    s.files("yamuna", SEPTEMBER, person="devendra")
    s.saves(
        "head_office",
        SEPTEMBER,
        [inv("ISD/24-25/006", "2024-09-30", 120_000, heads="local")],
        form=Form.GSTR6,
        person="rohan",
    )
    s.files("head_office", SEPTEMBER, form=Form.GSTR6, person="rohan")


def filed_late(s: Stage) -> None:
    """File returns of September after 11 October. The documents are therefore in GSTR-2B of October and in
    IMS. Amendments of these documents in October are in the same GSTR-2B."""
    s.goes_to("2024-10-15 15:30")
    s.saves(
        "godavari",
        SEPTEMBER,
        [
            inv("GP/SEP/0201", "2024-09-05", 48_000, 12),
            inv("GP/SEP/0212", "2024-09-18", 22_000, 12),
            inv("GP/SEP/0216", "2024-09-27", 31_500, 12),
            cn("GP/CN/031", "2024-09-20", 9_000, 12),
            # a document of FY 2023-24 that is reported late; its credit can be taken until 30 November 2024
            inv("GP/FEB/1188", "2024-02-14", 54_000, 12),
        ],
    )
    s.goes_to("2024-10-18 17:10")
    s.files("godavari", SEPTEMBER)
    s.goes_to("2024-10-21 10:45")
    s.saves(
        "satpura",
        SEPTEMBER,
        [
            inv("SAP/1140", "2024-09-08", 61_000),
            inv("SAP/1151", "2024-09-25", 38_000, to="yamuna"),
            inv("SAP/0312", "2024-01-23", 41_300),
            dn("DN-0029", "2024-09-14", 15_400),
            cn("SAP/CN/017", "2024-09-22", 22_000),
        ],
        person="kiran",
    )
    s.later(15)
    s.files("satpura", SEPTEMBER)
