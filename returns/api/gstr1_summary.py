"""GSTN's JSON of GSTR-1's summary (RETSUM)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ims_portal.kernel.money import TaxAmounts, rupee_number
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.rules.calendar import Form
from returns.gstr1_file import other_sections
from returns.outward import section_sums
from returns.outward.section_sums import Figures, Group

_INVOICES = ("4A", "4B", "6C", "SEZWP", "SEZWOP")
_OPERATOR = ("REG", "DE", "SEZWP", "SEZWOP", "UNREG")
# section -> its sub-sections, in the order of the form
SECTIONS: dict[str, tuple[str, ...]] = {
    "B2B": _INVOICES,
    "B2BA": _INVOICES,
    "B2CL": (),
    "B2CLA": (),
    "B2CS": (),
    "B2CSA": (),
    "CDNR": (),
    "CDNRA": (),
    "CDNUR": (),
    "CDNURA": (),
    "EXP": ("EXPWP", "EXPWOP"),
    "EXPA": ("EXPWP", "EXPWOP"),
    "AT": (),
    "ATA": (),
    "TXPD": (),
    "TXPDA": (),
    "NIL": (),
    "HSN": (),
    "DOC_ISSUE": (),
    "ECOM": _OPERATOR,
    "ECOMA": _OPERATOR,
    "SUPECOM": ("14A", "14B"),
    "SUPECOMA": ("14A", "14B"),
}
# sections whose amendments are compared with the versions that they replace
COMPARED = ("B2BA", "CDNRA", "ECOMA")
# Sections outside IMS that change the supplier's liability. Tax on advances was paid earlier, so TXPD takes it
# off. Amended sections are left out, because the portal does not know the rows that they replace.
LIABILITY = ("B2CL", "B2CS", "CDNUR", "EXP", "AT", "TXPD", "ECOM")
NOTHING = hashlib.sha256(b"").hexdigest()


def summary(
    supplier: Taxpayer, form: Form, period: TaxPeriod, kept: Mapping[str, Any], *, long: bool = False
) -> dict[str, Any]:
    """Return the summary of a form. `kept` has the sections that do not reach IMS. The long form also has the
    sums of every recipient; only the short form can be signed. Sections without documents are zero."""
    groups = section_sums.of_form(supplier, form, period, by_recipient=long)
    others = _other_figures(kept)
    sections = [
        _section(name, [g for g in groups if g.section == name], others, kept, long=long) for name in SECTIONS
    ]
    sections.append(_liability(groups, others))
    shown: dict[str, Any] = {
        "gstin": supplier.gstin,
        "ret_period": period.wire,
        "newSumFlag": True,
        "smryTyp": "L" if long else "S",
        "sec_sum": sections,
    }
    if not any(section["ttl_rec"] for section in sections):
        shown["isnil"] = "Y"
    return shown | {"chksum": _checksum(shown)}


def _section(
    name: str,
    groups: list[Group],
    others: Mapping[tuple[str, str], Figures],
    kept: Mapping[str, Any],
    *,
    long: bool,
) -> dict[str, Any]:
    parts: dict[str, Figures] = dict.fromkeys(SECTIONS[name], Figures())
    for group in groups:
        key = group.part.removeprefix(f"{name}_")
        parts[key] = parts.get(key, Figures()) + group.figures
    for (section, part), figures in others.items():
        if section == name:
            parts[part] = parts.get(part, Figures()) + figures
    whole = sum(parts.values(), Figures())
    own: dict[str, Any] = {place: rows for place, rows in kept.items() if _name_of(place) == name}
    shown: dict[str, Any] = {"sec_nm": name, **_amounts(whole, compared=name in COMPARED)}
    if name == "NIL":
        nil = other_sections.nil_amounts(kept)
        shown |= {
            "ttl_rec": 1 if any(nil.values()) else 0,
            "ttl_expt_amt": rupee_number(nil["expt_amt"]),
            "ttl_ngsup_amt": rupee_number(nil["ngsup_amt"]),
            "ttl_nilsup_amt": rupee_number(nil["nil_amt"]),
        }
    if name == "DOC_ISSUE":
        issued, cancelled, net = other_sections.documents_issued(kept)
        shown |= {
            "ttl_rec": len((kept.get("doc_issue") or {}).get("doc_det") or []),
            "ttl_doc_issued": issued,
            "ttl_doc_cancelled": cancelled,
            "net_doc_issued": net,
        }
    if SECTIONS[name]:
        shown["sub_sections"] = [
            _sub_section(name, part, parts.get(part, Figures())) for part in SECTIONS[name]
        ]
    if long and groups:
        shown["cpty_sum"] = _parties(groups)
    content = {key: value for key, value in shown.items() if key not in ("sub_sections", "cpty_sum")}
    empty = not shown["ttl_rec"]
    return shown | {"chksum": NOTHING if empty else _checksum([content, whole.marks, own])}


def _name_of(place: str) -> str:
    return next(other.name for other in other_sections.OTHERS if other.place == place)


def _sub_section(name: str, part: str, figures: Figures) -> dict[str, Any]:
    shown: dict[str, Any] = {"sec_nm": part if name in ("EXP", "EXPA") else f"{name}_{part}"}
    if name in ("EXP", "EXPA"):
        shown["typ"] = part
    shown |= _amounts(figures, compared=name in COMPARED)
    return shown | {"chksum": _checksum([shown, figures.marks]) if figures.count else NOTHING}


def _parties(groups: Iterable[Group]) -> list[dict[str, Any]]:
    parties: dict[str, tuple[str, Figures]] = {}
    for group in groups:
        _name, before = parties.get(group.gstin, ("", Figures()))
        parties[group.gstin] = (group.name, before + group.figures)
    return [
        {
            "ctin": gstin,
            "trade_name": name,
            "chksum": _checksum([gstin, _amounts(figures), figures.marks]),
            **_amounts(figures),
        }
        for gstin, (name, figures) in sorted(parties.items())
    ]


def _liability(groups: Iterable[Group], others: Mapping[tuple[str, str], Figures]) -> dict[str, Any]:
    """Return TTL_LIAB: what the form adds to the supplier's liability. Supplies under reverse charge are left
    out, and amendments count with their change."""
    total = Figures()
    for group in groups:
        total += group.liability
    for (name, _part), figures in others.items():
        if name in LIABILITY:
            total += -figures if name == "TXPD" else figures
    shown = {"sec_nm": "TTL_LIAB", **_amounts(total)}
    return shown | {"chksum": _checksum(shown) if total.count else NOTHING}


def _other_figures(kept: Mapping[str, Any]) -> dict[tuple[str, str], Figures]:
    found: dict[tuple[str, str], Figures] = {}
    for row in other_sections.row_sums(kept):
        key = (row.other.name, row.part)
        found[key] = found.get(key, Figures()) + Figures(1, row.value, row.taxable, row.tax)
    return found


def _amounts(figures: Figures, *, compared: bool = False) -> dict[str, Any]:
    shown = {"ttl_rec": figures.count, **_named("ttl", figures.value, figures.taxable, figures.tax)}
    net = figures.net
    return shown | (_named("act", net.value, net.taxable, net.tax) if compared else {})


def _named(first: str, value: int, taxable: int, tax: TaxAmounts) -> dict[str, Any]:
    """Return the six amounts. In this format, `tax` is the taxable value."""
    amounts = {"val": value, "tax": taxable, "igst": tax.igst, "cgst": tax.cgst, "sgst": tax.sgst}
    return {
        f"{first}_{name}": rupee_number(amount) for name, amount in (amounts | {"cess": tax.cess}).items()
    }


def _checksum(value: Any) -> str:
    """Return the SHA-256 of the value's canonical JSON. GSTN has not published what its checksum covers."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
