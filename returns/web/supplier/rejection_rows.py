"""The rows of rejected documents on the supplier's pages, and the links to documents and to their amendments."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.models.choices import KIND_LABELS, ROUTE_LABELS
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind, Route
from returns.outward.queries import table_of
from returns.outward.recipients_answers import NOT_ACTIONABLE
from returns.outward.rejections import Rejection
from returns.web.supplier.context import url_of


def row(supplier: Taxpayer, one: Rejection, *, edits: bool) -> dict[str, Any]:
    """Return the template data of a rejected document: the tax that its rejection adds, in paise, and the links
    to answer it. `edits` is true if the person may open the forms of saved documents."""
    record, gstin = one.seen.record, supplier.gstin
    adds = one.seen.posted or one.seen.adds
    heads = {head: getattr(adds, head) if adds else 0 for head in HEADS}
    return {
        "one": one,
        "r": record,
        "kind": kind_label(record.kind),
        "why_not": why_not_actionable(record),
        "heads": [(head, amount) for head, amount in heads.items() if amount],
        "adds": sum(heads.values()),
        "tax": {**heads, "total": sum(heads.values())},
        "relief_change": -one.relief.total if one.relief else 0,
        "lowers_change": -one.lowers.total if one.lowers else 0,
        "saved": record.filing == "S",
        "url": version_url(gstin, record, edits=edits),
        "edit": document_url(gstin, record) if record.filing in "SL" else "",
        "later": version_url(gstin, one.later, edits=edits) if one.later else "",
        "amend": _amend_url(gstin, one),
    }


def kind_label(kind: str) -> str:
    return _(KIND_LABELS[Kind(kind)])


def why_not_actionable(record: Any) -> str:
    """Return why the recipient cannot act on the document, or an empty text."""
    return _(ROUTE_LABELS[Route(record.route)]) if record.did == NOT_ACTIONABLE else ""


def document_url(gstin: str, record: Any) -> str:
    """Return the address of the form of a saved document. Of a document that can no longer be filed, return the
    address of the page that deletes it."""
    part = f"{_slug(record)}/{record.pk}/" + ("delete/" if record.filing == "L" else "")
    return url_of(gstin, Form(record.form), TaxPeriod.from_number(record.tax_period), part)


def version_url(gstin: str, record: Any, *, edits: bool) -> str:
    """Return the address of a document: its form if it is only saved, and otherwise the page that shows it.
    `edits` is false for a person who may not open the form; this person gets the page."""
    if edits and record.filing in "SL":
        return document_url(gstin, record)
    part = f"{_slug(record)}/{record.pk}/view/"
    return url_of(gstin, Form(record.form), TaxPeriod.from_number(record.tax_period), part)


def _slug(record: Any) -> str:
    return table_of(Form(record.form), record.kind, amended=record.amends_id is not None).slug


def _amend_url(gstin: str, one: Rejection) -> str:
    if one.form is None or one.period is None:
        return ""
    slug = table_of(one.form, one.seen.record.kind, amended=True).slug
    return url_of(gstin, one.form, one.period, f"{slug}/new/?amends={one.seen.record.pk}")
