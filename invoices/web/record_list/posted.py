"""Reads the form that a page of the desk sends: the action, the list, the ticked rows, and the version of
each record that the person saw."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from invoices.desk.actions import Seen
from invoices.people.access import Access
from invoices.queries.record_list.records import matching
from invoices.rules.situation import Action
from invoices.web.record_list import address as addresses
from invoices.web.record_list.address import Listing
from invoices.web.record_list.row import desk_view


def action_of(text: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise Invalid("BAD_ACTION", _("Choose Accept, Reject, Pending or Reset.")) from None


def seen_of(text: str) -> Seen:
    found = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})", text)
    if not found:
        raise Invalid(
            "BAD_SEEN",
            _(
                "The request does not say which version of the record you saw. Nothing was saved. "
                "Open the record again."
            ),
        )
    return Seen(int(found[1]), int(found[2]))


def row_button_of(text: str) -> tuple[str, int, str]:
    """Return what the value of a row's button names: the letter of the action, the record's id, and the version of
    the record that the person saw. The parts are separated by dots. Raise `Invalid` for a damaged value."""
    letter, number, seen = [*text.split(".", 2), "", ""][:3]
    pk = typed_values.whole_number(number)
    if pk is None:
        raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
    return letter, pk, seen


def back_to(request: HttpRequest, access: Access) -> str:
    """Return the address of the page that sent the form. If the address in the form is not in this portal,
    return the address of the inward summary."""
    return local_address(request, request.POST.get("next", "")) or f"/t/{access.taxpayer.gstin}/ims/inward/"


def back_to_row(request: HttpRequest, access: Access, record_id: int) -> str:
    """Return the address of `back_to`. If it is a record list that still has the record, the address leads to the
    record's row."""
    back = back_to(request, access)
    try:
        found = matching(access.taxpayer, desk_view(access), listing_of(request, access).filters)
    except Invalid:
        return back  # the form came from another page
    return f"{back}#r{record_id}" if "#" not in back and found.filter(pk=record_id).exists() else back


def local_address(request: HttpRequest, text: str) -> str:
    """Return the address if it is in this portal, and otherwise an empty text."""
    local = url_has_allowed_host_and_scheme(
        text, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return text if local and text.startswith("/") else ""


def picks_of(values: list[str]) -> dict[int, Seen]:
    """Return the ticked rows by record id. Each value of the form has the parts record id, revision and
    version, separated by dots. Raise `Invalid` for a damaged value."""
    found = {}
    for value in values:
        number, _dot, seen = value.partition(".")
        pk = typed_values.whole_number(number)
        if pk is None:
            raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
        found[pk] = seen_of(seen)
    return found


def listing_of(request: HttpRequest, access: Access) -> Listing:
    """Return the record list on the page that sent the form. The form contains the page's address. Raise
    `Invalid` if this address is not the address of a record list."""
    address = urlsplit(back_to(request, access))
    found = re.fullmatch(
        rf"/t/{access.taxpayer.gstin}/ims/inward/([a-z0-9]+)/", address.path, flags=re.IGNORECASE
    )
    if not found:
        raise Invalid(
            "BAD_SELECTION",
            _("The request does not say from which list the records were selected. Open the list again."),
        )
    return addresses.read(access, address.path, found[1], QueryDict(address.query))


def as_of_sent(request: HttpRequest) -> datetime:
    try:
        as_of = typed_values.moment(request.POST.get("as_of", ""))
    except ValueError:
        as_of = None
    if as_of is None or as_of.tzinfo is None:
        raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
    return as_of
