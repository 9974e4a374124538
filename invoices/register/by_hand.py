"""Events: what a person says about a bill and a document of IMS outlives every register and every run.

A person joins a bill with a document, ends a join, keeps a pair apart, or says that a bill is not expected in IMS. The
next run of the matcher follows these decisions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.wording import say
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.matching.ladder import Class
from invoices.models import Record, Taxpayer
from invoices.register.match import registrations_of_pan
from invoices.register.models import BY_PERSON, Apart, Bill, Link, Unchased
from invoices.rules.situation import Route


def join(taxpayer: Taxpayer, identity: int, root: int, *, by: By) -> None:
    """Join a bill with a document of IMS. The pair is no longer apart. A second call changes nothing. Raises
    `NotFound` for a bill or a document of another GSTIN."""
    with _event(taxpayer, identity, root):
        now = clock.now()
        _present(Apart, taxpayer, identity, root).update(until=now)
        held = _present(Link, taxpayer, identity, root)
        if held.filter(by=BY_PERSON).exists():
            return
        held.update(until=now)
        Link.objects.create(
            **_pair(taxpayer, identity, root, by, now), match_class=Class.MANUAL.value, by=BY_PERSON
        )
        _journal(taxpayer, "bill joined by hand", identity, root, by)


def end_join(taxpayer: Taxpayer, identity: int, root: int, *, by: By) -> None:
    """End a person's join. The matcher may then pair both documents again. A second call changes nothing."""
    with _event(taxpayer, identity, root):
        if _present(Link, taxpayer, identity, root).filter(by=BY_PERSON).update(until=clock.now()):
            _journal(taxpayer, "join ended by hand", identity, root, by)


def keep_apart(taxpayer: Taxpayer, identity: int, root: int, *, by: By) -> None:
    """Say that a bill and a document are not the same. Their link ends, and no run joins them again. A second call
    changes nothing."""
    with _event(taxpayer, identity, root):
        if _present(Apart, taxpayer, identity, root).exists():
            return
        now = clock.now()
        _present(Link, taxpayer, identity, root).update(until=now)
        Apart.objects.create(**_pair(taxpayer, identity, root, by, now))
        _journal(taxpayer, "bill kept apart by hand", identity, root, by)


def end_apart(taxpayer: Taxpayer, identity: int, root: int, *, by: By) -> None:
    """Take back that a bill and a document are not the same."""
    with _event(taxpayer, identity, root):
        if _present(Apart, taxpayer, identity, root).update(until=clock.now()):
            _journal(taxpayer, "bill no longer kept apart", identity, root, by)


@transaction.atomic
def never_chase(taxpayer: Taxpayer, *, identity: int | None = None, supplier: str = "", by: By) -> None:
    """Say that a bill, or each bill of a supplier, is not expected in IMS. A second call changes nothing."""
    _lock(taxpayer)
    if identity is not None:
        _bill(taxpayer, identity)
    what = {"bill_identity": identity, "supplier_gstin": "" if identity is not None else supplier}
    held = Unchased.objects.filter(taxpayer=taxpayer, until__isnull=True, **what)
    if not held.exists():
        Unchased.objects.create(taxpayer=taxpayer, person=by.user, since=clock.now(), **what)
        journal.write(taxpayer.pk, "bills not expected", by, after=what)


@transaction.atomic
def chase_again(taxpayer: Taxpayer, *, identity: int | None = None, supplier: str = "", by: By) -> None:
    """Take back that a bill, or each bill of a supplier, is not expected in IMS."""
    _lock(taxpayer)
    what = {"bill_identity": identity, "supplier_gstin": "" if identity is not None else supplier}
    held = Unchased.objects.filter(taxpayer=taxpayer, until__isnull=True, **what)
    if held.update(until=clock.now()):
        journal.write(taxpayer.pk, "bills expected again", by, after=what)


@contextmanager
def _event(taxpayer: Taxpayer, identity: int, root: int) -> Iterator[None]:
    """One transaction with the taxpayer locked, after both documents were found."""
    with transaction.atomic():
        _lock(taxpayer)
        _bill(taxpayer, identity)
        _document(taxpayer, root)
        yield


def _lock(taxpayer: Taxpayer) -> None:
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)


def _bill(taxpayer: Taxpayer, identity: int) -> None:
    """Check that the bill is in the register of the taxpayer, or of another registration of the same PAN."""
    family = registrations_of_pan(taxpayer)
    held = Bill.objects.filter(taxpayer__in=family, identity=identity, until__isnull=True)
    if identity >= 2**63 or not held.exists():
        raise NotFound("NOT_FOUND", say("The register has no such bill. Open the bill from the register."))


def _document(taxpayer: Taxpayer, root: int) -> None:
    mine = Record.objects.filter(recipient=taxpayer, route=Route.IMS.value)
    if root >= 2**63 or not mine.filter(Q(pk=root) | Q(root_id=root)).exists():
        raise NotFound("NOT_FOUND", say("IMS has no such document. Open the document from the list."))


def _present(model: Any, taxpayer: Taxpayer, identity: int, root: int) -> Any:
    return model.objects.filter(taxpayer=taxpayer, bill_identity=identity, root_id=root, until__isnull=True)


def _pair(taxpayer: Taxpayer, identity: int, root: int, by: By, now: datetime) -> dict[str, Any]:
    return {
        "taxpayer": taxpayer,
        "bill_identity": identity,
        "root_id": root,
        "person": by.user,
        "since": now,
    }


def _journal(taxpayer: Taxpayer, event: str, identity: int, root: int, by: By) -> None:
    journal.write(taxpayer.pk, event, by, record_count=1, after={"bill": identity, "document": root})
