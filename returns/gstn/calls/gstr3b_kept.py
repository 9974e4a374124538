"""The parts of a GSTR-3B that a client saved: rows of Table 4, the other sections, and the payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gstr2b.models import Statement
from gstr2b.statement.table4 import LIABILITY
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.people.access import Access
from invoices.rules.calendar import Form
from returns.api import gstr3b_sections
from returns.gstn import requests
from returns.gstn.models import Request, Session

FORM = Form.GSTR3B.value
TABLE_4, SUPPLIES = "itc_elg", "sup_details"
Kept = dict[str, Any]


def of(taxpayer: Taxpayer, period: TaxPeriod) -> Kept:
    """Return what is kept of a GSTR-3B: `rows` of Table 4, `sections`, `payment` if there is one, and
    `statements`: the GSTR-2B that was current when Table 4 or 3.1 was saved. An earlier version of the portal
    kept only the rows."""
    kept = requests.kept(taxpayer, FORM, period) or {}
    return kept if "sections" in kept else {"rows": kept, "sections": {}}


def other_sections(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> Mapping[str, Any]:
    """Return the sections outside IMS that are kept of a form."""
    return requests.kept(taxpayer, form, period) or {}


def rows(kept: Mapping[str, Any]) -> dict[str, TaxAmounts]:
    """Return the kept rows of Table 4, and 3.1(d) if the client saved it."""
    found = {row: TaxAmounts.from_mapping(values) for row, values in kept["rows"].items()}
    charged = kept["sections"].get(SUPPLIES, {}).get("isup_rev")
    return found | ({LIABILITY: gstr3b_sections.tax_of(charged)} if charged is not None else {})


def after(
    kept: Mapping[str, Any],
    table: Mapping[str, TaxAmounts] | None,
    sections: Mapping[str, Any],
    statement: int | None,
) -> Kept:
    """Return what is kept after a request. `table` has the rows of Table 4, or is None if the client sent none.
    `statement` is the id of the GSTR-2B from which the client made its figures. A payment pays the figures saved
    before, so other figures drop it."""
    now: Kept = {
        "rows": kept["rows"] if table is None else {row: tax.as_dict() for row, tax in table.items()},
        "sections": gstr3b_sections.merged(kept["sections"], sections),
    }
    sent = [*([TABLE_4] if table is not None else []), *([SUPPLIES] if SUPPLIES in sections else [])]
    now["statements"] = {**kept.get("statements", {}), **dict.fromkeys(sent, statement)}
    if "payment" in kept and _figures(now) == _figures(kept):
        now["payment"] = kept["payment"]
    return now


def _figures(kept: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the kept figures. The break-up by periods is left out, because it changes no amount."""
    beside = gstr3b_sections.BREAKUP
    return kept["rows"], {name: part for name, part in kept["sections"].items() if name != beside}


def is_stale(
    kept: Mapping[str, Any], typed: Mapping[str, TaxAmounts], statement: Statement | None, signed: int | None
) -> bool:
    """Return whether a typed row is older than the current GSTR-2B. `typed` has the rows to file that differ from
    the figures of `statement`, the current GSTR-2B. A row that was saved with the same amounts is as old as the
    save, also if the client signs the row again. Other rows are signed: `signed` is the id of the latest GSTR-2B
    at the time of the EVC."""
    if statement is None:
        return False
    saved, statements = rows(kept), kept.get("statements", {})
    return any(
        (
            (statements.get(SUPPLIES if row == LIABILITY else TABLE_4) if saved.get(row) == tax else signed)
            or 0
        )
        < statement.pk
        for row, tax in typed.items()
    )


def keep(access: Access, session: Session, period: TaxPeriod, before: Kept, now: Kept) -> Request:
    """Keep `now` in place of `before`, and write the journal. The caller is in a transaction, and has locked the
    taxpayer."""
    request = requests.keep(access, session, FORM, period, now)
    requests.note(request, access.by("api"), _parts(before), _parts(now))
    return request


def _parts(kept: Mapping[str, Any]) -> dict[str, Any]:
    payment = {"payment": kept["payment"]} if "payment" in kept else {}
    return {**({TABLE_4: kept["rows"]} if kept["rows"] else {}), **kept["sections"], **payment}
