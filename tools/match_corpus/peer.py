"""A matcher of the usual kind, written anew for the comparison: for each bill, the first record that passes a rule.

The rules in order: the same number, day and tax; the same number without signs; a part of a number that is alike by 90
of 100, within a tolerance of amounts; and last the same amounts within a month. Tools of this kind take the first hit,
and a part that is contained counts as wholly alike."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from invoices.matching.documents import Bill, Reported

TOLERANCE, LIKE, DAYS = 1_00, 90, 31


def matched(bills: Sequence[Bill], records: Sequence[Reported]) -> list[tuple[str, str, str]]:
    """Return (ref of the bill, ref of the record, rule)."""
    pool: dict[str, list[Reported]] = defaultdict(list)
    for record in records:
        pool[record.supplier].append(record)
    taken: set[str] = set()
    paired: set[str] = set()
    found = []
    for rule, passes in RULES.items():
        for bill in bills:
            if bill.ref in paired:
                continue
            for record in pool[bill.supplier]:
                if record.ref not in taken and passes(bill, record):
                    found.append((bill.ref, record.ref, rule))
                    taken.add(record.ref)
                    paired.add(bill.ref)
                    break
    return found


def _plain(number: str) -> str:
    return re.sub("[^0-9A-Z]", "", number.upper()).lstrip("0")


def _near(bill: Bill, record: Reported) -> bool:
    return (
        abs(bill.heads.tax - record.heads.tax) <= TOLERANCE
        and abs(bill.heads.taxable - record.heads.taxable) <= TOLERANCE
    )


def partial_ratio(one: str, other: str) -> float:
    """Return how alike the shorter text is to the best part of the longer one, from 0 to 100."""
    short, long = sorted((one, other), key=len)
    if not short:
        return 0.0
    best = 0.0
    for start in range(len(long) - len(short) + 1):
        part = long[start : start + len(short)]
        best = max(best, 100.0 * _common(short, part) / len(short))
    return best


def _common(one: str, other: str) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for sign in one:
        before = 0
        for n, their in enumerate(other, 1):
            before, row[n] = row[n], before + 1 if sign == their else max(row[n], row[n - 1])
    return row[-1]


RULES = {
    "exact": lambda b, r: b.number.upper() == r.number.upper() and b.day == r.day and b.heads == r.heads,
    "number": lambda b, r: _plain(b.number) == _plain(r.number) and _near(b, r),
    "mismatch": lambda b, r: _plain(b.number) == _plain(r.number),
    "suggested": lambda b, r: _near(b, r) and partial_ratio(_plain(b.number), _plain(r.number)) >= LIKE,
    "residual": lambda b, r: _near(b, r) and abs((b.day - r.day).days) <= DAYS,
}
