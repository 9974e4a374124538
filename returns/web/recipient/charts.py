"""Rows of tables on the recipient's pages. static/js/charts.js draws a chart from each table. A row has
words, figures, a fill pattern and a link."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from ims_portal.kernel.money import rupee_text
from invoices.models import Taxpayer
from invoices.rules.situation import Action
from returns.overview.desk import Desk
from returns.overview.next_steps import records_url

# the parts of the chart by status: action, words, fill pattern and colour
STATUSES = (
    (Action.ACCEPTED, gettext_lazy("Accepted"), "solid", "--c-a"),
    (Action.NONE, gettext_lazy("No action – counts as accepted"), "lines", "--c-n"),
    (Action.PENDING, gettext_lazy("Pending"), "slash", "--c-p"),
    (Action.REJECTED, gettext_lazy("Rejected"), "cross", "--c-r"),
)


def by_status(taxpayer: Taxpayer, found: Desk) -> list[dict[str, Any]]:
    """Return one row for each status, with the number of records, their ITC, and the share of the ITC. The
    shares are calculated from absolute amounts, because ITC of credit notes is negative."""
    sums = [(status, found.here(status[0])) for status in STATUSES]
    shares = _shares(total.tax.total for _status, total in sums)
    return [
        {
            "action": action.value,
            "label": str(label),
            "fill": fill,
            "colour": colour,
            "count": total.count,
            "tax": total.tax.total,
            "rupees": rupee_text(total.tax.total),
            "share": share,
            "url": records_url(taxpayer, status=action.value, lands="this", **found.list_filters),
        }
        for ((action, label, fill, colour), total), share in zip(sums, shares, strict=True)
    ]


def _shares(amounts: Iterable[int]) -> list[str]:
    sizes = [abs(amount) for amount in amounts]
    whole = sum(sizes)
    return [f"{size * 100 / whole:.1f}" if whole else "0.0" for size in sizes]
