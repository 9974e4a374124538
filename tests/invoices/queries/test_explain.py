"""For every record, the portal can explain its route and its table of GSTR-2B, with rule, date and source."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from ims_portal.kernel import clock
from invoices.queries.calendar import calendar
from invoices.queries.explain import explain
from invoices.queries.situations import DeskView
from invoices.rules.situation import Kind


def _explanation(world, record) -> str:
    fresh = world.now(record)
    view = DeskView.of(fresh.recipient, clock.today(), calendar())
    return "\n".join(explain(fresh, view, calendar()).lines())


def test_a_blocked_action_is_explained_with_rule_code_and_what_to_do_instead(world):
    told = _explanation(world, world.saves(kind=Kind.CREDIT_NOTE))
    assert "Pending is not available (PENDING_NOT_ALLOWED)" in told
    assert "R-053" in told
    assert "Accept or reject the record" in told
    assert "IMS-FAQ" in told


def test_r064_the_last_day_of_pending_is_named(world_2025):
    assert "pending until 20-12-2025" in _explanation(world_2025, world_2025.saves(kind=Kind.CREDIT_NOTE))


def test_the_command_explains_live_and_departed_records_and_refuses_unknown_records(world):
    record = world.saves()
    out = io.StringIO()
    call_command("explain", world.recipient.gstin, record.number.lower(), stdout=out)
    assert "R-021" in out.getvalue()
    assert "saved but not filed" in out.getvalue()
    with pytest.raises(CommandError, match="has no document"):
        call_command("explain", world.recipient.gstin, "NOPE")


def test_the_command_tells_documents_of_one_number_apart_and_explains_the_one_that_is_named(world):
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    for supplier, day in (
        (world.supplier, "2024-10-05"),
        (other, "2024-10-05"),
        (world.supplier, "2024-02-05"),
    ):
        world.saves(by=supplier, number="101", document_date=day)

    def heads(**named) -> list[str]:
        out = io.StringIO()
        call_command("explain", world.recipient.gstin, "101", stdout=out, **named)
        return [line for line in out.getvalue().splitlines() if line.startswith("101")]

    assert len({*heads()}) == 3
    (only,) = heads(supplier=world.supplier.gstin, date=date(2024, 2, 5))
    assert only == f"101 from {world.supplier}, 05-02-2024 (Invoice)"
    with pytest.raises(CommandError, match="has no document"):
        call_command("explain", world.recipient.gstin, "101", date=date(2023, 2, 5))
