"""The identity of a bill over several registers: whether two rows of two files are the same bill, and whether its content
changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import FinancialYear
from invoices.matching import numbers
from invoices.matching.documents import GROUPS
from invoices.matching.relations import name_core, plain_gstin

# The fields that a register gives. A difference in one of them is a change of the bill.
CONTENT = (
    "supplier_gstin",
    "supplier_name",
    "kind",
    "number",
    "number_is_date",
    "own_number",
    "document_date",
    "date_unsure",
    "posted_period",
    "received_period",
    "claimed_period",
    "taxable",
    *HEADS,
    "value",
    "place_of_supply",
    "reverse_charge",
    "itc",
    "original_number",
    "port_code",
    "irn",
    "details",
)


def natural_keys(bills: Sequence[Any]) -> list[str]:
    """Return a key for each bill (a `Bill` that is not saved), in the same order.

    The key of a bill with the program's own id (`source_ref`) is that id. Other keys are made of supplier, kind, number
    and financial year; without a number, of the buyer's voucher number; without both, of the day and the amounts. Bills
    of one file with the same key get ordinals, in the order of their days and amounts, so that no order of rows
    matters."""
    texts = [_text(bill) for bill in bills]
    shared = {text for text, count in Counter(texts).items() if count > 1}
    ordinals: dict[int, int] = {}
    seen: Counter[str] = Counter()
    for n in sorted((n for n, text in enumerate(texts) if text in shared), key=lambda n: _place(bills[n])):
        ordinals[n] = seen[texts[n]]
        seen[texts[n]] += 1
    return [_digest(f"{text}|{ordinals[n]}" if ordinals.get(n) else text) for n, text in enumerate(texts)]


def content(bill: Any) -> str:
    """Return the hash of the fields that a register gives."""
    return _digest("\n".join(f"{name}={getattr(bill, name)!r}" for name in CONTENT))


def _text(bill: Any) -> str:
    if bill.source_ref:
        return f"ref|{bill.source_ref}"
    supplier = plain_gstin(bill.supplier_gstin) or name_core(bill.supplier_name)
    group = GROUPS[bill.kind].value
    year = FinancialYear.of(bill.document_date).start
    number = numbers.keys(bill.number, bill.document_date).format
    if number:
        return f"number|{supplier}|{group}|{number}|{year}"
    voucher = numbers.keys(bill.own_number).format
    if voucher:
        return f"voucher|{supplier}|{group}|{voucher}|{year}"
    return f"day|{supplier}|{group}|{bill.document_date}|{bill.taxable}|{bill.igst + bill.cgst + bill.sgst + bill.cess}"


def _place(bill: Any) -> tuple[Any, ...]:
    return (bill.document_date, bill.taxable, bill.igst, bill.cgst, bill.sgst, bill.cess, bill.own_number)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
