"""The facts and the tax lines of a document in words, for the document's page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ims_portal.kernel.money import HEADS, format_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.models.choices import INVOICE_TYPE_LABELS
from invoices.queries import other_party
from invoices.rules.situation import Filing
from invoices.web.page.labels import section_label, state_label


def facts(found: Any) -> list[dict[str, Any]]:
    details = found.details or {}
    period = TaxPeriod.from_number(found.tax_period).label
    party = other_party.of_section(found.section)
    filed = (
        _(party.filed) % {"day": f"{found.filed_on:%d-%m-%Y}"}
        if found.filed_on
        else _("Can no longer be filed")
        if found.filing == Filing.LAPSED.value
        else _("Saved, not filed")
    )
    supply = {
        _("Document type"): _(INVOICE_TYPE_LABELS.get(found.invoice_type, found.invoice_type)),
        _("Place of supply"): _place_of_supply(found.place_of_supply),
        _("Reverse charge"): _("Yes") if found.reverse_charge else _("No"),
    }
    facts = [
        (_("Section"), section_label(found.section)),
        (
            _("ICEGATE reference date") if party.is_customs else _("Document date"),
            f"{found.document_date:%d-%m-%Y}",
        ),
        (_("Document value"), f"₹{format_inr(found.value)}"),
        # customs reports a bill of entry, not a supply
        *(() if party.is_customs else supply.items()),
        (_("Source"), f"{found.form}, {period}"),
        (_(party.filing), filed),
        (_("GSTR-2B month"), TaxPeriod.from_number(found.natural_period).label),
        (_("Last GSTR-2B that can give credit"), _last_claim(found.last_claim_period)),
        (_("IRN"), details.get("irn", "")),
        (_("Port code"), details.get("port", "")),
        (_("Previous GSTIN"), details.get("previous_gstin", "")),
        (_("Moved to GSTIN"), details.get("new_gstin", "")),
    ]
    mono = {_("IRN"), _("Previous GSTIN"), _("Moved to GSTIN")}
    return [{"label": k, "value": v, "mono": k in mono} for k, v in facts if v]


def _place_of_supply(code: str) -> str:
    return state_label(code) if code else ""


def _last_claim(number: int) -> str:
    period = TaxPeriod.from_number(number)
    return "" if period.last_day >= date(2099, 12, 1) else period.label


def rate_lines(found: Any) -> list[dict[str, Any]]:
    names = ("taxable", *HEADS)
    return [
        {"rate": f"{line[0] / 100:g} %", **dict(zip(names, line[1:], strict=True))}
        for line in (found.rate_lines or [])
    ]
