"""Calls of `returns/gstr2a`: the documents that suppliers filed for a month, one section in a call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from returns.api import gstr2a_out
from returns.api.gstr2a_out import Asked
from returns.gstn import codes, downloads, parameters
from returns.gstn.calls.call import Call, answers, not_offered
from returns.gstn.codes import GstnError
from returns.gstn.downloads import Part

GSTR2A = "returns/gstr2a"
# sections that GSTN has, and of which this portal has no documents
EMPTY = ("ISDA", "TDS", "TCS")


def section(call: Call) -> Any:
    """Return the documents of the section that the action names. Documents that are too many for one reply
    come as files (FILEDET of `returns`)."""
    access, asked = call.access(), _asked(call)
    most = settings.GSTN_RECORDS_PER_ANSWER
    sources = gstr2a_out.documents(access.taxpayer, asked)
    if sum(source.order_by().values("pk")[: most + 1].count() for source in sources) > most:
        return downloads.ask(access.taxpayer, _stored(asked), call.session.user)
    rows = [row for source in sources for row in source]
    if not rows:
        raise _no_records()
    return gstr2a_out.section_to_wire(asked.section, rows)


for _action in gstr2a_out.SECTIONS:
    answers(GSTR2A, _action)(section)


@downloads.answers("GSTR2A")
def _parts(taxpayer: Taxpayer, stored: dict[str, Any], most: int) -> Iterator[Part]:
    asked = _restored(stored)
    for source in gstr2a_out.documents(taxpayer, asked):
        last = 0
        while rows := list(source.filter(pk__gt=last)[:most]):
            yield gstr2a_out.section_to_wire(asked.section, rows), len(rows)
            last = rows[-1].pk


def nothing_held(call: Call) -> Any:
    """Answer that there are no records. The portal has no tax deducted or collected at source. Amended
    documents of a distributor stand in ISD."""
    call.access()
    parameters.period(call.params)
    raise _no_records()


for _action in EMPTY:
    answers(GSTR2A, _action)(nothing_held)

not_offered(GSTR2A, "An amended bill of entry has amd Y in IMPG and IMPGSEZ.", "AMDHIST")


def _no_records() -> GstnError:
    return GstnError(codes.NO_RECORDS, "No records found for the provided inputs")


def _asked(call: Call) -> Asked:
    return Asked(
        call.action,
        parameters.period(call.params),
        parameters.counterparty(call.params),
        parameters.since(call.params),
    )


def _stored(asked: Asked) -> dict[str, Any]:
    return {
        "call": "GSTR2A",
        "section": asked.section,
        "month": asked.month.number,
        "supplier": asked.supplier,
        "since": asked.since.isoformat() if asked.since else "",
    }


def _restored(stored: dict[str, Any]) -> Asked:
    since = date.fromisoformat(stored["since"]) if stored["since"] else None
    return Asked(stored["section"], TaxPeriod.from_number(stored["month"]), stored["supplier"], since)
