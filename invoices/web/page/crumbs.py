"""Where a page of the desk stands, in the portal's own words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from invoices.people.access import Access


def crumbs(
    access: Access, *between: tuple[str, str], here: str, portal: bool = False
) -> list[dict[str, str]]:
    """Home › IMS Dashboard › … › this page; `portal` gives the portal's path to the dashboard itself."""
    base = f"/t/{access.taxpayer.gstin}/"
    path = (
        [(_("Services"), base), (_("Returns"), f"{base}returns/")]
        if portal
        else [(_("Home"), base), (_("IMS dashboard"), f"{base}ims/")]
    )
    shown = [{"label": label, "url": url} for label, url in (*path, *between)]
    return [*shown, {"label": here, "url": ""}]


def inward(access: Access) -> tuple[str, str]:
    """The step over which record lists and records are reached."""
    return _("Inward supplies"), f"/t/{access.taxpayer.gstin}/ims/inward/"
