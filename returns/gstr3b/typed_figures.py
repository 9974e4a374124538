"""Compares the figures of Table 4 that a person typed with the figures of GSTR-2B."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from ims_portal.kernel.money import HEADS, TaxAmounts, format_inr
from invoices.models.choices import HEAD_LABELS

# rows of credit, and rows of reversed credit: more of a credit, or less of a reversal, raises the credit
CREDIT, REVERSED = ("4A1", "4A3", "4A4", "4A5"), ("4B1", "4B2")
RECLAIMED, OTHER = "4D1", "4A5"


def warnings(row: str, filled: Mapping[str, TaxAmounts], table: Mapping[str, TaxAmounts]) -> Iterator[str]:
    """Yield a sentence for each figure of a row that raises the credit above GSTR-2B, and a sentence if Central and
    State/UT tax were changed by different amounts.

    `filled` has the rows from GSTR-2B, and `table` the rows that would be filed. Credit that is reclaimed in 4(D)(1)
    must be in 4(A)(5) too, so 4(A)(5) may be higher by this credit."""
    if row not in (*CREDIT, *REVERSED):
        return
    none = TaxAmounts()
    was, now = filled.get(row, none), table.get(row, none)
    base = was + table.get(RECLAIMED, none) if row == OTHER else was
    if now in (was, base):
        return
    for head in HEADS:
        more = getattr(now, head) - getattr(base, head)
        text = _("%(tax)s %(amount)s is more than GSTR-2B by ₹%(difference)s")
        if row in REVERSED:
            more, text = -more, _("%(tax)s %(amount)s is less than GSTR-2B by ₹%(difference)s")
        if more > 0:
            yield text % {
                "tax": _(HEAD_LABELS[head]),
                "amount": format_inr(getattr(now, head)),
                "difference": format_inr(more),
            }
    changed = now - base
    if changed.cgst != changed.sgst:
        yield _("Central tax and State/UT tax were changed by different amounts")
