"""The fields of the sections of GSTR-1 that do not reach IMS: which of them the portal keeps, and what is wrong with
one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ims_portal.kernel.money import HEADS, BadAmount, paise
from ims_portal.kernel.strict_json import BadNumber

# the longest text of a field that is kept, and the longest that a report repeats
MOST_TEXT, MOST_SHOWN = 1_000, 100

AMOUNTS = ("iamt", "camt", "samt", "csamt")
NUMBERS = {"val", "txval", "ad_amt", "rt", *AMOUNTS, "expt_amt", "nil_amt", "ngsup_amt"}
NAMES = ("inum", "oinum", "nt_num", "ont_num")
TEXTS = {*NAMES, "idt", "oidt", "ont_dt", "exp_typ", "pos", "sply_ty", "typ", "etin", "oetin", "stin", "omon"}
TEXTS |= {"ntty", "flag"}
LISTS = {"itms", "posItms", "inv", "nt", "docs", "doc_det", "data", "hsn_b2b", "hsn_b2c"}
NUMBERS |= {"suppval", *HEADS, "totnum", "cancel", "net_issue"}
# fields beside these that the portal keeps
KNOWN = {
    *NUMBERS,
    *TEXTS,
    *LISTS,
    "itm_det",
    "num",
    "diff_percent",
    "sbpcode",
    "sbnum",
    "sbdt",
    "rsn",
    "p_gst",
}
KNOWN |= {"hsn_sc", "desc", "user_desc", "uqc", "qty", "doc_num", "doc_typ", "from", "to", "nt_dt", "rchrg"}
KNOWN |= {"srctyp", "irn", "irngendate", "inv_typ", "dtcancel", "opos", "ostin", "trade_name", "trdnm"}
# fields of a party that the report repeats with each group of its refused documents
PARTY = {"ctin", "stin", "rtin", "etin", "cfs", "trdnm", "flag", "chksum"}
HOLDERS = {*LISTS, "itm_det"}


def known(value: Any) -> Any:
    """Return the part of a row that is kept: the known fields. A client's other fields have no meaning here."""
    if isinstance(value, dict):
        return {
            name: known(part)
            for name, part in value.items()
            if name in KNOWN and (name in HOLDERS or not isinstance(part, (dict, list)))
        }
    return [known(part) for part in value] if isinstance(value, list) else value


def shown(value: Any) -> Any:
    """Return the part of a refused row that the report repeats: the known fields, with short texts."""
    if isinstance(value, dict):
        return {name: shown(part) for name, part in known(value).items()}
    if isinstance(value, list):
        return [shown(part) for part in value]
    return value[:MOST_SHOWN] if isinstance(value, str) else value


def fault(value: Any, name: str = "") -> str:
    """Return a sentence about the first field that cannot be read, or ""."""
    if name in NUMBERS:
        return _number_fault(value, name)
    if name in LISTS and not isinstance(value, list):
        return f"{name} must be a list of objects."
    if name in TEXTS and not isinstance(value, str):
        return f"{name} must be text in quotes."
    if name and name not in KNOWN:
        return ""
    if name == "itm_det" and not isinstance(value, dict):
        return f"{name} must be an object."
    if isinstance(value, dict):
        return next((f for key, part in value.items() if (f := fault(part, key))), "")
    if isinstance(value, list):
        if not all(isinstance(part, dict) for part in value):
            return f"{name} must be a list of objects."
        return next((f for part in value if (f := fault(part))), "")
    if isinstance(value, str) and len(value) > MOST_TEXT:
        return f"{name} is longer than {MOST_TEXT:,} characters."
    if isinstance(value, str) and "\x00" in value:
        return f"{name} contains a character that cannot be stored."
    if isinstance(value, BadNumber):
        return f"{name} has a number that cannot be read."
    return ""


def _number_fault(value: Any, name: str) -> str:
    if isinstance(value, BadNumber):
        return f"{name} has a number that cannot be read."
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return f"{name} must be a number without quotes."
    try:
        paise(value)
    except BadAmount as bad:
        return f"{name}: {bad}"
    return ""
