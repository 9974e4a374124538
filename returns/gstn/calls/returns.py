"""Calls of `returns`, `returns/gstr1`, `returns/gstr1a`, `returns/gstr3b`: saving, status, filing, and Table
4."""

from __future__ import annotations

from typing import Any

from gstr2b.statement import queries, table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.people.access import ACT, FILE, SUPPLY, Access
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns.api import gstn_out as returns_wire
from returns.api import sent_return
from returns.gstn import codes, parameters, requests, sessions
from returns.gstn.calls import ims
from returns.gstn.calls.call import Call, answers
from returns.gstn.calls.ims import request_of
from returns.gstn.codes import GstnError, from_portal
from returns.gstn.models import Request
from returns.gstr3b import checklist, filing
from returns.outward import save_and_file as outward

FORMS = {"returns/gstr1": Form.GSTR1, "returns/gstr1a": Form.GSTR1A}
EVC_NAMES = {Form.GSTR1: "GSTR-1", Form.GSTR1A: "GSTR-1A", Form.GSTR3B: "GSTR-3B"}


def _data_gstin(call: Call) -> str:
    return parameters.text(call.data, "gstin", optional=True)


def _save(form: Form) -> Any:
    def save(call: Call) -> Any:
        access = call.access(SUPPLY, gstin=_data_gstin(call))
        period = parameters.period(call.data, "fp")
        asked = sent_return.form_of(access.taxpayer, form.value, period)
        closed = outward.why_closed(access.taxpayer, asked, period)
        if closed is not None:
            raise from_portal(refused("FORM_CLOSED", closed))
        request = requests.take_in(
            access,
            call.session,
            Request.Kind.RETURN,
            body=call.opened.raw,
            form=form.value,
            period=period,
        )
        return {"reference_id": request.reference}

    return save


def _file(form: Form) -> Any:
    def file(call: Call) -> Any:
        access, period = _signed(call, form)
        asked = sent_return.form_of(access.taxpayer, form.value, period)
        filed = outward.file(access.taxpayer, asked, period, by=access.by("api"))
        return {"ack_num": filed.reference}

    return file


for _resource, _form in FORMS.items():
    answers(_resource, "RETSAVE", "PUT")(_save(_form))
    answers(_resource, "RETFILE", "PUT")(_file(_form))


def _signed(call: Call, form: Form) -> tuple[Access, TaxPeriod]:
    """Return the access and the period of a filing. The client's user must be a signatory, and the call must
    contain a valid EVC for this form. Raises `GstnError`."""
    data = call.data if call.opened.data is not None else {}
    access = call.access(FILE, gstin=parameters.text(data, "gstin", optional=True))
    period = parameters.period(data | {k: v for k, v in call.params.items() if k not in data})
    if call.body.get("st") != "EVC":
        raise GstnError(codes.MISSING, "st must be EVC; filing with a certificate is not offered here.")
    sessions.use_evc(call.session, access, EVC_NAMES[form], parameters.text(call.body, "sid"))
    return access, period


@answers("returns/gstrptf", "RETNEWPTF", "PUT")
def proceed_to_file(call: Call) -> Any:
    """RETNEWPTF: accept the call that clients of GSTN make before filing. The portal has nothing to
    prepare."""
    access = call.access(SUPPLY, gstin=_data_gstin(call))
    parameters.period(call.data)
    waiting = (
        Request.objects.filter(taxpayer=access.taxpayer, kind=Request.Kind.RETURN).order_by("-pk").first()
    )
    return {"reference_id": waiting.reference if waiting else ""}


@answers("returns", "RETSTATUS")
def return_status(call: Call) -> Any:
    return parameters.return_state(request_of(call, call.access(), (Request.Kind.RETURN,), "ref_id"))


answers("returns", "FILEDET")(ims.files)


# GSTR-3B


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
    access, period = _signed(call, Form.GSTR3B)
    data = call.data if call.opened.data is not None else {}
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
