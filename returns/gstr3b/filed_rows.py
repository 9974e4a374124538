"""The rows of filed GSTR-3B returns: Table 4 and row 3.1(d)."""

from __future__ import annotations

from collections.abc import Sequence

from gstr2b.statement import table4
from gstr2b.statement.table4 import Table4
from ims_portal.kernel.money import TaxAmounts
from returns.models import Gstr3b


def of(filed: Gstr3b) -> Table4:
    """Return the rows of one filed return. See `of_many`."""
    return of_many([filed])[0]


def of_many(filed: Sequence[Gstr3b]) -> list[Table4]:
    """Return the rows of each filed return, in the order of `filed`. One query at most.

    A return that was filed before the portal kept row 3.1(d) gets this row from the GSTR-2B with which it was
    filed."""
    tables = [{row: TaxAmounts.from_mapping(heads) for row, heads in one.table4.items()} for one in filed]
    without = [one.statement_id for one, table in zip(filed, tables, strict=True) if _lacks(table)]
    from_2b = table4.liability(without) if without else {}
    for one, table in zip(filed, tables, strict=True):
        if _lacks(table):
            table[table4.LIABILITY] = from_2b.get(one.statement_id, TaxAmounts())
    return tables


def _lacks(table: Table4) -> bool:
    return table4.LIABILITY not in table
