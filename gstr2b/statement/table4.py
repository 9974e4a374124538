"""GSTR-3B Table 4 and row 3.1(d), filled with the figures of the current GSTR-2B (R-100)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, Sum, Value
from django.db.models.functions import Coalesce

from gstr2b.models import Statement, StatementTotal
from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.rules.ruling import Section, Table4Row

Table4 = dict[str, TaxAmounts]
ROWS = ("4A1", "4A3", "4A4", "4A5", "4B1", "4B2", "4D2")
NETTED = ("4A1", "4A3", "4A4", "4A5")
TYPED_ONLY = "4A2"  # import of services: GSTR-2B does not have this credit, so a person types it
MAY_BE_NEGATIVE = (*NETTED, "31D")  # credit notes can make these rows negative
LIABILITY = "31D"  # 3.1(d): tax that the recipient pays under reverse charge


# 3.1(d) has the tax of the documents of row 4(A)(3), and the tax of reverse-charge documents without credit
_CHARGED = Q(row=Table4Row.REVERSE_CHARGE.value)
_BARRED = ~_CHARGED & Q(reverse_charge=True)
_LIABILITY: dict[str, Any] = {
    f"liability_{head}": Coalesce(Sum(f"effect_{head}", filter=_CHARGED), Value(0))
    + Coalesce(Sum(f"barred_{head}", filter=_BARRED), Value(0))
    for head in HEADS
}


def _amounts(row: dict[str, Any], kind: str) -> TaxAmounts:
    return TaxAmounts(*(int(row[f"{kind}_{head}"] or 0) for head in HEADS))


def liability(statement_ids: Collection[int]) -> dict[int, TaxAmounts]:
    """Return row 3.1(d) of these statements in paise, by statement id. A statement without documents is left
    out. One query."""
    found: Any = StatementTotal.objects.filter(statement_id__in=statement_ids).order_by()
    rows = found.values("statement_id").annotate(**_LIABILITY)
    return {row["statement_id"]: _amounts(row, "liability") for row in rows}


def fill(statement: Statement | None) -> Table4:
    """Return the rows of Table 4 and row 3.1(d) with their amounts in paise. Each 4(A) row is already reduced
    by its credit notes, so a row may be negative. Row 3.1(d) is the tax of reverse-charge documents, also of
    documents whose credit is not available."""
    table = dict.fromkeys((*ROWS, LIABILITY), TaxAmounts())
    if statement is None:
        return table
    sums = {
        f"{kind}_{head}": Sum(f"{kind}_{head}") for kind in ("effect", "barred", "reversed") for head in HEADS
    }
    rows: Any = statement.totals.order_by().values("row", "section").annotate(**_LIABILITY, **sums)
    for row in rows:
        effect, barred, back = (_amounts(row, kind) for kind in ("effect", "barred", "reversed"))
        if row["row"] in NETTED:
            table[row["row"]] += effect
        table[Table4Row.NOT_AVAILABLE.value] += barred
        table[LIABILITY] += _amounts(row, "liability")
        to = Table4Row.REVERSED_OTHER if row["section"] == Section.RULE_37A.value else Table4Row.REVERSED
        table[to.value] += back
    return table


def net_credit(table: Table4) -> TaxAmounts:
    """Return 4(C): the available ITC less the reversed ITC, in paise. The available ITC includes a typed row
    4(A)(2)."""
    net = table.get(TYPED_ONLY, TaxAmounts())
    for name in NETTED:
        net += table[name]
    return net - table["4B1"] - table["4B2"]
