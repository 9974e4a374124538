"""Titles of record lists, and the names of their sort orders."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.errors import NotFound
from invoices.models.choices import ROUTE_LABELS, SECTION_LABELS
from invoices.queries import other_party
from invoices.queries.record_list.records import SORTS
from invoices.rules.situation import Route
from invoices.web.page.labels import section_label

ORDERS = {
    str: (gettext_noop("A to Z"), gettext_noop("Z to A")),
    date: (gettext_noop("oldest first"), gettext_noop("newest first")),
    int: (gettext_noop("smallest first"), gettext_noop("largest first")),
}


def sort_choices(section: str) -> list[tuple[str, str]]:
    """Return the sort orders of a section's list, each upwards and downwards. The order by supplier has the
    name of the section's party. Phones need a menu of sort orders, because a list on a phone has no headings
    to press."""
    found = []
    for key, order in SORTS.items():
        up, down = ORDERS[order.kind]
        said = other_party.of_section(section).name if key == "supplier" else order.label
        label = _(said).removesuffix(" ₹")
        found += [(key, f"{label}: {_(up)}"), (f"-{key}", f"{label}: {_(down)}")]
    return found


def section_title(section: str) -> str:
    """Return the heading of a list. Raises `NotFound` for an unknown section."""
    if section == "all":
        return _("All records in IMS")
    if section not in SECTION_LABELS:
        raise NotFound(
            "NOT_FOUND", _("IMS has no section with this name. Open the list again from the menu.")
        )
    return section_label(section)


def past_title(route: str) -> str:
    return _(ROUTE_LABELS[Route(route)])
