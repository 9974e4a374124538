"""A bill of entry is found by its number with and without leading zeros, at every door. Another document keeps
its zeros (R-143)."""

from __future__ import annotations

import importlib
import json
from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from invoices.desk.actions import Asked
from invoices.desk.actions_by_number import Wanted, save
from invoices.documents.customs import bills_of_entry
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.models import Record
from invoices.rules.situation import Action
from returns.files.other_portals import read
from returns.files.other_portals.compare import compare
from tests.desk_pages import at, client_for
from tests.invoices.web.record_list.list_pages import numbers, paste
from tests.world import BY

pytestmark = pytest.mark.once


@pytest.fixture
def desk(world_2025):
    bill = BillOfEntry("0012345", date(2025, 10, 6), "INNSA1", sez=False, taxable=100_00, igst=18_00)
    bills_of_entry.receive(world_2025.recipient, bill)
    bills_of_entry.receive(
        world_2025.recipient, BillOfEntry("12345", date(2025, 10, 6), "INDEL4", False, 1, 1)
    )
    world_2025.saves(number="0077")
    world_2025.saves(number="77")
    return world_2025


@pytest.mark.parametrize("typed", ["0012345", "12345", "000123"])
def test_search_find_and_explain_find_a_bill_by_either_form(desk, typed):
    client = client_for(desk)
    page = client.get(at(desk, f"ims/inward/all/?q={typed}"))
    assert numbers(page) == {"0012345", "12345"}
    found = client.get(at(desk, f"find/?q={typed}")).context["records"]
    assert {one["record"].number for one in found} == {"0012345", "12345"}
    if len(typed) > 6 or typed == "12345":
        out = StringIO()
        call_command("explain", desk.recipient.gstin, typed, stdout=out)
        assert "0012345" in out.getvalue()


def test_a_pasted_number_and_a_pasted_port_with_number_select_bills(desk):
    client = client_for(desk)
    assert numbers(paste(client, desk, "00012345")) == {"0012345", "12345"}
    page = paste(client, desk, "INNSA1 12345\nINNSA1 9")
    assert numbers(page) == {"0012345"}
    assert "1 of 2 pasted entries" in page.content.decode()
    assert numbers(client.get(at(desk, "ims/inward/all/?pairs=INDEL4:0012345"))) == {"12345"}
    # other documents keep their zeros
    assert numbers(paste(client, desk, "0077")) == {"0077"}


def test_an_action_and_a_comparison_by_number_find_the_bill(desk):
    wanted = Wanted("impg", "12345", date(2025, 10, 6), Asked(Action.ACCEPTED), port="INNSA1")
    assert save(desk.recipient, [wanted], by=BY) == [None]
    assert Record.objects.get(number="0012345").decision.action == "A"
    row = {"portcd": "INNSA1", "boenum": "000012345", "irefdt": "06-10-2025", "action": "A"}
    file = {
        "impg": [
            row | {"txval": 100, "igst": 18, "cess": 0},
            row | {"portcd": "INNSA", "txval": 1, "igst": 1, "cess": 0},
        ]
    }
    found = read.read(json.dumps(file).encode())
    assert compare(desk.recipient, found).same == 1
    assert list(found.wrong_ports.values()) == ["impg[1]: port code 'INNSA' is not six letters and digits."]


def test_the_migration_takes_the_zeros_from_earlier_bills(desk):
    Record.objects.filter(number="0012345").update(number_key="0012345")
    migration = importlib.import_module("invoices.migrations.0028_bill_numbers")
    migration.without_zeros(apps, None)
    keys = dict(Record.objects.values_list("number", "number_key"))
    assert keys == {"0012345": "12345", "12345": "12345", "0077": "0077", "77": "77"}
