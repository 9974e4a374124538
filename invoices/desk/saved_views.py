"""Event: a person saves a list as a named view, or removes the view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid
from ims_portal.kernel.wording import say
from invoices.models import SavedView, Taxpayer

LONGEST_NAME, LONGEST_QUERY = 40, 1000


def of(taxpayer: Taxpayer, user: Any) -> QuerySet[SavedView]:
    """Return the person's own views at a GSTIN, and the views that other people share at this GSTIN."""
    mine = Q(owner_id=user.pk) | Q(shared=True)
    return SavedView.objects.filter(mine, taxpayer=taxpayer).select_related("owner")


def save(
    taxpayer: Taxpayer,
    user: Any,
    name: str,
    section: str,
    parameters: Mapping[str, str],
    *,
    columns: Sequence[str],
    shared: bool,
) -> SavedView:
    """Save a list as a view and return the view. A view stores the section, the list's parameters (filters,
    sort) and its columns.

    Raises `Invalid` BAD_NAME if the name is not valid or the list has too many filters. Raises `Conflict`
    VIEW_NAME if the person already has a view with this name."""
    name, query = name.strip(), urlencode({k: v for k, v in parameters.items() if v})
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("BAD_NAME", say("Give the view a name of 1 to %(most)d characters.", most=LONGEST_NAME))
    if len(query) > LONGEST_QUERY:
        raise Invalid(
            "BAD_NAME", "The list has too many filters for a view. Remove filters, then save the view."
        )
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                taxpayer=taxpayer,
                owner=user,
                name=name,
                section=section,
                query=query,
                columns=list(columns),
                shared=shared,
                created_at=clock.now(),
            )
    except IntegrityError:
        raise Conflict("VIEW_NAME", "You already have a view with this name. Choose another name.") from None


def remove(taxpayer: Taxpayer, user: Any, view_id: int) -> bool:
    """Remove a view of this person. Return False if the person has no such view."""
    gone, _counts = SavedView.objects.filter(taxpayer=taxpayer, owner_id=user.pk, pk=view_id).delete()
    return bool(gone)
