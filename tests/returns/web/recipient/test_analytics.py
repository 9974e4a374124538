"""Charts of a recipient's records. Each figure is the sum of the documents that its link shows. More records
need no further queries."""

from __future__ import annotations

import pytest

from invoices.models import Role
from invoices.rules.situation import Kind
from tests.pages import client_of, text, url

pytestmark = pytest.mark.once


@pytest.fixture
def october(world):
    """Return a world with two suppliers. One supplier filed four invoices (accepted, rejected, pending,
    untouched) and a credit note. The other supplier saved an invoice and filed nothing."""
    world.late_filer = world.taxpayer("24", 1002, "Kutch Salt Works")
    accepted, rejected, pending = world.saves(), world.saves(taxable=2_000), world.saves(taxable=5_000)
    world.saves(taxable=20_000)
    world.saves(kind=Kind.CREDIT_NOTE, taxable=1_000)
    world.saves(by=world.late_filer, taxable=30_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", accepted)
    world.acts("reject", rejected)
    world.acts("pending", pending)
    return world


def get_page(world):
    return client_of(world, Role.VIEWER).get(url(world, "analytics"))


def test_credit_at_risk_is_shown_by_supplier_and_by_reason(october):
    rows = {row["name"]: row["risk"] for row in get_page(october).context["suppliers"]}
    filed, saved = rows["Konkan Steel Traders"], rows["Kutch Salt Works"]
    assert (filed.undecided, filed.pending, filed.not_filed) == ((3_600 - 180) * 100, 900 * 100, 0)
    assert (saved.undecided, saved.pending, saved.not_filed) == (0, 0, 5_400 * 100)
    assert (filed.records, filed.rejected) == (5, 1)
    # the supplier with the largest amount comes first
    assert list(rows) == ["Kutch Salt Works", "Konkan Steel Traders"]


def test_the_link_of_a_supplier_leads_to_its_records(october):
    client = client_of(october, Role.VIEWER)
    for row in client.get(url(october, "analytics")).context["suppliers"]:
        assert len(client.get(row["url"]).context["rows"]) == row["risk"].records


def test_r063_a_pending_record_is_shown_in_the_band_of_its_last_day(october):
    def bands():
        return {row["label"]: row["band"] for row in get_page(october).context["bands"]}

    # the document's financial year ends in March 2025, so its limit is 30 November 2025
    assert bands()["more than 90 days"].tax == 900 * 100
    october.goes_to("2025-11-25 10:00")
    near = bands()["0–7 days"]
    assert (near.count, near.limit_16_4) == (1, 1)


def test_r064_a_note_that_may_wait_one_period_has_its_own_last_day(world_2025):
    note = world_2025.saves(kind=Kind.CREDIT_NOTE)
    world_2025.goes_to("2025-11-10 10:00")
    world_2025.files("2025-10")
    world_2025.acts("pending", note)
    bands = {row["label"]: row["band"] for row in get_page(world_2025).context["bands"]}
    assert (bands["31–90 days"].count, bands["31–90 days"].limit_16_4) == (1, 0)


def test_a_period_shows_what_gstr2b_gives_and_what_gstr3b_claimed(october):
    october.goes_to("2024-11-18 10:00")
    (open_period,) = get_page(october).context["periods"]
    assert open_period["credit"].accepted == 1_800 * 100
    assert open_period["credit"].deemed == (3_600 - 180) * 100
    assert open_period["credit"].filed_net is None
    october.files_3b("2024-10")
    (filed,) = get_page(october).context["periods"]
    assert filed["credit"].filed_net == filed["credit"].available == (1_800 + 3_420) * 100


def test_an_empty_desk_says_so(world):
    said = text(get_page(world))
    for words in (
        "No records for October 2024 yet",
        "Nothing is pending",
        "No GSTR-2B yet",
        "No credit is at risk",
    ):
        assert words in said


def test_the_number_of_queries_does_not_grow(october, django_assert_max_num_queries):
    for n in range(4):
        supplier = october.taxpayer("24", 2000 + n)
        october.saves(by=supplier, period="2024-11")
    client = client_of(october, Role.VIEWER)
    with django_assert_max_num_queries(15):
        client.get(url(october, "analytics"))
