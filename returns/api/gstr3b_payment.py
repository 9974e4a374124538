"""The payment of GSTR-3B in GSTN's JSON: what is due, and how a client pays it (RETOFFSET)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gstr2b.statement.table4 import LIABILITY, net_credit
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS, BadAmount, TaxAmounts, paise, rupee_number
from invoices.rules.interest import USES
from returns.api.gstr3b_sections import tax_of
from returns.gstr1_file.other_sections import plain

OTHER, REVERSE_CHARGE = 30002, 30003
DESCRIPTIONS = {
    OTHER: "Other than reverse charge",
    REVERSE_CHARGE: "Reverse charge and supplies made u/s 9(5)",
}
CASH = ("ipd", "cpd", "spd", "cspd")
CASH_INTEREST = ("i_intrpd", "c_intrpd", "s_intrpd", "cs_intrpd")
CASH_FEE = ("c_lfeepd", "s_lfeepd")
_SHORT = {"igst": "i", "cgst": "c", "sgst": "s", "cess": "cs"}


def _credit_field(use: str, pay: str) -> str:
    """Return the field of the credit of head `use` that pays tax of head `pay`, such as c_pdi."""
    return f"{_SHORT[pay]}_pd{_SHORT[use]}"


# tax head -> the fields that pay the head's tax with credit, and the fields that use the head's credit
PAID = {head: tuple(_credit_field(use, pay) for use, pay in USES if pay == head) for head in HEADS}
USED = {head: tuple(_credit_field(use, pay) for use, pay in USES if use == head) for head in HEADS}
CREDIT = tuple(name for names in PAID.values() for name in names)


def liabilities(sections: Mapping[str, Any], charged: TaxAmounts) -> dict[int, TaxAmounts]:
    """Return the tax to pay by type of liability, in paise, from the saved sections. `charged` is 3.1(d) as filed,
    saved or filled."""
    supplies, operator = sections.get("sup_details", {}), sections.get("eco_dtls", {})
    return {
        OTHER: tax_of(supplies.get("osup_det")) + tax_of(supplies.get("osup_zero")),
        REVERSE_CHARGE: charged + tax_of(operator.get("eco_sup")),
    }


def _interest(sections: Mapping[str, Any]) -> TaxAmounts:
    return tax_of((sections.get("intr_ltfee") or {}).get("intr_details"))


def due(sections: Mapping[str, Any], charged: TaxAmounts) -> dict[str, Any]:
    """Return `tx_pmt` of the summary: the tax and the interest to pay, by type of liability. `charged` is
    3.1(d)."""
    rows = []
    for nth, (kind, tax) in enumerate(liabilities(sections, charged).items(), start=1):
        late = _interest(sections) if kind == OTHER else TaxAmounts()
        heads = {
            head: {
                "tx": rupee_number(getattr(tax, head)),
                "intr": rupee_number(getattr(late, head)),
                "fee": 0,
            }
            for head in HEADS
        }
        rows.append({"liab_ldg_id": nth, "trans_typ": kind, "tran_desc": DESCRIPTIONS[kind], **heads})
    return {"tx_py": rows, "net_tax_pay": rows}


def read(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return `pdcash` and `pditc` of a client's payment. Raises `Invalid` (SCHEMA)."""
    if data.get("pdnls"):
        raise Invalid("SCHEMA", "pdnls: this portal has no ledger of negative liability.")
    cash, credit = data.get("pdcash") or [], data.get("pditc") or {}
    if not isinstance(cash, list) or not all(isinstance(row, dict) for row in cash):
        raise Invalid("SCHEMA", "pdcash must be a list of objects.")
    if not isinstance(credit, dict):
        raise Invalid("SCHEMA", "pditc must be an object.")
    cash_fields = (*CASH, *CASH_INTEREST, *CASH_FEE)
    return {
        "pdcash": [_row(row, cash_fields, "pdcash") for row in cash],
        "pditc": _row(credit, CREDIT, "pditc"),
    }


def _row(row: Mapping[str, Any], fields: tuple[str, ...], place: str) -> dict[str, Any]:
    """Return the known fields of a row, as they were sent. Raises `Invalid` (SCHEMA)."""
    for name in fields:
        _amount(row, name, place)
    if row.get("trans_typ", OTHER) not in (OTHER, REVERSE_CHARGE):
        raise Invalid("SCHEMA", f"{place}: trans_typ must be {OTHER} or {REVERSE_CHARGE}.")
    if not isinstance(row.get("liab_ldg_id", 0), int):
        raise Invalid("SCHEMA", f"{place}: liab_ldg_id must be a whole number.")
    return {name: plain(row[name]) for name in ("liab_ldg_id", "trans_typ", *fields) if name in row}


def _amount(row: Mapping[str, Any], name: str, place: str) -> None:
    value = row.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 0:
        raise Invalid("SCHEMA", f"{place}: {name} must be a number without quotes and without a minus sign.")
    try:
        paise(value)
    except BadAmount as bad:
        raise Invalid("SCHEMA", f"{place}: {name}: {bad}") from None


def fault(payment: Mapping[str, Any], sections: Mapping[str, Any], table: Mapping[str, TaxAmounts]) -> str:
    """Return why a payment is not accepted, or "". Each liability is paid exactly, reverse charge with cash
    only, and the credit used is in 4(C). `table` has the rows of Table 4, and 3.1(d)."""
    owed = liabilities(sections, table[LIABILITY])
    for kind, tax in owed.items():
        cash = cash_paid(payment, kind)
        for head in HEADS:
            credit = _sum(payment["pditc"], PAID[head]) if kind == OTHER else 0
            if getattr(cash, head) + credit != max(0, getattr(tax, head)):
                return (
                    f"{head.upper()} of {kind}: pay {rupee_number(max(0, getattr(tax, head)))}, neither less nor "
                    "more. Get the amounts with RETSUM."
                )
    late = sum((_cash(row, CASH_INTEREST) for row in payment["pdcash"]), TaxAmounts())
    if late != _interest(sections):
        return "Pay the interest of 5.1, neither less nor more."
    available = net_credit(dict(table))
    for head in HEADS:
        if _sum(payment["pditc"], USED[head]) > max(0, getattr(available, head)):
            return f"The credit of {head.upper()} used is more than 4(C) has."
    return ""


def cash_paid(payment: Mapping[str, Any], kind: int) -> TaxAmounts:
    """Return the tax of one type of liability that a payment pays with cash."""
    rows = [row for row in payment["pdcash"] if row.get("trans_typ", OTHER) == kind]
    return sum((_cash(row, CASH) for row in rows), TaxAmounts())


def credit_used(payment: Mapping[str, Any]) -> TaxAmounts:
    """Return the credit that a payment uses, by the head of the tax that it pays."""
    return TaxAmounts(*(_sum(payment["pditc"], PAID[head]) for head in HEADS))


def _cash(row: Mapping[str, Any], names: tuple[str, ...]) -> TaxAmounts:
    return TaxAmounts(*(_sum(row, (name,)) for name in names))


def _sum(row: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return sum(paise(str(row.get(name) or 0)) for name in names)
