"""Calls of `returns` about a taxpayer's own filings: GETPREF (monthly or quarterly) and RETTRACK (filed returns)."""

from __future__ import annotations

from typing import Any

from ims_portal.kernel import clock
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import BadPeriod, FinancialYear, TaxPeriod
from returns.gstn import codes, parameters
from returns.gstn.calls.call import Call, answers, not_offered
from returns.gstn.codes import GstnError, fault
from returns.models import Gstr3b, OutwardReturn

# the first month of each quarter of a financial year
QUARTERS = (("Q1", 4), ("Q2", 7), ("Q3", 10), ("Q4", 1))
# name of a return in RETTRACK -> the portal's forms
TRACKED = {"GSTR1": ("GSTR-1", "IFF"), "GSTR1A": ("GSTR-1A",), "GSTR3B": ("GSTR-3B",)}


def _year(call: Call) -> FinancialYear:
    """Return the financial year of the parameter `fy`, for example 2026-27. Raises `GstnError`."""
    try:
        return FinancialYear.parse(parameters.text(call.params, "fy"))
    except BadPeriod as bad:
        raise fault("PARAMETER", str(bad)) from None


@answers("returns", "GETPREF")
def preferences(call: Call) -> Any:
    """GETPREF: return the filing preference of each quarter of the year, M or Q. A quarter that has not begun
    is left out. The portal keeps only the present preference, and answers it for earlier quarters too."""
    taxpayer, year = call.access().taxpayer, _year(call)
    today = TaxPeriod.of(clock.today())
    begun = [
        name
        for name, month in QUARTERS
        if TaxPeriod(year.start if month >= 4 else year.start + 1, month) <= today
    ]
    return {"response": [{"quarter": name, "preference": taxpayer.frequency} for name in begun]}


@answers("returns", "RETTRACK")
def filed_returns(call: Call) -> Any:
    """RETTRACK: return the taxpayer's filed returns of a year, oldest period first. `type` names one return (R1,
    R1A, R3B). Some gateways ask for one period (`ret_period`) instead of a year."""
    gstin = parameters.text(call.params, "gstin", optional=True) or call.header_gstin
    if gstin and not Gstin.is_valid(gstin):
        raise GstnError(codes.NO_GSTIN, f"{gstin[:15]} is not a valid GSTIN.")
    taxpayer = call.access().taxpayer
    span = _span(call)
    asked = parameters.text(call.params, "type", optional=True).upper()
    wanted = {"R1": "GSTR1", "R1A": "GSTR1A", "R3B": "GSTR3B"}.get(asked, asked)
    if wanted and wanted not in TRACKED:
        raise fault("PARAMETER", "type must be R1, R1A or R3B.")
    rows: list[tuple[int, str, OutwardReturn | Gstr3b]] = [
        (filed.period, next(name for name, forms in TRACKED.items() if filed.form in forms), filed)
        for filed in OutwardReturn.objects.filter(supplier=taxpayer, period__range=span)
        if any(filed.form in forms for forms in TRACKED.values())
    ]
    rows += [(f.period, "GSTR3B", f) for f in Gstr3b.objects.filter(recipient=taxpayer, period__range=span)]
    shown = [
        {
            "arn": filed.reference,
            "ret_prd": TaxPeriod.from_number(period).wire,
            "mof": "ONLINE",
            "dof": f"{filed.filed_on:%d-%m-%Y}",
            "rtntype": name,
            "status": "Filed",
            "valid": "Y",
        }
        for period, name, filed in sorted(rows, key=lambda row: row[:2])
        if wanted in ("", name)
    ]
    if not shown:
        raise GstnError(codes.NOTHING_FILED, "No return was filed for this year or period.")
    return {"EFiledlist": shown}


def _span(call: Call) -> tuple[int, int]:
    """Return the first and the last period that the call asks for. Raises `GstnError`."""
    if not call.params.get("fy") and call.params.get("ret_period"):
        period = parameters.period(call.params).number
        return period, period
    year = _year(call)
    return TaxPeriod(year.start, 4).number, TaxPeriod(year.start + 1, 3).number


not_offered("returns", "Staff set whether a taxpayer files monthly or quarterly.", "SAVEPREF")
not_offered("returns", "This portal computes no late fee.", "LATEFEEBREAKUP")
not_offered("returns/einvoice", "This portal makes no e-invoices.", "EINV")
not_offered("search", "This portal publishes no register of taxpayers.", "TP")
