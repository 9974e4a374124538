"""Two writers at once on PostgreSQL: one waits for the other, and what it then decides is right."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections, transaction

from gstr2b import generation
from ims_portal.kernel.errors import Conflict, Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices import actions
from invoices.actions import Asked, Seen
from invoices.models import Taxpayer
from invoices.rules.situation import Action
from tests.world import BY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SKIPPED: SQLite excludes writers altogether"
    ),
]
OCTOBER = TaxPeriod(2024, 10)


class Meanwhile(threading.Thread):
    """Work on a connection of its own, begun while another transaction is open."""

    def __init__(self, work):
        super().__init__()
        self.work, self.error = work, None
        self.start()
        time.sleep(0.5)  # long enough to reach the lock it shall wait for

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.error = error
        finally:
            connections.close_all()


@pytest.fixture
def filed(world):
    world.record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-13 10:00")
    return world


def test_i6_a_draft_that_waited_for_an_action_contains_it(filed):
    recipient = Taxpayer.objects.get(pk=filed.recipient.pk)
    with transaction.atomic():
        filed.acts("reject", filed.record)
        drafting = Meanwhile(lambda: generation.draft_if_due(recipient, OCTOBER))
    drafting.join()
    assert drafting.error is None
    assert list(filed.statement("2024-10").lines.values_list("section", flat=True)) == ["REJ"]


def test_i8_an_acceptance_that_waited_for_an_edit_is_a_conflict(world):
    record = world.saves()
    recipient = Taxpayer.objects.get(pk=world.recipient.pk)
    seen = Seen(record.revision, 1)
    with transaction.atomic():
        world.edits(record, taxable=90_000)
        accepting = Meanwhile(
            lambda: actions.take_one(recipient, record.pk, Asked(Action.ACCEPTED), by=BY, seen=seen)
        )
    accepting.join()
    assert isinstance(accepting.error, Conflict)
    assert world.now(record).decision.action == "N"


def test_r043_an_edit_that_waited_for_the_filing_is_refused(world):
    record = world.saves()
    with transaction.atomic():
        world.files("2024-10")
        editing = Meanwhile(lambda: world.edits(record, taxable=90_000))
    editing.join()
    assert isinstance(editing.error, Refused)
    assert editing.error.code == "DOC_LOCKED"
    assert world.now(record).taxable == 1_000_000


def test_a_document_saved_while_its_form_is_filed_is_refused_not_stranded(world):
    world.saves()
    with transaction.atomic():
        world.files("2024-10")
        saving = Meanwhile(lambda: world.saves(number="LATE-1"))
    saving.join()
    assert isinstance(saving.error, Refused)
    assert saving.error.code == "FORM_CLOSED"
