"""Functions for a return that a program sends: find its form (GSTR-1, IFF and others), save its documents and
its other sections, and delete what is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.rules.calendar import Form
from returns.gstr1_file import load, other_sections
from returns.gstr1_file.other_sections import BadRows
from returns.gstr1_file.report import Report

IFF_HAS_NONE = "The IFF has no such section. Send it with the GSTR-1 of the quarter."


def form_of(supplier: Taxpayer, form: str, period: TaxPeriod) -> Form:
    """Return the supplier's form to which a program's request belongs. In the first two months of a quarter,
    a quarterly filer has an IFF instead of GSTR-1. A request for GSTR-1 then belongs to the IFF, which has
    the same payload and address (R-004)."""
    asked = Form(form)
    early = supplier.files is Frequency.QUARTERLY and not period.is_quarter_end
    return Form.IFF if asked is Form.GSTR1 and early else asked


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a sent return. `report` is None if the return has no documents for IMS. `others` has the
    sections that do not reach IMS, after the request. `rows` counts their rows in the request."""

    report: Report | None
    others: dict[str, Any]
    rows: int
    bad: BadRows

    @property
    def read(self) -> int:
        return (self.report.read if self.report else 0) + self.rows

    @property
    def refused(self) -> int:
        return (self.report.refused if self.report else 0) + self.bad.count

    @property
    def unlisted(self) -> int:
        return (self.report.unlisted if self.report else 0) + self.bad.unlisted


def save(
    supplier: Taxpayer,
    form: str,
    period: TaxPeriod,
    data: bytes,
    *,
    by: By,
    body: Any = None,
    kept: Mapping[str, Any] | None = None,
) -> Saved:
    """Save the documents of a return. A refused document does not stop the other documents. `body` is the
    return in `data`, and `kept` has the sections outside IMS that earlier requests brought. Raises the errors
    of `returns.gstr1_file.load.load`."""
    found = form_of(supplier, form, period)
    others, rows, bad = dict(kept or {}), 0, BadRows()
    sent = other_sections.sections_in(body)
    if found is Form.IFF:
        bad = other_sections.all_bad(body, IFF_HAS_NONE) if sent else bad
        rows = bad.count
    elif sent:
        others, rows, bad = other_sections.merged(others, body)
    try:
        report = load.load(supplier, found, data, by=by, period=period)
    except Invalid as bad_file:
        # a return may consist of other sections only
        if bad_file.code != "IMP-EMPTY" or not sent:
            raise
        report = None
    return Saved(report, others, rows, bad)
