"""Read the amounts of a document in another portal's file: its totals, or the sum of its rate lines.

A missing amount does not count as zero, except a tax that must be zero (`_with_taxes`). Each format leaves
some amounts out. A document of an input service distributor has no taxable value. A bill of entry has no
central or State tax. Rate lines may have no cess. These amounts are None, and the comparison skips them. If
any other amount is missing, null or not a number, the document counts as unreadable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ims_portal.kernel import strict_json
from ims_portal.kernel.money import BadAmount, paise

# the names of each amount: first the name in GSTR-2B, then the name in GSTR-1 and IMS
NAMES = {
    "taxable": ("txval",),
    "igst": ("igst", "iamt"),
    "cgst": ("cgst", "camt"),
    "sgst": ("sgst", "samt"),
    "cess": ("cess", "csamt"),
}
FIELDS = tuple(NAMES)
OF_DISTRIBUTOR = ("igst", "cgst", "sgst", "cess")
OF_CUSTOMS = ("taxable", "igst", "cess")
LISTS, INNER = ("items", "itms"), "itm_det"

Said = dict[str, int | None]


def amounts(row: Mapping[str, Any], *, isd: bool = False, customs: bool = False) -> Said:
    """Return the amounts of `FIELDS` in paise. An amount is None if this kind of document has no such amount,
    or if no rate line has cess. Raises `ValueError`, which names the field and the rate line."""
    said: Said = {name: amount(row, *names) for name, names in NAMES.items()}
    needed = OF_DISTRIBUTOR if isd else OF_CUSTOMS if customs else FIELDS
    if all(said[name] is not None for name in needed):
        return said
    if isd or customs:
        raise ValueError(_missing(said, needed))
    lines = _lines(row)
    if lines:
        return _summed(lines)
    said = _with_taxes(said)
    if any(said[name] is None for name in needed):
        raise ValueError(_missing(said, needed))
    return said


def amount(row: Mapping[str, Any], *names: str) -> int | None:
    """Return the amount under one of these names in paise, or None if the row has none of the names. Raises
    `ValueError` if the value is not an amount, or if two names have different amounts."""
    found = {name: _number(name, row[name]) for name in names if name in row}
    if len(set(found.values())) > 1:
        raise ValueError(f"{' and '.join(found)} have different amounts")
    return next(iter(found.values()), None)


def _number(name: str, value: Any) -> int:
    if value is None:
        raise ValueError(f"{name} is null, not an amount")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        shown = value if isinstance(value, (bool, strict_json.BadNumber)) else type(value).__name__
        raise ValueError(f"{name} is not an amount: {str(shown)[:30]}")
    try:
        return paise(value)
    except BadAmount as bad:
        raise ValueError(f"{name}: {bad}") from None


def _missing(said: Said, needed: Sequence[str]) -> str:
    names = ", ".join(NAMES[name][0] for name in needed if said[name] is None)
    return f"has no {names}"


def _with_taxes(said: Said, rate: int | None = None) -> Said:
    """Return the amounts with 0 for each missing tax that must be zero. A supply has either IGST, or central
    and State tax. Therefore, if the file gives only IGST, central and State tax are zero. If the file gives
    only central and State tax, IGST is zero. At a nil rate, all three are zero. `rate` is in hundredths of a
    per cent."""
    igst, halves = said["igst"], (said["cgst"], said["sgst"])
    if rate == 0:
        return said | {name: said[name] or 0 for name in ("igst", "cgst", "sgst")}
    if igst and halves == (None, None):
        return said | {"cgst": 0, "sgst": 0}
    if igst is None and None not in halves and any(halves):
        return said | {"igst": 0}
    return said


def _lines(row: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the rate lines with their places. In some files a line is an element of the list. In other files
    the line is inside the element's `itm_det`, as in GSTR-1. Raises `ValueError` for an unknown shape."""
    given = [name for name in LISTS if row.get(name)]
    if len(given) > 1:
        raise ValueError("has both items and itms")
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name in given:
        if not isinstance(row[name], list):
            raise ValueError(f"{name} is not a list of rate lines")
        for nth, line in enumerate(row[name]):
            place = f"{name}[{nth}]"
            if not isinstance(line, dict):
                raise ValueError(f"{place} is not an object")
            if INNER in line:
                inner = line[INNER]
                if not isinstance(inner, dict) or any(key in line for keys in NAMES.values() for key in keys):
                    raise ValueError(f"{place} has an unknown structure")
                place, line = f"{place}.{INNER}", inner
            found.append((place, line))
    return found


def _summed(lines: Sequence[tuple[str, Mapping[str, Any]]]) -> Said:
    """Return the sums of the rate lines. Raises `ValueError` for a line without taxable value. A line may be
    without taxes only in two cases: the rate of the line is nil, or the line has no rate and other lines of
    the document have taxes. Cess is None if no line has cess."""
    read: list[Said] = []
    bare: list[str] = []
    for place, line in lines:
        try:
            said: Said = {name: amount(line, *names) for name, names in NAMES.items()}
            rate = amount(line, "rt")
        except ValueError as bad:
            raise ValueError(f"{place}: {bad}") from None
        if said["taxable"] is None:
            raise ValueError(f"{place}: has no txval, or has an unknown structure")
        taxes = [said[name] for name in ("igst", "cgst", "sgst")]
        if rate is None and taxes == [None, None, None]:
            bare.append(place)
            said |= {"igst": 0, "cgst": 0, "sgst": 0}
        said = _with_taxes(said, rate)
        if None in (said["igst"], said["cgst"], said["sgst"]):
            raise ValueError(f"{place}: {_missing(said, ('igst', 'cgst', 'sgst'))}")
        read.append(said)
    if len(bare) == len(lines):
        raise ValueError(f"{bare[0]}: has no igst, cgst, sgst")
    sums: Said = {name: sum(said[name] or 0 for said in read) for name in FIELDS}
    if all(said["cess"] is None for said in read):
        sums["cess"] = None
    return sums
