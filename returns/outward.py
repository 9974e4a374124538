"""Events: a supplier saves, edits, deletes and files GSTR-1, IFF, GSTR-1A, GSTR-5 and GSTR-6.

Whether a form is open is asked here, because only here is it known which forms are filed; documents themselves
are judged in `invoices.intake`.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices import filing, intake
from invoices.intake import Incoming, Outcome
from invoices.journal import By
from invoices.models import Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns.models import OutwardReturn
from returns.references import practice_reference


def why_closed(supplier: Taxpayer, form: Form, period: TaxPeriod) -> str | None:
    """The sentence why this form cannot be used now, or None. Raises BAD_PERIOD for a period it has not."""
    if form not in gates.forms_of(supplier.registration):
        return f"{form.value} is not a form of this registration ({supplier.get_registration_type_display()})."
    if not gates.is_form_period(form, period, supplier.files):
        raise refused("BAD_PERIOD", f"{supplier.gstin} files {form.value} by quarter; choose its last month.")
    filed = dict(
        OutwardReturn.objects.filter(supplier=supplier, period=period.number).values_list("form", "filed_on")
    )
    state = gates.FormState(
        form=form,
        period=period,
        frequency=supplier.files,
        state=supplier.state,
        filed=form.value in filed,
        gstr1_filed_on=filed.get(Form.GSTR1.value),
        open_3b_period=supplier.opens,
    )
    return gates.form_open(state, clock.today(), calendar())


def save(supplier: Taxpayer, form: Form, period: TaxPeriod, incoming: Incoming, *, by: By) -> Record:
    """Save one new document (R-020). Raises `Refused`."""
    return intake.save(supplier, form, period, incoming, by=by, closed=why_closed(supplier, form, period))


def save_many(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Sequence[Incoming],
    *,
    by: By,
    all_or_nothing: bool = False,
) -> list[Outcome]:
    """Save the documents of a file; each is judged on its own."""
    closed = why_closed(supplier, form, period)
    return intake.save_many(
        supplier, form, period, incoming, by=by, closed=closed, all_or_nothing=all_or_nothing
    )


def file(supplier: Taxpayer, form: Form, period: TaxPeriod, *, by: By) -> OutwardReturn:
    """File everything saved in the form (R-021). Raises `Refused`: BAD_PERIOD, FORM_CLOSED."""
    with transaction.atomic():
        # two clicks at once: the second waits here and then finds the form filed
        Taxpayer.objects.select_for_update().get(pk=supplier.pk)
        closed = why_closed(supplier, form, period)
        if closed is not None:
            raise refused("FORM_CLOSED", closed)
        now = clock.now()
        count = filing.mark_filed(supplier, form, period, on=now.date(), by=by)
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
