"""Calls of `returns/ims`: counts, records, files, actions and their reports, and the supplier's view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.api import gstn_in, gstn_out
from invoices.api.gstn_in import Unreadable
from invoices.models import Taxpayer
from invoices.people.access import ACT, Access
from invoices.queries import desk
from invoices.queries.calendar import calendar
from invoices.queries.record_list import records
from invoices.queries.situations import DeskView
from invoices.rules.refusals import refused
from returns.api import gstn_out as returns_wire
from returns.gstn import codes, downloads, parameters, requests
from returns.gstn.calls.call import Call, answers
from returns.gstn.codes import GstnError, fault, from_portal
from returns.gstn.downloads import Part
from returns.gstn.models import Request

IMS = "returns/ims"
LOADED = ("decision", "supplier", "recipient")


@answers(IMS, "GETCNT")
def count(call: Call) -> Any:
    access = _with_ims(call.access())
    kind = parameters.text(call.params, "goods_typ", optional=True).upper()
    if kind and kind not in gstn_out.BLOCKS:
        raise fault("PARAMETER", f"goods_typ must be one of {', '.join(gstn_out.BLOCKS)}.")
    return gstn_out.counts_to_wire(desk.summary(access.taxpayer, _view(access.taxpayer)), kind)


@answers(IMS, "GETINV")
def invoices(call: Call) -> Any:
    access = _with_ims(call.access())
    section, status = parameters.section(call.params), parameters.status(call.params)
    most = settings.GSTN_RECORDS_PER_ANSWER
    found = _records(access.taxpayer, section, status).order_by("pk")
    # If there are more than `most` records, the client gets files. The database stops counting at `most` + 1
    # records, because the exact number is not needed.
    if found.values("pk")[: most + 1].count() > most:
        asked = {"call": "GETINV", "section": section, "status": status}
        return downloads.ask(access.taxpayer, asked, call.session.user)
    rows = list(found.select_related(*LOADED).defer("rate_lines"))
    if not rows:
        raise GstnError(codes.NO_RECORDS, "No records found for the provided inputs")
    return {section: gstn_out.records_to_wire(rows, _view(access.taxpayer))}


@downloads.answers("GETINV")
def _invoice_parts(taxpayer: Taxpayer, asked: dict[str, Any], most: int) -> Iterator[Part]:
    view = _view(taxpayer)
    found = _records(taxpayer, asked["section"], asked["status"]).order_by("pk")
    last = 0
    while rows := list(found.filter(pk__gt=last).select_related(*LOADED).defer("rate_lines")[:most]):
        yield {asked["section"]: gstn_out.records_to_wire(rows, view)}, len(rows)
        last = rows[-1].pk


@answers(IMS, "FILEDET")
def files(call: Call) -> Any:
    access = call.access()
    download = downloads.find(access.taxpayer, parameters.text(call.params, "token"))
    if download is None:
        raise fault("REFERENCE_UNKNOWN", "There is no download with this token. Ask for the file again.")
    if download.files is None:
        raise GstnError(codes.QUEUED, "The file is being generated. Ask again in a minute.")
    return downloads.listing(download)


@answers(IMS, "SAVE", "PUT")
def save(call: Call) -> Any:
    return _take_in(call, Request.Kind.SAVE)


@answers(IMS, "RESETIMS", "PUT")
def reset(call: Call) -> Any:
    return _take_in(call, Request.Kind.RESET)


def _take_in(call: Call, kind: str) -> Any:
    """Store a client's SAVE or RESET as a request, and return the reference. This function checks the
    structure of the body and the recipient's GSTIN. A job checks the documents later."""
    try:
        gstn_in.read_save(call.data, resets=kind == Request.Kind.RESET)
    except Unreadable as bad:
        raise GstnError(codes.SCHEMA, bad.message, ours="SCHEMA") from None
    access = _with_ims(call.access(ACT, gstin=call.own_gstin(codes.UNLIKE_HEADER_1, "rtin")))
    request = requests.take_in(access, call.session, kind, body=call.opened.raw)
    return {"reference_id": request.reference}


@answers(IMS, "REQSTS")
def status(call: Call) -> Any:
    kinds = (Request.Kind.SAVE, Request.Kind.RESET)
    return parameters.request_state(request_of(call, call.access(), kinds))


@answers(IMS, "SUPVIEW")
def supplier_view(call: Call) -> Any:
    access = call.access()
    section = parameters.supplier_section(call.params)
    form, period = parameters.form(call.params, "rtn_typ"), parameters.period(call.params)
    most = settings.GSTN_RECORDS_PER_ANSWER
    sources = returns_wire.supplier_documents(access.taxpayer, period, form, section)
    if sum(source.values("pk")[: most + 1].count() for source in sources) > most:
        asked = {"call": "SUPVIEW", "section": section, "form": form, "period": period.number}
        return downloads.ask(access.taxpayer, asked, call.session.user)
    rows = [row for source in sources for row in source.order_by("pk")]
    if not rows:
        raise GstnError(codes.NO_RECORDS, "No records found for the provided inputs")
    return returns_wire.supplier_view(access.taxpayer, period, form, section, rows)


@downloads.answers("SUPVIEW")
def _view_parts(taxpayer: Taxpayer, asked: dict[str, Any], most: int) -> Iterator[Part]:
    period = TaxPeriod.from_number(asked["period"])
    for source in returns_wire.supplier_documents(taxpayer, period, asked["form"], asked["section"]):
        last = 0
        while rows := list(source.filter(pk__gt=last).order_by("pk")[:most]):
            part = returns_wire.supplier_view(taxpayer, period, asked["form"], asked["section"], rows)
            yield part, len(rows)
            last = rows[-1].pk


def request_of(call: Call, access: Access, kinds: tuple[str, ...], name: str = "int_tran_id") -> Request:
    """Return the taxpayer's request with the reference that the client sent as parameter `name`. Raises
    `GstnError`."""
    reference = parameters.text(call.params, name)
    found = Request.objects.filter(taxpayer=access.taxpayer, reference=reference, kind__in=kinds).first()
    if found is None:
        raise fault("REFERENCE_UNKNOWN", f"There is no request {reference[:20]!r} of this GSTIN.")
    return found


def _records(taxpayer: Taxpayer, section: str, status: str) -> Any:
    found = records.on_desk(taxpayer, _view(taxpayer)).filter(section=section)
    return found.filter(decision__action=status) if status else found


def _view(taxpayer: Taxpayer) -> DeskView:
    return DeskView.of(taxpayer, clock.today(), calendar())


def _with_ims(access: Access) -> Access:
    if not access.taxpayer.registration.has_ims:
        raise from_portal(refused("NO_ACCESS"))
    return access
