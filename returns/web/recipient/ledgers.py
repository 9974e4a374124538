"""The pages of a taxpayer's ledgers: the Electronic Credit Reversal and Re-claimed Statement, and the RCM
Liability/ITC Statement. The pages show the balances, and a form for the opening balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ims_portal.kernel.errors import NotFound, Refused
from ims_portal.kernel.money import HEADS, BadAmount, TaxAmounts, format_inr, parse_inr
from invoices.people.access import ACT, READ, Access, for_taxpayer
from invoices.rules import ledgers as law
from invoices.rules.ledgers import Ledger
from invoices.web.page import words
from invoices.web.page.labels import in_language
from returns.gstr3b import ledgers
from returns.gstr3b.checklist import HEAD_NAMES, name_of
from returns.web.recipient.pages import crumbs


@dataclass(slots=True)
class Opening:
    """The opening balance that a person typed: amounts in paise, the texts of the fields, and errors by tax
    head."""

    amounts: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def ledger_of(name: str) -> Ledger:
    """Return the ledger with this part of an address. Raises `NotFound`."""
    try:
        return Ledger(name)
    except ValueError:
        raise NotFound("NOT_FOUND", _("There is no such page.")) from None


# Both tabs fit beside each other on a phone. The heading has the full name of the ledger.
TABS = {
    Ledger.RECLAIM: gettext_lazy("Re-claimed credit"),
    Ledger.REVERSE_CHARGE: gettext_lazy("Reverse charge"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=ACT)
def page(request: HttpRequest, access: Access, ledger: str) -> HttpResponse:
    """Show a ledger, the latest period first. A POST stores the opening balance, or its correction."""
    which = ledger_of(ledger)
    typed = Opening()
    if request.method == "POST":
        typed = _read(request.POST)
        if not typed.errors:
            reply = _declare(request, access, which, typed)
            if reply is not None:
                return reply
    account = ledgers.account(access.taxpayer, which)
    gstin = access.taxpayer.gstin
    context = {
        "access": access,
        "ledger": which,
        "name": in_language(law.NAMES[which]),
        "account": account,
        "rows": [
            {"row": row, "used": -row.used, "period": name_of(access.taxpayer, row.period)}
            for row in reversed(account.rows)
        ],
        "fields": _fields(which, account, typed),
        "errors": typed.errors,
        "negative": any(getattr(account.closing, head) < 0 for head in HEADS),
        "tabs": [
            {
                "label": str(TABS[one]),
                "url": reverse("ledger", args=[gstin, one.value]),
                "current": one is which,
            }
            for one in Ledger
        ],
        "crumbs": crumbs(
            access, (_("GSTR-3B"), reverse("gstr3b_now", args=[gstin])), (in_language(law.NAMES[which]), "")
        ),
    }
    return render(request, "returns/recipient/ledger.html", context, status=422 if typed.errors else 200)


def _read(data: Mapping[str, str]) -> Opening:
    typed = Opening()
    for head in HEADS:
        text = data.get(head, "").strip()
        typed.texts[head] = text[:40]
        minus = text[:1] in ("-", "\u2212")
        try:
            amount = parse_inr(text[1:] if minus else text) if text else 0
        except BadAmount as bad:
            typed.errors[head] = in_language(bad.args[0])
        else:
            typed.amounts[head] = -amount if minus else amount
    return typed


def _declare(request: HttpRequest, access: Access, ledger: Ledger, typed: Opening) -> HttpResponse | None:
    """Store the opening balance and return the redirect. If the balance is refused, write the error to
    `typed` and return None."""
    try:
        declared = ledgers.declare(access.taxpayer, ledger, TaxAmounts(**typed.amounts), by=access.by())
    except Refused as refusal:
        typed.errors["igst"] = words.refusal_text(refusal)
        return None
    messages.success(
        request, _("The opening balance is stored, reference %(number)s.") % {"number": declared.reference}
    )
    return redirect("ledger", access.taxpayer.gstin, ledger.value)


def _fields(ledger: Ledger, account: ledgers.Account, typed: Opening) -> list[dict[str, Any]]:
    return [
        {
            "head": head,
            "label": _(HEAD_NAMES[head]),
            "text": typed.texts.get(head, format_inr(getattr(account.opening, head))),
            "error": typed.errors.get(head, ""),
        }
        for head in HEADS
    ]
