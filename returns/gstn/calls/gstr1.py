"""Calls of `returns/gstr1`, `returns/gstr1a` and `returns/gstrptf`: a supplier's return is saved, read back,
summed, reset, made ready to sign, and filed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import transaction

from ims_portal.kernel.periods import TaxPeriod
from invoices import locks
from invoices.models import Taxpayer
from invoices.people.access import READ, SUPPLY, Access
from invoices.rules import gates, lapsing
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns.api import gstr1_sections, gstr1_summary, sent_return
from returns.api.gstr1_sections import Wanted
from returns.gstn import codes, downloads, parameters, requests
from returns.gstn.calls import signing
from returns.gstn.calls.call import Call, Handler, answers, not_offered
from returns.gstn.codes import GstnError, fault, from_portal
from returns.gstn.downloads import Part
from returns.gstn.models import Request
from returns.models import OutwardReturn
from returns.outward import save_and_file as outward

GSTR1, GSTR1A, EITHER, PROCEED = "returns/gstr1", "returns/gstr1a", "returns/gstr", "returns/gstrptf"
RETURN_TYPES = {"GSTR1": Form.GSTR1, "GSTR1A": Form.GSTR1A}
FILED_ALREADY = "This return is already filed."
PARTIES = "cpty_sum"
NOT_NIL = "The return has documents, so it is not nil. Send isnil N, or reset the return."


def _form_of_header(call: Call) -> Form:
    """Return the form of a call whose address does not name it: the header rtn_typ, or GSTR-1 without it."""
    header = call.body.get("hdr")
    beside = header.get("rtn_typ") if isinstance(header, dict) else ""
    given = call.header_form or beside or "GSTR1"
    form = RETURN_TYPES.get(str(given).strip().upper())
    if form is None:
        raise GstnError(codes.WRONG_RETURN_TYPE, "rtn_typ must be GSTR1 or GSTR1A.")
    return form


def _asked(form: Form, access: Access, period: TaxPeriod) -> Form:
    """Return the form that is meant: in the first two months of a quarter, the IFF. Raises `GstnError`."""
    asked = sent_return.form_of(access.taxpayer, form.value, period)
    if not gates.is_form_period(asked, period, access.taxpayer.files):
        raise from_portal(refused("BAD_PERIOD"))
    return asked


def _written(
    call: Call, form: Form, name: str = "ret_period", *, deletes: bool = False
) -> tuple[Access, TaxPeriod]:
    """Return access and period of a call that changes a return. `name` is the usual name of the period in this
    call. The form must be open. A call that `deletes` may also use a form whose documents can no longer be
    filed."""
    access = call.access(SUPPLY, gstin=call.own_gstin(codes.UNLIKE_HEADER_1))
    period = call.own_period(codes.UNLIKE_HEADER_1, name)
    asked = sent_return.form_of(access.taxpayer, form.value, period)
    closed = outward.why_closed(access.taxpayer, asked, period)
    if closed is not None:
        if outward.has_lapsed(access.taxpayer, asked, period):
            if deletes:
                return access, period
            closed = lapsing.what_to_do(asked, period)
        raise from_portal(refused("FORM_CLOSED", closed))
    return access, period


def _save(form: Form) -> Handler:
    def save(call: Call) -> Any:
        """RETSAVE: store the request. A job saves the documents."""
        access, period = _written(call, form, "fp")
        return _taken_in(call, access, Request.Kind.RETURN, form, period, call.opened.raw)

    return save


def _reset(form: Form) -> Handler:
    def reset(call: Call) -> Any:
        """RESET: delete all documents that are saved and not filed. A second RESET changes nothing."""
        access, period = _written(call, form, deletes=True)
        return _taken_in(call, access, Request.Kind.CLEAR, form, period)

    return reset


def _taken_in(
    call: Call, access: Access, kind: str, form: Form, period: TaxPeriod, body: bytes | None = None
) -> dict[str, Any]:
    request = requests.take_in(access, call.session, kind, body=body, form=form.value, period=period)
    return {"reference_id": request.reference}


def _proceed(form_of: Callable[[Call], Form]) -> Handler:
    def proceed(call: Call) -> Any:
        """RETNEWPTF: make the summary ready to sign. A later save or reset undoes this."""
        form = form_of(call)
        access = call.access(SUPPLY, gstin=call.own_gstin(codes.UNLIKE_HEADER_1))
        period = call.own_period(codes.UNLIKE_HEADER_1)
        asked = _asked(form, access, period)
        if _filed(access.taxpayer, asked, period):
            raise GstnError(codes.ALREADY_FILED, FILED_ALREADY)
        _written(call, form)
        shown = _summary(access.taxpayer, form, asked, period)
        if parameters.text(call.data, "isnil", optional=True).upper() == "Y" and "isnil" not in shown:
            raise fault("NOT_NIL", NOT_NIL)
        waits = requests.saving(access.taxpayer, form.value, period)
        if not waits and requests.ready(access.taxpayer, form.value, period, shown["chksum"]):
            raise GstnError(codes.ALREADY_READY, "The return is ready to sign. Get the summary (RETSUM).")
        return _taken_in(call, access, Request.Kind.PROCEED, form, period)

    return proceed


def _file(form_of: Callable[[Call], Form]) -> Handler:
    def file(call: Call) -> Any:
        """RETFILE: file the return. If the client sends the summary that it signs, the summary must be the
        present one, also at the moment of filing."""
        form = form_of(call)
        access, period = signing.filing_of(call, form)
        taxpayer, data = access.taxpayer, signing.data_of(call)
        asked = _asked(form, access, period)
        if not _filed(taxpayer, asked, period):
            signing.check_summary(data, _summary(taxpayer, form, asked, period))
        signing.sign(call, access, form)
        with transaction.atomic():
            locks.supplier(taxpayer)
            if not _filed(taxpayer, asked, period):
                current = _summary(taxpayer, form, asked, period)
                signing.check_summary(data, current)
                if signing.declares_nil(call) and "isnil" not in current:
                    raise fault("NOT_NIL", NOT_NIL)
            filed = outward.file(taxpayer, asked, period, by=access.by("api"))
        return {"ack_num": filed.reference}

    return file


def _filed(taxpayer: Taxpayer, form: Form, period: TaxPeriod) -> bool:
    return OutwardReturn.objects.filter(supplier=taxpayer, form=form.value, period=period.number).exists()


def _kept(taxpayer: Taxpayer, form: Form, period: TaxPeriod) -> dict[str, Any]:
    return requests.kept(taxpayer, form.value, period) or {}


def _summary(
    taxpayer: Taxpayer, form: Form, asked: Form, period: TaxPeriod, *, long: bool = False
) -> dict[str, Any]:
    return gstr1_summary.summary(taxpayer, asked, period, _kept(taxpayer, form, period), long=long)


def _summarise(form: Form) -> Handler:
    def summarise(call: Call) -> Any:
        """RETSUM: return the sums of every section. With smrytyp=L, every recipient's sums too."""
        access, period = call.access(READ), parameters.period(call.params)
        kind = parameters.text(call.params, "smrytyp", optional=True).upper()
        if kind not in ("", "S", "L"):
            raise fault("PARAMETER", "smrytyp must be S or L.")
        asked = _asked(form, access, period)
        shown = _summary(access.taxpayer, form, asked, period, long=kind == "L")
        parties = sum(len(section.get(PARTIES, ())) for section in shown["sec_sum"])
        if parties > settings.GSTN_RECORDS_PER_ANSWER:
            large = {"call": "GSTR1SUM", "form": form.value, "period": period.number}
            return downloads.ask(access.taxpayer, large, call.session.user)
        return shown

    return summarise


@downloads.answers("GSTR1SUM")
def _summary_parts(taxpayer: Taxpayer, asked: dict[str, Any], most: int) -> Iterator[Part]:
    """Yield the long summary: first without recipients, then the recipients of each section."""
    period, form = TaxPeriod.from_number(asked["period"]), Form(asked["form"])
    whole = _summary(taxpayer, form, sent_return.form_of(taxpayer, form.value, period), period, long=True)
    parties = [(section["sec_nm"], section.pop(PARTIES, [])) for section in whole["sec_sum"]]
    yield whole, len(whole["sec_sum"])
    head = {name: value for name, value in whole.items() if name != "sec_sum"}
    for name, rows in parties:
        for start in range(0, len(rows), most):
            some = rows[start : start + most]
            yield head | {"sec_sum": [{"sec_nm": name, PARTIES: some}]}, len(some)


def _read_back(form: Form, key: str) -> Handler:
    def read_back(call: Call) -> Any:
        """Return the documents of a section, in the shape of a save request."""
        access, period = call.access(READ), parameters.period(call.params)
        taxpayer = access.taxpayer
        wanted = Wanted(
            _asked(form, access, period),
            period,
            key,
            parameters.counterparty(call.params),
            parameters.since(call.params),
        )
        most = settings.GSTN_RECORDS_PER_ANSWER
        found = gstr1_sections.sources(taxpayer, wanted)
        others = _kept(taxpayer, form, period)
        documents = sum(source.values("pk")[: most + 1].count() for source in found)
        if documents + gstr1_sections.kept_count(wanted, others) > most:
            asked = {
                "call": "GSTR1",
                "form": form.value,
                "period": period.number,
                "key": key,
                "counterparty": wanted.gstin,
                "since": parameters.text(call.params, "from_time", optional=True),
            }
            return downloads.ask(taxpayer, asked, call.session.user)
        rows = [row for source in found for row in source.select_related("recipient")]
        # the supplier has nothing to act on in its own return
        acted_on = parameters.text(call.params, "action_required", optional=True).upper() == "Y"
        reply = gstr1_sections.section(wanted, [] if acted_on else rows, others)
        if acted_on or not reply:
            raise GstnError(codes.NO_ROWS, "No records found for the provided inputs")
        return reply

    return read_back


@downloads.answers("GSTR1")
def _parts(taxpayer: Taxpayer, asked: dict[str, Any], most: int) -> Iterator[Part]:
    period = TaxPeriod.from_number(asked["period"])
    form = sent_return.form_of(taxpayer, asked["form"], period)
    wanted = Wanted(
        form, period, asked["key"], asked["counterparty"], parameters.since({"from_time": asked["since"]})
    )
    others = requests.kept(taxpayer, asked["form"], period) or {}
    for rows in gstr1_sections.chunks(taxpayer, wanted, most):
        yield gstr1_sections.section(wanted, rows, {}), len(rows)
    yield from gstr1_sections.kept_chunks(wanted, others, most)


def _register(resource: str, form: Form) -> None:
    """Register the calls of one form. GSTR-1A's calls also have names of their own."""
    calls: dict[str, tuple[str, Handler]] = {
        "RETSAVE": ("PUT", _save(form)),
        "RETSUM": ("GET", _summarise(form)),
        "RESET": ("PUT", _reset(form)),
        "RETNEWPTF": ("PUT", _proceed(lambda _call: form)),
        "RETFILE": ("PUT", _file(lambda _call: form)),
    }
    calls |= {name: ("GET", _read_back(form, key)) for name, key in gstr1_sections.KEYS.items()}
    for name, (method, handler) in calls.items():
        answers(resource, name, method)(handler)
        if form is Form.GSTR1A and name in OWN_NAMES:
            answers(resource, OWN_NAMES[name], method)(handler)


# the calls of GSTR-1A that also have a name of their own
OWN_NAMES = {
    name: f"R1A{name}"
    for name in (
        *("RETSAVE", "RESET", "RETNEWPTF", "B2B", "B2BA", "B2CL", "B2CLA", "B2CS", "B2CSA", "TXP"),
        *("HSNSUM", "NIL"),
    )
} | {"RETFILE": "RETFILER1A", "AT": "ATR1A", "ATA": "ATAR1A"}

_register(GSTR1, Form.GSTR1)
_register(GSTR1A, Form.GSTR1A)
answers(PROCEED, "RETNEWPTF", "PUT")(_proceed(_form_of_header))
answers(EITHER, "PROCEEDFILE", "PUT")(_proceed(_form_of_header))
answers(EITHER, "RETFILE", "PUT")(_file(_form_of_header))

not_offered(GSTR1, "It ended in January 2022. Send RETNEWPTF, then RETFILE.", "RETSUBMIT")
not_offered(GSTR1, "The HSN summary is kept as you send it. Its sums are in RETSUM.", "VALIDATEHSNSUM")
