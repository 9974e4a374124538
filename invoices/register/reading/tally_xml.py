"""Vouchers in XML, as Tally exports them. They become rows like those of Tally's columnar register, one a voucher."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from invoices.register.reading.refusals import refused

HEADINGS = (
    "Date", "Particulars", "Voucher Type", "Voucher No.", "Voucher Ref. No.", "Voucher Ref. Date", "GSTIN/UIN",
    "Place of Supply", "Status", "Source Ref", "Gross Total",
)  # fmt: skip
# characters that XML 1.0 does not allow, as themselves and as references
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")


def is_tally(low: str) -> bool:
    """True if the start of a text in small letters is an export of Tally."""
    return low.startswith("<") and ("<envelope" in low or "<tallymessage" in low)


def vouchers(data: bytes, encoding: str) -> list[tuple[int, tuple[Any, ...]]]:
    """Return a row of headings and a row for each voucher. The number of a row is the place of its voucher."""
    text = ILLEGAL.sub("", REFERENCE.sub(_legal, data.decode(encoding, "replace")))
    text = re.sub(r"\A\s*\ufeff?\s*<\?xml[^>]*\?>", "", text)
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise refused(
            "REG-XML", "The XML file declares entities and was not read. Export it again."
        ) from None
    except ParseError as wrong:
        raise refused(
            "REG-XML",
            "The XML file is damaged in line %(row)s. Export it again from Tally.",
            row=wrong.position[0],
        ) from None
    found = [_voucher(one) for one in root.iter("VOUCHER")]
    if not found:
        raise refused(
            "REG-XML", "The XML file has no vouchers. Export the Purchase Register or the Day Book."
        )
    ledgers = list(dict.fromkeys(name for _facts, amounts in found for name in amounts))
    rows: list[tuple[int, tuple[Any, ...]]] = [(1, (*HEADINGS, *ledgers))]
    for number, (facts, amounts) in enumerate(found, start=2):
        rows.append((number, (*facts, *(amounts.get(name) for name in ledgers))))
    return rows


def _legal(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    return found[0] if number in (9, 10, 13) or 32 <= number <= 0x10FFFF else ""


def _voucher(one: Element) -> tuple[list[Any], dict[str, str]]:
    def text(name: str) -> str:
        return " ".join((one.findtext(name) or "").split())

    party = text("PARTYLEDGERNAME") or text("PARTYNAME")
    number = text("REFERENCE")
    if party and number.lower().endswith(f"({party.lower()})"):
        number = number[: -len(party) - 2].strip()
    cancelled, optional = text("ISCANCELLED") == "Yes", text("ISOPTIONAL") == "Yes"
    sums: dict[str, Decimal] = {}
    total = ""
    for entry in (*one.findall("ALLLEDGERENTRIES.LIST"), *one.findall("LEDGERENTRIES.LIST")):
        ledger = " ".join((entry.findtext("LEDGERNAME") or "").split())
        try:
            # Tally writes a debit as a negative amount
            amount = -Decimal((entry.findtext("AMOUNT") or "0").strip() or "0")
        except InvalidOperation:
            continue
        if ledger == party:
            total = str(-amount)
        elif ledger:
            sums[ledger] = sums.get(ledger, Decimal(0)) + amount
    facts = [
        _day(text("DATE")), party or None, text("VOUCHERTYPENAME") or None, text("VOUCHERNUMBER") or None,
        number or None, _day(text("REFERENCEDATE")), text("PARTYGSTIN") or None, text("PLACEOFSUPPLY") or None,
        "Cancelled" if cancelled else "Optional" if optional else None,
        text("GUID") or one.get("REMOTEID"), total or None,
    ]  # fmt: skip
    return facts, {name: str(amount) for name, amount in sums.items()}


def _day(text: str) -> date | str | None:
    if re.fullmatch(r"20[0-9]{6}", text):
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            return text
    return text or None
