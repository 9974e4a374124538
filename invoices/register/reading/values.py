"""Single values of a register: amounts, dates, GSTINs, places, kinds. A value that cannot be read is None; nothing is
repaired or guessed."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from ims_portal.kernel.gstin import SHAPE
from ims_portal.kernel.places import STATES
from invoices.matching.documents import Claim
from invoices.register.reading.sheets import Cell
from invoices.rules.situation import Kind

NOTHING = frozenset({"", "-", "–", "—", "--", "nil", "na", "n/a", "n.a."})
NUMBER = re.compile(r"\d+(?:\.\d*)?(?:e[+-]?\d{1,3})?|\.\d+")
PLAIN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{0,2}))?")
GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?")
SIDE = re.compile(r"\s*\b(dr|cr)\.?$", re.IGNORECASE)
MOST = Decimal(10) ** 13
DAMAGED = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
NOT_REGISTERED = frozenset({"URP", "NA", "UNREGISTERED", "URD", "UNREG", "NIL", "NONE", "NOTREGISTERED"})
PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
YES = frozenset({"y", "yes", "true", "1", "rcm", "applicable"})
NO = frozenset({"n", "no", "false", "0", "fcm", "not applicable", "na", "forward", "forward charge"})


def text(cell: Cell) -> str:
    """Return the cell as it stood. A whole number has no decimals, and a long one is damaged as Excel damages it."""
    if cell is None:
        return ""
    if type(cell) is str:
        return cell
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, date):
        return f"{cell:%d-%m-%Y}"
    if isinstance(cell, (int, float)):
        if abs(cell) >= 1e15:
            return f"{cell:.5E}"
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    return cell


def amount(cell: Cell) -> int | None:
    """Return the paise of an amount in rupees, 0 for an empty cell, None if it is no amount. Cr is negative."""
    if cell is None:
        return 0
    if isinstance(cell, (bool, date)):
        return None
    if isinstance(cell, int):
        return cell * 100 if abs(cell) < MOST else None
    if isinstance(cell, float):
        return _paise(Decimal(repr(cell))) if math.isfinite(cell) else None
    if found := PLAIN.fullmatch(cell):
        return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return _amount_of_text(cell)


@lru_cache(maxsize=16_384)
def _amount_of_text(cell: str) -> int | None:
    found = cell.replace("\u00a0", " ").replace("\u2212", "-").strip().lower()
    found = found.removeprefix("'").replace("₹", "")
    found = re.sub(r"\b(?:rs\b\.?|inr\b)", "", found).strip().removesuffix("/-").strip()
    if found in NOTHING:
        return 0
    sign = 1
    side = SIDE.search(found)
    if side:
        sign, found = (-1 if side[1].lower() == "cr" else 1), found[: side.start()].strip()
    if found.startswith("(") and found.endswith(")"):
        sign, found = -sign, found[1:-1].strip()
    if found.endswith("-") or found.startswith("-"):
        sign, found = -sign, found.strip("-").strip()
    found = found.removeprefix("+").replace(" ", "")
    if GROUPED.fullmatch(found):
        found = found.replace(",", "")
    return _paise(sign * Decimal(found)) if NUMBER.fullmatch(found) else None


def _paise(value: Decimal) -> int | None:
    if abs(value) >= MOST:
        return None
    return int((value * 100).quantize(Decimal(1), ROUND_HALF_UP))


def rate(cell: Cell) -> int | None:
    """Return a rate of tax in basis points: 18, 18% and the cell 0.18 with its format are 1800."""
    found = text(cell).replace("%", "").strip()
    if not re.fullmatch(r"\d{1,3}(?:\.\d+)?", found):
        return None
    value = Decimal(found)
    if 0 < value < 1 and isinstance(cell, float) and value not in (Decimal("0.1"), Decimal("0.25")):
        value *= 100
    return int(value * 100) if value <= 100 else None


def gstin(cell: Cell) -> str:
    """Return a GSTIN as it was booked: capital letters and digits only. Words for "not registered" are empty."""
    return "" if cell is None else _gstin(text(cell))


@lru_cache(maxsize=16_384)
def _gstin(cell: str) -> str:
    found = re.sub(r"[^0-9A-Z]", "", cell.upper())
    return "" if found in NOT_REGISTERED or not found.strip("0") else found


def like_gstin(cell: Cell) -> bool:
    """True if the cell has the form of a GSTIN, of any check character."""
    return isinstance(cell, str) and 13 < len(cell) < 24 and bool(SHAPE.match(gstin(cell)))


def yes(cell: Cell) -> bool | None:
    """Return yes or no, None for other words."""
    if cell is None:
        return False
    found = text(cell).strip().lower()
    return True if found in YES else False if found in NO or not found else None


def day_of_number(cell: Cell) -> date | None:
    """Return the day of a number of a spreadsheet, or of a number like 20250403."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return None
    if 36_526 <= cell < 73_000:
        return date(1899, 12, 30) + timedelta(days=int(cell))
    if 20_000_101 <= cell < 20_991_232:
        number = int(cell)
        try:
            return date(number // 10_000, number // 100 % 100, number % 100)
        except ValueError:
            return None
    return None


@lru_cache(maxsize=512)
def place(found: str) -> str:
    """Return the two digits of a place of supply, "" if it is unknown."""
    low = found.strip().lower()
    low = low.removeprefix("in-")
    digits = re.findall(r"\d+", low)
    words = re.sub(r"[^a-z]+", " ", low.replace("&", " and ")).strip()
    code = digits[0].zfill(2) if len(digits) == 1 and len(digits[0]) <= 2 else ""
    named = PLACES.get(words, "")
    if code and code not in STATES and code not in ("96", "97"):
        return ""
    if digits and not code or words and not named and not code or code and named and code != named:
        return ""
    return code or named


OLD = ("25", "28")
PLACES = {
    re.sub(r"[^a-z]+", " ", name.lower()).strip(): code for code, name in STATES.items() if code not in OLD
}
PLACES |= dict(
    zip(
        ["jk", "hp", "pb", "ch", "uk", "hr", "dl", "rj", "up", "br", "sk", "ar", "nl", "mn", "mz", "tr", "ml", "as", "wb", "jh", "or", "cg", "mp", "gj", "dn", "mh", "ka", "ga", "ld", "kl", "tn", "py", "an", "ts", "ap", "la"],
        ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "26", "27", "29", "30", "31", "32", "33", "34", "35", "36", "37", "38"],
        strict=True,
    )
)  # fmt: skip
PLACES |= {
    "od": "21", "ct": "22", "tg": "36", "ut": "05", "ua": "05", "pondicherry": "34", "orissa": "21",
    "uttaranchal": "05", "new delhi": "07", "maharastra": "27", "maharashtra state": "27", "tamilnadu": "33",
    "telengana": "36", "chattisgarh": "22", "chhatisgarh": "22", "gujrat": "24", "karnatka": "29", "kerela": "32",
    "jammu kashmir": "01", "andhra pradesh new": "37", "westbengal": "19", "uttarpradesh": "09",
    "madhyapradesh": "23", "rajsthan": "08", "hariyana": "06", "panjab": "03", "dadra and nagar haveli": "26",
    "daman and diu": "26", "andaman and nicobar": "35", "other territory": "97", "ad": "37", "dnhdd": "26",
}  # fmt: skip


@lru_cache(maxsize=512)
def claim(found: str) -> Claim | None:
    """Return the credit that the books took, from the words of the GSTN's forms and plain ones."""
    low = re.sub(r"[^a-z]+", " ", found.lower()).strip()
    if low in (
        "inputs",
        "input",
        "capital goods",
        "input services",
        "yes",
        "y",
        "full",
        "eligible",
        "available",
    ):
        return Claim.FULL
    if low in ("ineligible", "no", "n", "none", "not available", "blocked", "not eligible", "nil"):
        return Claim.NONE
    return Claim.PART if low in ("part", "partial", "partly") else None


KIND_WORDS = (
    (Kind.CREDIT_NOTE, r"credit ?notes?|credit memo|cn|crn|purchase returns?|return outward|vendor credits?|purc return"),
    (Kind.BILL_OF_ENTRY, r"bills? of entry|boe|import of goods|imports?|impg|impgsez"),
    (Kind.ECO, r"eco|e ?commerce operator"),
    (Kind.INVOICE, r"tax invoice|invoices?|inv|regular|b2b|sezwp|sezwop|sez ?wo?p|de|deemed exp(?:ort)?s?|purchases?|bills?|bill of supply"),
)  # fmt: skip
KIND_PATTERNS = tuple((kind, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for kind, words in KIND_WORDS)
DEBIT_NOTE = re.compile(r"(?<![a-z])(?:debit ?notes?|dn|dbn)(?![a-z])")
EITHER_NOTE = re.compile(r"(?<![a-z])(?:cdnr?|cdna|notes?)(?![a-z])")


@lru_cache(maxsize=512)
def kind(found: str) -> Kind | str | None:
    """Return the kind that a word says. "debit note" and "note" are words whose meaning depends on the books. Words
    like C, DR and CREDIT alone say nothing: they may mean bought on credit."""
    low = re.sub(r"[^a-z0-9]+", " ", found.lower()).strip()
    if DEBIT_NOTE.search(low):
        return "debit note"
    first = KIND_PATTERNS[0]
    if first[1].search(low):
        return first[0]
    if EITHER_NOTE.search(low):
        return "note"
    return next((one for one, words in KIND_PATTERNS[1:] if words.search(low)), None)
