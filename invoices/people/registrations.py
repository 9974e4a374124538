"""Events: staff register a taxpayer, change the taxpayer's names and settings, and change people's roles at
the taxpayer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.gstin import BadGstin, Gstin, GstinForm
from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.kernel.wording import say
from invoices import locks
from invoices.documents import placing
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Decision, Membership, RecipientDesk, Record, Taxpayer
from invoices.rules import gates
from invoices.rules.attribution import FIRST_IMS_PERIOD, RegistrationType, registration_of
from invoices.rules.extensions import place_name
from invoices.rules.refusals import refused

Roles = frozenset[tuple[int, str, str]]  # taxpayer id, user name, role


def first_open_period(frequency: Frequency) -> TaxPeriod:
    """Return the default open period of a new taxpayer: the tax period that contains the previous calendar
    month, but not before October 2024."""
    return frequency.period_of(max(FIRST_IMS_PERIOD, TaxPeriod.of(clock.today()).offset(-1)))


def register(
    gstin: str,
    *,
    legal_name: str,
    trade_name: str = "",
    registration: RegistrationType = RegistrationType.NORMAL,
    frequency: Frequency = Frequency.MONTHLY,
    opens: TaxPeriod | None = None,
    district: str = "",
    pin_code: str = "",
    by: By,
) -> Taxpayer:
    """Register a GSTIN and return the taxpayer. `district` and `pin_code` are those of the principal place of
    business.

    Raises `Refused` BAD_PERIOD if `opens` is no period of this frequency or is before IMS. Raises `Refused`
    BAD_GSTIN in five cases:

    - The GSTIN is wrong.
    - The form of the GSTIN belongs to another kind of registration (R-140).
    - The GSTIN is already registered.
    - A working copy has documents that this GSTIN supplied.
    - The portal already has documents addressed to this GSTIN, and the new taxpayer is not a normal taxpayer
      with monthly filing."""
    try:
        found = Gstin.parse(gstin)
    except BadGstin as bad:
        raise refused("BAD_GSTIN", str(bad)) from None
    if found.form is not GstinForm.NORMAL and registration_of(found) is not registration:
        raise refused(
            "BAD_GSTIN",
            say(
                "%(gstin)s has the form of another kind of registration (%(kind)s). Choose this kind.",
                gstin=str(found),
                kind=registration_of(found).value,
            ),
        )
    opens = opens or first_open_period(frequency)
    if not gates.is_statement_period(opens, frequency):
        raise refused(
            "BAD_PERIOD",
            say(
                "%(period)s is not a return period at this filing frequency, or is before the start of IMS.",
                period=opens.label,
            ),
        )
    with transaction.atomic():
        taxpayer = Taxpayer.objects.select_for_update(no_key=True).filter(gstin=found).first()
        if taxpayer is not None and taxpayer.listed:
            raise refused("BAD_GSTIN", say("%(gstin)s is registered already.", gstin=str(found)))
        if taxpayer is not None:
            _reported_nowhere_else(taxpayer)
        if taxpayer is None:
            taxpayer = Taxpayer(gstin=str(found), open_period=opens.number)
        elif (taxpayer.registration, taxpayer.files) != (registration, frequency):
            # Before the registration, the portal placed the records as for a normal taxpayer with monthly
            # filing. For any other taxpayer, these records would have wrong facets or periods.
            raise refused(
                "BAD_GSTIN",
                say(
                    "The portal already has documents addressed to %(gstin)s. Register this GSTIN as a "
                    "normal taxpayer who files monthly.",
                    gstin=str(found),
                )
                if found.form is GstinForm.NORMAL
                else say(
                    "The portal already has documents addressed to %(gstin)s. Register this GSTIN with "
                    "monthly filing.",
                    gstin=str(found),
                ),
            )
        taxpayer.legal_name, taxpayer.trade_name = legal_name, trade_name
        taxpayer.registration_type, taxpayer.frequency = registration.value, frequency.value
        taxpayer.district, taxpayer.pin_code = place_name(district), pin_code
        taxpayer.listed = True
        taxpayer.save()
        journal.write(taxpayer.pk, "taxpayer registered", by, after=_registration_facts(taxpayer))
    return taxpayer


def describe(
    taxpayer: Taxpayer,
    *,
    legal_name: str,
    trade_name: str,
    listed: bool,
    working_copy: bool,
    district: str,
    pin_code: str,
    frequency: Frequency,
    by: By,
) -> Taxpayer:
    """Change a taxpayer's names and settings, and return the taxpayer.

    With `listed`, the portal drafts GSTR-2B for the taxpayer. With `working_copy`, the taxpayer's real desk
    is on another portal. `district` and `pin_code` are those of the principal place of business. `frequency` is monthly or quarterly filing (R-005).

    Raises `Refused` BAD_PERIOD if the frequency cannot change now. Raises `Refused` BAD_GSTIN if `listed`
    changes to True, but a working copy already has documents that this taxpayer supplied."""
    with transaction.atomic():
        taxpayer.frequency = change_frequency(
            Taxpayer.objects.get(pk=taxpayer.pk), frequency, by=by
        ).frequency
        before = _registration_facts(Taxpayer.objects.select_for_update(no_key=True).get(pk=taxpayer.pk))
        if listed and not before["listed"]:
            _reported_nowhere_else(taxpayer)
        taxpayer.legal_name, taxpayer.trade_name, taxpayer.listed = legal_name, trade_name, listed
        taxpayer.working_copy = working_copy
        taxpayer.district, taxpayer.pin_code = place_name(district), pin_code
        if _registration_facts(taxpayer) != before:
            taxpayer.save(
                update_fields=["legal_name", "trade_name", "listed", "working_copy", "district", "pin_code"]
            )
            journal.write(
                taxpayer.pk, "taxpayer changed", by, before=before, after=_registration_facts(taxpayer)
            )
    return taxpayer


def _reported_nowhere_else(taxpayer: Taxpayer) -> None:
    """Raise `Refused` BAD_GSTIN if a working copy has documents that this GSTIN reported on another portal.

    Such a GSTIN must not report documents on this portal. Otherwise the portal could not distinguish the
    documents reported here from the documents copied from the other portal."""
    if Record.objects.filter(supplier=taxpayer).exists():
        raise refused(
            "BAD_GSTIN",
            say(
                "%(gstin)s cannot report documents in this portal, because a working copy in this portal "
                "contains documents that %(gstin)s reported at another portal.",
                gstin=taxpayer.gstin,
            ),
        )


def change_frequency(taxpayer: Taxpayer, frequency: Frequency, *, by: By) -> Taxpayer:
    """Change a taxpayer to monthly or quarterly filing from the open quarter on, and return the taxpayer
    (R-005).

    Records from the open quarter on keep their natural 2B month and get the 2B period that contains this
    month. Raises `Refused` BAD_PERIOD if the frequency cannot change now."""
    with transaction.atomic():
        locks.supplier(taxpayer)
        desk = locks.open_desk(taxpayer)
        before, old = _registration_facts(taxpayer), taxpayer.files
        if frequency is old:
            return taxpayer
        first = old.first_month(taxpayer.opens)
        own = Record.objects.filter(supplier=taxpayer, tax_period__gte=first.number)
        why = gates.change_frequency(
            taxpayer.opens, frequency=old, drafted=desk.statement_version > 0, reported=own.exists()
        )
        if why:
            raise refused("BAD_PERIOD", why, rule=gates.FREQUENCY_RULE)
        taxpayer.frequency = frequency.value
        taxpayer.open_period = frequency.period_of(first).number
        taxpayer.save(update_fields=["frequency", "open_period"])
        RecipientDesk.objects.filter(pk=desk.pk).update(period=taxpayer.open_period)
        waiting = Record.objects.filter(recipient=taxpayer, natural_period__gte=first.number)
        locks.records(waiting)
        # A version supersedes an earlier version only if both versions have the same 2B period. The change of
        # frequency changes the 2B periods, so the portal decides again which versions are superseded.
        waiting.filter(superseded="X").update(superseded="-")
        ids = list(waiting.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), placing.CHUNK):
            some = Record.objects.filter(pk__in=ids[start : start + placing.CHUNK])
            placing.place_again(some.select_related("decision"))
            placing.settle_filed_amendments(some.filter(filing="F", amends_id__isnull=False))
        moved = Decision.objects.filter(recipient=taxpayer, moved_to__gte=first.number)
        moved.update(moved_to=taxpayer.open_period)
        journal.write(
            taxpayer.pk, "filing frequency changed", by, before=before, after=_registration_facts(taxpayer)
        )
    return taxpayer


def roles(memberships: QuerySet[Membership]) -> Roles:
    """Return the roles of these memberships. Callers compare the roles before and after a change."""
    return frozenset(memberships.values_list("taxpayer_id", "user__username", "role"))


def roles_changed(before: Roles, after: Roles, *, by: By) -> None:
    """Write the changed roles to the journal of each GSTIN. The caller changes the roles in the same
    transaction."""
    changed: dict[int, tuple[list[list[str]], list[list[str]]]] = defaultdict(lambda: ([], []))
    for place, some in enumerate((before - after, after - before)):
        for taxpayer_id, name, role in sorted(some):
            changed[taxpayer_id][place].append([name, role])
    for taxpayer_id, (taken, given) in _in_order(changed.items()):
        journal.write(taxpayer_id, "roles changed", by, before={"roles": taken}, after={"roles": given})


def _in_order(items: Iterable) -> list:
    return sorted(items, key=lambda item: item[0])


def _registration_facts(taxpayer: Taxpayer) -> dict[str, object]:
    return {
        "legal_name": taxpayer.legal_name,
        "trade_name": taxpayer.trade_name,
        "registration": taxpayer.registration_type,
        "frequency": taxpayer.frequency,
        "listed": taxpayer.listed,
        "working_copy": taxpayer.working_copy,
        "district": taxpayer.district,
        "pin_code": taxpayer.pin_code,
    }
