"""Calls of `returns/gstr3b` about the two ledgers (R-105) and the interest of a late return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gstr2b.statement.table4 import LIABILITY, net_credit
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import HEADS, TaxAmounts, rupee_number
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.gstn_out import day
from invoices.models import Taxpayer
from invoices.people.access import ACT
from invoices.queries.calendar import calendar
from invoices.rules import interest as law
from invoices.rules.ledgers import Ledger
from returns.api import gstr3b_autoliab, gstr3b_payment
from returns.api.gstn_out import amounts, read_amount
from returns.gstn import codes, parameters, requests
from returns.gstn.calls import gstr3b_kept
from returns.gstn.calls.call import Call, Handler, answers
from returns.gstn.calls.gstr3b import GSTR3B
from returns.gstn.calls.gstr3b_kept import FORM
from returns.gstn.codes import GstnError, from_portal
from returns.gstn.models import Request
from returns.gstr3b import filed_rows, ledgers
from returns.gstr3b.outward_side import OPERATOR, TAXABLE, ZERO_RATED
from returns.models import Gstr3b

# ledger -> the names of its three calls
CALLS = {
    Ledger.RECLAIM: ("CLOSINGBAL", "OPENINGBAL", "SAVEOB"),
    Ledger.REVERSE_CHARGE: ("RCMCLOSINGBAL", "RCMOPNBAL", "SAVERCMOPNBAL"),
}
# the first declaration of an opening balance, and a correction
DECLARED, CORRECTED = "S", "A"


def _heads(tax: TaxAmounts) -> dict[str, Any]:
    return {head: rupee_number(getattr(tax, head)) for head in HEADS}


def _closing(ledger: Ledger) -> Handler:
    def closing(call: Call) -> Any:
        """Return the balance after the last filed GSTR-3B."""
        taxpayer = call.access().taxpayer
        return {"gstin": taxpayer.gstin, "clsbal": _heads(ledgers.account(taxpayer, ledger).closing)}

    return closing


def _opening(ledger: Ledger) -> Handler:
    def opening(call: Call) -> Any:
        """Return the declarations of the opening balance, oldest first."""
        taxpayer = call.access().taxpayer
        declared = ledgers.account(taxpayer, ledger).declarations
        if not declared:
            raise GstnError(codes.NO_ROWS, "No opening balance was declared.")
        rows = [
            {
                "trandt": day(one.declared_at.astimezone(clock.IST).date()),
                "refno": one.reference,
                "action": CORRECTED if nth else DECLARED,
                "opnbal": _heads(ledgers.amounts_of(one)),
            }
            for nth, one in enumerate(declared)
        ]
        return {"gstin": taxpayer.gstin, "tr": rows}

    return opening


def _declare(ledger: Ledger) -> Handler:
    def declare(call: Call) -> Any:
        """Store the opening balance, or its correction. The same balance sent again changes nothing."""
        access = call.access(ACT, gstin=call.own_gstin(codes.UNLIKE_HEADER))
        given = call.data.get("opnbal")
        if not isinstance(given, dict):
            raise GstnError(codes.SCHEMA, "opnbal must be an object.", ours="SCHEMA")
        try:
            balance = TaxAmounts(*(read_amount(given, head, "opnbal") for head in HEADS))
        except PortalError as bad:
            raise GstnError(codes.SCHEMA, bad.message, ours="SCHEMA") from None
        try:
            declared = ledgers.declare(access.taxpayer, ledger, balance, by=access.by("api"))
        except PortalError as refusal:
            raise from_portal(refusal) from None
        return {"ack_num": declared.reference}

    return declare


for _ledger, (_closing_name, _opening_name, _declare_name) in CALLS.items():
    answers(GSTR3B, _closing_name)(_closing(_ledger))
    answers(GSTR3B, _opening_name)(_opening(_ledger))
    answers(GSTR3B, _declare_name, "PUT")(_declare(_ledger))


# Interest


@answers(GSTR3B, "RETINT")
def interest(call: Call) -> Any:
    """RETINT: return the interest of the last GSTR-3B that was filed before the period asked for. The taxpayer
    declares this interest in 5.1 of that period."""
    access, period = call.access(), parameters.period(call.params)
    taxpayer = access.taxpayer
    before = Gstr3b.objects.filter(recipient=taxpayer, period__lt=period.number)
    filed = before.order_by("-period").first()
    if filed is None:
        raise GstnError(
            codes.NO_ROWS, "No GSTR-3B of an earlier period was filed here, so there is no interest."
        )
    of = TaxPeriod.from_number(filed.period)
    due = calendar().gstr3b_due(of, frequency=taxpayer.files, seat=taxpayer.seat)
    late = law.days_late(due, filed.filed_on)
    payable, cash, credit = _paid(taxpayer, of, filed)
    charged = law.interest(cash, late)
    breakup: dict[str, Any] = {
        "ret_period": of.wire,
        "profile": taxpayer.frequency,
        "duedate": day(due),
        "txpay": amounts(payable),
        "txpay_declared": amounts(payable),
        "challan": [],
        "rates": [],
    }
    if late:
        rate = {
            "start_dt": day(due + timedelta(days=1)),
            "end_dt": day(filed.filed_on),
            "rate": law.RATE,
            "delay": late,
            "interest": amounts(charged),
        }
        breakup["rates"] = [rate]
    return {
        "gstin": taxpayer.gstin,
        "ret_period": period.wire,
        "filed_period": of.wire,
        "filingdt": day(filed.filed_on),
        "computedt": day(clock.today()),
        "txpay": amounts(payable),
        "pdcash": amounts(cash),
        "pditc": amounts(credit),
        "interest": amounts(charged),
        "interestbreakup": [breakup],
    }


def _paid(taxpayer: Taxpayer, period: TaxPeriod, filed: Gstr3b) -> tuple[TaxAmounts, TaxAmounts, TaxAmounts]:
    """Return the tax of a filed return, and its parts paid with cash and with credit. If the client saved its
    liability or its payment, these figures count. Otherwise the tax is that of the filed forms, and credit pays
    as much as it can."""
    table = filed_rows.of(filed)
    kept = gstr3b_kept.of(taxpayer, period)
    sections, charged = kept["sections"], table[LIABILITY]
    if {"osup_det", "osup_zero"} & set(sections.get(gstr3b_kept.SUPPLIES, {})):
        owed = gstr3b_payment.liabilities(sections, charged)
        other, reversed_ = owed[gstr3b_payment.OTHER], owed[gstr3b_payment.REVERSE_CHARGE]
    else:
        side = gstr3b_autoliab.outward(
            taxpayer, period, lambda form, month: gstr3b_kept.other_sections(taxpayer, form, month)
        )
        other = side.rows[TAXABLE].tax + side.rows[ZERO_RATED].tax
        reversed_ = charged + side.rows[OPERATOR].tax
    other, reversed_ = other.positive_part(), reversed_.positive_part()
    if "payment" in kept:
        cash = sum(
            (gstr3b_payment.cash_paid(kept["payment"], kind) for kind in gstr3b_payment.DESCRIPTIONS),
            TaxAmounts(),
        )
    else:
        cash = law.cash_part(other, reversed_, net_credit(table))
    return other + reversed_, cash, other + reversed_ - cash


@answers(GSTR3B, "CMPINT", "PUT")
def compute_interest(call: Call) -> Any:
    """CMPINT: accept the request to compute the interest again. RETINT always computes it anew."""
    access = call.access(ACT, gstin=call.own_gstin(codes.UNLIKE_HEADER))
    period = call.own_period(codes.UNLIKE_HEADER)
    done = requests.keep(access, call.session, FORM, period, None, kind=Request.Kind.INTEREST)
    return {"reference_id": done.reference}
