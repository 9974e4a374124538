"""Read the parameters of a call from the address, the headers and the data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ims_portal.kernel import json_fields, typed_values
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.api.gstn_in import STATUSES, section_asked
from returns.gstn import codes
from returns.gstn.codes import GstnError, fault

GST_BEGAN = date(2017, 7, 1)
PERIODS = ("ret_period", "rtnprd", "itcprd", "fp")
# form names that clients send -> the portal's form names
FORM_NAMES = {
    "R1": "GSTR-1",
    "GSTR1": "GSTR-1",
    "R1A": "GSTR-1A",
    "GSTR1A": "GSTR-1A",
    "R3B": "GSTR-3B",
    "GSTR3B": "GSTR-3B",
}
SHORT_NAMES = {"GSTR-1": "R1", "IFF": "R1", "GSTR-1A": "R1A", "GSTR-3B": "R3B"}
SUPPLIER_SECTIONS = {
    "B2B": "b2b",
    "B2BA": "b2ba",
    "CDNR": "cdnr",
    "CDNRA": "cdnra",
    "ECOM": "ecom",
    "ECOMA": "ecoma",
}


def text(values: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    """Return the parameter `name`. With `optional`, a missing parameter is an empty text. Raises `GstnError`:
    GEN5001 if the parameter is missing, PARAMETER if the parameter contains a NUL character, which PostgreSQL
    cannot store."""
    value = values.get(name)
    if isinstance(value, str) and "\x00" in value:
        raise fault("PARAMETER", f"{name} contains a character that cannot be stored.")
    if isinstance(value, str) and value.strip():
        return value.strip()
    if optional and value in (None, ""):
        return ""
    raise GstnError(codes.MISSING, f"{name} is missing.")


def period(values: Mapping[str, Any], *more: str) -> TaxPeriod:
    """Return the tax period. Calls use different names for this parameter. The function tries the names in
    `more` first, and then the names in `PERIODS`. Raises `GstnError`."""
    for name in (*more, *PERIODS):
        if values.get(name):
            try:
                return TaxPeriod.from_wire(text(values, name))
            except BadPeriod:
                raise fault("PARAMETER", f"{name} must be a tax period, written MMYYYY, as 072026.") from None
    raise GstnError(codes.MISSING, f"{(*more, *PERIODS)[0]} is missing.")


def section(values: Mapping[str, Any]) -> str:
    """Return the section that a GETINV call asks for, as the key that the reply uses. Raises `GstnError`."""
    found = section_asked(text(values, "section"))
    if found is None:
        raise fault("PARAMETER", f"section {text(values, 'section')[:20]!r} is not known.")
    return found


def status(values: Mapping[str, Any]) -> str:
    """Return the status that a GETINV call asks for, or an empty text for all statuses. Raises
    `GstnError`."""
    given = text(values, "status", optional=True).upper()
    if given and given not in STATUSES:
        raise fault("PARAMETER", "status must be A, R, P or N.")
    return STATUSES.get(given, "")


def supplier_section(values: Mapping[str, Any]) -> str:
    """Return the section that a SUPVIEW call asks for, as the key that the reply uses. Raises `GstnError`."""
    given = text(values, "section").upper()
    if given not in SUPPLIER_SECTIONS:
        raise fault("PARAMETER", f"section must be one of {', '.join(SUPPLIER_SECTIONS)}.")
    return SUPPLIER_SECTIONS[given]


def counterparty(values: Mapping[str, Any]) -> str:
    """Return the GSTIN of the other party (`ctin`), or an empty text if the client asks for all parties.
    Raises `GstnError`."""
    given = text(values, "ctin", optional=True).upper()
    if given and not Gstin.is_valid(given):
        raise fault("PARAMETER", "ctin must be a GSTIN.")
    return given


def form(values: Mapping[str, Any], name: str) -> str:
    """Return the portal's name of the form that the client sent as parameter `name`. Raises `GstnError`."""
    given = text(values, name).upper()
    if given not in FORM_NAMES:
        raise fault("PARAMETER", f"{name} must be one of {', '.join(FORM_NAMES)}.")
    return FORM_NAMES[given]


def file_number(values: Mapping[str, Any]) -> int:
    """Return `file_num`, or 0 if the client asks for no file. Raises `GstnError`."""
    given = text(values, "file_num", optional=True)
    if not given:
        return 0
    number = typed_values.whole_number(given, most=1_000_000)
    if not number:
        raise fault("PARAMETER", "file_num must be a number from 1.")
    return number


def request_state(request: Any) -> dict[str, Any]:
    """Return the state of a request in the form of REQSTS's reply."""
    state = "IP" if request.state == "REC" else request.state
    shown: dict[str, Any] = {
        "status_cd": state,
        "transTypCd": request.kind,
        "proc_cnt": str(request.processed),
        "err_cnt": str(request.failed),
        "err_cd": request.error_code,
        "err_msg": request.error_message,
    }
    return shown | ({"error_report": request.report} if request.report else {})


def generation_state(request: Any) -> dict[str, Any]:
    """Return the state of a recomputation in the form of GENSTS2B's reply."""
    whole = request_state(request)
    return {name: whole[name] for name in ("status_cd", "err_cd", "err_msg")}


# kind of a stored request -> the action that RETSTATUS shows
RETURN_ACTIONS = {"RET": "SAVE", "CLR": "RESET", "PTF": "PROCEEDFILE", "INT": "CMPINT"}


def return_state(request: Any) -> dict[str, Any]:
    """Return the state of a request about a return in the form of RETSTATUS's reply."""
    shown: dict[str, Any] = {
        "form_typ": SHORT_NAMES.get(request.form, request.form),
        "status_cd": request_state(request)["status_cd"],
        "action": RETURN_ACTIONS[request.kind],
    }
    if request.error_code:
        shown |= {"error_cd": request.error_code, "error_msg": request.error_message}
    return shown | ({"error_report": request.report} if request.report else {})


def since(values: Mapping[str, Any]) -> date | None:
    """Return `from_time`, a day written DD-MM-YYYY, or None if the client sends none. Raises `GstnError`."""
    given = text(values, "from_time", optional=True)
    if not given:
        return None
    try:
        # a day before GST began means the same as that day, and would have no time in UTC if it is in year 1
        return max(GST_BEGAN, json_fields.day(given))
    except json_fields.BadField:
        raise fault("PARAMETER", "from_time must be a day written DD-MM-YYYY, as 03-07-2026.") from None
