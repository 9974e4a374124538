"""The page of a record list that is grouped by supplier: the lines, their order and their pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.money import format_count
from invoices.models.choices import ACTION_LABELS
from invoices.people.access import Access
from invoices.queries.record_list import by_supplier
from invoices.queries.record_list.by_supplier import STATUSES, SupplierSum
from invoices.queries.record_list.paging import ROWS
from invoices.queries.record_list.records import Counted, matching
from invoices.queries.situations import DeskView
from invoices.rules.situation import Action
from invoices.web.record_list.address import Listing
from invoices.web.record_list.row import VERBS


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grouped list. `url` is the address of the list of this supplier's records. `counts` are
    the numbers of records by action, each with the address of its list. `actions` are the actions on all
    records of the line. `may_reset` is true if a record of the line has an action. `effect` is in paise."""

    sums: SupplierSum
    name: str
    gstin: str
    url: str
    effect: int
    counts: list[dict[str, Any]]
    actions: list[dict[str, str]]
    may_reset: bool


def context(access: Access, listing: Listing, view: DeskView) -> dict[str, Any]:
    """Return the template data for the lines of a grouped list. Three queries."""
    records = matching(access.taxpayer, view, listing.filters)
    everything = by_supplier.sums(records, access.taxpayer)
    page = by_supplier.page(
        everything, order=listing.order, size=listing.rows, token=listing.page, asked=listing.name
    )
    effects = by_supplier.effects_of(records, view, page.lines)
    straight = listing.filters.straight
    return {
        "straight": straight,
        "may_act": access.can_act and not straight,
        "counted": Counted(sum(one.count for one in everything), sum(one.tax for one in everything), False),
        "suppliers": len(everything),
        "lines": [_line(listing, sums, effects[sums.supplier_id]) for sums in page.lines],
        "headings": _headings(listing),
        "download_mine": listing.download,
        "as_of": clock.now().isoformat(),
        "pager": _pager(listing, page, len(everything)),
    }


def orders(listing: Listing) -> list[tuple[str, str]]:
    """Return the orders of a grouped list: the value of each in an address, and its name."""
    return [
        (f"{sign}{key}", f"{_heading(listing, key)['label']}: {word}")
        for key in by_supplier.ORDERS
        for sign, word in _ways(key)
    ]


def _line(listing: Listing, sums: SupplierSum, effect: int) -> Line:
    own = listing.of_supplier(sums.gstin)
    offered = [letter for letter in VERBS if letter is not Action.REJECTED or not sums.is_customs]
    return Line(
        sums,
        name=_("Customs (ICEGATE)") if sums.is_customs else sums.name,
        gstin="" if sums.is_customs else sums.gstin,
        url=own.url(),
        effect=effect,
        counts=[
            {
                "word": _(ACTION_LABELS[status]),
                "count": sums.by_status[status],
                "url": own.url(status=status.value),
            }
            for status in STATUSES
        ],
        actions=[{"code": letter.value, "word": _(VERBS[letter])} for letter in offered],
        may_reset=sums.count > sums.by_status[Action.NONE],
    )


def _headings(listing: Listing) -> list[dict[str, str]]:
    """Return the headings of the columns up to the tax, in the order of the columns."""
    found = []
    for key in by_supplier.ORDERS:
        found.append(_heading(listing, key))
        if key == "undecided":
            decided = [status for status in STATUSES if status is not Action.NONE]
            found += [{"label": _(ACTION_LABELS[status]), "num": "num", "url": ""} for status in decided]
    return found


def _heading(listing: Listing, key: str) -> dict[str, str]:
    """Return a column's heading. The first click sorts names from A and amounts from the largest, and the
    second click turns the order around."""
    order = by_supplier.ORDERS[key]
    label = _(listing.party.name) if key == "supplier" else _(order.label)
    state = {key: "ascending", f"-{key}": "descending"}.get(listing.order, "")
    first, second = (key, f"-{key}") if key == "supplier" else (f"-{key}", key)
    following = second if listing.order == first else first
    icon = {"": "sort", "ascending": "sort-asc", "descending": "sort-desc"}[state]
    wanted = None if following == by_supplier.DEFAULT_ORDER else following
    return {
        "key": key,
        "label": label,
        "num": "" if key == "supplier" else "num",
        "state": state,
        "icon": icon,
        "url": listing.url(order=wanted),
    }


def _ways(key: str) -> list[tuple[str, str]]:
    up, down = (_("A to Z"), _("Z to A")) if key == "supplier" else (_("smallest first"), _("largest first"))
    return [("", up), ("-", down)]


def _pager(listing: Listing, page: by_supplier.GroupPage, total: int) -> dict[str, object]:
    span = ""
    if page.lines:
        span = _("Suppliers %(first)s–%(last)s") % {
            "first": format_count(page.start),
            "last": format_count(page.start + len(page.lines) - 1),
        }
    return listing.pager(page, span, needed=total > min(ROWS))
