"""The sections of GSTR-3B beside Table 4 that a client of GSTN's API saves: they are checked, kept, shown in the
summary, and compared with the figures that the portal fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gstr2b.models import Statement
from gstr2b.statement.table4 import LIABILITY
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import BadAmount, TaxAmounts, paise
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from returns.api.gstn_out import ROWS as TABLE_4
from returns.api.gstn_out import amounts
from returns.api.gstr3b_autoliab import BUYERS, ITC_ROWS, REVERSE_CHARGE, reverse_charge
from returns.api.gstr3b_autoliab import ROWS as OUTWARD
from returns.gstr1_file.other_sections import plain

ALL = ("txval", "iamt", "camt", "samt", "csamt")
TAX = ALL[1:]
# section -> part -> the amounts of the part. A part in LISTED is a list of such objects.
OBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "sup_details": {
        "osup_det": ALL,
        "osup_zero": ALL,
        "osup_nil_exmp": ALL,
        "isup_rev": ALL,
        "osup_nongst": ALL,
    },
    "eco_dtls": {"eco_sup": ALL, "eco_reg_sup": ALL},
    "intr_ltfee": {"intr_details": TAX},
}
LISTED: dict[str, dict[str, tuple[str, ...]]] = {
    "inter_sup": {
        "unreg_details": ("txval", "iamt"),
        "comp_details": ("txval", "iamt"),
        "uin_details": ("txval", "iamt"),
    },
    "inward_sup": {"isup_details": ("inter", "intra")},
}
# text that a row of a list must have: its field, and the form of the text
NAMED = {
    "inter_sup": ("pos", re.compile(r"[0-9]{2}\Z")),
    "inward_sup": ("ty", re.compile(r"(GST|NONGST)\Z")),
}
BREAKUP = "liab_breakup"
MOST_ROWS = 200
# row of AUTOLIAB -> section and part of a saved GSTR-3B
COMPARED = {
    "osup_3_1a": ("sup_details", "osup_det"),
    "osup_3_1b": ("sup_details", "osup_zero"),
    "osup_3_1c": ("sup_details", "osup_nil_exmp"),
    "osup_3_1e": ("sup_details", "osup_nongst"),
    REVERSE_CHARGE[0]: ("sup_details", "isup_rev"),
    "esup_3_1_1a": ("eco_dtls", "eco_sup"),
    "esup_3_1_1b": ("eco_dtls", "eco_reg_sup"),
}
FIELDS = dict((*OUTWARD.values(), REVERSE_CHARGE))
BUYER_PARTS = {"unreg": "unreg_details", "comp": "comp_details", "uin": "uin_details"}


def read(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections beside Table 4 from a client's request. Keys that GSTN does not save (tx_pmt, the late
    fee) and unknown keys are left out. Raises `Invalid` (SCHEMA)."""
    found: dict[str, Any] = {}
    for section, parts in OBJECTS.items():
        given = _object(data, section, section)
        for part in parts:
            if given.get(part) is not None:
                place = f"{section}.{part}"
                row = _object(given, part, place)
                found.setdefault(section, {})[part] = _amounts(row, parts[part], place)
    for section, parts in LISTED.items():
        given = _object(data, section, section)
        for part in parts:
            if given.get(part) is not None:
                rows = _rows(given[part], f"{section}.{part}")
                found.setdefault(section, {})[part] = [
                    _named(section, row, parts[part], f"{section}.{part}[{nth}]")
                    for nth, row in enumerate(rows)
                ]
    return found


def read_breakup(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the break-up of the liability by period (RETBKP). Raises `Invalid` (SCHEMA)."""
    found = []
    for nth, row in enumerate(_rows(data.get("breakup"), "breakup")):
        place = f"breakup[{nth}]"
        given = row.get("ret_period")
        try:
            period = TaxPeriod.from_wire(given if isinstance(given, str) else "")
        except BadPeriod:
            raise Invalid("SCHEMA", f"{place}: ret_period must be written MMYYYY, as 072026.") from None
        tax = _amounts(_object(row, "liability", place), TAX, place)
        found.append({"ret_period": period.wire, "liability": tax})
    return found


def _object(holder: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    value = holder.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("SCHEMA", f"{place} must be an object.")
    return value


def _rows(value: Any, place: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Invalid("SCHEMA", f"{place} must be a list of objects.")
    if len(value) > MOST_ROWS:
        raise Invalid("SCHEMA", f"{place} has more than {MOST_ROWS} rows.")
    return value


def _named(section: str, row: Mapping[str, Any], fields: tuple[str, ...], place: str) -> dict[str, Any]:
    name, form = NAMED[section]
    value = row.get(name)
    if not isinstance(value, str) or not form.match(value):
        raise Invalid("SCHEMA", f"{place}: {name} is missing or wrong.")
    return {name: value, **_amounts(row, fields, place)}


def _amounts(row: Mapping[str, Any], fields: tuple[str, ...], place: str) -> dict[str, Any]:
    """Return the amounts that the row has, in rupees as they were sent. A field that is left out stays out."""
    found = {}
    for name in fields:
        value = row.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise Invalid("SCHEMA", f"{place}: {name} must be a number without quotes.")
        try:
            paise(value)
        except BadAmount as bad:
            raise Invalid("SCHEMA", f"{place}: {name}: {bad}") from None
        found[name] = plain(value)
    return found


def tax_of(row: Mapping[str, Any] | None) -> TaxAmounts:
    """Return the tax of a kept part, in paise."""
    return TaxAmounts(*(paise(str((row or {}).get(name) or 0)) for name in TAX))


def merged(kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kept sections after a request. A section that the client sends replaces the kept section."""
    return {**kept, **sent}


def reverse_charge_row(
    saved: dict[str, Any] | None, statement: Statement | None, table: Mapping[str, TaxAmounts]
) -> dict[str, Any]:
    """Return 3.1(d) of the summary: the row that the client saved if its tax still counts, or the row with the
    tax of `table` and the taxable value of GSTR-2B."""
    if saved is not None and tax_of(saved) == table[LIABILITY]:
        return saved
    if statement is None:
        return {"txval": 0, **amounts(table[LIABILITY])}
    row: dict[str, Any] = reverse_charge(statement, table)["subtotal"]
    return row


def has_amounts(kept: Any) -> bool:
    """Return whether any amount in kept sections is not zero."""
    if isinstance(kept, dict):
        return any(has_amounts(part) for part in kept.values())
    if isinstance(kept, list):
        return any(has_amounts(part) for part in kept)
    return isinstance(kept, (int, float)) and bool(kept)


# Comparison with the figures of AUTOLIAB (VALID)


def validated(
    gstin: str, period: TaxPeriod, data: Mapping[str, Any], filled: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the reply to VALID: for each row, the amounts that differ from the portal's figures. `filled` is
    `liabitc` of AUTOLIAB. Only rows that the client sends, and whose source is there, are compared. Raises
    `Invalid` (SCHEMA)."""
    sent = read(data)
    supplies: dict[str, Any] = {}
    operator: dict[str, Any] = {}
    for name, (section, part) in COMPARED.items():
        right = filled.get("sup_details", {}).get(name)
        given = sent.get(section, {}).get(part)
        wrong = _differing(given, right["subtotal"], FIELDS[name]) if right and given is not None else []
        if section == "eco_dtls":
            operator[part] = {"error_fields": wrong}
        else:
            supplies[name] = {"error_fields": wrong}
    places = {
        BUYERS[buyer]: _places(
            sent.get("inter_sup", {}).get(part), filled.get("inter_sup", {}).get(BUYERS[buyer])
        )
        for buyer, part in BUYER_PARTS.items()
    }
    credit = {name: {"error_fields": _credit(data, filled, name)} for name in ITC_ROWS}
    faults = [
        *(name for name, row in (supplies | operator | credit).items() if row["error_fields"]),
        *(name for name, rows in places.items() if rows),
    ]
    return {
        "gstin": gstin,
        "ret_period": period.wire,
        "isValid": "N" if faults else "Y",
        "error_message": f"These rows differ from the portal's figures: {', '.join(faults)}."
        if faults
        else "",
        "sup_details": supplies,
        "inter_sup": places,
        "eco_dtls": operator,
        "elgitc": credit,
    }


def _differing(given: Mapping[str, Any], right: Mapping[str, Any], fields: tuple[str, ...]) -> list[str]:
    return [name for name in fields if _exact(given, name) != _exact(right, name)]


def _exact(row: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(row.get(name) or 0))


def _places(given: list[dict[str, Any]] | None, right: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the places of supply whose amounts differ. A place that one side lacks is zero there."""
    if given is None or right is None:
        return []
    ours: dict[str, dict[str, Any]] = {row["pos"]: row for row in right["subtotal"]}
    theirs: dict[str, dict[str, Any]] = {}
    for row in given:  # a place may be sent in several rows
        before = theirs.get(row["pos"], {})
        theirs[row["pos"]] = {name: _exact(before, name) + _exact(row, name) for name in ("txval", "iamt")}
    found = []
    for place in sorted(ours.keys() | theirs.keys()):
        wrong = _differing(theirs.get(place, {}), ours.get(place, {}), ("txval", "iamt"))
        if wrong:
            found.append({"pos": place, "error_fields": wrong})
    return found


def _credit(data: Mapping[str, Any], filled: Mapping[str, Any], name: str) -> list[str]:
    right = filled.get("elgitc", {}).get(name)
    part, kind = next(key for key, row in TABLE_4.items() if row == ITC_ROWS[name])
    rows = (data.get("itc_elg") or {}).get(part) or []
    given = next((row for row in rows if row.get("ty") == kind), None)
    return _differing(plain(given), right["subtotal"], TAX) if right and given is not None else []
