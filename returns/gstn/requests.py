"""Events: store a client's request, and process the request in a durable job.

The portal first stores a request, and then sends the reference. Every request that has a reference will
therefore be processed. The portal processes a taxpayer's requests one after the other, in the order in which
they came."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.periods import TaxPeriod
from invoices import jobs, locks
from invoices.api import gstn_in, gstn_out
from invoices.api.gstn_in import Unreadable
from invoices.desk import actions_by_number
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Job, Taxpayer
from invoices.people.access import Access
from returns.api import gstr1_summary, return_errors, sent_return
from returns.gstn import codes
from returns.gstn.envelope import crypto, envelope
from returns.gstn.models import Request, Session
from returns.outward import save_and_file as outward

JOB = "gstn request"
REFERENCE_BYTES = 8
TO_DO = Request.State.RECEIVED


def take_in(
    access: Access,
    session: Session,
    kind: str,
    *,
    body: bytes | None = None,
    form: str = "",
    period: TaxPeriod | None = None,
) -> Request:
    """Store a request, queue the job that processes the request, and return the request."""
    with transaction.atomic():
        request = Request.objects.create(
            # GSTN's references have 15 hexadecimal digits
            reference=secrets.token_hex(REFERENCE_BYTES)[:15],
            taxpayer=access.taxpayer,
            client=session.client,
            user=session.user,
            kind=kind,
            form=form,
            period=period.number if period else None,
            body=zlib.compress(body, 1) if body is not None else None,
            body_digest=crypto.digest(body.decode("utf-8", errors="replace")) if body is not None else "",
            created_at=clock.real_now(),
        )
        jobs.ask(
            JOB,
            request.reference,
            taxpayer=access.taxpayer,
            user=session.user,
            payload={"request": request.pk},
        )
    return request


def keep(
    access: Access,
    session: Session,
    form: str,
    period: TaxPeriod,
    values: dict[str, Any] | None,
    *,
    kind: str = Request.Kind.RETURN,
) -> Request:
    """Store the values of a return that the client saved. The portal uses these values when the return is
    filed. The stored request counts as processed already. `values` replaces what earlier requests kept; None
    keeps nothing."""
    now = clock.real_now()
    request = Request.objects.create(
        reference=secrets.token_hex(REFERENCE_BYTES)[:15],
        taxpayer=access.taxpayer,
        client=session.client,
        user=session.user,
        kind=kind,
        form=form,
        period=period.number,
        state=Request.State.DONE,
        processed=1,
        kept=values,
        created_at=now,
        finished_at=now,
    )
    if values is not None:
        _keeping(access.taxpayer, form, period).filter(pk__lt=request.pk).update(kept=None)
    return request


def note(request: Request, by: By, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Write the journal of a request that changes kept sections. `before` and `after` have them by name. The
    entry names the changed sections, and has a digest of all sections. Without a change there is no entry."""
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        text = json.dumps(after, sort_keys=True, separators=(",", ":"))
        journal.write(
            request.taxpayer_id,
            "sections of a return saved",
            by,
            period=request.period,
            after={
                "form": request.form,
                "reference": request.reference,
                "sections": changed,
                "sha256": crypto.digest(text),
            },
        )


def kept(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> dict[str, Any] | None:
    """Return the values that `keep` stored last for a form and period. Return None if nothing is stored."""
    return _keeping(taxpayer, form, period).order_by("-pk").values_list("kept", flat=True).first()


def _keeping(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> QuerySet[Request]:
    return Request.objects.filter(taxpayer=taxpayer, form=form, period=period.number, kept__isnull=False)


def saving(taxpayer: Taxpayer, form: str, period: TaxPeriod) -> bool:
    """Return whether a request that changes this return still waits."""
    kinds = (Request.Kind.RETURN, Request.Kind.CLEAR)
    return Request.objects.filter(
        taxpayer=taxpayer, form=form, period=period.number, kind__in=kinds, state=TO_DO
    ).exists()


def ready(taxpayer: Taxpayer, form: str, period: TaxPeriod, checksum: str) -> bool:
    """Return whether the summary with this checksum was made ready to sign (RETNEWPTF). Any later change of
    the return changes the checksum, so the return is then not ready."""
    asked = Request.objects.filter(
        taxpayer=taxpayer, form=form, period=period.number, kind=Request.Kind.PROCEED
    )
    last = asked.order_by("-pk").first()
    return last is not None and last.state == Request.State.DONE and last.body_digest == checksum


@jobs.handles(JOB)
def work_off(job: Job) -> dict[str, Any]:
    """Process the taxpayer's waiting requests, from the oldest request to the request of this job."""
    last = Request.objects.get(pk=job.payload["request"])
    done = 0
    while request := _next(last):
        try:
            _do(request)
        except PortalError as error:
            refusal = codes.from_portal(error, "GEN2B" if request.kind == Request.Kind.GENERATE else "")
            if error.code == "SCHEMA":
                _finish(
                    request,
                    Request.State.FAILED,
                    failed=_count(request),
                    code=codes.SCHEMA,
                    message=error.message,
                )
            elif error.code == "BUSY":
                raise
            else:
                _finish(request, Request.State.FAILED, code=refusal.code, message=refusal.message)
        except Exception:
            if job.attempts >= Job.MOST_ATTEMPTS:
                message = "The request could not be processed. Nothing of it was saved."
                _finish(request, Request.State.FAILED, code=codes.OURS["FAILED"], message=message)
            raise
        done += 1
    return {"requests": done}


def _next(last: Request) -> Request | None:
    waiting = Request.objects.filter(taxpayer_id=last.taxpayer_id, state=TO_DO, pk__lte=last.pk)
    return waiting.select_related("taxpayer", "user").order_by("pk").first()


def _do(request: Request) -> None:
    by = By(user=request.user, source="api")
    match request.kind:
        case Request.Kind.SAVE | Request.Kind.RESET:
            _save(request, by)
        case Request.Kind.GENERATE:
            assert request.period is not None
            generation.generate(request.taxpayer, TaxPeriod.from_number(request.period), by=by)
            _finish(request, Request.State.DONE, processed=1)
        case Request.Kind.CLEAR:
            period = _period(request)
            form = sent_return.form_of(request.taxpayer, request.form, period)
            with transaction.atomic():
                cleared = outward.clear(request.taxpayer, form, period, by=by)
                before = kept(request.taxpayer, request.form, period) or {}
                _finish(request, Request.State.DONE, processed=cleared, kept={})
                note(request, by, before, {})
        case Request.Kind.PROCEED:
            period = _period(request)
            form = sent_return.form_of(request.taxpayer, request.form, period)
            others = kept(request.taxpayer, request.form, period) or {}
            digest = gstr1_summary.summary(request.taxpayer, form, period, others)["chksum"]
            _finish(request, Request.State.DONE, processed=1, digest=digest)
        case _:
            _save_return(request, by)


def _period(request: Request) -> TaxPeriod:
    assert request.period is not None
    return TaxPeriod.from_number(request.period)


def _save_return(request: Request, by: By) -> None:
    """Process a saved return, and report its refused rows."""
    data, period = _body(request), _period(request)
    body = envelope.data_in(data)
    before = kept(request.taxpayer, request.form, period)
    saved = sent_return.save(request.taxpayer, request.form, period, data, by=by, body=body, kept=before)
    told = f"{saved.unlisted} more rows were refused. Correct the listed rows, then send all again."
    code, message, refused_rows = codes.OTHER if saved.unlisted else "", told if saved.unlisted else "", 0
    others = saved.others if saved.others or before else None
    with transaction.atomic():
        # without this lock, somebody could file the form between the check and this statement
        locks.supplier(request.taxpayer)
        if others is not None and others != (before or {}) and (closed := _why_closed(request, period)):
            others, refused_rows = None, saved.rows - saved.bad.count
            code, message = codes.on_wire("FORM_CLOSED"), f"The sections outside IMS are not kept. {closed}"
        failed = saved.refused + refused_rows
        _finish(
            request,
            Request.State.PARTLY if failed else Request.State.DONE,
            processed=saved.read,
            failed=failed,
            report=return_errors.error_report(saved, body, codes.on_wire),
            code=code,
            message=message,
            kept=others,
        )
        if others is not None:
            note(request, by, before or {}, others)


def _why_closed(request: Request, period: TaxPeriod) -> str | None:
    form = sent_return.form_of(request.taxpayer, request.form, period)
    return outward.why_closed(request.taxpayer, form, period)


def _save(request: Request, by: By) -> None:
    """Process a SAVE or RESET request: save its actions and the report on the actions in one transaction."""
    items = _read(request).items()
    with transaction.atomic():
        found = actions_by_number.save(
            request.taxpayer,
            [item.wanted for item in items],
            by=by,
            answers_needed=True,
            fingerprint=gstn_out.fingerprint,
            in_gstns_shape=True,
        )
        failed = sum(problem is not None for problem in found)
        report = gstn_out.report(list(zip(items, found, strict=True)), code=codes.on_wire)
        state = Request.State.PARTLY if failed else Request.State.DONE
        _finish(request, state, processed=len(items), failed=failed, report=report or None)


def _read(request: Request) -> gstn_in.SaveBody:
    return gstn_in.read_save(envelope.data_in(_body(request)), resets=request.kind == Request.Kind.RESET)


def _count(request: Request) -> int:
    try:
        return _read(request).count
    except Unreadable:
        return 0


def _body(request: Request) -> bytes:
    return zlib.decompress(bytes(request.body or zlib.compress(b"{}")))


def _finish(
    request: Request,
    state: str,
    *,
    processed: int = 0,
    failed: int = 0,
    code: str = "",
    message: str = "",
    report: Any = None,
    digest: str = "",
    kept: dict[str, Any] | None = None,
) -> None:
    """Save the outcome of the request. `kept` replaces what earlier requests of this return kept. Raises
    `RuntimeError` if another worker has already saved an outcome. The error rolls back the transaction of
    this worker."""
    changed = Request.objects.filter(pk=request.pk, state=TO_DO).update(
        state=state,
        processed=processed or failed,
        failed=failed,
        error_code=code,
        error_message=message,
        report=report,
        body=None,
        finished_at=clock.real_now(),
        **({"body_digest": digest} if digest else {}),
        **({"kept": kept} if kept is not None else {}),
    )
    if not changed:
        raise RuntimeError(f"request {request.reference} was worked off by another runner")
    if kept is not None:
        # the newest row counts, so it does no harm if this statement is lost
        _keeping(request.taxpayer, request.form, _period(request)).filter(pk__lt=request.pk).update(kept=None)
