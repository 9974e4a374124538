"""A request that waited for a lock decides by the current rows, and not by the rows that the request read
before.

The tests pass outdated objects to the code instead of starting a second writer. So the tests also run on
SQLite, which has no simultaneous writers."""

from __future__ import annotations

import pytest

from ims_portal.kernel.errors import Refused
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.models import Taxpayer
from invoices.rules.situation import Action
from tests.world import BY


@pytest.mark.parametrize("action", [Action.REJECTED, Action.PENDING])
def test_i10_an_action_that_waited_while_gstr3b_was_filed_is_refused(world, action):
    record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    read_before = Taxpayer.objects.get(pk=world.recipient.pk)
    world.files_3b("2024-10")
    with pytest.raises(Refused) as refusal:
        actions.take_one(read_before, record.pk, Asked(action), by=BY)
    assert refusal.value.code == "RECORD_CLOSED"
    assert world.now(record).decision.action == "N"
