"""Every clause and every error code has a help page. The journal shows who did what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from invoices.models import Role
from invoices.rules.refusals import CODES
from invoices.rules.ruling import CLAUSES
from invoices.web.help import guide
from invoices.web.help.guide import MET
from invoices.web.help.rules import clauses
from tests.desk_pages import act, at, client_for, some

pytestmark = pytest.mark.once


def test_every_clause_and_every_code_is_listed(world):
    page = Client().get("/help/rules/").content.decode()
    for clause in CLAUSES.values():
        assert f"/help/rules/{clause.code}/" in page
    for code in CODES:
        assert f">{code}</span></span></details>" in page


@pytest.mark.parametrize(
    "code", sorted({c.code for c in CLAUSES.values()} | set(CODES) | {c.rule for c in CODES.values()})
)
def test_every_rule_that_a_page_names_can_be_read(world, code):
    assert Client().get(f"/help/rules/{code}/").status_code == 200


def test_a_rule_says_what_it_closes_and_until_when(world):
    page = Client().get("/help/rules/R-053/").content.decode()
    assert "five kinds of records (for GSTR-2B periods before October 2025)" in page
    assert "PENDING_NOT_ALLOWED" in page
    assert "records of GSTR-2B before October 2025" in page
    assert Client().get("/help/rules/R-999/").status_code == 404


def test_each_clause_states_the_actions_that_it_closes():
    closes = {s.clause.name: s.closes for s in clauses() if s.closes}
    assert closes["pending_barred"] == ("Pending",)
    assert closes["bills_of_entry_cannot_be_rejected"] == ("Reject",)
    assert closes["closed_with_gstr3b"] == ("Accept", "Reject", "Pending", "Reset to No action")


def test_the_journal_says_who_did_what(world):
    record = world.saves()
    client = client_for(world)
    act(client, world, record, "R", remarks="wrong rate")
    viewer = client_for(world, Role.VIEWER, name="vik")
    page = viewer.get(at(world, "audit/")).content.decode()
    assert "Rejected" in page
    assert "asha" in page
    assert "wrong rate" in page
    assert "28-10-2024 10:00" in page


def test_the_journal_names_the_documents_and_says_how_many_more(world):
    records = some(world, 5)
    client = client_for(world)
    act(client, world, records[0], "R")
    world.acts("accept", *records[1:])
    several, one = client.get(at(world, "audit/")).context["rows"]
    assert [d["number"] for d in one["documents"]] == [records[0].number]
    assert client.get(one["documents"][0]["url"]).status_code == 200
    assert [d["number"] for d in several["documents"]] == [r.number for r in records[1:4]]
    assert several["further"] == 1
    # the supplier's own journal names the documents too, without links to a recipient's records
    clerk = Client()
    clerk.force_login(world.person("kiran", Role.SUPPLIER_CLERK, at=world.supplier))
    told = clerk.get(f"/t/{world.supplier.gstin}/audit/").context["rows"]
    assert {d["number"] for row in told for d in row["documents"]} == {r.number for r in records}
    assert {d["url"] for row in told for d in row["documents"]} == {""}


def test_the_journal_can_be_narrowed_and_walked(world):
    record = some(world, 1)[0]
    client = client_for(world)
    for turn in range(60):
        act(client, world, record, "AR"[turn % 2])
    first = client.get(at(world, "audit/"))
    entries = [row["entry"].pk for row in first.context["rows"]]
    second = client.get(first.context["pager"]["next"])
    entries += [row["entry"].pk for row in second.context["rows"]]
    assert len(entries) == 60
    assert entries == sorted(entries, reverse=True)
    back = client.get(second.context["pager"]["previous"])
    assert [row["entry"].pk for row in back.context["rows"]] == entries[:50]
    rejected = client.get(at(world, "audit/", event="rejected")).context["rows"]
    assert len(rejected) == 30
    assert client.get(at(world, "audit/", page="forged")).status_code == 400


def test_the_journal_shows_no_entries_of_another_taxpayer(world):
    world.saves()  # the saved document has an entry in the supplier's journal
    assert client_for(world).get(at(world, "audit/")).context["rows"] == []


def test_every_clause_has_a_worked_example_ruled_by_the_rulebook(world):
    for shown in clauses():
        assert shown.example is not None, shown.clause.name
    page = Client().get("/help/rules/R-053/").content.decode()
    assert "Worked example" in page
    assert "18,000.00" in page


EVENTS = {
    "records": ("invoices/desk/actions.py", "invoices/rules/reduction.py"),
    "gstr2b": ("gstr2b/generation.py",),
    "gstr3b": ("returns/gstr3b/filing.py", "returns/gstr3b/checklist.py"),
    "forms": (
        *("invoices/documents/saving.py", "invoices/documents/checking.py", "invoices/rules/documents.py"),
        *("returns/outward/save_and_file.py", "returns/gstr1_file/load.py"),
    ),
}


def test_every_rule_names_and_links_the_screens_that_apply_the_rule(world):
    client = client_for(world)
    client.get(at(world))  # the portal stores this GSTIN, so the help links to its screens
    base = at(world)

    def screens(code: str, by: Client = client) -> dict[str, str]:
        return {
            screen["label"]: screen["url"] for screen in by.get(f"/help/rules/{code}/").context["screens"]
        }

    assert screens("R-053") == {
        "Record list": f"{base}ims/inward/all/",
        "Record": "/help/#screen-record",
        "Triage": f"{base}ims/triage/all/",
        "Downloads": f"{base}jobs/",
    }
    # A document that is not in IMS is not on the screens for actions. GSTR-2B and the supplier's list
    # show rejected documents.
    assert screens("R-030").keys() == {"Inward supplies", "Record"}
    assert screens("R-034").keys() == {"Inward supplies", "Record", "GSTR-2B", "GSTR-3B"}
    assert {"GSTR-2B", "GSTR-3B", "Outward supplies"} <= screens("R-056").keys()
    assert screens("STALE_2B") == {"GSTR-3B": f"{base}gstr3b/"}
    # a person without a GSTIN gets links to the help about the screens
    page = Client().get("/help/").content.decode()
    for address in screens("R-056", Client()).values():
        assert f'id="{address.removeprefix("/help/#")}"' in page
    for code in sorted({c.code for c in CLAUSES.values()} | set(CODES) - {"ANSWER_REQUIRED"}):
        found = screens(code)
        assert found, code
        for address in found.values():
            assert client.get(address.partition("#")[0], follow=True).status_code == 200, address


@pytest.mark.parametrize("screen", EVENTS)
def test_a_refusal_names_the_screens_that_can_show_the_refusal(screen):
    for module in EVENTS[screen]:
        said = set(re.findall(r'"([A-Z][A-Z0-9_]+)"', Path(module).read_text())) & CODES.keys()
        assert said, module
        for code in said:
            shown = set(MET.get(code, ()))
            shown |= {s.key for clause in clauses() if code in clause.codes for s in clause.screens}
            assert screen in shown, f"{module} refuses with {code}"


def test_the_help_explains_my_taxpayers_and_each_role(world):
    page = Client().get("/help/").content.decode()
    assert 'id="screen-taxpayers"' in page
    assert set(guide.ROLES) == set(Role)
    for role, may in guide.ROLES.items():
        assert f"<dt>{role.label}</dt><dd>{may}</dd>".replace("'", "&#x27;") in page, role
