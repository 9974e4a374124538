"""Every rule number that anything names has a page. The page says the rule, its dates, its source, and an
example of this rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from invoices.rules.occurring import can_occur
from invoices.rules.refusals import CODES
from invoices.rules.ruling import CLAUSES
from invoices.rules.statements import STATEMENTS
from invoices.web.help.examples import example
from invoices.web.help.rules import clauses
from tests.pages import text

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROOT = Path(__file__).parents[4]
# everything that a person or a program can read: code, templates, documents, scripts, commands
PLACES = ("invoices", "gstr2b", "returns", "ims_portal", "templates", "docs", "static", "tools")
TEXTS = {".py", ".html", ".md", ".js", ".txt", ".json", ".csv"}


def named() -> set[str]:
    """Return every rule number that a file of the portal names."""
    files = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in TEXTS]
    files += ROOT.glob("*.md")
    return {code for path in files for code in re.findall(r"\bR-\d{3}\b", path.read_text(errors="ignore"))}


def test_no_rule_number_named_anywhere_leads_to_a_missing_page():
    numbers = named()
    assert len(numbers) > 100
    client = Client()
    missing = sorted(code for code in numbers if client.get(f"/help/rules/{code}/").status_code != 200)
    assert not missing
    assert client.get("/help/rules/r-053/").status_code == 200  # the address in problem replies


def test_every_rule_page_has_its_statement_dates_source_and_example():
    client = Client()
    for code, statement in STATEMENTS.items():
        response = client.get(f"/help/rules/{code}/")
        page = response.content.decode()
        said = response.context["said"]
        assert (said.code, said.title) == (code, statement.title)
        assert all((statement.text, statement.example, said.sources, said.holds))
        assert "Worked example" in page
        assert said.sources[0][1] in page.replace("&#x27;", "'")
    listed = client.get("/help/rules/").content.decode()
    assert all(f'href="/help/rules/{code}/"' in listed for code in STATEMENTS)
    assert {clause.code for clause in CLAUSES.values()} | {
        c.rule for c in CODES.values()
    } <= STATEMENTS.keys()


def test_the_example_of_a_clause_is_a_possible_record_on_which_this_clause_decides():
    for shown in clauses():
        example = shown.example
        assert example is not None, shown.clause
        ruling = example.ruling
        assert can_occur(ruling.situation), shown.clause
        refuses = [r.clause for r in ruling.refusals.values()]
        assert shown.clause in refuses if example.shut else shown.clause is ruling.trail[-1]
        assert bool(example.shut) is bool(shown.closes)
        # An example in a GSTR-2B is not shown for a clause that keeps records out of GSTR-2B.
        assert bool(example.places) is bool(shown.places)


def example_of(name: str):
    return next(example(c) for c in CLAUSES.values() if f"{c.code} {c.name}" == name)


def test_the_examples_that_were_wrong_are_right():
    client = Client()
    # only a document with CGST and SGST is barred by place of supply
    for name in ("R-031 barred_by_place_of_supply", "R-031 place_of_supply_bar"):
        assert example_of(name).heads == (("CGST", 900_000), ("SGST", 900_000))
    # the tax without credit stands in 4(D)(2), and the credit is 0
    for name in ("R-031 place_of_supply_bar", "R-032 time_bar", "R-066 accepted_too_late"):
        [(place, effect, barred)] = example_of(name).places
        assert (place[-7:], effect, barred) == ("4(D)(2)", 0, 1_800_000), name
    assert "4(D)(2): tax 18,000.00, ITC 0.00" in text(client.get("/help/rules/R-032/"))
    # a table of credit beside a table without credit is explained
    [time_bar] = [s for s in clauses() if s.clause.name == "time_bar"]
    [credit] = [place for place in time_bar.places if "ITC available" in place]
    assert credit.endswith("4(A)(5): reverses the earlier version under forward charge")
    # refuse with the message of R-053, and their pages say why
    for code, said in (("R-053", False), ("R-054", True), ("R-055", True)):
        assert ("Several rules lead to the same message." in text(client.get(f"/help/rules/{code}/"))) is said
    assert STATEMENTS["R-053"].until == "2025-10"
    assert "from October 2024 to September 2025" in text(client.get("/help/rules/R-053/"))
    # R-034 has its own example, and its page shows every table
    assert example_of("R-034 straight_to_gstr2b").route == "Input service distributor"
    tables = client.get("/help/rules/R-034/").context["tables"]
    sent = " ".join(place for s in tables for place in s.places)
    for table in ("All other ITC", "from ISD", "Reverse charge", "Import of goods", "Part B", "ITC rejected"):
        assert table in sent
    # a bill is in IMS only from October 2025 on
    bill = example_of("R-131 bills_of_entry_cannot_be_rejected")
    assert (bill.kind, bill.book, bill.shut) == ("Bill of entry", "October 2025", ("Reject",))
    # the example says that the form ended, and a bill of entry has no form that can end
    lapsed = example_of("R-045 can_no_longer_be_filed")
    assert lapsed.clock == ("The form can no longer be filed.",)
    assert not lapsed.ruling.situation.kind.is_import
    # R-055 refuses Pending. It does not keep a record out of GSTR-2B.
    page = client.get("/help/rules/R-055/").content.decode()
    assert "in no GSTR-2B" not in page.split('class="col-lg-4"')[0]
    assert example_of("R-055 pending_ends_at_cutoff").shut == ("Pending",)
    # R-088 is about a change of the charge, so two lines stand in GSTR-2B
    assert [paise for _place, paise, _barred in example_of("R-088 reverse_charge").places] == [
        1_800_000,
        -2_400_000,
    ]


def test_pages_say_what_was_missing():
    def text(code: str) -> str:
        return STATEMENTS[code].text + " " + STATEMENTS[code].example

    assert "if three conditions hold" in text("R-101")
    assert "The base is the full ITC reduction" in text("R-121")
    assert "later of the due date of GSTR-1 and the day on which GSTR-1 was filed" in text("R-045")
    assert "30 November after the end of the document's financial year" in text("R-032")
    assert "annual return" in text("R-032")
    assert "The last day is the GSTR-3B due date" in text("R-054")
    refused = next(c.sentence for c in CLAUSES.values() if c.code == "R-053")
    assert "(5) an amendment that lowers an accepted 9(5) document" in refused
