"""Changes a booking as real books differ from what suppliers report. Each disturbance names the class that it must give,
or "" if the record has no right bill."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ims_portal.kernel.gstin import check_character
from invoices.matching import numbers
from invoices.matching.documents import Bill, Heads, Reported
from invoices.rules.situation import Kind

BRANCH = "29AAACT2001A1Z6"


@dataclass(frozen=True, slots=True)
class Booked:
    """What the books make of one record: no bill, one, or several. `expected` is the class, "" for no match."""

    name: str
    record: Reported
    bills: tuple[Bill, ...]
    expected: str


def _bill(record: Reported, **changed: object) -> Bill:
    given = {
        "ref": "B" + record.ref[1:],
        "own": record.own,
        "supplier": record.supplier,
        "kind": record.kind,
        "number": record.number,
        "day": record.day,
        "heads": record.heads,
        "name": record.name,
        "place": record.place,
    } | changed
    given["keys"] = numbers.keys(str(given["number"]), given["day"])  # type: ignore[arg-type]
    return Bill(**given)  # type: ignore[arg-type]


def same(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record)


def signs(record: Reported, rng: random.Random) -> Bill | None:
    text = record.number.replace("/", rng.choice("- ._")).replace("-", rng.choice("/ "))
    return _bill(record, number=text.lower() if rng.random() < 0.3 else text)


def zeros(record: Reported, _rng: random.Random) -> Bill | None:
    runs = numbers.RUN.split(record.number)
    words = [word.lstrip("0") or "0" for word in numbers.RUN.findall(record.number)]
    return _bill(record, number="".join(a + b for a, b in zip(runs, [*words, ""], strict=True)))


def year_left_out(record: Reported, _rng: random.Random) -> Bill | None:
    text = record.number.replace("24-25/", "").replace("20", "", 1) if "24-25/" in record.number else ""
    return _bill(record, number=text.lstrip("/")) if text else None


def prefix_left_out(record: Reported, _rng: random.Random) -> Bill | None:
    keys = record.keys
    useful = numbers.said_series(keys) and len(keys.serial) >= 3
    return _bill(record, number=keys.serial) if useful else None


def letter_for_digit(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record, number=record.number.replace("0", "O")) if "0" in record.number else None


def exchanged_digits(record: Reported, _rng: random.Random) -> Bill | None:
    serial = record.keys.serial
    if len(record.keys.join) < 4 or len(serial) < 3 or serial[-1] == serial[-2]:
        return None
    at = record.number.rindex(serial)
    return _bill(record, number=record.number[:at] + serial[:-2] + serial[-1] + serial[-2])


def other_day(record: Reported, rng: random.Random) -> Bill | None:
    return _bill(record, day=record.day + timedelta(days=rng.randint(1, 28)))


def day_and_month_exchanged(record: Reported, _rng: random.Random) -> Bill | None:
    if record.day.day > 12 or record.day.day == record.day.month:
        return None
    return _bill(record, day=record.day.replace(month=record.day.day, day=record.day.month))


def rounded(record: Reported, rng: random.Random) -> Bill | None:
    off = rng.randint(1, 90)
    h = record.heads
    if h.igst:
        return _bill(record, heads=replace(h, igst=h.igst + off, taxable=h.taxable - off))
    return _bill(record, heads=replace(h, cgst=h.cgst + off // 2 + 1, sgst=h.sgst + off // 2 + 1))


def other_value(record: Reported, rng: random.Random) -> Bill | None:
    share = rng.choice((50, 80, 90, 110, 150, 300))
    h = record.heads
    return _bill(
        record, heads=Heads(*(part * share // 100 for part in (h.taxable, h.igst, h.cgst, h.sgst, h.cess)))
    )


def other_heads(record: Reported, _rng: random.Random) -> Bill | None:
    h = record.heads
    if h.igst:
        return _bill(record, heads=Heads(h.taxable, cgst=h.igst // 2, sgst=h.igst - h.igst // 2), place="")
    return _bill(record, heads=Heads(h.taxable, igst=h.cgst + h.sgst), place="")


def other_place(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record, place="07")


def reverse_charge(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record, reverse_charge=True)


def year_before(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record, day=record.day - timedelta(days=365)) if len(record.keys.year) >= 4 else None


def debit_note_for_invoice(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record, kind=Kind.DEBIT_NOTE) if record.kind is Kind.INVOICE else None


def other_registration_of_supplier(record: Reported, _rng: random.Random) -> Bill | None:
    first = ("19" if record.supplier[:2] != "19" else "18") + record.supplier[2:14]
    return _bill(record, supplier=first + check_character(first))


def our_other_registration(record: Reported, _rng: random.Random) -> Bill | None:
    return _bill(record, own=BRANCH)


def mistyped_gstin(record: Reported, _rng: random.Random) -> Bill | None:
    wrong = record.supplier[:8] + record.supplier[9] + record.supplier[8] + record.supplier[10:]
    return _bill(record, supplier=wrong) if wrong != record.supplier else None


def no_number(record: Reported, rng: random.Random) -> Bill | None:
    return _bill(record, number="", day=record.day + timedelta(days=rng.randint(0, 6)))


def split(record: Reported, rng: random.Random) -> tuple[Bill, ...] | None:
    """Book the document in two parts with the buyer's own numbers."""
    if record.kind is not Kind.INVOICE or record.heads.tax < 100_00:
        return None
    h, share = record.heads, rng.randint(20, 45)
    one = Heads(*(part * share // 100 for part in (h.taxable, h.igst, h.cgst, h.sgst, h.cess)))
    first = _bill(record, number=f"CH-{rng.randint(1, 99_999)}", heads=one)
    second = _bill(record, ref=first.ref + "2", number=f"CH-{rng.randint(1, 99_999)}", heads=h.plus(one, -1))
    return first, second


def net(record: Reported, rng: random.Random) -> tuple[Bill, ...] | None:
    """Book more than the supplier reports, and a return beside it."""
    if record.kind is not Kind.INVOICE:
        return None
    h = record.heads
    returned = Heads(*(part * 3 // 10 for part in (h.taxable, h.igst, h.cgst, h.sgst, h.cess)))
    back = _bill(
        record,
        ref="B" + record.ref[1:] + "r",
        kind=Kind.CREDIT_NOTE,
        number=f"DN-{rng.randint(1, 99_999)}",
        heads=returned,
        day=record.day + timedelta(days=rng.randint(1, 30)),
    )
    return _bill(record, heads=h.plus(returned)), back


def not_booked(_record: Reported, _rng: random.Random) -> Bill | None:
    return None


Way = Callable[[Reported, random.Random], Bill | tuple[Bill, ...] | None]
# disturbance -> share in a thousand, and the class that it must give
DISTURBANCES: dict[Way, tuple[int, str]] = {
    same: (395, "EXACT"),
    signs: (90, "EXACT"),
    zeros: (60, "EXACT"),
    rounded: (70, "ROUNDING"),
    other_day: (60, "DATE"),
    day_and_month_exchanged: (15, "DATE"),
    year_left_out: (40, "NUMBER"),
    prefix_left_out: (30, "NUMBER"),
    letter_for_digit: (15, "NUMBER"),
    exchanged_digits: (15, "NUMBER"),
    other_place: (10, "PLACE"),
    reverse_charge: (5, "PLACE"),
    other_value: (40, "VALUE"),
    other_heads: (10, "VALUE"),
    year_before: (5, "YEAR"),
    debit_note_for_invoice: (5, "KIND"),
    other_registration_of_supplier: (10, "SUPPLIER"),
    our_other_registration: (10, "BRANCH"),
    mistyped_gstin: (10, "GSTIN"),
    no_number: (20, "RESIDUAL"),
    split: (15, "GROUP"),
    net: (10, "GROUP"),
    not_booked: (60, ""),
}


def books(records: Sequence[Reported], seed: int, only: Way | None = None) -> Iterator[Booked]:
    """Yield what the books make of each record. Where a disturbance does not fit a record, the bill is the same. With
    `only`, all records have this disturbance."""
    rng = random.Random(seed + 1)
    ways = [only] if only else list(DISTURBANCES)
    shares = [DISTURBANCES[way][0] for way in ways]
    for record in records:
        way = rng.choices(ways, shares)[0]
        made = way(record, rng)
        if made is None and way is not not_booked:
            way, made = same, _bill(record)
        expected = DISTURBANCES[way][1]
        bills = made if isinstance(made, tuple) else () if made is None else (made,)
        if len(bills) == 1 and rng.random() < 0.01:  # entered twice
            bills = (*bills, replace(bills[0], ref=bills[0].ref + "b"))
        yield Booked(way.__name__, record, bills, expected)


def bills_without_record(records: Sequence[Reported], seed: int, share: float = 0.05) -> Iterator[Bill]:
    """Yield bills that no supplier reported: later serials of the same suppliers, many with amounts that others have."""
    rng = random.Random(seed + 2)
    for record in records:
        if rng.random() < share:
            serial = record.keys.serial
            text = record.number
            at = text.rindex(serial)
            number = text[:at] + str(int(serial) + 500 + rng.randrange(400)) + text[at + len(serial) :]
            yield _bill(record, ref="X" + record.ref[1:], number=number)
