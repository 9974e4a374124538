"""Makes the register and the records of one case with the portal's own events: suppliers save and file, customs report,
and the register is taken over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, paise
from ims_portal.kernel.periods import TaxPeriod
from invoices.journal.writing import By
from invoices.models import Record, Taxpayer
from invoices.register.models import BY_PERSON, Apart, Bill, Link, RegisterRow, RegisterUpload
from invoices.register.take_over import BookedBill, take_over
from returns.sandbox.match_cases.schema import Companies
from returns.sandbox.scenarios.expect import hold
from returns.sandbox.scenarios.story import Story, tax_of

BY = By(source="scenario")


class World:
    """The taxpayers, records and bills of one case. `records` and `bills` have the refs of the matcher by the ids of the
    case."""

    def __init__(self, case: dict[str, Any], companies: Companies):
        self.case = case
        rows = (*_rows(case, "books"), *_rows(case, "ims"))
        for row in rows:
            row.setdefault("own", companies.own)
        self.owns = sorted({companies.own, *(row["own"] for row in rows)})
        suppliers = sorted({str(row["supplier"]) for row in _rows(case, "ims") if row["supplier"]})
        opens = TaxPeriod.parse(str(case["open_period"]))
        self.story = Story(
            {
                "given": {
                    "taxpayers": {gstin: {"gstin": gstin} for gstin in (*self.owns, *suppliers)},
                    "filed_3b_through": {gstin: opens.offset(-1).iso for gstin in self.owns},
                }
            },
            hold,
        )
        for gstin in suppliers:
            told = next(
                (row["name"] for row in _rows(case, "ims") if row["supplier"] == gstin and row.get("name")),
                "",
            )
            Taxpayer.objects.filter(gstin=gstin).update(legal_name=told or companies.names.get(gstin, gstin))
        self._reports()
        self.records = {name: str(_root(pk)) for name, pk in self.story.records.items()}
        self.bills = self._books()
        self._people()

    def _reports(self) -> None:
        """Let suppliers save and file, and customs report, each at its time. Then the day of the case comes."""
        today = f"{self.case['today']} 10:00"
        events: list[dict[str, Any]] = []
        for row in _rows(self.case, "ims"):
            period = TaxPeriod.parse(str(row["period"]))
            filed = row["filing"] == "filed"
            saved_on = (
                f"{period.offset(1).first_day.replace(day=9)} 10:00" if filed else f"{row['date']} 18:00"
            )
            if row["supplier"] is None:
                events.append({"at": f"{row['date']} 18:00", "do": "boe", "doc": _bill_of_entry(row)})
                continue
            by = str(row["supplier"])
            form = {"by": by, "form": "GSTR-1", "period": period.iso}
            events.append({"at": min(saved_on, today), "do": "save", **form, "doc": _document(row)})
            filing = {
                "at": min(f"{period.offset(1).first_day.replace(day=10)} 10:00", today),
                "do": "file",
                **form,
            }
            if filed and filing not in events:
                events.append(filing)
        for event in sorted(events, key=lambda one: (one["at"], one["do"] == "file")):
            self.story.play(event)
        self.story.goes_to(today)
        for row in _rows(self.case, "ims"):
            if row.get("original"):
                Record.objects.filter(pk=self.story.records[row["id"]]).update(
                    details={"original_number": str(row["original"])}
                )

    def _books(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for gstin in self.owns:
            rows = [row for row in _rows(self.case, "books") if row["own"] == gstin]
            booked = [BookedBill(_bill(row), (RegisterRow(number=n),)) for n, row in enumerate(rows, start=1)]
            if booked:
                upload = RegisterUpload(name=str(self.case["id"]), source="command")
                take_over(self.story.taxpayers[gstin], upload, booked, (), by=BY)
            held = Bill.objects.filter(taxpayer__gstin=gstin, until__isnull=True)
            found.update((ref, str(identity)) for ref, identity in held.values_list("source_ref", "identity"))
        return found

    def _people(self) -> None:
        for kind, given, extra in (
            (Link, "links", {"by": BY_PERSON, "match_class": "MANUAL"}),
            (Apart, "apart", {}),
        ):
            for bill, record in self.case.get(given) or ():
                root = int(self.records[record])
                owner = Record.objects.get(pk=root).recipient
                kind.objects.create(
                    taxpayer=owner,
                    bill_identity=int(self.bills[bill]),
                    root_id=root,
                    since=clock.now(),
                    **extra,
                )


def _rows(case: dict[str, Any], side: str) -> list[dict[str, Any]]:
    return case[side] or []


def _document(row: dict[str, Any]) -> dict[str, Any]:
    doc = {
        "ref": row["id"],
        "kind": row["kind"],
        "to": row["own"],
        "no": str(row["number"]),
        "date": row["date"],
    }
    doc |= {"txval": row.get("taxable", 0), **{head: row.get(head, 0) for head in HEADS}}
    doc |= {"pos": row["pos"]} if row.get("pos") else {}
    return doc | ({"rcm": True} if row.get("rcm") else {})


def _bill_of_entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "ref": row["id"],
        "to": row["own"],
        "no": str(row["number"]),
        "date": row["date"],
        "port": row.get("port", ""),
        "txval": row.get("taxable", 0),
        "igst": row.get("igst", 0),
        "cess": row.get("cess", 0),
    }


def _bill(row: dict[str, Any]) -> Bill:
    tax = tax_of(row)
    return Bill(
        source_ref=str(row["id"]),
        supplier_gstin=str(row["supplier"] or ""),
        supplier_name=row.get("name", ""),
        kind=row["kind"],
        number=str(row["number"]),
        own_number=str(row.get("voucher", "")),
        document_date=date.fromisoformat(str(row["date"])),
        posted_period=_month(row.get("posted")),
        received_period=_month(row.get("received")),
        claimed_period=_month(row.get("claimed")),
        taxable=paise(Decimal(str(row.get("taxable", 0)))),
        igst=tax.igst,
        cgst=tax.cgst,
        sgst=tax.sgst,
        cess=tax.cess,
        place_of_supply=str(row.get("pos", "")),
        reverse_charge=bool(row.get("rcm")),
        itc=row.get("itc", ""),
        original_number=str(row.get("original", "")),
        port_code=row.get("port", ""),
        irn=row.get("irn", ""),
    )


def _month(text: Any) -> int | None:
    return TaxPeriod.parse(str(text)).number if text else None


def _root(pk: int) -> int:
    return Record.objects.values_list("root_id", flat=True).get(pk=pk) or pk
