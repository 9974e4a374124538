"""Helpers that the recipient's pages of the returns share."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from invoices.people.access import Access


def crumbs(access: Access, *steps: tuple[str, str]) -> list[dict[str, str]]:
    """Return the breadcrumbs from Home to the page itself."""
    path = [(_("Home"), reverse("home", args=[access.taxpayer.gstin])), *steps]
    last = len(path) - 1
    return [{"label": label, "url": url if n < last else ""} for n, (label, url) in enumerate(path)]


def link(name: str, *args: Any) -> str:
    """Return the address of a page by its URL name, or an empty text if there is no such page in this
    installation."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
