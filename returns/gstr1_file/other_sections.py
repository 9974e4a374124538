"""The sections of GSTR-1 that do not reach IMS: supplies to consumers, exports, advances, HSN and others.

The portal keeps these sections as a client of GSTN's API sends them, so that the client can read them back,
compare the summary with its books, and file. The portal does not check their tax."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ims_portal.kernel.money import MOST_DIGITS, TaxAmounts, paise
from ims_portal.kernel.strict_json import BadNumber
from returns.gstr1_file import other_fields
from returns.gstr1_file.other_fields import NAMES
from returns.gstr1_file.report import MOST_LISTED

Kept = dict[str, Any]
MOST_ROWS = 50_000
# all sections of one return together, as JSON
MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Other:
    """One section. `same` has the fields by which a later request finds the row that it replaces. `group` has the
    fields that the rows of a group share; a later request can move a row to another group. `documents` is the
    list inside a group, or "" if the rows stand directly in the section. A section with `whole` is one object,
    which a later request replaces as a whole. `name` is its name in the summary."""

    path: tuple[str, ...]
    name: str
    part: str = ""
    group: tuple[str, ...] = ()
    documents: str = ""
    same: tuple[str, ...] = ()
    whole: bool = False

    @property
    def rows(self) -> str:
        """The list inside a section that is one object."""
        return {"NIL": "inv", "HSN": "data", "DOC_ISSUE": "doc_det"}.get(self.name, "")

    @property
    def place(self) -> str:
        return ".".join(self.path)


_TOTALS = ("sply_ty", "pos", "typ", "etin", "diff_percent")
_ADVANCES = ("pos", "sply_ty", "diff_percent")
OTHERS = (
    Other(("b2cl",), "B2CL", group=("pos",), documents="inv", same=("inum",)),
    Other(("b2cla",), "B2CLA", group=("pos",), documents="inv", same=("oinum", "oidt")),
    Other(("b2cs",), "B2CS", same=(*_TOTALS, "rt")),
    Other(("b2csa",), "B2CSA", same=("omon", *_TOTALS)),
    Other(("cdnur",), "CDNUR", same=("nt_num",)),
    Other(("cdnura",), "CDNURA", same=("ont_num", "ont_dt")),
    Other(("exp",), "EXP", group=("exp_typ",), documents="inv", same=("inum",)),
    Other(("expa",), "EXPA", group=("exp_typ",), documents="inv", same=("oinum", "oidt")),
    Other(("at",), "AT", same=_ADVANCES),
    Other(("ata",), "ATA", same=("omon", *_ADVANCES)),
    Other(("txpd",), "TXPD", same=_ADVANCES),
    Other(("txpda",), "TXPDA", same=("omon", *_ADVANCES)),
    Other(("nil",), "NIL", whole=True),
    Other(("hsn",), "HSN", whole=True),
    Other(("doc_issue",), "DOC_ISSUE", whole=True),
    Other(("ecom", "b2c"), "ECOM", "UNREG", same=("stin", "pos", "sply_ty", "rt")),
    Other(("ecom", "urp2c"), "ECOM", "UNREG", same=("pos", "sply_ty", "rt")),
    Other(("ecoma", "b2ca"), "ECOMA", "UNREG", same=("omon", "stin", "pos")),
    Other(("ecoma", "urp2ca"), "ECOMA", "UNREG", same=("omon", "pos")),
    Other(("supeco", "clttx"), "SUPECOM", "14A", same=("etin",)),
    Other(("supeco", "paytx"), "SUPECOM", "14B", same=("etin",)),
    Other(("supecoa", "clttxa"), "SUPECOMA", "14A", same=("omon", "oetin", "etin")),
    Other(("supecoa", "paytxa"), "SUPECOMA", "14B", same=("omon", "oetin", "etin")),
)


@dataclass(frozen=True, slots=True)
class BadSection:
    """A row of a request that cannot be kept. `rows` is the part of the request that is sent back."""

    other: Other
    message: str
    rows: Any


@dataclass(slots=True)
class BadRows:
    """The faulty rows of a request. At most MOST_LISTED are listed; further rows are only counted."""

    listed: list[BadSection] = field(default_factory=list)
    count: int = 0

    @property
    def unlisted(self) -> int:
        return self.count - len(self.listed)

    def note(self, other: Other, message: str, rows: Any, count: int = 1) -> None:
        if len(self.listed) < MOST_LISTED:
            self.listed.append(BadSection(other, message, other_fields.shown(plain(rows))))
        self.count += count


def sections_in(body: Any) -> list[Other]:
    """Return the sections outside IMS that a request contains."""
    return [other for other in OTHERS if isinstance(body, dict) and _at(body, other.path) is not None]


def all_bad(body: Mapping[str, Any], message: str) -> BadRows:
    """Return every entry of these sections as faulty, because the form does not have them."""
    found = BadRows()
    for other in sections_in(body):
        sent = _at(body, other.path)
        entries = sent if isinstance(sent, list) and not other.whole else [sent]
        for entry in entries:
            found.note(other, message, entry)
    return found


def merged(kept: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[Kept, int, BadRows]:
    """Return the sections after a request, the number of rows that the request has, and its faulty rows.
    `kept` has the sections before, by place. A row replaces the row with the same identifying fields, and
    flag D removes that row. The same request again changes nothing. If the sections would be too large, they stay
    as they were, and all rows are faulty."""
    now, read, bad = dict(kept), 0, BadRows()
    for other in OTHERS:
        sent = _at(body, other.path)
        if sent is None:
            continue
        if not isinstance(sent, dict if other.whole else list):
            kind = "an object" if other.whole else "a list"
            bad.note(other, f"{other.place} must be {kind}.", None)
            continue
        if other.whole:
            fault = other_fields.fault(sent)
            read += 1
            if fault:
                bad.note(other, fault, sent)
            else:
                now[other.place] = other_fields.known(plain(sent))
            continue
        rows = {_key(other, row): (head, row) for head, row in _rows(other, now.get(other.place, []))}
        for entry in sent:
            for head, row in _rows(other, [entry]):
                read += 1
                fault = _row_fault(other, head, row)
                if fault:
                    bad.note(other, f"{other.place}: {fault}", _entry(other, head, row))
                elif row.get("flag") == "D":
                    rows.pop(_key(other, row), None)
                else:
                    rows[_key(other, row)] = (
                        other_fields.known(plain(head)),
                        other_fields.known(plain(row)),
                    )
        if len(rows) > MOST_ROWS:
            bad.note(other, f"{other.place} would have more than {MOST_ROWS:,} rows.", None)
        else:
            now[other.place] = _joined(other, list(rows.values()))
    if now != kept and len(json.dumps(now, separators=(",", ":"))) > MOST_BYTES:
        return dict(kept), read, _too_large(body, read)
    return {place: rows for place, rows in now.items() if rows}, read, bad


def _too_large(body: Mapping[str, Any], read: int) -> BadRows:
    bad = BadRows()
    message = (
        f"The sections outside IMS of one return may have {MOST_BYTES // 1_000_000} MB. None of these rows was "
        "saved. Delete rows that you do not need (flag D), and send these rows again."
    )
    sections = sections_in(body)
    for other in sections:
        bad.note(other, message, None, 0)
    bad.count = max(read, len(sections))
    return bad


def _at(body: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _rows(other: Other, entries: list[Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the rows with the fields of their group, which are empty in a section without groups."""
    for entry in entries:
        if not other.documents:
            yield {}, entry
        elif isinstance(entry, dict) and isinstance(entry.get(other.documents), list):
            head = {name: value for name, value in entry.items() if name != other.documents}
            for row in entry[other.documents]:
                yield head, row
        else:
            yield {}, None


def _key(other: Other, row: Any) -> tuple[str, ...]:
    return tuple(str(plain(row.get(name, "")) if isinstance(row, dict) else "") for name in other.same)


def _entry(other: Other, head: dict[str, Any], row: Any) -> Any:
    return {**head, other.documents: [row]} if other.documents else row


def _joined(other: Other, rows: list[tuple[dict[str, Any], Any]]) -> list[Any]:
    if not other.documents:
        return [row for _head, row in rows]
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for head, row in rows:
        group = groups.setdefault(
            tuple(str(head.get(name, "")) for name in other.group), {**head, other.documents: []}
        )
        group[other.documents].append(row)
    return list(groups.values())


def row_count(other: Other, entries: Any) -> int:
    """Return the number of rows of a kept section."""
    return sum(len(rows) for rows in _lists(other, entries).values())


def split(other: Other, entries: Any, most: int) -> Iterator[tuple[Any, int]]:
    """Yield a kept section in parts of at most `most` rows, each part with its number of rows. A part has the shape
    of the section."""
    for name, rows in _lists(other, entries).items():
        for start in range(0, len(rows), most):
            some = rows[start : start + most]
            yield ({name: some} if other.whole else _joined(other, some)), len(some)


def _lists(other: Other, entries: Any) -> dict[str, list[Any]]:
    if other.whole:
        return {name: rows for name, rows in entries.items() if isinstance(rows, list)}
    return {"": list(_rows(other, entries))}


def _row_fault(other: Other, head: Mapping[str, Any], row: Any) -> str:
    if not isinstance(row, dict):
        return "must be an object."
    missing = next((name for name in other.same if name in NAMES and not row.get(name)), "")
    if missing:
        return f"{missing} is missing."
    if "exp_typ" in other.group and head.get("exp_typ") not in tuple(EXPORTS):
        return f"exp_typ must be {' or '.join(EXPORTS)}."
    return other_fields.fault({**head, **row})


def plain(value: Any) -> Any:
    """Return a JSON value whose exact decimals are numbers that Python's JSON writer knows. A number that could
    not be read becomes its text, and a NUL character, which PostgreSQL cannot store, is left out."""
    if isinstance(value, dict):
        return {name.replace("\x00", ""): plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > MOST_DIGITS:
        return str(value)  # an integer of 1e999999 would need a million digits
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, BadNumber):
        return str(value)
    return value.replace("\x00", "") if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class RowSum:
    """One row of a section for the summary, with its amounts in paise. A credit note's are negative. `inter_state`
    is what the row states in `sply_ty`; without `sply_ty`, its tax tells."""

    other: Other
    part: str
    value: int
    taxable: int
    tax: TaxAmounts
    place: str = ""
    invoice_type: str = ""
    inter_state: bool = True


def row_sums(kept: Mapping[str, Any]) -> Iterator[RowSum]:
    """Yield the amounts of every row. NIL and DOC_ISSUE, which have no tax, are left out."""
    for other in OTHERS:
        rows = kept.get(other.place)
        if not rows or other.name in ("NIL", "DOC_ISSUE"):
            continue
        listed = (
            [({}, row) for part in rows.values() if isinstance(part, list) for row in part]
            if other.whole
            else _rows(other, rows)
        )
        for head, row in listed:
            sign = -1 if row.get("ntty") in ("C", "R") else 1
            lines = [line.get("itm_det", line) for line in row.get("itms") or row.get("posItms") or [row]]
            tax = TaxAmounts(*(sign * sum(_money(line, *names) for line in lines) for names in HEAD_NAMES))
            taxable = sign * sum(_money(line, "txval", "ad_amt", "suppval") for line in lines)
            value = sign * _money(row, "val") if "val" in row else taxable + tax.total
            part = EXPORTS.get(head.get("exp_typ", ""), other.part)
            place = str(head.get("pos") or row.get("pos") or "")
            stated = str(row.get("sply_ty", "")).upper()
            inter = stated == "INTER" if stated in ("INTER", "INTRA") else bool(tax.igst) or not tax.cgst
            yield RowSum(other, part, value, taxable, tax, place, str(row.get("typ", "")), inter)


# type of an export, with or without payment of IGST -> its sub-section in the summary
EXPORTS = {"WPAY": "EXPWP", "WOPAY": "EXPWOP"}
HEAD_NAMES = (("iamt", "igst"), ("camt", "cgst"), ("samt", "sgst"), ("csamt", "cess"))


def _money(line: Mapping[str, Any], *names: str) -> int:
    found = next((line[name] for name in names if line.get(name) is not None), 0)
    return paise(Decimal(str(found)))


def nil_amounts(kept: Mapping[str, Any]) -> dict[str, int]:
    """Return the exempt, nil-rated and non-GST supplies of section NIL, in paise."""
    rows = (kept.get("nil") or {}).get("inv") or []
    return {name: sum(_money(row, name) for row in rows) for name in ("expt_amt", "nil_amt", "ngsup_amt")}


def documents_issued(kept: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return the numbers of issued and cancelled documents, and the difference, of section DOC_ISSUE."""
    rows = [
        row for part in (kept.get("doc_issue") or {}).get("doc_det") or [] for row in part.get("docs") or []
    ]
    return (
        sum(int(row.get("totnum") or 0) for row in rows),
        sum(int(row.get("cancel") or 0) for row in rows),
        sum(int(row.get("net_issue") or 0) for row in rows),
    )
