"""Events: staff register a taxpayer, change how it is called, give people roles there or take them away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices import journal
from invoices.journal import By
from invoices.models import Membership, Taxpayer
from invoices.rules import gates
from invoices.rules.attribution import FIRST_IMS_PERIOD, RegistrationType
from invoices.rules.refusals import refused

Roles = frozenset[tuple[int, str, str]]  # taxpayer id, user name, role


def first_open_period(frequency: Frequency) -> TaxPeriod:
    """Where a newly registered taxpayer begins unless told otherwise: the period that ended last."""
    return frequency.period_of(max(FIRST_IMS_PERIOD, TaxPeriod.of(clock.today()).offset(-1)))


def register(
    gstin: str,
    *,
    legal_name: str,
    trade_name: str = "",
    registration: RegistrationType = RegistrationType.NORMAL,
    frequency: Frequency = Frequency.MONTHLY,
    opens: TaxPeriod | None = None,
    by: By,
) -> Taxpayer:
    """Register a GSTIN, or list one that is known only because documents were addressed to it. Raises `Refused`:
    BAD_GSTIN, also for one that is registered already; BAD_PERIOD."""
    try:
        found = Gstin.parse(gstin)
    except BadGstin as bad:
        raise refused("BAD_GSTIN", str(bad)) from None
    opens = opens or first_open_period(frequency)
    if not gates.is_statement_period(opens, frequency):
        raise refused(
            "BAD_PERIOD", f"{opens.label} is no period of a taxpayer who files so, or lies before IMS."
        )
    with transaction.atomic():
        taxpayer = Taxpayer.objects.select_for_update().filter(gstin=found).first()
        if taxpayer is not None and taxpayer.listed:
            raise refused("BAD_GSTIN", f"{found} is registered already.")
        if taxpayer is None:
            taxpayer = Taxpayer(gstin=str(found), open_period=opens.number)
        elif (taxpayer.registration, taxpayer.files) != (registration, frequency):
            # its waiting records were placed as a monthly normal taxpayer's
            raise refused(
                "BAD_GSTIN", f"Documents already wait for {found}; register it as a normal, monthly taxpayer."
            )
        taxpayer.legal_name, taxpayer.trade_name = legal_name, trade_name
        taxpayer.registration_type, taxpayer.frequency = registration.value, frequency.value
        taxpayer.listed = True
        taxpayer.save()
        journal.write(taxpayer.pk, "taxpayer registered", by, after=_told(taxpayer))
    return taxpayer


def describe(taxpayer: Taxpayer, *, legal_name: str, trade_name: str, listed: bool, by: By) -> Taxpayer:
    """Change names, or whether statements are drafted for it. What law hangs on is not changed here."""
    with transaction.atomic():
        before = _told(Taxpayer.objects.select_for_update().get(pk=taxpayer.pk))
        taxpayer.legal_name, taxpayer.trade_name, taxpayer.listed = legal_name, trade_name, listed
        if _told(taxpayer) != before:
            taxpayer.save(update_fields=["legal_name", "trade_name", "listed"])
            journal.write(taxpayer.pk, "taxpayer changed", by, before=before, after=_told(taxpayer))
    return taxpayer


def roles(memberships: QuerySet[Membership]) -> Roles:
    """Who has which role where, to compare before and after."""
    return frozenset(memberships.values_list("taxpayer_id", "user__username", "role"))


def roles_changed(before: Roles, after: Roles, *, by: By) -> None:
    """Journal what changed, at each GSTIN. Runs in the transaction of the change."""
    changed: dict[int, tuple[list[list[str]], list[list[str]]]] = defaultdict(lambda: ([], []))
    for place, some in enumerate((before - after, after - before)):
        for taxpayer_id, name, role in sorted(some):
            changed[taxpayer_id][place].append([name, role])
    for taxpayer_id, (taken, given) in _in_order(changed.items()):
        journal.write(taxpayer_id, "roles changed", by, before={"roles": taken}, after={"roles": given})


def _in_order(items: Iterable) -> list:
    return sorted(items, key=lambda item: item[0])


def _told(taxpayer: Taxpayer) -> dict[str, object]:
    return {
        "legal_name": taxpayer.legal_name,
        "trade_name": taxpayer.trade_name,
        "registration": taxpayer.registration_type,
        "frequency": taxpayer.frequency,
        "listed": taxpayer.listed,
    }
