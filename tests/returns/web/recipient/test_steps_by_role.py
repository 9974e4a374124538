"""The steps of Home are the returns of the desk, in words that follow the person's roles."""

from __future__ import annotations

import pytest

from invoices.models import Role
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from tests.pages import client_of, text, url


def steps(world, role: Role, at=None) -> list:
    at = at or world.recipient
    return (
        client_of(world, role, f"{role.value}-{at.pk}", at=at).get(url(world, "home", at=at)).context["steps"]
    )


def titles(world, role: Role, at=None) -> list[str]:
    return [step.title for step in steps(world, role, at)]


@pytest.mark.parametrize("role", [Role.SIGNATORY, Role.SUPPLIER_CLERK])
def test_r075_a_saved_iff_is_a_step_until_its_last_day(world, role):
    """Without this step, the desk and Home disagree, and the documents miss the month."""
    quarterly = world.taxpayer("08", 3005, "Aravalli Paints", frequency="Q")
    world.saves(by=quarterly, form=Form.IFF, period="2024-10", document_date="2024-10-10")
    assert titles(world, role, quarterly) == [], "the month has not ended"
    world.goes_to("2024-11-13 10:00")
    [step] = steps(world, role, quarterly)
    assert (
        step.title
        == {
            Role.SIGNATORY: "File IFF for October 2024",
            Role.SUPPLIER_CLERK: "IFF of October 2024 is not filed; a signatory files it",
        }[role]
    )
    assert (step.url, str(step.until)) == (f"/t/{quarterly.gstin}/iff/102024/", "2024-11-13")
    world.goes_to("2024-11-14 10:00")
    [step] = steps(world, role, quarterly)
    assert (step.title, step.stop) == ("IFF of Oct 2024 closed, 1 document to move", False)
    client_of(world, role, at=quarterly).post(f"{step.url}move/")
    assert titles(world, role, quarterly) == []


def test_a_late_gstr1_is_the_first_step_of_a_clerk(world):
    world.goes_to("2024-11-12 10:00")
    first = steps(world, Role.SUPPLIER_CLERK, world.supplier)[0]
    assert (first.title, first.stop) == ("GSTR-1 of October 2024 is late; a signatory files it", True)
    assert titles(world, Role.SIGNATORY, world.supplier)[0] == "File GSTR-1 for October 2024"


def test_no_step_asks_for_a_return_of_a_period_that_has_not_ended(world):
    quarterly = world.taxpayer("08", 3005, "Kosi Paints", frequency="Q")
    world.goes_to("2024-11-14 10:00")
    assert titles(world, Role.SIGNATORY, quarterly) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_a_person_who_only_reads_is_never_told_to_act(world, role):
    world.acts("pending", world.saves(document_date="2024-03-10", number="OLD-1"))
    changed = world.saves()
    world.acts("accept", changed)
    world.edits(changed, taxable=11_000)
    world.saves(taxable=20_000)
    imperative = ("File", "Decide", "Look", "Remind", "Recompute", "Generate")
    seen = set()
    for day in ("2024-10-25", "2024-11-15", "2024-11-25"):
        world.goes_to(f"{day} 10:00")
        found = titles(world, role)
        assert not [title for title in found if title.startswith(imperative)]
        seen |= set(found)
        assert "You can act on records now" not in text(client_of(world, role).get(url(world, "ims")))
    assert "Records still at No action; a preparer or a signatory decides them" in seen
    assert "GSTR-1 of October 2024 is late; a signatory files it" in seen


def test_r110_rejected_documents_are_a_step_of_their_supplier_with_the_tax(world):
    world.acts("reject", world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000), world.saves())
    for role in (Role.SIGNATORY, Role.SUPPLIER_CLERK):
        [step] = [one for one in steps(world, role, world.supplier) if "rejected" in one.title]
        assert step.title == "2 documents rejected by recipients: up to ₹360.00 is added to your tax"
        page = client_of(world, role, at=world.supplier).get(step.url)
        assert page.context["total_shown"][0] == 2
