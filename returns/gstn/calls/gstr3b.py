"""Calls of `returns/gstr3b`: the figures of GSTR-3B, saving and filing."""

from __future__ import annotations

from typing import Any

from gstr2b.statement import queries, table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.people.access import ACT, Access
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns.api import gstn_out as returns_wire
from returns.gstn import codes, parameters, requests
from returns.gstn.calls import signing
from returns.gstn.calls.call import Call, answers
from returns.gstn.codes import GstnError, from_portal
from returns.gstr3b import checklist, filing


def _data_gstin(call: Call) -> str:
    return parameters.text(call.data, "gstin", optional=True)


@answers("returns/gstr3b", "AUTOLIAB")
def autopopulated(call: Call) -> Any:
    access, period = call.access(), parameters.period(call.params)
    statement = queries.current(access.taxpayer, period)
    if statement is None:
        raise GstnError(
            codes.NO_3B_DATA, "GSTR-3B cannot be filled, because there is no GSTR-2B of this period."
        )
    statement.recipient = access.taxpayer
    return returns_wire.autopopulated(statement, table4.fill(statement), today=clock.today())


@answers("returns/gstr3b", "RETSUM")
def table_4(call: Call) -> Any:
    access, period = call.access(), parameters.period(call.params)
    table = filing.prepare(access.taxpayer, period) | (_kept(access, period) or {})
    return returns_wire.table4_to_wire(access.taxpayer, period, table)


@answers("returns/gstr3b", "RETSAVE", "PUT")
def save_3b(call: Call) -> Any:
    """Store the rows of Table 4 that the taxpayer wants to file. The portal checks the rows now. The portal
    files the rows when the client calls RETFILE."""
    access, period = call.access(ACT, gstin=_data_gstin(call)), parameters.period(call.data)
    why_not = filing.why_not(access.taxpayer, period)
    if why_not in ("BAD_PERIOD", "FINAL_2B"):
        raise from_portal(refused(why_not))
    table = _read_table(call.data)
    request = requests.keep(access, call.session, Form.GSTR3B.value, period, _stored(table))
    return {"reference_id": request.reference}


@answers("returns/gstr3b", "RETFILE", "PUT")
def file_3b(call: Call) -> Any:
    access, period = signing.filing_of(call, Form.GSTR3B)
    signing.sign(call, access, Form.GSTR3B)
    data = signing.data_of(call)
    table = _read_table(data) if "itc_elg" in data else _kept(access, period)
    filled = filing.prepare(access.taxpayer, period)
    typed = {row: tax for row, tax in (table or {}).items() if tax != filled.get(row, TaxAmounts())}
    warnings = checklist.warnings(access.taxpayer, period)
    filed = filing.file(
        access.taxpayer,
        period,
        by=access.by("api"),
        table=typed or None,
        reason="Saved through the GSTN interface" if typed else "",
    )
    # GSTN's answer has only ack_num. Clients ignore the portal's own field.
    told = [f"{w.title}: {w.text}" + (f" ({w.rule})" if w.rule else "") for w in warnings]
    return {"ack_num": filed.reference, **({"warnings": told} if told else {})}


def _read_table(data: dict[str, Any]) -> dict[str, TaxAmounts]:
    try:
        return returns_wire.read_table4(data)
    except PortalError as bad:
        raise GstnError(codes.SCHEMA, bad.message, ours="SCHEMA") from None


def _stored(table: dict[str, TaxAmounts]) -> dict[str, Any]:
    return {row: tax.as_dict() for row, tax in table.items()}


def _kept(access: Access, period: TaxPeriod) -> dict[str, TaxAmounts] | None:
    kept = requests.kept(access.taxpayer, Form.GSTR3B.value, period)
    return {row: TaxAmounts.from_mapping(values) for row, values in kept.items()} if kept else None
