"""GSTN's JSON of the figures with which GSTR-3B is filled (AUTOLIAB): the outward side from the filed forms,
reverse charge and ITC from GSTR-2B."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models import Q, Sum

from gstr2b.api.gstn_out import heads, itc_summary
from gstr2b.models import Statement, StatementTotal
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts, rupee_number
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.api.gstn_out import day
from invoices.models import Taxpayer
from invoices.rules.ruling import Table4Row
from returns.api.gstn_out import amounts
from returns.gstr1_file import other_sections
from returns.gstr3b import outward_side
from returns.gstr3b.outward_side import (
    ADDED_BACK,
    EXEMPT,
    NON_GST,
    OPERATOR,
    TAXABLE,
    THROUGH_OPERATOR,
    ZERO_RATED,
    Amount,
    Entry,
    OutwardSide,
)

# row -> its name in AUTOLIAB, and the amounts that the row has
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    TAXABLE: ("osup_3_1a", ("txval", "iamt", "camt", "samt", "csamt")),
    ZERO_RATED: ("osup_3_1b", ("txval", "iamt", "csamt")),
    EXEMPT: ("osup_3_1c", ("txval",)),
    NON_GST: ("osup_3_1e", ("txval",)),
    OPERATOR: ("esup_3_1_1a", ("txval", "iamt", "camt", "samt", "csamt")),
    THROUGH_OPERATOR: ("esup_3_1_1b", ("txval",)),
}
REVERSE_CHARGE = ("isup_3_1d", ("txval", "iamt", "camt", "samt", "csamt"))
BUYERS = {"unreg": "osup_unreg_3_2", "comp": "osup_comp_3_2", "uin": "osup_uin_3_2"}
ITC_ROWS = {
    "itc4a1": "4A1",
    "itc4a3": "4A3",
    "itc4a4": "4A4",
    "itc4a5": "4A5",
    "itc4b2": "4B2",
    "itc4d2": "4D2",
}
VALUE_ONLY = ("4b", "8", "14b")
Kept = Callable[[str, TaxPeriod], Mapping[str, Any]]
Fault = tuple[str, str]


def outward(taxpayer: Taxpayer, period: TaxPeriod, kept: Kept) -> OutwardSide:
    """Return the outward side of a GSTR-3B. `kept` returns the sections outside IMS that the portal keeps for a
    form and period."""
    side = outward_side.of_period(taxpayer, period)
    for filed in outward_side.filed_forms(taxpayer, period):
        sections = kept(filed.form, TaxPeriod.from_number(filed.period))
        for row in other_sections.row_sums(sections):
            _add(side, row)
        nil = other_sections.nil_amounts(sections)
        side.add(Entry(EXEMPT, "8", Amount(nil["expt_amt"] + nil["nil_amt"])))
        side.add(Entry(NON_GST, "8", Amount(nil["ngsup_amt"])))
    return side


def _add(side: OutwardSide, row: other_sections.RowSum) -> None:
    """Add a row of a section outside IMS. Amendments are left out, because the portal does not know the rows
    that they replace."""
    amount, inter = Amount(row.taxable, row.tax), row.inter_state
    match row.other.name:
        case "B2CL":
            side.add(Entry(TAXABLE, "5a", amount))
        case "B2CS":
            side.add(Entry(TAXABLE, "7b_1" if inter else "7a_1", amount))
        case "EXP":
            side.add(Entry(ZERO_RATED, "6a", amount))
        case "CDNUR":
            zero_rated = row.invoice_type.startswith("EXP")
            side.add(Entry(ZERO_RATED if zero_rated else TAXABLE, "9b", amount))
        case "AT":
            side.add(Entry(TAXABLE, f"11_i_a_{2 if inter else 1}", amount))
        case "TXPD":
            side.add(Entry(TAXABLE, f"11_i_b_{2 if inter else 1}", Amount(-row.taxable, -row.tax)))
        case "ECOM":
            side.add(Entry(OPERATOR, f"15{row.other.path[1]}", amount))
        case "SUPECOM" if row.part == "14B":
            side.add(Entry(THROUGH_OPERATOR, "14b", Amount(row.taxable)))
        case _:
            return
    to_unregistered = row.other.name in ("B2CL", "B2CS") or row.invoice_type == "B2CL"
    if to_unregistered and inter:
        side.add_place("unreg", row.place, Amount(row.taxable, TaxAmounts(igst=row.tax.igst)))


def autopopulated(
    taxpayer: Taxpayer,
    period: TaxPeriod,
    side: OutwardSide,
    statement: Statement | None,
    faults: list[Fault],
    *,
    today: date,
) -> dict[str, Any]:
    """Return the reply to AUTOLIAB. A date is left out while the form or statement is not there. `faults` are
    codes and sentences about sources that are missing."""
    found: dict[str, Any] = {"gstin": taxpayer.gstin, "ret_period": period.wire}
    shown: dict[str, Any] = {}
    if side.filed_on:
        shown["r1fildt"] = day(side.filed_on)
        found |= {"sup_details": supplies(side, taxpayer.files), "inter_sup": _inter_state(side)}
    if statement is not None:
        shown["r2bgendt"] = day(statement.computed_at.astimezone(clock.IST).date())
        table = table4.fill(statement)
        charged = reverse_charge(statement, table)
        found.setdefault("sup_details", {})[REVERSE_CHARGE[0]] = charged
        found["elgitc"] = eligible(statement, table)
    shown |= {"r3bgendt": day(today), "liabitc": found}
    if faults:
        shown["error"] = [{"error_cd": code, "error_desc": text} for code, text in faults]
    return {"r3bautopop": shown}


def supplies(side: OutwardSide, frequency: Frequency) -> dict[str, Any]:
    """Return rows 3.1(a), (b), (c), (e) and 3.1.1, each with its parts by table of GSTR-1. For a quarter, each
    part is a list."""
    name = "det" if frequency is Frequency.MONTHLY else "det_q"
    found = {}
    for row, (key, fields) in ROWS.items():
        parts: dict[str, Any] = {}
        for table, amount in side.tables[row].items():
            if table == ADDED_BACK:
                parts["imsrej"] = _named(amount, fields[1:]) | {"form": "IMS"}
                continue
            part = _named(amount, ("txval",) if table in VALUE_ONLY else fields) | {"form": "R1"}
            parts[f"tbl{table}"] = [part] if name == "det_q" or table in ("15b2c", "15urp2c") else part
        found[key] = {"subtotal": _named(side.rows[row], fields)} | ({name: parts} if parts else {})
    return found


def _named(amount: Amount, fields: tuple[str, ...]) -> dict[str, Any]:
    shown = {"txval": rupee_number(amount.taxable), **amounts(amount.tax)}
    return {name: shown[name] for name in fields}


def _inter_state(side: OutwardSide) -> dict[str, Any]:
    return {
        key: {
            "subtotal": [
                {"pos": place, "txval": rupee_number(a.taxable), "iamt": rupee_number(a.tax.igst)}
                for place, a in sorted(side.places[buyer].items())
            ]
        }
        for buyer, key in BUYERS.items()
    }


def reverse_charge(statement: Statement, table: Mapping[str, TaxAmounts]) -> dict[str, Any]:
    """Return row 3.1(d): the tax of GSTR-2B that the taxpayer pays under reverse charge."""
    charged = Q(row=Table4Row.REVERSE_CHARGE.value) | Q(reverse_charge=True)
    totals = StatementTotal.objects.filter(charged, statement=statement).exclude(treated="REJECTED")
    rows: Any = totals.order_by().values("kind").annotate(s=Sum("taxable"))
    taxable = sum((-1 if row["kind"] == "CN" else 1) * int(row["s"] or 0) for row in rows)
    whole = Amount(taxable, table[table4.LIABILITY])
    blocks = itc_summary(statement)
    notes = blocks["itcavl"]["othersup"]
    parts = {
        "itcavl": {head: blocks["itcavl"]["revsup"][head] for head in heads(TaxAmounts())},
        "itcunavl": {head: blocks["itcunavl"]["revsup"][head] for head in heads(TaxAmounts())},
        "itcavl_cn": {head: notes["cdnrrev"][head] + notes["cdnrarev"][head] for head in heads(TaxAmounts())},
    }
    return {
        "subtotal": _named(whole, REVERSE_CHARGE[1]),
        "det": {name: part | {"form": "2B"} for name, part in parts.items()},
    }


def eligible(statement: Statement, table: Mapping[str, TaxAmounts]) -> dict[str, Any]:
    """Return Table 4, filled from GSTR-2B. Row 4(A)(5) also shows its two parts: available ITC, and credit
    notes."""
    blocks = itc_summary(statement)
    rows: dict[str, Any] = {name: {"subtotal": amounts(table[row])} for name, row in ITC_ROWS.items()}
    available = {head: blocks["itcavl"]["nonrevsup"][head] for head in heads(TaxAmounts())}
    notes = {
        head: blocks["itcavl"]["othersup"]["cdnr"][head] + blocks["itcavl"]["othersup"]["cdnra"][head]
        for head in available
    }
    rows["itc4a5"]["det"] = {
        "itcavl": available | {"form": "2B"},
        "itcavl_cn": notes | {"form": "2B"},
    }
    # after a change of place of supply, GSTR-2B also has a reversal under 4(B)(1). The reply leaves
    # this reversal out, because GSTN's format has no row for it.
    return rows
