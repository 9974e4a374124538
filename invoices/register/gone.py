"""Event: a person says about bills that a later register has no more: they are gone, or they stay."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from ims_portal.kernel import clock
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.register.models import Bill

AT_ONCE = 2_000


def waiting(taxpayer: Taxpayer) -> QuerySet[Bill]:
    """Return the present bills that a later register has no more."""
    return Bill.objects.filter(taxpayer=taxpayer, until__isnull=True, gone_from__isnull=False)


def end(taxpayer: Taxpayer, bills: Sequence[int] | None, *, by: By) -> int:
    """End the bills with these ids, or all that wait. Return their number."""
    return _settle(taxpayer, bills, "bills gone", by, until=clock.now())


def keep(taxpayer: Taxpayer, bills: Sequence[int] | None, *, by: By) -> int:
    """Keep the bills with these ids, or all that wait, in the register. Return their number."""
    return _settle(taxpayer, bills, "bills kept", by, gone_from=None)


@transaction.atomic
def end_by_ref(taxpayer: Taxpayer, source_refs: Sequence[str], *, by: By) -> int:
    """End the present bills with these ids of the program that holds the books. Return their number."""
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    held = Bill.objects.filter(taxpayer=taxpayer, until__isnull=True).exclude(source_ref="")
    return _write(taxpayer, held.filter(source_ref__in=source_refs), "bills gone", by, until=clock.now())


@transaction.atomic
def _settle(taxpayer: Taxpayer, bills: Sequence[int] | None, event: str, by: By, **values: object) -> int:
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    found = waiting(taxpayer)
    if bills is not None:
        found = found.filter(pk__in=bills)
    return _write(taxpayer, found, event, by, **values)


def _write(taxpayer: Taxpayer, found: QuerySet[Bill], event: str, by: By, **values: object) -> int:
    chosen = list(found.order_by("pk").values_list("pk", "identity"))
    for n in range(0, len(chosen), AT_ONCE):
        Bill.objects.filter(pk__in=[pk for pk, _identity in chosen[n : n + AT_ONCE]]).update(**values)
    if chosen:
        told = {"bills": [identity for _pk, identity in chosen[:AT_ONCE]]}
        journal.write(taxpayer.pk, event, by, record_count=len(chosen), after=told)
    return len(chosen)
