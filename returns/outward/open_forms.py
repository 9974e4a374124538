"""The form in which a supplier can now amend a filed document (R-043 to R-045)."""

from __future__ import annotations

from datetime import date

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates
from invoices.rules.calendar import Form
from returns.models import OutwardReturn

GSTR1_FORMS = (Form.GSTR1, Form.IFF, Form.GSTR1A)


class OpenForms:
    """The forms of a supplier that take amendments today. The filed forms are read once, so the answers about
    many documents need one query."""

    def __init__(self, supplier: Taxpayer):
        self.supplier, self.calendar, self.today = supplier, calendar(), clock.today()
        self.filed: dict[int, dict[str, date]] = {}
        rows = OutwardReturn.objects.filter(supplier=supplier).values_list("period", "form", "filed_on")
        for number, form, day in rows:
            self.filed.setdefault(number, {})[form] = day

    def for_amendment(self, form: Form, period: TaxPeriod) -> tuple[Form, TaxPeriod] | None:
        """Return the form and period that take the amendment of a document filed in `form` of `period`. The
        result is GSTR-1A of the document's period if GSTR-1A is open, and otherwise the supplier's next form.
        Return None if the registration no longer has the form `form`."""
        forms = gates.forms_of(self.supplier.registration)
        if form not in forms:
            return None
        if form not in GSTR1_FORMS:
            return form, self._next_unfiled(form, period)
        own = self.supplier.files.period_of(period)
        if not self.why_closed(Form.GSTR1A, own):
            return Form.GSTR1A, own
        return Form.GSTR1, self._next_unfiled(Form.GSTR1, own)

    def why_closed(self, form: Form, period: TaxPeriod) -> str:
        """Return the sentence that says why the form is closed, or an empty text. `form` is never
        IFF, because `for_amendment` never returns IFF."""
        filed = self.filed.get(period.number, {})
        state = gates.FormState(
            form=form,
            period=period,
            frequency=self.supplier.files,
            seat=self.supplier.seat,
            filed=form.value in filed,
            gstr1_filed_on=filed.get(Form.GSTR1.value),
            open_3b_period=self.supplier.opens,
        )
        return gates.form_open(state, self.today, self.calendar) or ""

    def _next_unfiled(self, form: Form, period: TaxPeriod) -> TaxPeriod:
        step = self.supplier.files if form is Form.GSTR1 else None
        following = period
        while True:
            following = step.next(following) if step else following.offset(1)
            if form.value not in self.filed.get(following.number, {}):
                return following
