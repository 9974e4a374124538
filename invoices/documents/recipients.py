"""The recipients of documents: registrations that the portal knows, and registrations that a document creates."""

from __future__ import annotations

from collections.abc import Iterable

from invoices.models import Taxpayer
from invoices.rules.attribution import RegistrationType

CHUNK = 5000  # GSTINs in one query


def known_or_created(gstins: Iterable[str]) -> dict[str, Taxpayer]:
    """Return these registrations by GSTIN. Create the registrations that the portal does not know.

    A created registration has `listed=False`. Its records wait until a person works for that GSTIN on this
    portal."""
    wanted = sorted(set(gstins))
    found = known_recipients(wanted)
    missing = [g for g in wanted if g not in found]
    # insert in the order of GSTINs, so that two suppliers with the same new recipients cannot deadlock
    Taxpayer.objects.bulk_create([Taxpayer.unlisted(g) for g in missing], ignore_conflicts=True)
    return found | known_recipients(missing)


def foreseen(gstins: Iterable[str]) -> dict[str, Taxpayer]:
    """Return these registrations by GSTIN, and create none. A registration that the portal does not know is
    unsaved, and has a negative id that no other registration in the result has. If a document of it is saved,
    `known_or_created` must create it first."""
    wanted = sorted(set(gstins))
    found = known_recipients(wanted)
    for nth, gstin in enumerate((g for g in wanted if g not in found), start=1):
        found[gstin] = Taxpayer.unlisted(gstin)
        found[gstin].pk = -nth
    return found


def known_recipients(gstins: Iterable[str]) -> dict[str, Taxpayer]:
    """Return the registrations that the portal knows, by GSTIN."""
    found: dict[str, Taxpayer] = {}
    wanted = list(gstins)
    for start in range(0, len(wanted), CHUNK):
        some = Taxpayer.objects.filter(gstin__in=wanted[start : start + CHUNK])
        found |= {taxpayer.gstin: taxpayer for taxpayer in some}
    return found


def sez_registrations() -> frozenset[str]:
    """Return the GSTINs of all SEZ units and developers on the portal. Every portal has few of them."""
    kinds = [kind.value for kind in RegistrationType if kind.is_sez]
    return frozenset(Taxpayer.objects.filter(registration_type__in=kinds).values_list("gstin", flat=True))
