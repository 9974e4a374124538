"""Breadcrumbs of the desk's pages, in the words of the GST portal."""

from __future__ import annotations

from django.utils.translation import gettext as _

from invoices.people.access import Access


def crumbs(
    access: Access, *between: tuple[str, str], here: str, portal: bool = False
) -> list[dict[str, str]]:
    """Return the breadcrumbs Home › IMS dashboard › … › this page. With `portal`, return the path of the GST
    portal instead: Services › Returns › … › this page."""
    base = f"/t/{access.taxpayer.gstin}/"
    path = (
        [(_("Services"), base), (_("Returns"), f"{base}returns/")]
        if portal
        else [(_("Home"), base), (_("IMS dashboard"), f"{base}ims/")]
    )
    shown = [{"label": label, "url": url} for label, url in (*path, *between)]
    return [*shown, {"label": here, "url": ""}]


def inward(access: Access) -> tuple[str, str]:
    """Return the breadcrumb of the inward supplies, for record lists and records."""
    return _("Inward supplies"), f"/t/{access.taxpayer.gstin}/ims/inward/"
