"""The page *Why not?*: each class of the ladder, in order, with the first condition of a bill and a document that
fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.money import format_inr
from invoices.matching import ladder, relations
from invoices.matching.documents import Document, Reported
from invoices.matching.settings import Settings
from invoices.matching.words import CONDITIONS, REASONS, class_words
from invoices.models import Record
from invoices.models.choices import KIND_LABELS
from invoices.people.access import Access, for_taxpayer
from invoices.register import pick
from invoices.register.both_sides import bill_of
from invoices.register.models import Bill
from invoices.register.pick import Chosen
from invoices.web.page.crumbs import crumbs
from invoices.web.register import fields


@dataclass(frozen=True, slots=True)
class Step:
    """One class. `said` names the condition that fails, with the values of both sides. It is "" for the class to which
    the pair belongs."""

    name: str
    sub: str
    said: str
    books: str = ""
    portal: str = ""

    @property
    def hit(self) -> bool:
        return not self.said


@for_taxpayer()
@require_safe
def why(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the classes for a bill and a document. Both are named by id, or looked for by the numbers that a person
    typed."""
    bill = typed_values.whole_number(request.GET.get("bill", ""))
    record = typed_values.whole_number(request.GET.get("record", ""))
    number, document = (_typed(request, name) for name in ("number", "document"))
    chosen = pick.chosen(access.taxpayer, bill, record)
    if (bill is not None and chosen.bill is None) or (record is not None and chosen.document is None):
        raise NotFound("NOT_FOUND", _("There is no such bill or document here. Open them from the lists."))
    context: dict[str, Any] = {
        "access": access,
        "crumbs": crumbs(access, here=_("Why not?")),
        "chosen": chosen,
        "number": number,
        "document": document,
        "bills": [] if chosen.bill else _bills(access, chosen, number),
        "documents": [] if chosen.document else _documents(access, chosen, document),
    }
    if chosen.bill and chosen.document:
        context |= _explained(chosen)
    return render(request, "invoices/register/why.html", context)


def _bills(access: Access, chosen: Chosen, number: str) -> list[Bill]:
    """Return the bills to choose from: those with the number, or those that come near the document."""
    if number:
        return pick.bills(access.taxpayer, number)
    return pick.bills_near(access.taxpayer, chosen.document) if chosen.document else []


def _documents(access: Access, chosen: Chosen, number: str) -> list[Record]:
    if number:
        return pick.documents(access.taxpayer, number)
    return pick.documents_near(access.taxpayer, chosen.bill) if chosen.bill else []


def _typed(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:100]


def _explained(chosen: Chosen) -> dict[str, Any]:
    assert chosen.bill is not None
    assert chosen.document is not None
    settings = Settings()
    bill, document = bill_of(chosen.bill), chosen.document.document
    found = relations.facts(bill, document, settings)
    steps = [
        _step(rung, failing, bill, document, found)
        for rung, failing in ladder.why_not(bill, document, settings)
    ]
    original = str((chosen.document.record.details or {}).get("original_number", ""))
    return {
        "steps": steps,
        "hit": steps[-1] if steps[-1].hit else None,
        "left": len(ladder.RUNGS) - len(steps),
        "lines": [
            fields.both_gstins(bill, document),
            *fields.lines(bill, document, found, settings, originals=(chosen.bill.original_number, original)),
        ],
        "apart": _(REASONS["KEPT_APART"]) if chosen.apart else "",
    }


def _step(
    rung: ladder.Rung,
    failing: ladder.Condition | None,
    bill: Document,
    document: Reported,
    found: relations.Facts,
) -> Step:
    name, sentence = class_words(rung.class_.value, rung.sub)
    if failing is None:
        return Step(_(name), _(sentence), "")
    books, portal = _values(failing.code, bill, document, found)
    return Step(_(name), _(sentence), _(CONDITIONS[failing.code]), books, portal)


def _values(code: str, bill: Document, document: Reported, found: relations.Facts) -> tuple[str, str]:
    """Return the values of both sides to which a condition looks."""
    if code == "day":
        return tuple(f"{one.day:%d-%m-%Y}" for one in (bill, document))  # type: ignore[return-value]
    if code in ("place", "charge"):
        return _place(bill), _place(document)
    read = VALUES[code]
    return read(bill), read(document)


def _place(one: Document) -> str:
    place = fields.place_words(one) or "–"
    return _("%(place)s, reverse charge") % {"place": place} if one.reverse_charge else place


def _amounts(one: Document) -> str:
    parts = {
        _("taxable"): one.heads.taxable,
        "IGST": one.heads.igst,
        "CGST": one.heads.cgst,
        "SGST": one.heads.sgst,
        _("cess"): one.heads.cess,
    }
    return ", ".join(f"{name} {format_inr(amount)}" for name, amount in parts.items() if amount) or "0.00"


VALUES = {
    "supplier": lambda one: one.supplier or "–",
    "own": lambda one: one.own,
    "kind": lambda one: _(KIND_LABELS[one.kind]),
    "port": lambda one: one.port or "–",
    "irn": lambda one: one.irn or "–",
    "number": lambda one: one.number or "–",
    "year": lambda one: f"{one.year}-{(one.year + 1) % 100:02}",
    "amounts": _amounts,
    "original": lambda one: one.original.same or "–",
    "name": lambda one: one.name or "–",
}
