"""Home lists the next steps, the most urgent first. Each step links to the screen where a person does the
step."""

from __future__ import annotations

import pytest
from django.test import Client

from invoices.models import Role, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from tests import pages
from tests.pages import FOREIGN, text, url

pytestmark = pytest.mark.once


def client_of(world, role: Role = Role.SIGNATORY, at=None) -> Client:
    return pages.client_of(world, role, at=at)


def titles(reply) -> list[str]:
    return [step.title for step in reply.context["steps"]]


@pytest.fixture
def october(world):
    world.one, world.two = world.saves(), world.saves(taxable=20_000)
    world.note = world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000)
    return world


def test_before_the_draft_there_are_records_to_decide_and_suppliers_to_chase(october):
    page = client_of(october).get(url(october, "home"))
    assert titles(page) == [
        "Decide records still at No action",
        "Remind suppliers who saved documents but did not file",
    ]
    first = page.context["steps"][0]
    # the tax of 10,000 and 20,000 at 18 %, less the tax of a note of 2,000
    assert (first.count, first.tax) == (3, 504_000)


def test_every_count_of_a_step_is_the_length_of_the_list_it_leads_to(october):
    october.acts("accept", october.one)
    october.edits(october.one, taxable=11_000)
    october.acts("pending", october.two)
    client = client_of(october)
    page = client.get(url(october, "home"))
    assert "Look again at records that suppliers changed" in titles(page)
    led = 0
    for step in page.context["steps"]:
        if step.count is None:
            continue
        reply = client.get(step.url)
        assert reply.status_code == 200, step.url
        assert reply.context["counted"].count == len(reply.context["rows"]) == step.count, step.title
        assert reply.context["itc"] in (step.tax, None), step.title
        led += 1
    assert led >= 3
    for row in page.context["statuses"]:
        if row["count"]:
            assert client.get(row["url"]).context["counted"].count == row["count"], row["label"]


def test_a_step_with_a_legal_date_comes_before_a_step_without_one(october):
    """The steps are in the order of their dates: GSTR-3B on 20 November, and the section 16(4) limit on
    30 November."""
    old = october.saves(document_date="2024-03-10", number="OLD-1")
    october.acts("pending", old)
    october.goes_to("2024-11-10 10:00")
    october.files("2024-10")
    october.goes_to("2024-11-15 10:00")
    october.saves(period="2024-11")
    october.files("2024-10", by=october.recipient)
    steps = client_of(october).get(url(october, "home")).context["steps"]
    assert [(step.title, str(step.until or "")) for step in steps] == [
        ("Decide records still at No action", "2024-11-20"),
        ("File GSTR-3B for October 2024", "2024-11-20"),
        ("Decide pending records of FY 2023-24", "2024-11-30"),
        ("Remind suppliers who saved documents but did not file", ""),
    ]


def test_a_step_for_pending_records_leads_to_these_records_only(october):
    """Another pending record, whose last day is a year later, is not in the list."""
    old = october.saves(document_date="2024-03-10", number="OLD-1")
    october.acts("pending", old, october.two)
    client = client_of(october)
    [step] = [s for s in client.get(url(october, "home")).context["steps"] if "2023-24" in s.title]
    rows = client.get(step.url).context["rows"]
    assert [row.row.record.number for row in rows] == ["OLD-1"]
    assert step.count == 1


def test_the_step_to_recompute_counts_records_that_differ_not_actions(october):
    october.goes_to("2024-11-10 10:00")
    october.files("2024-10")
    october.goes_to("2024-11-15 10:00")
    october.acts("reject", october.one)
    october.acts("accept", october.one)
    october.acts("reject", october.two)
    client = client_of(october)

    def why() -> str:
        return client.get(url(october, "home")).context["steps"][0].why

    assert why().startswith("2 records differ from draft 1.")
    assert client.get(url(october, "gstr2b_compare", "102024")).context["difference"].differing == 2
    assert "2 changes since draft 1" in text(client.get(url(october, "home")))
    october.acts("reset", october.one, october.two)
    assert why().startswith("The actions after draft 1 were undone.")
    assert "The actions after draft 1" in text(client.get(url(october, "inward")))


def test_a_stale_draft_comes_first_and_can_be_recomputed_from_here(october):
    october.goes_to("2024-11-10 10:00")
    october.files("2024-10")
    october.goes_to("2024-11-15 10:00")
    client = client_of(october)
    assert "File GSTR-3B for October 2024" in titles(client.get(url(october, "home")))
    october.acts("reject", october.one)
    step = client.get(url(october, "home")).context["steps"][0]
    assert (step.title, step.posts, step.stop) == ("Recompute the GSTR-2B draft", True, True)
    client.post(step.url)
    assert "Recompute the GSTR-2B draft" not in titles(client.get(url(october, "home")))


def test_an_overdue_gstr3b_comes_first(october):
    october.goes_to("2024-11-10 10:00")
    october.files("2024-10")
    october.files("2024-10", by=october.recipient)
    october.goes_to("2024-11-25 10:00")
    step = client_of(october).get(url(october, "home")).context["steps"][0]
    assert (step.title, step.stop) == ("File GSTR-3B for October 2024", True)


def test_a_draft_that_waited_for_the_previous_return_is_offered(october):
    october.goes_to("2024-12-20 10:00")
    october.files_3b("2024-10")
    page = client_of(october).get(url(october, "home"))
    assert titles(page)[0] == "Generate GSTR-2B for November 2024"


def test_r066_home_does_not_promise_credit_that_the_filed_return_ended(october):
    """After GSTR-3B of October, no GSTR-2B can give the credit of FY 2023-24. A decision saves nothing."""
    old = october.saves(document_date="2024-03-10", number="OLD-1")
    october.acts("pending", old)
    october.goes_to("2024-11-10 10:00")
    october.files("2024-10")
    october.goes_to("2024-11-15 10:00")
    october.files_3b("2024-10")
    page = client_of(october).get(url(october, "home"))
    assert "Decide pending records of FY 2023-24" not in titles(page)
    [step] = [s for s in page.context["steps"] if "2023-24" in s.title]
    assert step.title == "Pending records of FY 2023-24 without credit"
    assert "Their credit is already lost" in step.why
    assert "their credit is lost" not in step.why


def test_r063_home_lists_pending_records_near_the_16_4_date(world):
    old = world.saves(document_date="2024-03-10", number="OLD-1")
    world.acts("pending", old)
    page = client_of(world).get(url(world, "home"))
    assert "Decide pending records of FY 2023-24" in titles(page)
    world.goes_to("2024-12-01 00:30")
    assert "Decide pending records of FY 2023-24" not in titles(client_of(world).get(url(world, "home")))


def test_r064_home_lists_records_that_can_be_pending_for_one_period(world_2025):
    world = world_2025
    note = world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000)
    world.acts("pending", note)
    page = client_of(world).get(url(world, "home"))
    assert "Decide pending records that can be pending for one period only" in titles(page)
    assert "20 Dec 2025" in text(page)


def test_home_says_when_there_is_nothing_to_do(world):
    world.files("2024-10", by=world.recipient)
    page = client_of(world).get(url(world, "home"))
    assert titles(page) == []
    assert "All clear for October 2024" in text(page)


def test_r101_the_own_gstr1_that_is_not_filed_is_a_step_with_its_due_date(world):
    """Without this step, Home would say that everything is done, although section 39(10) asks for GSTR-1."""
    client, home = client_of(world), url(world, "home")
    assert titles(client.get(home)) == [], "the period has not ended"
    world.goes_to("2024-11-01 10:00")
    [step] = client.get(home).context["steps"]
    assert (step.title, step.stop) == ("File GSTR-1 for October 2024", False)
    assert step.why == "GSTR-1 is due on 11 Nov 2024. File it before GSTR-3B (section 39(10))."
    assert client.get(step.url).status_code == 200
    world.goes_to("2024-11-18 10:00")
    step = client.get(home).context["steps"][0]
    assert (step.title, step.stop) == ("File GSTR-1 for October 2024", True)
    assert step.why.startswith("GSTR-1 was due on 11 Nov 2024. File it before")
    world.files_3b("2024-10")
    world.goes_to("2024-12-15 10:00")
    step = client.get(home).context["steps"][0]
    assert step.why.endswith("still missing. GSTR-1 of 1 later period is overdue too.")
    world.files("2024-10", by=world.recipient)
    world.files("2024-11", by=world.recipient)
    assert not [t for t in titles(client.get(home)) if "GSTR-1" in t]


def test_r101_the_step_counts_only_later_gstr1_that_are_overdue(world):
    world.goes_to(
        "2025-01-05 10:00"
    )  # GSTR-1 of October and November is overdue, December is due on 13 January
    step = client_of(world).get(url(world, "home")).context["steps"][0]
    assert step.why.endswith("GSTR-1 of 1 later period is overdue too.")
    world.goes_to("2025-01-15 10:00")
    step = client_of(world).get(url(world, "home")).context["steps"][0]
    assert step.why.endswith("GSTR-1 of 2 later periods are overdue too.")


def test_r101_a_period_before_the_first_one_here_is_not_shown_as_overdue(world):
    """GSTR-3B of September was filed outside this portal, and so was GSTR-1."""
    at = world.supplier
    client, home = client_of(world, Role.SUPPLIER_CLERK, at=at), url(world, "home", at=at)
    assert [card.label for card in client.get(home).context["cards"]] == ["Oct 2024"]
    returns = client.get(url(world, "returns", at=at) + "?period=092024")
    assert "passed" not in text(returns)
    world.goes_to("2024-11-18 10:00")
    assert [card.late for card in client.get(home).context["cards"]] == [False, True], "October is overdue"
    Taxpayer.objects.filter(pk=at.pk).update(open_period=202501)
    assert [card.label for card in client.get(home).context["cards"]] == ["Nov 2024"], (
        "this month's form stays"
    )


@pytest.mark.parametrize(
    ("today", "late", "due"), [("2025-01-05 10:00", False, "13 Jan"), ("2025-01-15 10:00", True, "13 Jan")]
)
def test_r101_a_quarterly_filer_has_one_gstr1_a_quarter(world, today, late, due):
    quarterly = world.taxpayer("29", 2002, "Quarterly", frequency="Q")
    world.goes_to(today)
    steps = client_of(world, at=quarterly).get(url(world, "home", at=quarterly)).context["steps"]
    [step] = [step for step in steps if "GSTR-1" in step.title]
    assert (step.title.startswith("File GSTR-1 for Oct"), step.stop) == (True, late)
    assert f"due on {due} 2025" in step.why


def test_the_chart_is_drawn_from_the_table_below_it(october):
    october.acts("reject", october.note)
    page = client_of(october).get(url(october, "home"))
    rows = {row["label"]: row for row in page.context["statuses"]}
    assert rows["Rejected"]["tax"] == -36_000
    assert 'data-value="-360.00"' in page.content.decode()
    assert 'data-table="by-status"' in page.content.decode()


def test_a_supplier_clerk_sees_only_the_suppliers_part(october):
    page = client_of(october, Role.SUPPLIER_CLERK, at=october.supplier).get(
        url(october, "home", at=october.supplier)
    )
    said = text(page)
    assert "Your outward supplies" in said
    assert "Saved, not filed" in said
    assert "Credit by status" not in said


def test_the_last_periods_show_what_was_filed(october):
    october.goes_to("2024-11-10 10:00")
    october.files("2024-10")
    october.goes_to("2024-11-18 10:00")
    october.files_3b("2024-10")
    page = client_of(october).get(url(october, "home"))
    assert [row["label"] for row in page.context["periods"]] == ["Nov 2024", "Oct 2024"]
    assert "Filed 18-11-2024" in text(page)


def test_another_taxpayers_home_is_not_found(october):
    client = client_of(october)
    assert client.get(url(october, "home", at=october.supplier)).status_code == 404
    assert client.get(f"/t/{FOREIGN}/").status_code == 404
    assert Client().get(url(october, "home")).status_code == 302


def test_the_number_of_queries_does_not_grow(october, django_assert_max_num_queries):
    client = client_of(october, Role.SIGNATORY)
    for number in range(25):
        october.saves(number=f"MORE-{number}")
    client.get(url(october, "home"))
    with django_assert_max_num_queries(21):
        client.get(url(october, "home"))


def test_home_counts_the_documents_of_gstr1a_before_and_after_filing(world):
    """Guards the forms of the supplier's Home: a GSTR-1A with documents is there, and an empty one is not."""
    at = world.supplier
    client, home = client_of(world, Role.SUPPLIER_CLERK, at=at), url(world, "home", at=at)
    world.saves(number="INV-1")
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")

    def cards() -> list:
        return [card for card in client.get(home).context["cards"] if card.form is Form.GSTR1A]

    assert cards() == []
    world.goes_to("2024-11-12 10:00")
    for number in ("M-1", "M-2"):
        world.saves(number=number, form=Form.GSTR1A, period="2024-10", document_date="2024-10-10")
    [card] = cards()
    assert (card.label, card.saved, card.filed, card.late) == ("Oct 2024", 2, None, False)
    assert f"{card.due.on:%d-%m-%Y}" == "20-11-2024", "GSTR-1A closes when GSTR-3B is filed"
    world.files("2024-10", form=Form.GSTR1A)
    [card] = cards()
    assert (card.saved, card.filed.document_count) == (0, 2)


def test_r075_the_dates_ahead_of_a_quarterly_filer_have_iff_of_the_first_two_months(world):
    quarterly = world.taxpayer("08", 3005, "Aravalli Paints", frequency="Q")
    client = Client()
    client.force_login(world.person("asha", Role.SIGNATORY, at=quarterly))

    def iff() -> list:
        dates = client.get(f"/t/{quarterly.gstin}/").context["dates"]
        return [(str(one.day), one.what) for one in dates if one.what.startswith("IFF")]

    october = ("2024-11-13", "IFF for October 2024, voluntary")
    november = ("2024-12-13", "IFF for November 2024, voluntary")
    world.goes_to("2024-11-13 10:00")
    assert iff() == [october, november]
    world.goes_to("2024-11-14 10:00")
    assert iff() == [november]
    # December has no IFF: GSTR-1 of the quarter takes its place
    world.goes_to("2025-01-05 10:00")
    assert [day for day, _what in iff()] == ["2025-02-13", "2025-03-13"]
    assert not [what for day, what in iff() if "December" in what]
    monthly = client_of(world).get(url(world, "home")).context["dates"]
    assert not [one for one in monthly if one.what.startswith("IFF")]


def test_home_gives_the_last_filing_day_of_monthly_and_of_quarterly_suppliers(world):
    """The data of GSTR-2B includes GSTR-1 of monthly filers until the 11th, and IFF or GSTR-1 of quarterly filers until
    the 13th."""
    world.saves()
    page = text(client_of(world).get(url(world, "home")))
    assert "includes GSTR-1 filed until 11 Nov" in page
    assert "IFF of quarterly filers until 13 Nov" in page
