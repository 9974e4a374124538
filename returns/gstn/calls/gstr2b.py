"""Calls of `returns/gstr2b`: the statement, its recomputation, and the state of a recomputation."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from gstr2b.api import gstn_out as statement_wire
from gstr2b.statement import queries
from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import RecipientDesk, Taxpayer
from invoices.people.access import ACT
from invoices.queries.calendar import calendar
from invoices.rules import gates
from invoices.rules.refusals import refused
from returns.gstn import codes, parameters, requests
from returns.gstn.calls.call import Call, answers
from returns.gstn.calls.ims import request_of
from returns.gstn.codes import GstnError, fault, from_portal
from returns.gstn.models import Request

GSTR2B = "returns/gstr2b"


@answers(GSTR2B, "GET2B")
def statement(call: Call) -> Any:
    access = call.access(unauthorized=codes.UNAUTHORIZED_2B)
    period, number = parameters.period(call.params), parameters.file_number(call.params)
    found = queries.current(access.taxpayer, period)
    if found is None:
        raise _none(access.taxpayer, period)
    if not found.line_count:
        raise GstnError(codes.NO_DOCUMENTS_2B, "There are no documents in GSTR-2B of this period.")
    most = settings.GSTN_RECORDS_PER_ANSWER
    found.recipient = access.taxpayer
    if not number:
        return statement_wire.statement_to_wire(found, most=most)
    if number > statement_wire.file_count(found, most):
        raise fault("PARAMETER", f"file_num must be from 1 to {statement_wire.file_count(found, most)}.")
    repeated = settings.GSTN_SUMMARY_IN_EVERY_FILE
    return statement_wire.file_to_wire(found, number, most=most, with_summary=repeated)


def _none(taxpayer: Taxpayer, period: TaxPeriod) -> GstnError:
    if not gates.is_statement_period(period, taxpayer.files):
        return from_portal(refused("BAD_PERIOD"), "GET2B")
    if clock.today() < calendar().draft_date(period):
        due = calendar().draft_date(period)
        return GstnError(
            codes.BEFORE_CUT_OFF, f"GSTR-2B of {period.label} will be drafted on {due:%d-%m-%Y}."
        )
    message = (
        "GSTR-2B is not generated. File the GSTR-3B of the previous period, then generate GSTR-2B (GEN2B)."
    )
    return GstnError(codes.NOT_GENERATED, message)


@answers(GSTR2B, "GEN2B", "PUT")
def generate(call: Call) -> Any:
    gstin = call.own_gstin(codes.UNLIKE_HEADER_1, "rtin") or parameters.text(call.data, "rtin")
    access = call.access(ACT, gstin=gstin, unauthorized=codes.UNAUTHORIZED_2B)
    taxpayer, period = access.taxpayer, parameters.period(call.data, "itcprd")
    if not taxpayer.registration.has_ims:
        raise from_portal(refused("NO_ACCESS"), "GEN2B")
    code = gates.generate(
        period,
        frequency=taxpayer.files,
        open_period=taxpayer.opens,
        today=clock.today(),
        calendar=calendar(),
    )
    if code is not None:
        raise from_portal(refused(code), "GEN2B")
    desk = RecipientDesk.objects.filter(recipient=taxpayer, period=period.number).first()
    waiting = Request.objects.filter(taxpayer=taxpayer, state=Request.State.RECEIVED).exists()
    if desk is not None and desk.statement_version and not desk.is_stale and not waiting:
        raise GstnError(codes.NOTHING_NEW, "Nothing was changed since GSTR-2B was computed.")
    request = requests.take_in(access, call.session, Request.Kind.GENERATE, period=period)
    return {"reference_id": request.reference}


@answers(GSTR2B, "GENSTS2B")
def generation_status(call: Call) -> Any:
    access = call.access(unauthorized=codes.UNAUTHORIZED_2B)
    return parameters.generation_state(request_of(call, access, (Request.Kind.GENERATE,)))
