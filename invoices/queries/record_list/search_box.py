"""Reads the search box of the record list: amounts, months, GSTINs, PANs, document numbers and names of
suppliers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q
from django.db.models.lookups import GreaterThanOrEqual, In, LessThanOrEqual

from ims_portal.kernel.gstin import SHAPE
from ims_portal.kernel.money import BadAmount, format_inr, parse_inr
from ims_portal.kernel.periods import NAMED_MONTH, BadPeriod, TaxPeriod, month_named
from invoices.models import Record, Taxpayer
from invoices.models.record import TAX, signed
from invoices.queries import numbers, suppliers


@dataclass(frozen=True, slots=True)
class Understood:
    """The meaning of a text in the search box: as a database condition (`where`) and in words (`words`)."""

    where: Q = field(default_factory=Q)
    words: tuple[str, ...] = ()


_AMOUNT = re.compile(r"(>=|<=|>|<)(.+)")
_MONTH = re.compile(r"(0[1-9]|1[0-2])-(20[0-9]{2})")
_NAMED_MONTH = re.compile(rf"(?<!\S){NAMED_MONTH.pattern}(?!\S)", re.IGNORECASE)
_PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
# a shorter number would be the amount of too many documents by chance
_LEAST_DIGITS = 2
_WORDS = {">": "above", ">=": "from", "<": "below", "<=": "up to"}


def amount_between(amount: Any, least: int | None, most: int | None) -> Q:
    """Return the condition that the size of an amount, without its sign, is between `least` and `most` paise.

    `amount` is an expression. The index has the amount with its sign. The condition therefore compares the
    signed amount with both the positive and the negative limits."""
    amount, where = signed(amount), Q()
    if least is not None and least > 0:
        where &= Q(GreaterThanOrEqual(amount, least)) | Q(LessThanOrEqual(amount, -least))
    if most is not None:
        where &= Q(GreaterThanOrEqual(amount, -most)) & Q(LessThanOrEqual(amount, most))
    return where


def equal_to(paise: int, recipient: Taxpayer) -> Q:
    """Return the condition that the taxable value, the tax or the invoice value of a recipient's document is exactly
    `paise`. One query."""
    either = Q()
    for amount in (F("taxable"), TAX, F("value")):
        # the index has the amount with its sign
        either |= Q(In(signed(amount), [paise, -paise]))
    # The database reads the three indexes of amounts. A short list of ids then lets it read only the found documents.
    # With a long list of ids, a page of the list finds its records soon in any case.
    found = Record.objects.filter(either, recipient_id=recipient.pk).order_by().values_list("pk", flat=True)
    ids = list(found[: numbers.MOST_IDS + 1])
    return either if len(ids) > numbers.MOST_IDS else Q(pk__in=ids)


def understood(text: str, recipient: Taxpayer | None = None) -> Understood:
    """Return the meaning of a text in the search box.

    The function recognises amounts (>50000, <2L), months (Oct 2024 or 10-2024), GSTINs and PANs. It reads the other words
    as a part of a document number, or as words of a supplier's name. A number like 17,640 or 98000.00 may also be
    the taxable value, the tax or the invoice value. It searches only the suppliers of `recipient`. Without `recipient`, the condition finds no suppliers, so only `words` in the result is
    useful."""
    where, words, rest = Q(), [], []
    # a month in words is one token, like 10-2024
    text = _NAMED_MONTH.sub(lambda month: f"{month_named(month[1]):02d}-{month[2]}", text.replace("\x00", ""))
    for token in text.split():
        found = _one(token, recipient)
        if found is None:
            rest.append(token)
        else:
            where &= found[0]
            words.append(found[1])
    if rest:
        where &= _number_or_name(rest, recipient)
        kinds = "number or supplier" if _exact_amount(rest) is None else "number, supplier or amount"
        words.append(f"{kinds} “{' '.join(rest)}”")
    return Understood(where, tuple(words))


def _one(token: str, recipient: Taxpayer | None) -> tuple[Q, str] | None:
    upper = token.upper()
    if SHAPE.match(upper):
        return _among(Taxpayer.objects.filter(gstin=upper).values_list("pk", flat=True)), f"GSTIN {upper}"
    if _PAN.fullmatch(upper):
        return _among(suppliers.of_pan(recipient, upper) if recipient else ()), f"PAN {upper}"
    amount = _AMOUNT.fullmatch(token)
    if amount:
        try:
            paise = parse_inr(amount[2])
        except BadAmount:
            return None
        least = {">": paise + 1, ">=": paise}.get(amount[1])
        most = {"<": paise - 1, "<=": paise}.get(amount[1])
        return amount_between(
            F("taxable"), least, most
        ), f"taxable value {_WORDS[amount[1]]} ₹{format_inr(paise)}"
    month = _MONTH.fullmatch(token)
    if month:
        try:
            period = TaxPeriod(int(month[2]), int(month[1]))
        except BadPeriod:
            return None
        return Q(tax_period=period.number), f"reported for {period.label}"
    return None


def _exact_amount(words: list[str]) -> int | None:
    """Return the paise if the words are one amount, like 17,640 or ₹ 98,000.00."""
    typed = "".join(words) if words[0] == "₹" else " ".join(words)
    if sum(c.isdigit() for c in typed) < _LEAST_DIGITS:
        return None
    try:
        return parse_inr(typed)
    except BadAmount:
        return None


def _number_or_name(words: list[str], recipient: Taxpayer | None) -> Q:
    named = suppliers.called(recipient, words) if recipient else []
    typed = " ".join(words)
    number = (
        numbers.containing(typed, recipient_id=recipient.pk) if recipient else numbers.beginning_with(typed)
    )
    amount = _exact_amount(words)
    if recipient and amount is not None:
        number |= equal_to(amount, recipient)
    return number | _among(named) if named else number


def _among(ids: Iterable[int]) -> Q:
    # a list of ids instead of a join: the database then looks up each supplier in the index
    return Q(supplier_id__in=list(ids))
