"""The page *Why not?* names, class by class, the first condition that fails, with the values of both sides."""

from __future__ import annotations

import pytest

from invoices.register import match
from invoices.register.models import Bill
from tests.desk_pages import at, client_for
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.django_db


def steps(world, **asked) -> list[tuple[str, str]]:
    response = client_for(world).get(at(world, "match/why/", **asked))
    assert response.status_code == 200
    return [(one.name, one.said) for one in response.context["steps"]]


def test_each_class_before_the_right_one_names_what_fails(world):
    record = world.saves(number="DB/24-25/01642")
    taken(world.recipient, bill("1642", supplier=world.supplier))
    identity = Bill.objects.get().identity
    told = steps(world, bill=identity, record=record.pk)
    assert told[0] == ("Exact", "the numbers do not fit")
    assert told[-1] == ("Prefix of the number", "")
    page = client_for(world).get(at(world, "match/why/", bill=identity, record=record.pk)).content.decode()
    assert "All conditions hold." in page
    assert "DB/24-25/01642" in page


def test_a_pair_without_a_class_walks_the_whole_ladder(world):
    record = world.saves(number="A-1", taxable=10_000)
    taken(world.recipient, bill("ZZ-7", supplier=world.supplier, taxable=3))
    identity = Bill.objects.get().identity
    response = client_for(world).get(at(world, "match/why/", bill=identity, record=record.pk))
    assert response.context["hit"] is None
    assert response.context["left"] == 0
    assert "The pair belongs to no class" in response.content.decode()


def test_a_bill_is_found_by_a_part_of_its_number(world):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("PUR-77", supplier=world.supplier))
    response = client_for(world).get(at(world, "match/why/", number="77", record=record.pk))
    (one,) = response.context["bills"]
    assert f"?bill={one.identity}&amp;record={record.pk}" in response.content.decode()


def test_it_says_that_a_person_kept_them_apart_and_what_is_joined_now(world):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier), bill("A-2", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    other = Bill.objects.get(number="A-2").identity
    page = client_for(world).get(at(world, "match/why/", bill=other, record=record.pk)).content.decode()
    assert "The document is joined with another bill." in page


@pytest.mark.parametrize("asked", [{"bill": 2**40}, {"record": 999_999}])
def test_an_unknown_bill_or_document_is_not_found(world, asked):
    assert client_for(world).get(at(world, "match/why/", **asked)).status_code == 404


def test_a_strangers_bill_and_document_are_not_found(world):
    stranger = world.taxpayer("07", 3001, "A stranger")
    taken(stranger, bill("A-1", supplier=world.supplier))
    record = world.saves(recipient=stranger.gstin, place_of_supply="07")
    client = client_for(world)
    assert client.get(at(world, "match/why/", bill=Bill.objects.get().identity)).status_code == 404
    assert client.get(at(world, "match/why/", record=record.pk)).status_code == 404
    assert not client.get(at(world, "match/why/", number="A")).context["bills"]


def test_a_bill_alone_offers_documents_that_come_near_and_a_document_offers_bills(world):
    near = world.saves(number="Q-1")
    far = world.saves(number="Z-9", taxable=33)
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    identity = Bill.objects.get().identity
    client = client_for(world)
    assert client.get(at(world, "match/why/", bill=identity)).context["documents"] == [near]
    offered = client.get(at(world, "match/why/", record=near.pk)).context["bills"]
    assert [one.identity for one in offered] == [identity]
    assert client.get(at(world, "match/why/", record=far.pk)).context["bills"] == []
