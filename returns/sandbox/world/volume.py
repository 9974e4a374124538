"""The recipient with thousands of records. The random numbers for suppliers and documents are the same in
every build, so each build makes the same suppliers and documents.

The documents of a supplier depend only on the supplier's number. If a build asks for more records, suppliers
are added, and the documents of the other suppliers stay the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.models import Record, Taxpayer
from invoices.rules.situation import Action, Kind
from returns.sandbox.world.cast import gstin
from returns.sandbox.world.stage import Doc, Stage, fy

RECIPIENT = "vindhya"
USUAL_RECORDS = 3000
USUAL_SUPPLIERS = 40
RECORDS_PER_FURTHER_SUPPLIER = 1000
# the number of usual suppliers who save their October documents, but do not file (the last usual suppliers)
NOT_FILED = 4
FILING_SLOTS = (
    "2024-11-05 10:30",
    "2024-11-06 14:00",
    "2024-11-08 15:00",
    "2024-11-10 15:30",
    "2024-11-11 09:10",
)

TOWNS = [
    "Pune",
    "Indore",
    "Rajkot",
    "Coimbatore",
    "Hosur",
    "Jamshedpur",
    "Ludhiana",
    "Faridabad",
    "Howrah",
    "Hubballi",
    "Nashik",
    "Vadodara",
    "Jaipur",
    "Kanpur",
    "Bhopal",
    "Guntur",
    "Warangal",
    "Salem",
    "Kochi",
    "Mysuru",
    "Raipur",
    "Ranchi",
    "Cuttack",
    "Panipat",
    "Alwar",
    "Thane",
    "Surat",
    "Bhilai",
    "Dewas",
    "Pithampur",
    "Belagavi",
    "Vellore",
    "Karnal",
    "Rudrapur",
    "Sanand",
    "Chakan",
    "Ranipet",
    "Bokaro",
    "Nagpur",
    "Gwalior",
]
TRADES = [
    "Forgings",
    "Castings",
    "Springs",
    "Gaskets",
    "Coatings",
    "Wires",
    "Cables",
    "Abrasives",
    "Tooling",
    "Packaging",
    "Lubricants",
    "Rubbers",
    "Pressings",
    "Fasteners",
    "Bearings",
    "Switchgear",
    "Plastics",
    "Carbides",
    "Filters",
    "Hydraulics",
    "Alloys",
    "Gears",
    "Pumps",
    "Valves",
    "Paints",
]
STATES = ("23", "27", "24", "33", "29", "20", "03", "06", "19", "08", "09", "22", "36", "32", "07")
ENDINGS = (("Pvt Ltd", "C"), ("& Co", "F"), ("LLP", "F"), ("Industries", "P"), ("Ltd", "C"))
# the tax rates of goods in this trade: rate in per cent, and the rate's share of the documents
RATES_UNTIL_SEPTEMBER_2025 = ((18, 62), (28, 18), (12, 12), (5, 8))
RATES_SINCE = ((18, 82), (5, 15), (40, 3))
MOST_RUPEES = 9_000_000


def seeded(*parts: object) -> random.Random:
    return random.Random(" ".join(["sample world", *map(str, parts)]))


def supplier_gstin(index: int) -> str:
    chance = seeded("supplier", index)
    # Some suppliers are in the recipient's own State. The documents of these suppliers have CGST and SGST
    # instead of IGST.
    state = "23" if chance.random() < 0.3 else chance.choice(STATES)
    _, holder = ENDINGS[index % len(ENDINGS)]
    return gstin(state, f"AAB{holder}{TRADES[index % len(TRADES)][0]}{1000 + index:04d}K")


def supplier_name(index: int) -> str:
    town, trade = TOWNS[index % len(TOWNS)], TRADES[(index * 7 + index // len(TOWNS)) % len(TRADES)]
    return f"{town} {trade} {ENDINGS[index % len(ENDINGS)][0]}"


def plan(records: int) -> dict[int, int]:
    """Return how many documents each supplier reports, by the supplier's number. The first USUAL_SUPPLIERS
    suppliers share at most USUAL_RECORDS documents, in unequal numbers. Each further supplier has
    RECORDS_PER_FURTHER_SUPPLIER documents, and the last supplier has the rest."""
    usual = min(records, USUAL_RECORDS)
    chance = seeded("shares")
    weights = [chance.lognormvariate(0, 0.8) for _ in range(USUAL_SUPPLIERS)]
    shares = [int(usual * w / sum(weights)) for w in weights]
    shares[0] += usual - sum(shares)
    return dict(enumerate(shares)) | further(USUAL_SUPPLIERS, records - usual)


def further(first: int, records: int) -> dict[int, int]:
    lots: dict[int, int] = {}
    while records > 0:
        lots[first + len(lots)] = min(records, RECORDS_PER_FURTHER_SUPPLIER)
        records -= RECORDS_PER_FURTHER_SUPPLIER
    return lots


def documents(index: int, count: int, month: TaxPeriod, state: str, recipient_state: str) -> Iterator[Doc]:
    """Yield the documents that one supplier reports for a month, oldest first."""
    chance = seeded("documents", index, month)
    last = min(month.last_day, clock.today())
    days = sorted(chance.randrange((last - month.first_day).days + 1) for _ in range(count))
    rates = RATES_UNTIL_SEPTEMBER_2025 if month < TaxPeriod(2025, 10) else RATES_SINCE
    typical = chance.gauss(10.3, 0.6)
    usual_rates = chance.choices([r for r, _ in rates], [w for _, w in rates], k=2)
    code = f"{TRADES[index % len(TRADES)][0]}{index % 100:02d}"
    for place, day in enumerate(days, start=1):
        on = month.first_day + timedelta(days=day)
        yield _document(
            chance,
            f"{code}/{fy(on)}/{month.month:02d}{place:04d}",
            on,
            typical,
            usual_rates,
            state,
            recipient_state,
        )


def _document(
    chance: random.Random,
    number: str,
    on: date,
    typical: float,
    rates: list[int],
    state: str,
    recipient_state: str,
) -> Doc:
    rupees = round(min(chance.lognormvariate(typical, 0.9), MOST_RUPEES), 2)
    rate = chance.choices(rates, (4, 1))[0]
    what = chance.random()
    if what < 0.045:
        return Doc("CN", number, RECIPIENT, on.isoformat(), round(rupees / 6, 2), rate)
    if what < 0.07:
        return Doc("DN", number, RECIPIENT, on.isoformat(), round(rupees / 9, 2), rate)
    if what < 0.08:
        return Doc("INV", number, RECIPIENT, on.isoformat(), round(rupees / 4, 2), 5, rcm=True)
    if what < 0.088 and state != recipient_state:
        return Doc("INV", number, RECIPIENT, on.isoformat(), round(rupees / 8, 2), 12, pos=state)
    if what < 0.092:
        # reported two years late, so section 16(4) bars the credit
        old = on.replace(year=on.year - 2, month=3, day=min(on.day, 28))
        return Doc("INV", number, RECIPIENT, old.isoformat(), rupees, rate)
    line = ((round(rupees / 5, 2), 18 if rate != 18 else 5),) if what > 0.9 else ()
    return Doc("INV", number, RECIPIENT, on.isoformat(), rupees, rate, irn=rupees > 50_000, also=line)


class Volume:
    """The big recipient's suppliers in October and November 2024."""

    def __init__(self, stage: Stage, records: int):
        self.stage = stage
        self.plan = plan(records)
        self.suppliers: dict[int, Taxpayer] = {}

    def register(self) -> None:
        for index in self.plan:
            self.suppliers[index] = register_supplier(index)

    def play(self, slot: int) -> None:
        """Move the clock to `FILING_SLOTS[slot]`. Save and file the October documents of the suppliers that
        file at this moment."""
        s = self.stage
        s.goes_to(FILING_SLOTS[slot])
        mine = [i for i in self.plan if i % len(FILING_SLOTS) == slot]
        brought = sum(report(s, self.suppliers[i], i, self.plan[i], TaxPeriod(2024, 10)) for i in mine)
        s.later(40)
        for index in mine:
            if not USUAL_SUPPLIERS - NOT_FILED <= index < USUAL_SUPPLIERS:
                s.files(self.suppliers[index], "2024-10")
        s.tell(
            f"{clock.now():%d %b %Y %H:%M}  {len(mine)} suppliers report {brought} documents to {s.at(RECIPIENT).name}"
        )

    def decides(self) -> None:
        """Decide as the big recipient: accept the invoices of the larger suppliers, and reject or mark as
        pending some other documents."""
        s = self.stage
        s.goes_to("2024-11-11 18:30")
        owner, by = s.at(RECIPIENT), s.by("prakash")
        mine = Record.objects.filter(recipient=owner, route="M")
        large = sorted(self.suppliers, key=lambda i: -self.plan[i])[:12]
        actions.take_all(
            owner,
            mine.filter(supplier__in=[self.suppliers[i].pk for i in large], kind=Kind.INVOICE.value),
            Asked(Action.ACCEPTED),
            by=by,
        )
        s.later(6)
        ids = list(
            mine.filter(kind=Kind.INVOICE.value, decision__action="N")
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        actions.take(owner, ids[20::83], Asked(Action.REJECTED, "Quantity short, see goods receipt."), by=by)
        actions.take(owner, ids[5::47], Asked(Action.PENDING, "In transit on 31 October."), by=by)
        notes = mine.filter(kind=Kind.CREDIT_NOTE.value).order_by("pk").values_list("pk", flat=True)
        actions.take(owner, list(notes)[3::17], Asked(Action.REJECTED, "Discount not agreed."), by=by)


def register_supplier(index: int) -> Taxpayer:
    """Register a supplier. Nobody signs in for such a supplier. `listed` is false, so the portal drafts no
    GSTR-2B for the supplier."""
    name = supplier_name(index)
    return Taxpayer.objects.create(
        gstin=supplier_gstin(index), legal_name=name, trade_name=name, listed=False
    )


def report(stage: Stage, supplier: Taxpayer, index: int, count: int, month: TaxPeriod) -> int:
    """Save the documents that a supplier reports for a month. Return the number of documents."""
    if not count:
        return 0
    docs = documents(index, count, month, supplier.state, stage.at(RECIPIENT).state)
    return len(stage.saves(supplier, month.iso, docs))


def existing() -> dict[int, Taxpayer]:
    """Return the generated suppliers that are registered, by number."""
    found: dict[int, Taxpayer] = {}
    while True:
        numbers = {supplier_gstin(i): i for i in range(len(found), len(found) + 100)}
        some = {numbers[t.gstin]: t for t in Taxpayer.objects.filter(gstin__in=numbers)}
        found |= some
        if len(some) < len(numbers):
            return found
