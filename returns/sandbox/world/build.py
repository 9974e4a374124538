"""Builds the whole sample world in one transaction. The last step of the build writes a journal entry, which
marks the build as finished.

A build that is killed leaves no trace. If the journal entry exists, a further build changes nothing. A build
moves the portal clock back, because the story of the sample world begins in October 2024. Therefore the world
is built only in a database without other people's documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, PortalError
from ims_portal.kernel.periods import TaxPeriod
from invoices import portal_clock
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, JournalEntry, Membership, PortalClock, Record, Taxpayer
from invoices.people import registrations
from returns.sandbox.world import firm, november_2024, october_2024, registers, september_2024, volume
from returns.sandbox.world.cast import PASSWORD, PEOPLE, PLAYERS
from returns.sandbox.world.stage import SOURCE, Stage, open_players
from returns.sandbox.world.volume import Volume

MARK = "sample-world"
BEGINS = "2024-10-05 09:00"
STANDS_AT = "2024-11-12 10:00"


@dataclass(frozen=True, slots=True)
class World:
    """A finished sample world. `stage` can run further events. `logins` has the user name of each person."""

    stage: Stage
    logins: dict[str, str]


def mark() -> JournalEntry | None:
    """Return the journal entry that a finished build leaves, or None if there is no finished build."""
    return JournalEntry.objects.filter(
        taxpayer__gstin=PLAYERS["sahyadri"].gstin, idempotency_key=MARK
    ).first()


def ensure(*, records: int, tell: Callable[[str], None]) -> tuple[World, bool]:
    """Return the sample world, and true if this call built the world. An existing world is not changed.
    Raises `Forbidden` outside a sandbox, and `Conflict` if the database contains other people's data."""
    portal_clock.require_sandbox()
    try:
        with transaction.atomic():
            portal_clock.state()
            PortalClock.objects.select_for_update().get(pk=1)  # this lock lets only one build run at a time
            if mark() is not None:
                return load(tell), False
            _keep_off_other_peoples_data()
            return _build(records, tell), True
    except IntegrityError as clash:
        raise Conflict("WORLD_CLASH", f"The sample world could not be built: {clash}.") from None
    finally:
        portal_clock.forget()


def load(tell: Callable[[str], None] = lambda line: None) -> World:
    """Return the finished sample world. Raises `Conflict` if the sample world does not exist."""
    done = mark()
    if done is None:
        raise Conflict("NO_WORLD", "There is no sample world here. Build the sample world first.")
    stage = Stage(tell)
    known = Taxpayer.objects.in_bulk([p.gstin for p in PLAYERS.values()], field_name="gstin")
    # a sample world of an earlier version of the portal has fewer taxpayers
    stage.who = {key: known[player.gstin] for key, player in PLAYERS.items() if player.gstin in known}
    logins = (done.after or {}).get("logins", {})
    users = get_user_model().objects.in_bulk(list(logins.values()), field_name="username")
    stage.people = {key: users.get(name) for key, name in logins.items()}
    return World(stage, logins)


def grow(world: World, records: int) -> int:
    """Add suppliers for the world's large recipient, until this recipient has `records` records. The new
    suppliers save and file documents at the current time of the portal clock. Return how many records
    were added. Each supplier is one transaction, so a later run can finish an interrupted run."""
    stage = world.stage
    owner = stage.at(volume.RECIPIENT)
    present = Record.objects.filter(recipient=owner).count()
    present += ArchivedRecord.objects.filter(recipient=owner).exclude(why=ArchivedRecord.Why.DELETED).count()
    if present >= records:
        return 0
    first = max(volume.existing(), default=-1) + 1
    month = TaxPeriod.of(clock.today()).offset(-1)
    added = 0
    for index, count in volume.further(first, records - present).items():
        with transaction.atomic():
            supplier = volume.register_supplier(index)
            added += volume.report(stage, supplier, index, count, month)
            stage.files(supplier, month.iso)
        stage.tell(f"{supplier.name}: {count} documents of {month.label}")
    return added


def _keep_off_other_peoples_data() -> None:
    others = (
        Record.objects.exists()
        or ArchivedRecord.objects.exists()
        or JournalEntry.objects.exists()
        or Taxpayer.objects.filter(gstin__in=[p.gstin for p in PLAYERS.values()]).exists()
    )
    if others:
        raise Conflict(
            "NOT_EMPTY",
            "This database contains other taxpayers or documents. The sample world would set the portal clock "
            "back to October 2024. Nothing was changed. Set PORTAL_VAR to another folder (or DATABASE_URL to "
            "another database), migrate, and run this command again.",
        )


def _build(records: int, tell: Callable[[str], None]) -> World:
    stage = Stage(tell)
    stage.begins(BEGINS)
    logins = _people(stage)
    open_players(stage)
    _roles(stage)
    crowd = Volume(stage, records)
    crowd.register()
    tell(f"{len(PLAYERS)} taxpayers, {len(crowd.suppliers)} suppliers of the large one, {len(logins)} people")
    try:
        _tell_the_story(stage, crowd)
    except PortalError as error:
        raise Conflict(
            "WORLD_REFUSED", f"At {clock.now():%d-%m-%Y %H:%M}: {error.code} {error.message}"
        ) from error
    with transaction.atomic():
        journal.write(
            stage.at("sahyadri").pk,
            "sample world built",
            By(source=SOURCE, key=MARK),
            record_count=Record.objects.count(),
            after={"logins": logins, "records": records},
        )
    return World(stage, logins)


def _tell_the_story(stage: Stage, crowd: Volume) -> None:
    tell = stage.tell
    tell("October 2024: returns of September, in time and late")
    september_2024.play(stage)
    tell("October 2024: IMS opens; documents saved, acted on, edited; bills of entry")
    october_2024.play(stage)
    tell("November 2024: October is reported and filed")
    crowd.play(0)
    crowd.play(1)
    november_2024.carriers_and_gases(stage)
    crowd.play(2)
    november_2024.traders(stage)
    crowd.play(3)
    firm.october_is_reported(stage)
    crowd.play(4)
    november_2024.last_day(stage)
    crowd.decides()
    firm.decides(stage)
    november_2024.morning_of_the_twelfth(stage)
    stage.goes_to(STANDS_AT, ticking=True)
    tell("November 2024: recipients upload their purchase registers, and each is matched with IMS")
    registers.keep_all(stage)


def _people(stage: Stage) -> dict[str, str]:
    """Create the users of the sample world. If a user name is already taken, the sample person gets another
    user name."""
    users = get_user_model()
    # hash the password once for all people, because the hash is slow on purpose
    hashed = make_password(PASSWORD)
    logins: dict[str, str] = {}
    for key, person in PEOPLE.items():
        username = key
        while users.objects.filter(username=username).exists():
            username += "-practice"
        user: Any = users(
            username=username,
            first_name=person.first_name,
            last_name=person.last_name,
            is_staff=person.staff,
            is_superuser=person.staff,
            password=hashed,
        )
        user.save()
        stage.people[key], logins[key] = user, username
    return logins


def _roles(stage: Stage) -> None:
    """Give every person of the sample world the roles that `cast` lists."""
    given = [
        Membership(user=stage.people[key], taxpayer=stage.at(player), role=role.value)
        for key, person in PEOPLE.items()
        for player, role in person.roles
    ]
    with transaction.atomic():
        Membership.objects.bulk_create(given)
        now = registrations.roles(Membership.objects.filter(user__in=stage.people.values()))
        registrations.roles_changed(frozenset(), now, by=stage.by("staff"))
