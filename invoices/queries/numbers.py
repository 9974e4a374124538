"""Finds documents by a typed number (R-143)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import CharField, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Concat
from django.db.models.lookups import In

from invoices.models import ArchivedRecord, Record
from invoices.rules.calendar import Form
from invoices.rules.documents import number_key

# a shorter part of a number would describe most documents
LEAST_PART = 3
MOST_IDS = 500
PORT = KeyTextTransform("port", "details")


def numbered(typed: str) -> Q:
    """Return the condition for documents with this number, and for bills of entry with this number without
    leading zeros."""
    key, bill = number_key(typed), number_key(typed, bill=True)
    return Q(number_key=key) if key == bill else Q(number_key=key) | _bill(Q(number_key=bill))


def among(keys: Collection[str]) -> Q:
    """Return the condition for documents with one of these number keys. A bill of entry also matches a key with
    leading zeros."""
    bills = sorted({number_key(key, bill=True) for key in keys} - set(keys))
    found = Q(number_key__in=list(keys))
    return found | _bill(Q(number_key__in=bills)) if bills else found


def in_ports(bills: Iterable[tuple[str, str]]) -> Q:
    """Return the condition for bills of entry with one of these pairs of port code and number."""
    wanted = {(port, number_key(number, bill=True)) for port, number in bills}
    together = Concat(PORT, Value(":"), "number_key", output_field=CharField())
    # the database first finds records by their numbers through the index, and then compares the pairs
    return Q(
        In(together, sorted(f"{port}:{number}" for port, number in wanted)),
        number_key__in=sorted({number for _port, number in wanted}),
        form=Form.ICEGATE.value,
    )


def beginning_with(typed: str) -> Q:
    """Return the condition for documents whose number begins with a typed text. For bills of entry, leading
    zeros of the text do not count."""
    key, bill = number_key(typed), number_key(typed, bill=True)
    return _begins(key) if key == bill else _begins(key) | _bill(_begins(bill))


def containing(typed: str, model: type[Record] | type[ArchivedRecord] = Record, /, **desk: int) -> Q:
    """Return the condition for documents of `model` whose number contains a typed text. One query.

    `desk` is `recipient_id` or `supplier_id`: the condition is useful only for the documents of this taxpayer. A text
    of one or two characters must be the beginning of the number, or its last part without leading zeros."""
    key, bill = number_key(typed), number_key(typed, bill=True)
    found = Q(number_key__contains=key) if len(key) >= LEAST_PART else _begins(key)
    if key.isdigit() and len(key) < LEAST_PART:
        ends = Q()
        for sign in "-/":
            for zeros in ("", "0", "00", "000"):
                ends |= Q(number_key__endswith=f"{sign}{zeros}{key}")
        # the first condition is cheap, and excludes most numbers before the eight others
        found |= Q(number_key__endswith=key) & ends
    if len(key) >= LEAST_PART or key.isdigit():
        # The database reads the numbers in an index, without their documents. A short list of ids then lets it read
        # only the found documents. With a long list of ids, a page of the list finds its records soon in any case.
        ids = list(model.objects.filter(found, **desk).values_list("pk", flat=True)[: MOST_IDS + 1])
        found = found if len(ids) > MOST_IDS else Q(pk__in=ids)
    return found if key == bill else found | _bill(_begins(bill))


def _begins(key: str) -> Q:
    # The last two conditions let the database use the index in any collation. They exclude no match, because
    # a key has only capitals and digits.
    last = key.ljust(Record._meta.get_field("number_key").max_length or 0, "Z")
    return Q(number_key__startswith=key, number_key__gte=key, number_key__lte=last)


def _bill(condition: Q) -> Q:
    return condition & Q(form=Form.ICEGATE.value)
