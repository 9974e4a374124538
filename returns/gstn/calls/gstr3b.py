"""Calls of `returns/gstr3b`: the figures of GSTR-3B, saving, checking, paying and filing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from gstr2b.statement import queries
from gstr2b.statement.table4 import LIABILITY
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices import locks
from invoices.models import Taxpayer
from invoices.people.access import ACT, Access
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns.api import gstn_out as returns_wire
from returns.api import gstr3b_autoliab, gstr3b_payment, gstr3b_sections
from returns.gstn import codes, parameters, requests
from returns.gstn.calls import signing
from returns.gstn.calls.call import Call, answers, not_offered
from returns.gstn.codes import GstnError, from_portal
from returns.gstn.models import Request
from returns.gstr3b import checklist, filed_rows, filing
from returns.models import Gstr3b

GSTR3B = "returns/gstr3b"
FORM = Form.GSTR3B.value


def own_gstin(call: Call) -> str:
    """Return the GSTIN in the data. Some clients write `gstn`. Raises `GstnError` if the header names another
    GSTIN."""
    given = parameters.text(call.data, "gstin", optional=True) or parameters.text(
        call.data, "gstn", optional=True
    )
    if given and call.header_gstin and given.upper() != call.header_gstin.upper():
        raise GstnError(codes.UNLIKE_HEADER, "The GSTIN in data differs from the GSTIN in the header.")
    return given


def _schema(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except PortalError as bad:
        if bad.code != "SCHEMA":
            raise
        raise GstnError(codes.SCHEMA, bad.message, ours="SCHEMA") from None


@answers(GSTR3B, "AUTOLIAB")
def autopopulated(call: Call) -> Any:
    """AUTOLIAB: return the figures with which the portal fills GSTR-3B. A source that is missing is named under
    `error`."""
    access, period = call.access(), parameters.period(call.params)
    return _filled(access.taxpayer, period)


def _filled(taxpayer: Taxpayer, period: TaxPeriod) -> dict[str, Any]:
    statement = queries.current(taxpayer, period)
    side = gstr3b_autoliab.outward(
        taxpayer, period, lambda form, month: _other_sections(taxpayer, form, month)
    )
    no_2b = "GSTR-3B cannot be filled, because there is no GSTR-2B of this period."
    if statement is None and side.filed_on is None:
        raise GstnError(codes.NO_3B_DATA, no_2b)
    faults = []
    if side.filed_on is None:
        faults.append((codes.GSTR1_NOT_FILED, "GSTR-1 of this period is not filed. File it first."))
    if statement is None:
        faults.append((codes.NO_3B_DATA, no_2b))
    return gstr3b_autoliab.autopopulated(taxpayer, period, side, statement, faults, today=clock.today())


def _other_sections(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> Mapping[str, Any]:
    return requests.kept(taxpayer, form, period) or {}


@answers(GSTR3B, "RETSUM")
def summary(call: Call) -> Any:
    """RETSUM: return Table 4 as filed, saved or filled, and the other sections as saved."""
    access, period = call.access(), parameters.period(call.params)
    taxpayer = access.taxpayer
    kept = _kept(taxpayer, period)
    table = filing.prepare(taxpayer, period) | _rows(kept)
    filed = Gstr3b.objects.filter(recipient=taxpayer, period=period.number).first()
    if filed is not None:
        table |= filed_rows.of(filed)
    shown = returns_wire.table4_to_wire(taxpayer, period, table)
    sections = kept["sections"]
    if sections:
        shown |= sections | {"tx_pmt": gstr3b_payment.due(sections) | kept.get("payment", {})}
    return shown


@answers(GSTR3B, "RETSAVE", "PUT")
def save(call: Call) -> Any:
    """RETSAVE: keep what the taxpayer wants to file. A section that the client leaves out stays as it was. The
    portal checks the sections now, and files Table 4 and 3.1(d) when the client calls RETFILE."""
    return {"reference_id": _saved(call, lambda: gstr3b_sections.read(call.data)).reference}


@answers(GSTR3B, "RETBKP", "PUT")
def save_breakup(call: Call) -> Any:
    """RETBKP: keep the liability by the periods to which it belongs."""
    breakup = _saved(
        call, lambda: {gstr3b_sections.BREAKUP: gstr3b_sections.read_breakup(call.data)}, same_figures=True
    )
    return {"reference_id": breakup.reference}


def _saved(call: Call, read: Callable[[], dict[str, Any]], *, same_figures: bool = False) -> Request:
    access, period = _open_return(call)
    sections, sent = _schema(read), _schema(lambda: returns_wire.read_table4(call.data))
    with transaction.atomic():
        locks.supplier(access.taxpayer)
        kept = _kept(access.taxpayer, period)
        values = {
            "rows": _stored(sent) if "itc_elg" in call.data else kept["rows"],
            "sections": gstr3b_sections.merged(kept["sections"], sections),
        }
        if same_figures and "payment" in kept:
            values["payment"] = kept["payment"]
        return requests.keep(access, call.session, FORM, period, values)


def _open_return(call: Call) -> tuple[Access, TaxPeriod]:
    access, period = call.access(ACT, gstin=own_gstin(call)), parameters.period(call.data)
    why_not = filing.why_not(access.taxpayer, period)
    if why_not in ("BAD_PERIOD", "FINAL_2B"):
        raise from_portal(refused(why_not))
    return access, period


@answers(GSTR3B, "VALID", "PUT")
def validate(call: Call) -> Any:
    """VALID: compare a return with the figures that the portal fills in. Nothing is saved."""
    access, period = call.access(gstin=own_gstin(call)), parameters.period(call.data)
    _schema(lambda: returns_wire.read_table4(call.data))
    filled = _filled(access.taxpayer, period)["r3bautopop"]["liabitc"]
    return _schema(lambda: gstr3b_sections.validated(access.taxpayer.gstin, period, call.data, filled))


@answers(GSTR3B, "RETOFFSET", "PUT")
def pay(call: Call) -> Any:
    """RETOFFSET: keep how the taxpayer pays the tax of the saved return, with credit and with cash. This portal
    has no cash ledger; it checks only that each amount is due, and that there is enough credit."""
    access, period = _open_return(call)
    payment = _schema(lambda: gstr3b_payment.read(call.data))
    with transaction.atomic():
        locks.supplier(access.taxpayer)
        kept = _kept(access.taxpayer, period)
        table = filing.prepare(access.taxpayer, period) | _rows(kept)
        fault = gstr3b_payment.fault(payment, kept["sections"], table)
        if fault:
            raise GstnError(codes.NOT_THE_DUE_AMOUNT, fault)
        requests.keep(access, call.session, FORM, period, {**kept, "payment": payment})
    return {"message": "The payment is saved. File the return."}


@answers(GSTR3B, "RETFILE", "PUT")
def file(call: Call) -> Any:
    """RETFILE: file the return. Sections in the signed data are kept, and Table 4 in it is filed."""
    access, period = signing.filing_of(call, Form.GSTR3B)
    taxpayer, data = access.taxpayer, signing.data_of(call)
    sections, sent = (
        _schema(lambda: gstr3b_sections.read(data)),
        _schema(lambda: returns_wire.read_table4(data)),
    )
    signing.sign(call, access, Form.GSTR3B)
    with transaction.atomic():
        locks.supplier(taxpayer)
        kept = _kept(taxpayer, period)
        now = {
            **kept,
            "rows": _stored(sent) if "itc_elg" in data else kept["rows"],
            "sections": gstr3b_sections.merged(kept["sections"], sections),
        }
        filled = filing.prepare(taxpayer, period)
        typed = {row: tax for row, tax in _rows(now).items() if tax != filled.get(row, TaxAmounts())}
        warnings = checklist.warnings(taxpayer, period, typed)
        filed = filing.file(
            taxpayer,
            period,
            by=access.by("api"),
            table=typed or None,
            reason="Saved through the GSTN interface" if typed else "",
        )
        if now != kept:
            requests.keep(access, call.session, FORM, period, now)
    # GSTN's answer has only ack_num. Clients ignore the portal's own field.
    told = [f"{w.title}: {w.text}" + (f" ({w.rule})" if w.rule else "") for w in warnings]
    return {"ack_num": filed.reference, **({"warnings": told} if told else {})}


def _stored(table: Mapping[str, TaxAmounts]) -> dict[str, Any]:
    return {row: tax.as_dict() for row, tax in table.items()}


def _kept(taxpayer: Taxpayer, period: TaxPeriod) -> dict[str, Any]:
    """Return what is kept of a GSTR-3B: `rows` of Table 4, `sections`, and `payment` if there is one. An earlier
    version of the portal kept only the rows."""
    kept = requests.kept(taxpayer, FORM, period) or {}
    return kept if "sections" in kept else {"rows": kept, "sections": {}}


def _rows(kept: Mapping[str, Any]) -> dict[str, TaxAmounts]:
    """Return the kept rows of Table 4, and 3.1(d) if the client saved it."""
    rows = {row: TaxAmounts.from_mapping(values) for row, values in kept["rows"].items()}
    charged = kept["sections"].get("sup_details", {}).get("isup_rev")
    return rows | ({LIABILITY: gstr3b_sections.tax_of(charged)} if charged is not None else {})


not_offered(GSTR3B, "It ended. Send RETSAVE, then RETFILE.", "RETSUBMIT")
