"""Code that the supplier's pages share: the form and period that an address names, and the breadcrumbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import BadPeriod, Frequency, TaxPeriod
from invoices.models import Role, Taxpayer
from invoices.people.access import READ, Access, for_taxpayer
from invoices.rules import gates
from invoices.rules.calendar import Form
from invoices.rules.documents import GST_BEGAN
from returns.outward.queries import Table, tables_of

MONTHS_AHEAD = 12
SLUGS = {
    Form.GSTR1: "gstr1",
    Form.IFF: "iff",
    Form.GSTR1A: "gstr1a",
    Form.GSTR5: "gstr5",
    Form.GSTR6: "gstr6",
}


def url_of(gstin: str, form: Form, period: TaxPeriod, part: str = "") -> str:
    return reverse(SLUGS[form], args=[gstin, period.wire]) + part


@dataclass(frozen=True, slots=True)
class Place:
    """One form of a supplier for one period. The address of a page names the form and the period."""

    access: Access
    form: Form
    period: TaxPeriod

    @property
    def supplier(self) -> Taxpayer:
        return self.access.taxpayer

    @property
    def url(self) -> str:
        return url_of(self.supplier.gstin, self.form, self.period)

    @property
    def period_label(self) -> str:
        quarterly = self.supplier.files is Frequency.QUARTERLY and self.form in (Form.GSTR1, Form.GSTR1A)
        return self.period.quarter_label if quarterly else self.period.label

    @property
    def title(self) -> str:
        return f"{self.form.value} – {self.period_label}"

    def crumbs(self, *further: tuple[str, str]) -> list[dict[str, str]]:
        home = reverse("returns", args=[self.supplier.gstin])
        steps = [
            (_("Home"), f"/t/{self.supplier.gstin}/"),
            (_("Returns"), f"{home}?period={self.period.wire}"),
        ]
        steps += [(self.title, self.url), *further]
        # the last breadcrumb is the page itself and needs no link
        return [
            {"label": label, "url": url if nth + 1 < len(steps) else ""}
            for nth, (label, url) in enumerate(steps)
        ]

    def table(self, slug: str) -> Table:
        found = next((t for t in tables_of(self.form) if t.slug == slug), None)
        if found is None:
            raise NotFound("NOT_FOUND", _("This form has no table with this name. Open the form again."))
        return found

    def context(self, **more: Any) -> dict[str, Any]:
        return {"place": self, "access": self.access, "supplier": self.supplier, **more}


def read_period(text: str) -> TaxPeriod:
    """Return the period that an address names. Raises `NotFound` for a period before the beginning of GST or
    more than a year from now."""
    try:
        period = TaxPeriod.from_wire(text)
    except BadPeriod:
        raise NotFound(
            "NOT_FOUND",
            _("The period in the address is not valid. Choose a period from July 2017 to a year from now."),
        ) from None
    if period.first_day < GST_BEGAN or period > TaxPeriod.of(clock.today()).offset(MONTHS_AHEAD):
        raise NotFound(
            "NOT_FOUND",
            _("The period in the address is not valid. Choose a period from July 2017 to a year from now."),
        )
    return period


def for_form(allowed: frozenset[Role] = READ, *, writes: frozenset[Role] | None = None) -> Callable:
    """Return a decorator for a page of one form. The decorator checks the roles as `for_taxpayer` does. The
    decorator also checks that the taxpayer's registration has the form, and that the period is valid. If a
    quarterly filer's address names a month without this form, the decorator redirects to the form of the
    quarter."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @for_taxpayer(allowed, writes=writes)
        def guarded(
            request: HttpRequest, access: Access, period: str, form: Form, **kwargs: Any
        ) -> HttpResponse:
            month = read_period(period)
            if form not in gates.forms_of(access.taxpayer.registration):
                raise NotFound(
                    "NOT_FOUND", _("Taxpayers with this type of registration do not file this form.")
                )
            if not gates.is_form_period(form, month, access.taxpayer.files):
                if request.method not in ("GET", "HEAD"):
                    raise NotFound("NOT_FOUND", _("This form is not filed for this period."))
                quarter = access.taxpayer.files.period_of(month)
                return HttpResponseRedirect(request.path.replace(f"/{period}/", f"/{quarter.wire}/", 1))
            return view(request, Place(access, form, month), **kwargs)

        return guarded

    return guard
