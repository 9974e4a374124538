"""The midnights at the start of the 14th and at the end of the 20th and of 30 November, on hosts in other
time zones. The data is checked one second before, at, and one second after each midnight."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from gstr2b import generation
from gstr2b import midnight as calendar_walk
from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.documents.saving import Incoming
from invoices.models import Decision, JournalEntry, JournalSeal, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.situation import Action, Kind
from returns.gstr3b import filing
from returns.outward import save_and_file as outward
from tools.benchmarks.world import gstin
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage

# one zone is far behind India's time, one is a little behind, and one is ahead
ZONES = ("America/New_York", "UTC", "Pacific/Kiritimati")
SECOND = timedelta(seconds=1)
FIRST_SERIAL = 37_000
DRAFTED = "GSTR-2B drafted"


@contextmanager
def _host_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def _midnight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=clock.IST)


def _nights(stage: Stage, moment: datetime) -> None:
    """Set the portal clock to this moment, and run every night that is due."""
    stage.set_clock(moment, keep_nights=True)
    list(calendar_walk.walk(here=True))


def _across(stage: Stage, midnight: datetime) -> Iterator[str]:
    """Cross a midnight in five steps: a second before, at midnight, a second after, again a second before,
    and at midnight again. After each step, run the nights that are due and yield the name of the step."""
    stage.set_clock(midnight - SECOND)
    for place, moment in (
        ("before", midnight - SECOND),
        ("at", midnight),
        ("after", midnight + SECOND),
        ("back", midnight - SECOND),
        ("again", midnight),
    ):
        _nights(stage, moment)
        yield place


def _the_14th(stage: Stage, told: Tally, recipient: Taxpayer, period: TaxPeriod) -> None:
    following = period.offset(1)
    mine = JournalEntry.objects.filter(taxpayer=recipient, event=DRAFTED, period=period.number)
    for place in _across(stage, _midnight(following.year, following.month, 14)):
        made, due = mine.count(), int(place != "before")
        told.doubled += max(0, made - due)
        told.lost += max(0, due - made)


def _supplied(recipient: Taxpayer, serial: int, kind: Kind, day: date) -> int:
    """Save a document with the date `day`, and file GSTR-1 of that month. Return the id of the document's
    record."""
    supplier = Taxpayer.objects.create(gstin=gstin(FIRST_SERIAL + serial), legal_name=f"Edge {serial}")
    period = TaxPeriod.of(day)
    draft = Draft(
        kind=kind,
        recipient=recipient.gstin,
        number="EDGE-1",
        document_date=day,
        place_of_supply="27",
        taxable=100_000,
        tax=TaxAmounts(cgst=9_000, sgst=9_000),
    )
    outward.save_many(supplier, Form.GSTR1, period, [Incoming(draft)], by=looks.BY)
    outward.file(supplier, Form.GSTR1, period, by=looks.BY)
    return Record.objects.get(supplier=supplier).pk


def _pending_ends(stage: Stage, told: Tally, recipient: Taxpayer, pk: int, midnight: datetime) -> None:
    """Make the record pending. Check that the record is still pending one second before `midnight`, and not
    pending afterwards."""
    actions.take(recipient, [pk], Asked(Action.PENDING), by=looks.BY)
    for place in _across(stage, midnight):
        waits = Decision.objects.filter(record_id=pk, action=Action.PENDING.value, record__route="M").exists()
        if waits != (place == "before"):
            told.torn += 1
            told.broken.append(f"{place} {midnight:%d-%m-%Y} the record is {'' if waits else 'not '}pending")


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    recipients = stage.recipients(len(ZONES))
    for n, (zone, recipient) in enumerate(zip(ZONES, recipients, strict=True)):
        with _host_in(zone):
            # each time zone is tested in its own month, because a month's draft is made only once
            for earlier in range(n):
                closed = looks.OCTOBER.offset(earlier)
                following = closed.offset(1)
                stage.set_clock(datetime(following.year, following.month, 15, 10, tzinfo=clock.IST))
                recipient.refresh_from_db()
                _filed(recipient, closed)
            _the_14th(stage, told, recipient, looks.OCTOBER.offset(n))
            # a credit note of October 2025 can stay pending until 20 December 2025
            stage.set_clock(datetime(2025, 11, 9, 10, tzinfo=clock.IST))
            note = _supplied(recipient, 2 * n, Kind.CREDIT_NOTE, date(2025, 10, 10))
            invoice = _supplied(recipient, 2 * n + 1, Kind.INVOICE, date(2025, 3, 10 + n))
            # an invoice of 2024-25 can stay pending until 30 November 2025
            _pending_ends(stage, told, recipient, invoice, _midnight(2025, 12, 1))
            stage.set_clock(datetime(2025, 12, 2, 10, tzinfo=clock.IST))
            _pending_ends(stage, told, recipient, note, _midnight(2025, 12, 21))
        # in each journal chain, the sequence numbers must follow the order of the entries, although the clock
        # was set back
        seals = JournalSeal.objects.filter(taxpayer=recipient).order_by("entry_id")
        places = list(seals.values_list("sequence", flat=True))
        told.torn += places != list(range(1, len(places) + 1))
        told.rounds += 15
    told.notes.append(f"14th, 20th and 30 November, five moments each, hosts in {', '.join(ZONES)}")
    return told


def _filed(recipient: Taxpayer, period: TaxPeriod) -> None:
    """Generate the recipient's GSTR-2B of the period, and file GSTR-3B."""
    generation.generate(recipient, period, by=looks.BY)
    recipient.refresh_from_db()
    filing.file(recipient, period, by=looks.BY)


FAULT = Fault(
    "clock-edges",
    "midnights of the 14th, the 20th and 30 November to the second, in three host zones: never early, never twice",
    run,
    recipients=0,
    shared=len(ZONES),
    divide=1000,
)
