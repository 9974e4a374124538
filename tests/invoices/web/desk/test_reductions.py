"""Tests of declaring a reduction of ITC on the desk."""

from __future__ import annotations

import pytest

from tests.desk_pages import at, client_for, credit_note, seen_version

pytestmark = pytest.mark.once


def reduce(client, world, record, **sent):
    url = at(world, f"ims/records/{record.pk}/action/")
    return client.post(url, {"seen": seen_version(world, record), "whole_page": "1", "action": "A", **sent})


def local_note(world):
    """Return a credit note with CGST and SGST of 9,000.00 each."""
    local = world.taxpayer("29", 1003, "Kaveri Gases")
    return credit_note(world, by=local, taxable=1_00_000, tax=(0, 9_000, 9_000, 0))


def test_a_part_reduction_is_declared_with_its_reason(world_2025):
    world = world_2025
    note = local_note(world)
    note_page = client_for(world).get(at(world, f"ims/records/{note.pk}/")).content.decode()
    assert "must ITC be reduced?" in note_page
    client = client_for(world)
    sent = {"reduce": "part", "igst": "0", "cgst": "4,500.00", "sgst": "4500", "cess": ""}
    refused = reduce(client, world, note, **sent)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "REMARKS_REQUIRED" in page
    assert 'value="4,500.00"' in page  # the form still shows the amount that the person typed
    assert world.now(note).decision.action == "N"
    assert reduce(client, world, note, remarks="half was never taken", **sent).status_code == 302
    decision = world.now(note).decision
    assert (decision.action, decision.answer, decision.reduction_cgst) == ("A", "P", 4_500_00)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"reduce": "part", "cgst": "9001", "sgst": "9001"}, "DECL_EXCEEDS"),
        ({"reduce": "part", "cgst": "100", "sgst": "200"}, "DECL_INVALID"),
        ({"reduce": "part", "cgst": "much", "sgst": "200"}, "BAD_AMOUNT"),
    ],
)
def test_a_wrong_reduction_is_refused_and_nothing_changes(world_2025, sent, code):
    note = local_note(world_2025)
    response = reduce(client_for(world_2025), world_2025, note, remarks="why", **sent)
    assert code in response.content.decode()
    assert world_2025.now(note).decision.action == "N"


def test_a_rejection_stores_no_declaration_of_a_reduction(world_2025):
    note = local_note(world_2025)
    client = client_for(world_2025)
    response = reduce(client, world_2025, note, action="R", reduce="full", remarks="wrong")
    assert response.status_code == 302
    decision = world_2025.now(note).decision
    assert (decision.action, decision.answer, decision.remarks) == ("R", "-", "wrong")
