"""Error codes that clients get. If GSTN has a code for an error, the portal sends GSTN's code. For other
errors the portal has its own codes (IMSSAV9xx).

`OURS` has a different code for each refusal of the rulebook, so a client can distinguish all refusals.
`ON_CALL` has GSTN's code for some refusals of certain calls. On such a call, the client gets GSTN's code
instead of the code in `OURS`. The response also contains the refusal's name as `portal_cd`, which clients of
GSTN ignore. `docs/gstn-api.md` lists the codes."""

from __future__ import annotations

from typing import Any

from ims_portal.kernel.errors import PortalError
from invoices.rules.refusals import CODES

# GSTN's own codes
NO_RECORDS = "RET11416"
UNAUTHORIZED = "RET11402"
UNAUTHORIZED_2B = "RET2B1010"
NO_DOCUMENTS_2B = "RET2B1016"
BEFORE_CUT_OFF = "RET2B1018"
NOT_GENERATED = "RET2B1023"
NOTHING_FILED = "RET13510"
NO_GSTIN = "FO8000"
NO_ROWS = "RET13508"
ALREADY_READY = "RET00003"
ALREADY_FILED = "RET00009"
SUMMARY_CHANGED = "RET09001"
SUMMARY_DIFFERS = "RET13507"
WRONG_SIGNATURE = "RET13506"
STILL_PROCESSING = "RTN_15"
WRONG_RETURN_TYPE = "AUTH154"
NO_SESSION_FOR_PREFERENCES = "RT-R1R3BAV-1007"
NO_3B_DATA = "RT-3BAS1009"
GSTR1_NOT_FILED = "RT-R3BQ1004"
UNLIKE_HEADER = "RT-3BSP104"
UNLIKE_HEADER_1 = "RET191136"
NOT_THE_DUE_AMOUNT = "RT-3BAS1070"
QUEUED = "RTN_24"
MISSING = "GEN5001"
SCHEMA = "IMSSAV005"
CHANGED = "IMSSAV0010"
NOTHING_NEW = "IMS0005"
NOT_ADMITTED = "AUTH158"
NO_SESSION = "AUTH4033"
WRONG_OTP = "AUTH4034"
EXPIRED = "AUTH4038"
WRONG_KEY = "TEC4002"
EVC_NEEDED = "EVCREQUEST"

# the portal's name of an error -> the code that the client gets; refusals of the rulebook come first
OURS = {
    "NO_ACCESS": "IMSSAV901",
    "TOO_EARLY": "IMSSAV902",
    "RECORD_CLOSED": "IMSSAV903",
    "NOT_IN_IMS": "IMSSAV904",
    "ORIGINAL_NOT_CLOSED": "IMSSAV905",
    "PENDING_NOT_ALLOWED": "IMSSAV906",
    "REJECT_NOT_ALLOWED": "IMSSAV907",
    "DECL_NOT_APPLICABLE": "IMSSAV908",
    "DECL_INVALID": "IMSSAV909",
    "DECL_EXCEEDS": "IMSSAV910",
    "ANSWER_REQUIRED": "IMSSAV0054",
    "REMARKS_REQUIRED": "IMSSAV911",
    "REMARKS_TOO_LONG": "IMSSAV912",
    "FINAL_2B": "IMSSAV913",
    "PREV_3B_PENDING": "IMSSAV914",
    "NO_2B": "IMSSAV915",
    "STALE_2B": "IMSSAV916",
    "DOC_LOCKED": "IMSSAV917",
    "DUPLICATE_DOC": "IMSSAV918",
    "BAD_GSTIN": "IMSSAV919",
    "BAD_DOC_NO": "IMSSAV920",
    "BAD_DOC": "IMSSAV921",
    "GSTIN_CHANGE_IN_1A": "IMSSAV922",
    "FORM_CLOSED": "IMSSAV923",
    "BAD_PERIOD": "IMSSAV924",
    "NOT_SIGNATORY": "IMSSAV925",
    "GSTR1_PENDING": "IMSSAV926",
    "OPENING_BALANCE": "IMSSAV928",
    # codes for faults of documents and requests
    "ROW_CHANGED": CHANGED,
    "TWICE_IN_REQUEST": "IMSSAV941",
    "STATEMENT_CHANGED": "IMSSAV942",
    "IMP-FORMAT": "IMSSAV943",
    "IMP-GSTIN": "IMSSAV944",
    "IMP-PERIOD": "IMSSAV945",
    "IMP-EMPTY": "IMSSAV946",
    "BUSY": "IMSSAV947",
    "SCHEMA": SCHEMA,
    # codes for faults of the call itself, for example a wrong parameter
    "REFERENCE_UNKNOWN": "IMSSAV950",
    "PARAMETER": "IMSSAV951",
    "ACTION_UNKNOWN": "IMSSAV952",
    "JSON": "IMSSAV953",
    "ENVELOPE": "IMSSAV954",
    "HMAC": "IMSSAV955",
    "PLAIN_OFF": "IMSSAV956",
    "TOO_LARGE": "IMSSAV957",
    "NOPERM": "IMSSAV958",
    "FAILED": "IMSSAV959",
    "METHOD": "IMSSAV960",
    "NOT_OPERATOR": "IMSSAV961",
    "NOT_A_SANDBOX": "IMSSAV962",
    "CLOCK_BACKWARDS": "IMSSAV963",
    "CLOCK_TOO_FAR": "IMSSAV964",
    "CLOCK_MOVING": "IMSSAV965",
    "NO_FACTOR": "IMSSAV966",
    "RESOURCE_UNKNOWN": "IMSSAV967",
    "NOT_OFFERED": "IMSSAV968",
    "NOT_NIL": "IMSSAV969",
}
OTHER = "IMSSAV999"
# (call, refusal) -> GSTN's own code, which the client gets instead of the portal's code
ON_CALL = {
    ("GEN2B", "FINAL_2B"): "IMS2B007",
    ("GEN2B", "BAD_PERIOD"): "IMS2B007",
    ("GEN2B", "TOO_EARLY"): "IMS2B009",
    ("GEN2B", "NO_2B"): "IMS2B009",
    ("GEN2B", "PREV_3B_PENDING"): NOT_GENERATED,
}


class GstnError(Exception):
    """The error that a client gets instead of data. `code` is the code that the client gets, and `ours` is
    the portal's name of the error (`portal_cd`)."""

    def __init__(self, code: str, message: str, *, ours: str = "", status: int = 200):
        super().__init__(message)
        self.code, self.message, self.ours, self.status = code, message, ours, status


def fault(name: str, message: str, *, status: int = 200) -> GstnError:
    """Return an error with one of the portal's own codes. `name` is the name of the error in `OURS`."""
    return GstnError(OURS[name], message, ours=name, status=status)


def on_wire(name: str, call: str = "") -> str:
    """Return the code that the client gets for a refusal. `name` is the portal's name of the refusal, and
    `call` is the action that the portal refused, for example GEN2B."""
    return ON_CALL.get((call, name)) or OURS.get(name, OTHER)


def from_portal(error: PortalError, call: str = "") -> GstnError:
    """Return a portal error as a `GstnError`. If the error has a rule, the message ends with the rule
    number."""
    rule = error.rule or (CODES[error.code].rule if error.code in CODES else "")
    message = f"{error.message} ({rule})" if rule else error.message
    return GstnError(on_wire(error.code, call), message, ours=error.code)


def as_json(error: GstnError) -> dict[str, Any]:
    """Return the `error` object of an envelope."""
    shown = {"error_cd": error.code, "message": error.message}
    return shown | {"portal_cd": error.ours} if error.ours else shown
