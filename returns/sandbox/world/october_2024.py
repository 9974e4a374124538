"""October 2024 day by day: suppliers save documents, and recipients act on the documents before the suppliers
file. Some suppliers change their documents."""

from __future__ import annotations

from ims_portal.kernel import clock
from invoices.documents import saving
from invoices.documents.customs import bills_of_entry
from invoices.rules.calendar import Form
from returns.sandbox.world.stage import Stage, cn, dn, inv, minor

OCTOBER = "2024-10"


def play(s: Stage) -> None:
    """Run the events of 16 to 31 October 2024. The late returns of September must be filed first, as `build`
    does."""
    first_saves(s)
    customs_and_edits(s)
    on_late_september(s)
    end_of_month(s)


def first_saves(s: Stage) -> None:
    """Run the events of the first days after IMS opened on 14 October. A recipient sees a saved document
    immediately, and may act before the supplier files (R-020)."""
    s.goes_to("2024-10-21 12:10")
    s.saves(
        "konkan",
        OCTOBER,
        [
            inv("KST/24-25/0417", "2024-10-03", 412_500),
            inv("KST/24-25/0421", "2024-10-09", 126_000, irn=True),
            inv("KST/24-25/0426", "2024-10-15", 184_000, to="yamuna"),
            inv("KST/24-25/0430", "2024-10-18", 95_000, to="depot"),
            inv("KST/24-25/0433", "2024-10-21", 14_200, 12, to="shivneri"),
        ],
        person="arjun",
    )
    s.saves(
        "yamuna",
        OCTOBER,
        [inv("YE/3381", "2024-10-17", 149_000, 28)],
        form=Form.IFF,
        person="devendra",
    )
    s.saves(
        "narmada",
        OCTOBER,
        [
            inv("NFL-2410-1187", "2024-10-11", 238_940, irn=True),
            inv("NFL-2410-1193", "2024-10-17", 106_000, irn=True),
        ],
        person="arjun",
    )
    s.saves(
        "deccan",
        OCTOBER,
        [inv("DB/24-25/1610", "2024-10-07", 192_000), cn("CN/24-25/088", "2024-10-09", 86_400)],
        person="arjun",
    )
    s.saves(
        "kaveri",
        OCTOBER,
        [inv("KGL/1120", "2024-10-05", 174_000), inv("KGL/1131", "2024-10-14", 62_000)],
        person="kiran",
    )
    s.goes_to("2024-10-21 16:30")
    s.acts("sahyadri", "accept", [("konkan", "INV", "KST/24-25/0417"), ("yamuna", "INV", "YE/3381")])
    s.acts("sahyadri", "accept", [("narmada", "INV", "NFL-2410-1187"), ("narmada", "INV", "NFL-2410-1193")])


def customs_and_edits(s: Stage) -> None:
    """Receive bills of entry, which are in GSTR-2B but not in IMS. Also edit documents, and show that an edit
    clears the recipient's acceptance (R-040)."""
    s.goes_to("2024-10-22 11:00")
    s.imports("sahyadri", "6104417", "2024-10-08", 2_400_000, port="INNSA1")
    valued = s.imports("sahyadri", "6120933", "2024-10-15", 1_050_000, port="INNSA1")
    moved = s.imports("sahyadri", "6131180", "2024-10-19", 380_000, port="INMAA1", cess=4_500)
    unit = s.imports("sahyadri", "1003312", "2024-10-17", 265_000, port="INIXY6", sez="kandla")
    s.imports("sahyadri", "1003340", "2024-10-21", 118_000, port="INIXY6", sez="kandla")
    s.imports("yamuna", "6118242", "2024-10-14", 620_000, port="INDEL4")
    s.imports("vindhya", "6127705", "2024-10-17", 5_480_000, port="INMUN1", rate=28)
    s.goes_to("2024-10-24 14:20")
    s.edits("yamuna", "INV", "YE/3381", inv("YE/3381", "2024-10-17", 156_780, 28), person="devendra")
    s.edits(
        "narmada",
        "INV",
        "NFL-2410-1193",
        inv("NFL-2410-1193", "2024-10-17", 116_000, irn=True),
        person="arjun",
    )
    s.goes_to("2024-10-25 10:05")
    bills_of_entry.amend_value(
        valued.pk, on=clock.today(), taxable=minor(990_000), igst=minor(178_200), by=s.by(None)
    )
    bills_of_entry.amend_value(
        unit.pk, on=clock.today(), taxable=minor(281_000), igst=minor(50_580), by=s.by(None)
    )
    bills_of_entry.amend_gstin(moved.pk, to=s.at("depot"), on=clock.today(), by=s.by(None))


def on_late_september(s: Stage) -> None:
    """Run the recipients' actions on the documents of suppliers who filed September late."""
    s.goes_to("2024-10-25 15:45")
    s.acts(
        "sahyadri",
        "reject",
        [("godavari", "CN", "GP/CN/031")],
        remarks="No goods were returned in September; please check the note.",
    )
    s.acts(
        "sahyadri", "pending", [("godavari", "INV", "GP/SEP/0212")], remarks="Hire bill: who pays the tax?"
    )
    s.acts(
        "sahyadri",
        "pending",
        [("godavari", "INV", "GP/FEB/1188"), ("satpura", "INV", "SAP/0312")],
        remarks="Goods receipt of last year not found yet.",
        person="meera",
    )
    s.acts("sahyadri", "accept", [("godavari", "INV", "GP/SEP/0201"), ("satpura", "INV", "SAP/1140")])
    s.acts("yamuna", "pending", [("satpura", "INV", "SAP/1151")], person="devendra")


def end_of_month(s: Stage) -> None:
    s.goes_to("2024-10-28 12:30")
    s.saves(
        "manjira",
        OCTOBER,
        [
            inv("MC-7715", "2024-10-21", 527_400, irn=True),
            inv("MC-7719", "2024-10-25", 140_000, irn=True),
            inv("MC-7722", "2024-10-26", 66_000),
            cn("MC/CN/09", "2024-10-28", 20_000),
            dn("MC/DN/04", "2024-10-28", 4_200),
        ],
        person="kiran",
    )
    s.later(90)
    s.acts("sahyadri", "accept", [("manjira", "INV", "MC-7715"), ("manjira", "INV", "MC-7722")])
    s.goes_to("2024-10-30 11:25")
    # By mistake, the supplier has reported one supply in two documents. The supplier deletes the second
    # document, which then leaves the recipient's IMS.
    twice = s.record(s.at("manjira"), "INV", "MC-7722")
    assert twice is not None
    saving.delete(twice.pk, s.at("manjira"), by=s.by("kiran"))
    s.saves(
        "aravalli",
        OCTOBER,
        [
            inv("APL-0648", "2024-10-29", 73_900, 28),
            inv("APL-0651", "2024-10-30", 41_200, 28, to="yamuna"),
        ],
        form=Form.IFF,
        person="devendra",
    )
