"""The second part of the sample world's story: ordinary months until October 2025, and then the rules of
October 2025 with an example of each new rule. Each month is one transaction. The last step of a month writes
a journal entry, which marks the month as finished. After an interruption, a later run continues with the
first unfinished month."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gstr2b import rule37a
from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices import known_extensions, portal_clock
from invoices.documents.customs import bills_of_entry
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import JournalEntry
from invoices.rules.calendar import Form
from invoices.rules.reduction import Declaration
from returns.outward import save_and_file as outward
from returns.sandbox.world import months, volume
from returns.sandbox.world.build import MARK, World
from returns.sandbox.world.stage import SOURCE, Stage, cn, dn, inv, minor

FIRST, LAST = TaxPeriod(2024, 10), TaxPeriod(2025, 9)
AUGUST = TaxPeriod(2025, 8)
STANDS_AT = datetime(2025, 10, 28, 10, 0, tzinfo=clock.IST)
# these suppliers file September 2025 after 11 October, so the rules of October 2025 apply to their documents
LATE = ("satpura", "deccan")
# This supplier files GSTR-1 of February 2025 and then stops: no GSTR-3B of February, and no later return. The
# supplier is the example of Rule 37A.
DEFAULTER, DEFAULTS_IN = "manjira", TaxPeriod(2025, 2)


def play(world: World) -> bool:
    """Run the events of this module on a finished sample world, up to 28 October 2025. If the portal clock
    has already passed this date, run nothing and return False. First load the known extensions of due dates
    (R-067)."""
    stage = world.stage
    if clock.now() >= STANDS_AT:
        return False
    known_extensions.load()
    month = FIRST
    while month <= LAST:
        if not _done(stage, month.iso):
            _one(stage, month)
        month = month.offset(1)
    if not _done(stage, "2025-10"):
        _finale(stage)
    return True


def _done(s: Stage, what: str) -> bool:
    key = f"{MARK} {what}"
    return JournalEntry.objects.filter(taxpayer=s.at("sahyadri"), idempotency_key=key).exists()


def _mark(s: Stage, what: str) -> None:
    by = By(source=SOURCE, key=f"{MARK} {what}")
    journal.write(s.at("sahyadri").pk, "sample month played", by, after={"month": what})


def _one(s: Stage, month: TaxPeriod) -> None:
    try:
        with transaction.atomic():
            late = LATE if month == LAST else ()
            silent = (DEFAULTER,) if month >= DEFAULTS_IN else ()
            if month == FIRST:
                _leftovers(s)
            else:
                if month == AUGUST:
                    _baselines(s)
                months.reports(s, month, late=(*late, *(silent if month > DEFAULTS_IN else ())))
                months.decides(s, month)
            filed = months.file_gstr3b(s, month, late=(*silent, *late[:1]))
            _mark(s, month.iso)
            s.goes_to(clock.now(), ticking=True)
    finally:
        portal_clock.forget()
    s.tell(f"{clock.now():%d %b %Y}  {month.label}: reported, decided; {filed} GSTR-3B filed")


def _leftovers(s: Stage) -> None:
    """File the last documents of October 2024. A quarterly filer files IFF on the last day for filing, and
    other suppliers file GSTR-1 late. These documents are in GSTR-2B of November 2024."""
    s.goes_to("2024-11-13 11:00")
    months.report(s, "aravalli", FIRST, [])
    for supplier in [s.at("manjira"), *volume.existing().values()]:
        if outward.why_closed(supplier, Form.GSTR1, FIRST) is None:
            s.files(supplier, FIRST.iso)


def _baselines(s: Stage) -> None:
    """Report the documents of August 2025 that suppliers later amend in October 2025. Before the amendments,
    the recipients decide on the documents and file GSTR-3B."""
    s.goes_to(datetime(2025, 9, 8, 12, 0))  # noqa: DTZ001  the stage reads it as IST
    s.saves(
        "satpura",
        AUGUST.iso,
        [
            inv("SAP/2208", "2025-08-06", 120_000),
            cn("SAP/CN/081", "2025-08-14", 30_000),
            dn("SAP/DN/22", "2025-08-19", 16_000),
        ],
    )
    s.saves("deccan", AUGUST.iso, [cn("DB/CN/131", "2025-08-21", 44_000)])
    s.imports("sahyadri", "7508801", "2025-08-12", 900_000, port="INNSA1")
    s.imports("sahyadri", "7508802", "2025-08-20", 450_000, port="INMAA1")
    s.acts("sahyadri", "reject", [("deccan", "CN", "DB/CN/131")], remarks="Goods were not returned.")


def _finale(s: Stage) -> None:
    try:
        with transaction.atomic():
            _late_september(s)
            _customs(s)
            rule37a.flag(s.at(DEFAULTER), DEFAULTS_IN, by=s.by("staff"))
            _october_so_far(s)
            months.file_due(s, s.at("satpura"), LAST)
            _mark(s, "2025-10")
            s.goes_to(STANDS_AT, ticking=True)
    finally:
        portal_clock.forget()
    s.tell(
        f"{clock.now():%d %b %Y}  the rules of October 2025: credit notes, reductions and bills of entry to decide"
    )


def _late_september(s: Stage) -> None:
    """File the late returns of September 2025 after 11 October 2025. The records of these returns are
    therefore under the rules of October 2025 (R-008). The examples come from the source FAQ25."""
    s.goes_to(datetime(2025, 10, 22, 11, 0))  # noqa: DTZ001
    months.report(
        s,
        "satpura",
        LAST,
        [
            *months.documents("satpura", LAST),
            cn("SAP/CN/094", "2025-09-11", 26_000),
            cn("SAP/CN/095", "2025-09-18", 12_000),
            cn("SAP/CN/096", "2025-09-24", 8_400),
            inv("SAP/2208", "2025-08-06", 96_000, amends=True),
            cn("SAP/CN/081", "2025-08-14", 37_000, amends=True),
            dn("SAP/DN/22", "2025-08-19", 11_000, amends=True),
        ],
    )
    months.report(
        s,
        "deccan",
        LAST,
        [*months.documents("deccan", LAST), cn("DB/CN/131", "2025-08-21", 44_000, amends=True)],
    )
    s.goes_to(datetime(2025, 10, 24, 15, 0))  # noqa: DTZ001
    # GSTR-1A of September also belongs to GSTR-2B of October. The amended credit note therefore replaces the
    # original credit note in this GSTR-2B.
    months.report(s, "satpura", LAST, [cn("SAP/CN/096", "2025-09-24", 9_900, amends=True)], form=Form.GSTR1A)


def _customs(s: Stage) -> None:
    """Receive bills of entry, which are now in IMS (R-130): new bills, a bill with an amended value, and a
    bill moved to another GSTIN."""
    s.goes_to(datetime(2025, 10, 25, 11, 0))  # noqa: DTZ001
    s.imports("sahyadri", "7510901", "2025-10-07", 1_250_000, port="INNSA1")
    s.imports("sahyadri", "7510902", "2025-10-16", 310_000, port="INIXY6", sez="kandla")
    for number, change in (("7508801", "value"), ("7508802", "gstin")):
        bill = s.bill("sahyadri", number)
        if bill is None:
            continue
        if change == "value":
            bills_of_entry.amend_value(
                bill.pk, on=clock.today(), taxable=minor(840_000), igst=minor(151_200), by=s.by(None)
            )
        else:
            bills_of_entry.amend_gstin(bill.pk, to=s.at("depot"), on=clock.today(), by=s.by(None))


def _october_so_far(s: Stage) -> None:
    """Save documents of October 2025. The recipients use the new rules for the first time: a pending credit
    note, and a partial reduction of ITC."""
    s.goes_to(datetime(2025, 10, 27, 12, 0))  # noqa: DTZ001
    s.saves(
        "konkan",
        "2025-10",
        [
            inv("KST/25-26/0611", "2025-10-08", 154_000),
            inv("KST/25-26/0619", "2025-10-21", 88_000, to="yamuna"),
            cn("KST/CN/077", "2025-10-15", 21_000),
        ],
        person="arjun",
    )
    s.saves("narmada", "2025-10", [inv("NFL-2510-1702", "2025-10-17", 132_000, irn=True)], person="arjun")
    s.acts("sahyadri", "pending", [("satpura", "CN", "SAP/CN/094")], remarks="Return note awaited.")
    part = Declaration(True, TaxAmounts(igst=minor(1_000)))
    s.acts(
        "sahyadri",
        "accept",
        [("satpura", "CN", "SAP/CN/095")],
        remarks="Credit of part of this invoice was never taken.",
        declaration=part,
    )
