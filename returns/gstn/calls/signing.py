"""The signature of a filing: the EVC, the signed summary, and the requests that must be processed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ims_portal.kernel.periods import TaxPeriod
from invoices.people.access import FILE, Access
from invoices.rules.calendar import Form
from returns.gstn import codes, parameters, requests, sessions
from returns.gstn.calls.call import Call
from returns.gstn.codes import GstnError
from returns.gstn.envelope import crypto
from returns.gstr1_file.other_sections import plain

EVC_NAMES = {Form.GSTR1: "GSTR-1", Form.GSTR1A: "GSTR-1A", Form.GSTR3B: "GSTR-3B"}


def filing_of(call: Call, form: Form) -> tuple[Access, TaxPeriod]:
    """Return the access and the period of a filing. The client's user must be a signatory. No request of the
    return may wait, because it would be lost. Raises `GstnError`."""
    data = data_of(call)
    unlike = codes.UNLIKE_HEADER if form is Form.GSTR3B else codes.UNLIKE_HEADER_1
    access = call.access(FILE, gstin=call.own_gstin(unlike, data=data))
    period = call.own_period(unlike, data={**call.params, **data})
    if call.body.get("st") != "EVC":
        raise GstnError(codes.MISSING, "st must be EVC; filing with a certificate is not offered here.")
    if requests.saving(access.taxpayer, form.value, period):
        message = "A saved return is still being processed. Ask for its state (RETSTATUS), then file."
        raise GstnError(codes.STILL_PROCESSING, message)
    return access, period


def sign(call: Call, access: Access, form: Form) -> int | None:
    """Check the EVC of a filing and its signature, and use the EVC up. Return the id of the latest GSTR-2B of the
    taxpayer at the time when the EVC was asked for. In plain mode the signature is not checked, because the text
    that the client signed is not known. Raises `GstnError`."""
    sid = parameters.text(call.body, "sid")
    signature = call.body.get("sign")
    if call.opened.encrypted and isinstance(signature, str):
        signed = crypto.encode(call.opened.raw).encode("ascii")
        if not crypto.same(crypto.signature(sid.encode("utf-8", errors="replace"), signed), signature):
            raise GstnError(codes.WRONG_SIGNATURE, "sign is not the HMAC of data with sid as key.")
    return sessions.use_evc(call.session, access, EVC_NAMES[form], sid)


def declares_nil(call: Call) -> bool:
    """Return whether the client declares the return nil, in the data or beside it."""
    places = (data_of(call), call.body, call.params)
    return any(parameters.text(place, "isnil", optional=True).upper() == "Y" for place in places)


def data_of(call: Call) -> dict[str, Any]:
    """Return the data of a filing, or an empty object if the client sent none."""
    return call.data if call.opened.data is not None else {}


def check_summary(data: Mapping[str, Any], current: Mapping[str, Any], *, key: str = "sec_sum") -> None:
    """Check that the summary that the client signs is the present one. Fields that the client leaves out are
    not compared, but `chksum` is. Data without a summary is accepted. Raises `GstnError`."""
    if "chksum" not in data and key not in data:
        return
    if data.get("chksum") != current["chksum"]:
        message = "The signed summary is not the latest. Get the summary again (RETSUM), then file."
        raise GstnError(codes.SUMMARY_CHANGED, message)
    if not _agrees(plain(data), current):
        message = "The signed summary differs from the portal's summary. Send the summary (RETSUM) unchanged."
        raise GstnError(codes.SUMMARY_DIFFERS, message)


def _agrees(sent: Any, current: Any) -> bool:
    if isinstance(sent, dict):
        return isinstance(current, dict) and all(
            _agrees(value, current[name]) for name, value in sent.items() if name in current
        )
    if isinstance(sent, list):
        return (
            isinstance(current, list)
            and len(sent) == len(current)
            and all(_agrees(one, other) for one, other in zip(sent, current, strict=True))
        )
    return bool(sent == current)
