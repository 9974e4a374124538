"""Registers for tests: bills that are not saved, and the taking over of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.register.models import Bill, RegisterRow, RegisterUpload
from invoices.register.take_over import BookedBill, take_over

BY = By(source="test")


def bill(
    number: str, *, supplier: Taxpayer, day: str = "2024-10-10", taxable: int = 10_000, **given: Any
) -> Bill:
    """Return a bill of `taxable` rupees with 18 % of IGST."""
    usual = {
        "supplier_gstin": supplier.gstin,
        "kind": "INV",
        "number": number,
        "document_date": date.fromisoformat(day),
        "taxable": taxable * 100,
        "igst": taxable * 18,
    }
    return Bill(**(usual | given))


def taken(taxpayer: Taxpayer, *bills: Bill, left_out: tuple[RegisterRow, ...] = ()) -> RegisterUpload:
    """Take over a register in which each bill has one row."""
    booked = [
        BookedBill(one, (RegisterRow(number=n, cells=[one.number]),)) for n, one in enumerate(bills, start=2)
    ]
    return take_over(taxpayer, RegisterUpload(name="register.xlsx"), booked, left_out, by=BY)
