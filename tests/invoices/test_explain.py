"""Every record can say why it is where it is, with rule, date and source."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from ims_portal.kernel import clock
from invoices.queries.calendar import calendar
from invoices.queries.explain import explain
from invoices.queries.situations import DeskView
from invoices.rules.situation import Kind


def _told(world, record) -> str:
    fresh = world.now(record)
    view = DeskView.of(fresh.recipient, clock.today(), calendar())
    return "\n".join(explain(fresh, view, calendar()).lines())


def test_a_blocked_action_is_explained_with_rule_code_and_what_to_do_instead(world):
    told = _told(world, world.saves(kind=Kind.CREDIT_NOTE))
    assert "Pending is not open (PENDING_NOT_ALLOWED)" in told
    assert "R-053" in told
    assert "Accept it or reject it" in told
    assert "IMS-FAQ" in told


def test_r064_the_last_day_of_pending_is_named(world_2025):
    assert "pending until 20-12-2025" in _told(world_2025, world_2025.saves(kind=Kind.CREDIT_NOTE))


def test_the_command_explains_live_and_departed_records_and_refuses_what_is_not_there(world):
    record = world.saves()
    out = io.StringIO()
    call_command("explain", world.recipient.gstin, record.number.lower(), stdout=out)
    assert "R-021" in out.getvalue()
    assert "saved but not filed" in out.getvalue()
    with pytest.raises(CommandError, match="has no document"):
        call_command("explain", world.recipient.gstin, "NOPE")
