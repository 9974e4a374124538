"""Functions for a return that a program sends: find its form (GSTR-1, IFF and others), save its documents,
and report the refused documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.rules.calendar import Form
from returns.gstr1_file import load
from returns.gstr1_file.report import Report

SECTION = re.compile(r"([a-z0-9]+)")


def form_of(supplier: Taxpayer, form: str, period: TaxPeriod) -> Form:
    """Return the supplier's form to which a program's request belongs. In the first two months of a quarter,
    a quarterly filer has an IFF instead of GSTR-1. A request for GSTR-1 then belongs to the IFF, which has
    the same payload and address (R-004)."""
    asked = Form(form)
    early = supplier.files is Frequency.QUARTERLY and not period.is_quarter_end
    return Form.IFF if asked is Form.GSTR1 and early else asked


def save(supplier: Taxpayer, form: str, period: TaxPeriod, data: bytes, *, by: By) -> Report:
    """Save the documents of a return. A refused document does not stop the other documents. Raises the errors
    of `returns.gstr1_file.load.load`."""
    return load.load(supplier, form_of(supplier, form, period), data, by=by, period=period)


def error_report(report: Report, code: Callable[[str], str]) -> dict[str, Any] | None:
    """Return the refused documents by section, or None if no document is refused. Each document has its
    position in the request, for example b2b[0].inv[3]. `code` is a function that returns the client's code
    for a code of the portal."""
    found: dict[str, list[dict[str, Any]]] = {}
    for refusal in report.refusals:
        section = SECTION.match(refusal.place)
        found.setdefault(section[1] if section else "file", []).append(
            {
                "error_cd": code(refusal.code),
                "error_msg": refusal.message,
                "place": refusal.place,
                "number": refusal.number,
            }
        )
    return found or None
