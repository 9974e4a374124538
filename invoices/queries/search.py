"""The search box of the record list, read: amounts, months, GSTIN, PAN, and else a number or a name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from ims_portal.kernel.gstin import SHAPE
from ims_portal.kernel.money import BadAmount, format_inr, parse_inr
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.models import Taxpayer
from invoices.rules.documents import number_key


@dataclass(frozen=True, slots=True)
class Understood:
    """How the search box was read, as a filter and in words."""

    where: Q = field(default_factory=Q)
    words: tuple[str, ...] = ()


_AMOUNT = re.compile(r"(>=|<=|>|<)(.+)")
_MONTH = re.compile(r"(0[1-9]|1[0-2])-(20[0-9]{2})")
_PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
_LOOKUP = {">": ("gt", "above"), ">=": ("gte", "from"), "<": ("lt", "below"), "<=": ("lte", "up to")}


def understood(text: str) -> Understood:
    """Amounts (>50000, <2L), months (10-2024), a GSTIN or a PAN stand for themselves; what is left is the
    beginning of a document number or words of a supplier's name."""
    where, words, rest = Q(), [], []
    for token in text.replace("\x00", "").split():
        found = _one(token)
        if found is None:
            rest.append(token)
        else:
            where &= found[0]
            words.append(found[1])
    if rest:
        where &= _number_or_name(rest)
        words.append(f"number or supplier “{' '.join(rest)}”")
    return Understood(where, tuple(words))


def _one(token: str) -> tuple[Q, str] | None:
    upper = token.upper()
    if SHAPE.match(upper):
        return Q(supplier__gstin=upper), f"GSTIN {upper}"
    if _PAN.fullmatch(upper):
        return Q(supplier__gstin__contains=upper), f"PAN {upper}"
    amount = _AMOUNT.fullmatch(token)
    if amount:
        lookup, word = _LOOKUP[amount[1]]
        try:
            paise = parse_inr(amount[2])
        except BadAmount:
            return None
        return Q(**{f"taxable__{lookup}": paise}), f"taxable value {word} ₹{format_inr(paise)}"
    month = _MONTH.fullmatch(token)
    if month:
        try:
            period = TaxPeriod(int(month[2]), int(month[1]))
        except BadPeriod:
            return None
        return Q(tax_period=period.number), f"reported for {period.label}"
    return None


def _number_or_name(words: list[str]) -> Q:
    named = Q()
    for word in words:
        named &= Q(trade_name__icontains=word) | Q(legal_name__icontains=word)
    # asked as EXISTS, so that the supplier's row is looked at only where the number does not match
    supplier = Exists(Taxpayer.objects.filter(named, pk=OuterRef("supplier_id")))
    return Q(number_key__startswith=number_key(" ".join(words))) | Q(supplier)
