"""The data of the samples in GSTN's documentation: July 2026 with one recipient and four suppliers."""

from __future__ import annotations

from datetime import date

from ims_portal.kernel.money import TaxAmounts
from invoices.documents.customs import bills_of_entry
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.models import Record, Role, Taxpayer
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Kind
from tests.world import BY, World

RECIPIENT = "27AAKCN4821M1Z1"
BHARAT, SAGAR, TAPTI, EASYKART = (
    "29AAFCB7312Q1Z6",
    "27ABDFS5519K1ZU",
    "24AAGCT9043R1ZN",
    "07AAHCE2266P1Z6",
)
NAMES = {
    RECIPIENT: "Narmada Castings",
    BHARAT: "Bharat Bearings",
    SAGAR: "Sagar Valves",
    TAPTI: "Tapti Textiles",
    EASYKART: "Easykart",
}
JUNE, JULY = "2026-06", "2026-07"


class July2026(World):
    """A world at 28 July 2026. June is filed and closed."""

    def __init__(self) -> None:
        super().__init__("2026-06-28 10:00", filed_through="2026-05")
        self.of = {gstin: self._registered(gstin) for gstin in NAMES}
        self.recipient = self.of[RECIPIENT]
        self.supplier = self.of[BHARAT]
        self.buyer = self.person("demo_buyer", Role.SIGNATORY, Role.PREPARER)
        self.clerk = self.person("demo_supplier", Role.SIGNATORY, Role.SUPPLIER_CLERK, at=self.supplier)
        self.records: dict[str, Record] = {}
        self._june()
        self._july()

    def _registered(self, gstin: str) -> Taxpayer:
        return Taxpayer.objects.create(
            gstin=gstin, legal_name=NAMES[gstin], trade_name=NAMES[gstin], open_period=202606
        )

    def document(self, gstin: str, number: str, taxable: int, day: str, *, rate: int = 18, **more) -> Record:
        """Save a document of the supplier `gstin` to the recipient, and return its record.

        `taxable` is in rupees, and `rate` in per cent. If the place of supply is the supplier's State, the
        document has CGST and SGST; otherwise it has IGST."""
        place = more.pop("place_of_supply", RECIPIENT[:2])
        if gstin[:2] == place:
            half = taxable * rate // 200
            tax = (0, half, half, 0)
        else:
            tax = (taxable * rate // 100, 0, 0, 0)
        record = self.saves(
            by=self.of[gstin],
            number=number,
            document_date=day,
            taxable=taxable,
            tax=tax,
            value=(taxable + sum(tax)) * 100,
            place_of_supply=place,
            **more,
        )
        self.records[number] = record
        return record

    def _june(self) -> None:
        self.document(TAPTI, "TX-55", 100_000, "2026-06-20", period=JUNE)
        self.document(SAGAR, "CN-198", 5_000, "2026-06-02", rate=12, kind=Kind.CREDIT_NOTE, period=JUNE)
        self.document(BHARAT, "DN-04", 2_000, "2026-06-18", kind=Kind.DEBIT_NOTE, period=JUNE)
        self.document(EASYKART, "ECO-7003", 1_000, "2026-06-12", rate=5, kind=Kind.ECO, period=JUNE)
        self.goes_to("2026-07-08 10:00")
        for gstin in (TAPTI, SAGAR, BHARAT, EASYKART):
            self.files(JUNE, by=self.of[gstin])
        self.goes_to("2026-07-15 10:00")
        self.files_3b(JUNE, by=self.recipient)
        self.goes_to("2026-07-28 10:00")

    def _july(self) -> None:
        record = self.records
        self.document(BHARAT, "BLR/26-27/0417", 50_000, "2026-07-03")
        self.document(SAGAR, "SV-1182", 24_000, "2026-07-11", rate=12)
        self.amended(TAPTI, "TX-55", "TX-55/R1", 80_000)
        self.document(BHARAT, "DN-09", 2_000, "2026-07-14", kind=Kind.DEBIT_NOTE)
        self.amended(BHARAT, "DN-04", "DN-04A", 1_500)
        self.document(SAGAR, "CN-221", 6_000, "2026-07-19", rate=12, kind=Kind.CREDIT_NOTE)
        self.amended(SAGAR, "CN-198", "CN-198A", 4_000, rate=12)
        self.document(EASYKART, "ECO-7781", 1_200, "2026-07-22", rate=5, kind=Kind.ECO)
        self.amended(EASYKART, "ECO-7003", "ECO-7003A", 900, rate=5)
        for number, sez, taxable, igst in (
            ("4477120", False, 250_000, 45_000),
            ("4399001", False, 100_000, 18_000),
            ("5100345", True, 40_000, 4_800),
            ("5099120", True, 50_000, 6_000),
        ):
            bill = BillOfEntry(number, date(2026, 7, 16), "INNSA1", sez, taxable * 100, igst * 100)
            record[number] = bills_of_entry.receive(self.recipient, bill, by=BY)
        for number, taxable, igst in (("4399001", 90_000, 16_200), ("5099120", 35_000, 4_200)):
            record[f"{number}A"] = bills_of_entry.amend_value(
                record[number].pk, on=date(2026, 7, 16), taxable=taxable * 100, igst=igst * 100, by=BY
            )

    def amended(self, gstin: str, number: str, new: str, taxable: int, *, rate: int = 18) -> Record:
        original = self.records[number]
        return self.document(
            gstin,
            new,
            taxable,
            original.document_date.isoformat(),
            rate=rate,
            amends=original,
            kind=Kind(original.kind),
        )

    def suppliers_file(self) -> None:
        """File July for all suppliers on 8 August. In GSTN's samples, Sagar's invoice is not filed; this
        method files it too."""
        self.goes_to("2026-08-08 10:00")
        for gstin in (TAPTI, SAGAR, BHARAT, EASYKART):
            self.files(JULY, by=self.of[gstin])

    def decides(self) -> None:
        """Take the actions that the samples show."""
        record = self.records
        self.acts("pending", record["SV-1182"], remarks="Goods not received")
        part = Declaration(True, TaxAmounts(0, 200_00, 200_00, 0))
        self.acts("accept", record["CN-221"], declaration=part, remarks="Half was paid back in June")
        self.acts("accept", record["4399001A"])
        self.acts("pending", record["5100345"])
