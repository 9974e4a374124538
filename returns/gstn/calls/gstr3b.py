"""Calls of `returns/gstr3b`: the figures of GSTR-3B, saving, checking, paying and filing."""

from __future__ import annotations

from collections.abc import Callable
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
from invoices.rules import gates
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns.api import gstn_out as returns_wire
from returns.api import gstr3b_autoliab, gstr3b_payment, gstr3b_sections
from returns.gstn import codes, parameters
from returns.gstn.calls import gstr3b_kept, signing
from returns.gstn.calls.call import Call, answers, not_offered
from returns.gstn.codes import GstnError, fault, from_portal
from returns.gstn.models import Request
from returns.gstr3b import checklist, filed_rows, filing
from returns.gstr3b.outward_side import Amount
from returns.models import Gstr3b

GSTR3B = "returns/gstr3b"


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
    access, period = _return_read(call)
    return _filled(access.taxpayer, period)


def _return_read(call: Call) -> tuple[Access, TaxPeriod]:
    """Return access and period of a call that reads. Raises `GstnError` for a month that is no tax period of the
    taxpayer."""
    access, period = call.access(), parameters.period(call.params)
    _check_period(access.taxpayer, period)
    return access, period


def _check_period(taxpayer: Taxpayer, period: TaxPeriod) -> None:
    if not gates.is_statement_period(period, taxpayer.files):
        raise from_portal(refused("BAD_PERIOD"))


def _filled(taxpayer: Taxpayer, period: TaxPeriod) -> dict[str, Any]:
    statement = queries.current(taxpayer, period)
    side = gstr3b_autoliab.outward(
        taxpayer, period, lambda form, month: gstr3b_kept.other_sections(taxpayer, form, month)
    )
    no_2b = "GSTR-3B cannot be filled, because there is no GSTR-2B of this period."
    not_filed = "GSTR-1 of this period is not filed. File it first."
    if statement is None and side.filed_on is None:
        raise GstnError(codes.GSTR1_NOT_FILED, f"{not_filed} There is no GSTR-2B of this period either.")
    faults = []
    if side.filed_on is None:
        faults.append((codes.GSTR1_NOT_FILED, not_filed))
    if statement is None:
        faults.append((codes.NO_3B_DATA, no_2b))
    return gstr3b_autoliab.autopopulated(taxpayer, period, side, statement, faults, today=clock.today())


@answers(GSTR3B, "RETSUM")
def summary(call: Call) -> Any:
    """RETSUM: return Table 4 and 3.1(d) as filed, saved or filled, and the other sections as saved."""
    access, period = _return_read(call)
    taxpayer = access.taxpayer
    kept = gstr3b_kept.of(taxpayer, period)
    table = filing.prepare(taxpayer, period) | gstr3b_kept.rows(kept)
    filed = Gstr3b.objects.filter(recipient=taxpayer, period=period.number).first()
    if filed is not None:
        table |= filed_rows.of(filed)
    shown = returns_wire.table4_to_wire(taxpayer, period, table)
    charged, sections = table[LIABILITY], kept["sections"]
    supplies = sections.get(gstr3b_kept.SUPPLIES, {})
    if "isup_rev" in supplies or charged != TaxAmounts():
        row = gstr3b_sections.reverse_charge_row(
            supplies.get("isup_rev"), queries.current(taxpayer, period), table
        )
        sections = sections | {gstr3b_kept.SUPPLIES: supplies | {"isup_rev": row}}
    if sections:
        shown |= sections | {"tx_pmt": gstr3b_payment.due(sections, charged) | kept.get("payment", {})}
    return shown


@answers(GSTR3B, "RETSAVE", "PUT")
def save(call: Call) -> Any:
    """RETSAVE: keep what the taxpayer wants to file. A section that the client leaves out stays as it was. The
    portal checks the sections now, and files Table 4 and 3.1(d) when the client calls RETFILE."""
    return {"reference_id": _saved(call, lambda: gstr3b_sections.read(call.data)).reference}


@answers(GSTR3B, "RETBKP", "PUT")
def save_breakup(call: Call) -> Any:
    """RETBKP: keep the liability by the periods to which it belongs."""
    breakup = _saved(call, lambda: {gstr3b_sections.BREAKUP: gstr3b_sections.read_breakup(call.data)})
    return {"reference_id": breakup.reference}


def _saved(call: Call, read: Callable[[], dict[str, Any]]) -> Request:
    access, period = _open_return(call)
    sections, sent = _schema(read), _table_in(call.data)
    with transaction.atomic():
        locks.supplier(access.taxpayer)
        kept = gstr3b_kept.of(access.taxpayer, period)
        statement = queries.current(access.taxpayer, period)
        now = gstr3b_kept.after(kept, sent, sections, statement.pk if statement else None)
        return gstr3b_kept.keep(access, call.session, period, kept, now)


def _table_in(data: dict[str, Any]) -> dict[str, TaxAmounts] | None:
    """Return the rows of Table 4 in a request, or None if it has no Table 4."""
    sent: dict[str, TaxAmounts] = _schema(lambda: returns_wire.read_table4(data))
    return sent if gstr3b_kept.TABLE_4 in data else None


def _open_return(call: Call) -> tuple[Access, TaxPeriod]:
    access = call.access(ACT, gstin=call.own_gstin(codes.UNLIKE_HEADER))
    period = call.own_period(codes.UNLIKE_HEADER)
    why_not = filing.why_not(access.taxpayer, period)
    if why_not in ("BAD_PERIOD", "FINAL_2B"):
        raise from_portal(refused(why_not))
    return access, period


@answers(GSTR3B, "VALID", "PUT")
def validate(call: Call) -> Any:
    """VALID: compare a return with the figures that the portal fills in. Nothing is saved."""
    access = call.access(gstin=call.own_gstin(codes.UNLIKE_HEADER))
    period = call.own_period(codes.UNLIKE_HEADER)
    _check_period(access.taxpayer, period)
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
        kept = gstr3b_kept.of(access.taxpayer, period)
        table = filing.prepare(access.taxpayer, period) | gstr3b_kept.rows(kept)
        unpaid = gstr3b_payment.fault(payment, kept["sections"], table)
        if unpaid:
            raise GstnError(codes.NOT_THE_DUE_AMOUNT, unpaid)
        gstr3b_kept.keep(access, call.session, period, kept, {**kept, "payment": payment})
    return {"message": "The payment is saved. File the return."}


@answers(GSTR3B, "RETFILE", "PUT")
def file(call: Call) -> Any:
    """RETFILE: file the return. Sections in the signed data are kept, and Table 4 in it is filed. Figures that
    were saved or signed before GSTR-2B was computed again are not filed."""
    access, period = signing.filing_of(call, Form.GSTR3B)
    taxpayer, data = access.taxpayer, signing.data_of(call)
    sections, sent = _schema(lambda: gstr3b_sections.read(data)), _table_in(data)
    seen = signing.sign(call, access, Form.GSTR3B)
    with transaction.atomic():
        locks.supplier(taxpayer)
        kept = gstr3b_kept.of(taxpayer, period)
        now = gstr3b_kept.after(kept, sent, sections, seen)
        filled = filing.prepare(taxpayer, period)
        typed = {
            row: tax for row, tax in gstr3b_kept.rows(now).items() if tax != filled.get(row, TaxAmounts())
        }
        if signing.declares_nil(call):
            _check_nil(taxpayer, period, now, filled | typed)
        warnings = checklist.warnings(taxpayer, period, typed)
        stale = gstr3b_kept.is_stale(kept, typed, queries.current(taxpayer, period), seen)
        if stale and filing.why_not(taxpayer, period) is None:
            raise GstnError(
                codes.SUMMARY_CHANGED,
                "GSTR-2B was computed again after these figures were saved. Get the new figures (AUTOLIAB), save "
                "Table 4 and 3.1 again (RETSAVE), then file.",
            )
        filed = filing.file(
            taxpayer,
            period,
            by=access.by("api"),
            table=typed or None,
            reason="Saved through the GSTN interface" if typed else "",
        )
        if now != kept:
            gstr3b_kept.keep(access, call.session, period, kept, now)
    # GSTN's answer has only ack_num. Clients ignore the portal's own field.
    told = [f"{w.title}: {w.text}" + (f" ({w.rule})" if w.rule else "") for w in warnings]
    return {"ack_num": filed.reference, **({"warnings": told} if told else {})}


def _check_nil(
    taxpayer: Taxpayer, period: TaxPeriod, kept: dict[str, Any], table: dict[str, TaxAmounts]
) -> None:
    """Raise `GstnError` (NOT_NIL) if a return that the client declares nil has amounts: saved, filled from
    GSTR-2B, or in the filed GSTR-1."""
    outward = gstr3b_autoliab.outward(
        taxpayer, period, lambda form, month: gstr3b_kept.other_sections(taxpayer, form, month)
    )
    if (
        any(tax != TaxAmounts() for tax in table.values())
        or gstr3b_sections.has_amounts(kept["sections"])
        or any(amount != Amount() for amount in outward.rows.values())
    ):
        raise fault("NOT_NIL", "The return has amounts, so it is not nil. File it without isnil.")


not_offered(GSTR3B, "It ended. Send RETSAVE, then RETFILE.", "RETSUBMIT")
