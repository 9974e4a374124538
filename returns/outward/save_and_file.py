"""Events: a supplier saves and edits documents of GSTR-1, IFF, GSTR-1A, GSTR-5 and GSTR-6, and files these
forms.

This module checks that the form is open, because only this module knows the filed forms.
`invoices.documents.saving` checks the documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.wording import say
from invoices import locks
from invoices.documents import filing, lapsing, saving
from invoices.documents.saving import Incoming, Outcome
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates
from invoices.rules import lapsing as rules
from invoices.rules.attribution import provisional_month
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.refusals import refused
from invoices.rules.situation import Filing
from returns.acknowledgement import practice_reference
from returns.models import OutwardReturn


def why_closed(supplier: Taxpayer, form: Form, period: TaxPeriod) -> str | None:
    """Return a sentence that says why the form cannot be used now, or None if the form is open. Raises
    `Refused` (BAD_PERIOD) for a period that the form does not have."""
    if form not in gates.forms_of(supplier.registration):
        return say(
            "%(form)s is not a form of this registration (%(kind)s).",
            form=form.value,
            kind=supplier.get_registration_type_display(),
        )
    if not gates.is_form_period(form, period, supplier.files):
        raise refused(
            "BAD_PERIOD",
            say(
                "%(gstin)s files %(form)s quarterly. Choose the last month of the quarter.",
                gstin=supplier.gstin,
                form=form.value,
            ),
        )
    filed = dict(
        OutwardReturn.objects.filter(supplier=supplier, period=period.number).values_list("form", "filed_on")
    )
    state = gates.FormState(
        form=form,
        period=period,
        frequency=supplier.files,
        seat=supplier.seat,
        filed=form.value in filed,
        gstr1_filed_on=filed.get(Form.GSTR1.value),
        open_3b_period=supplier.opens,
        quarter_filed=form is Form.IFF and gstr1_of_quarter_filed(supplier, period),
    )
    return gates.form_open(state, clock.today(), calendar())


def gstr1_of_quarter_filed(supplier: Taxpayer, period: TaxPeriod) -> bool:
    """True if the supplier has filed GSTR-1 of the quarter that contains the month `period`."""
    quarter = period.quarter_end.number
    return OutwardReturn.objects.filter(supplier=supplier, form=Form.GSTR1.value, period=quarter).exists()


def has_lapsed(supplier: Taxpayer, form: Form, period: TaxPeriod) -> bool:
    """True if the form has documents that can no longer be filed (R-045, R-075)."""
    return Record.objects.filter(
        supplier=supplier, form=form.value, tax_period=period.number, filing=Filing.LAPSED.value
    ).exists()


def save(supplier: Taxpayer, form: Form, period: TaxPeriod, incoming: Incoming, *, by: By) -> Record:
    """Save one new document, and return its record (R-020). Raises `Refused`."""
    with transaction.atomic():
        # without this lock, somebody could file the form between the check and the save
        locks.supplier(supplier)
        closed = why_closed(supplier, form, period)
        return saving.save(supplier, form, period, incoming, by=by, closed=closed)


def save_many(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Sequence[Incoming],
    *,
    by: By,
    all_or_nothing: bool = False,
) -> list[Outcome]:
    """Save the documents of a file, and return the outcome of each document. Each document is checked
    separately. With `all_or_nothing`, one refused document stops the whole file."""
    with transaction.atomic():
        locks.supplier(supplier)
        closed = why_closed(supplier, form, period)
        return saving.save_many(
            supplier, form, period, incoming, by=by, closed=closed, all_or_nothing=all_or_nothing
        )


def edit(
    record_id: int,
    supplier: Taxpayer,
    changed: Draft,
    *,
    by: By,
    details: dict[str, Any] | None = None,
    revision: int | None = None,
    amends: int | None = None,
    named: tuple[str, date] | None = None,
) -> Record:
    """Replace the content of a saved document, and return its record (R-040). The function finds out whether
    the document's form is open, and then calls `saving.edit`. Raises the errors of `saving.edit`, for example
    `Refused` (FORM_CLOSED) if the form is closed."""
    with transaction.atomic():
        locks.supplier(supplier)
        place = (
            Record.objects.filter(pk=record_id, supplier=supplier)
            .exclude(filing="F")
            .values_list("form", "tax_period")
        )
        closed = None
        for form, period in place:
            closed = why_closed(supplier, Form(form), TaxPeriod.from_number(period))
        return saving.edit(
            record_id,
            supplier,
            changed,
            by=by,
            details=details,
            revision=revision,
            closed=closed,
            amends=amends,
            named=named,
        )


def clear(supplier: Taxpayer, form: Form, period: TaxPeriod, *, by: By) -> int:
    """Delete all documents of the form that are saved and not filed (R-041), and return their number. A second
    call finds none and changes nothing. Documents that can no longer be filed are deleted although their form
    is closed. Raises `Refused`: BAD_PERIOD, FORM_CLOSED."""
    with transaction.atomic():
        locks.supplier(supplier)
        closed = why_closed(supplier, form, period)
        if closed is not None and not has_lapsed(supplier, form, period):
            raise refused("FORM_CLOSED", closed)
        saved = Record.objects.filter(
            supplier=supplier, form=form.value, tax_period=period.number, filing__in="SL"
        )
        ids = list(saved.order_by("pk").values_list("pk", flat=True))
        saving.delete_many(ids, supplier, by=by)
    return len(ids)


def file(supplier: Taxpayer, form: Form, period: TaxPeriod, *, by: By) -> OutwardReturn:
    """File all saved documents of the form, and return the filed return (R-021). Raises `Refused`:
    BAD_PERIOD, FORM_CLOSED."""
    with transaction.atomic():
        # After a double click, the second request waits at this lock. The second request then finds that the
        # form is already filed.
        locks.supplier(supplier)
        closed = why_closed(supplier, form, period)
        if closed is not None:
            raise refused("FORM_CLOSED", closed)
        now = clock.now()
        count = filing.mark_filed(supplier, form, period, on=now.date(), by=by)
        lapsing.mark_lapsed(supplier, form, period, by=by)
        try:
            with transaction.atomic():
                return OutwardReturn.objects.create(
                    supplier=supplier,
                    form=form.value,
                    period=period.number,
                    filed_on=now.date(),
                    filed_at=now,
                    filed_by=by.user if getattr(by.user, "pk", None) else None,
                    document_count=count,
                    reference=practice_reference(supplier, form.value, period),
                )
        except IntegrityError:
            raise refused("FORM_CLOSED", f"{form.value} of {period.label} is already filed.") from None


def move_on(supplier: Taxpayer, period: TaxPeriod, *, by: By) -> tuple[Form, TaxPeriod, int]:
    """Move the saved documents of an IFF to the quarter's next IFF or GSTR-1, because the IFF was not filed
    in time (R-075). Return the next form, its period, and the number of documents. The data that the
    recipient sees does not change, so the recipient's actions stay.

    Raises `Refused` (FORM_CLOSED) if the IFF is open or was filed, or if the next form is closed."""
    with transaction.atomic():
        locks.supplier(supplier)
        reason = why_closed(supplier, Form.IFF, period)
        if reason is None:
            raise refused("FORM_CLOSED", f"IFF of {period.label} is still open. File this IFF.", rule="R-075")
        if OutwardReturn.objects.filter(
            supplier=supplier, form=Form.IFF.value, period=period.number
        ).exists():
            raise refused("FORM_CLOSED", reason)
        if gstr1_of_quarter_filed(supplier, period):
            raise refused("FORM_CLOSED", rules.what_to_do(Form.IFF, period), rule=rules.ENDS[Form.IFF])
        closed = ""
        for form, following in gates.next_forms_of_quarter(period):
            closed = why_closed(supplier, form, following) or ""
            if not closed:
                break
        if closed:
            raise refused("FORM_CLOSED", closed)
        saved = Record.objects.filter(
            supplier=supplier, form=Form.IFF.value, tax_period=period.number, filing="S"
        )
        ids = list(saved.values_list("pk", flat=True))
        saved.update(form=form.value, tax_period=following.number)
        month = provisional_month(
            calendar(),
            form,
            clock.today(),
            form_month=following,
            frequency=supplier.files,
            seat=supplier.seat,
        )
        filing.move_to_month(Record.objects.filter(pk__in=ids), month)
        if ids:
            journal.write(
                supplier.pk,
                "documents moved to the next form",
                by,
                period=following.number,
                record_count=len(ids),
                before={"form": Form.IFF.value, "period": period.iso},
                after={"form": form.value, "period": following.iso},
            )
    return form, following, len(ids)
