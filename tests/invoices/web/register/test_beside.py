"""The record's page shows the record's bill beside it, and what a person says there outlives registers and runs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices import jobs
from invoices.models import Job, JournalEntry, Role
from invoices.register import match
from invoices.register.models import Bill, Finding, Link, MatchRun
from tests.desk_pages import at, client_for
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.django_db


def page(world, record, client=None) -> str:
    client = client or client_for(world)
    return client.get(at(world, f"ims/records/{record.pk}/")).content.decode()


def says(world, said: str, identity: int | None, root: int | None = None, client=None, **more):
    client = client or client_for(world)
    posted = {"say": said, "bill": identity or "", "document": root or "", **more}
    return client.post(at(world, "match/by-hand/"), posted)


def present() -> list[str]:
    return sorted(Finding.objects.filter(until__isnull=True).values_list("match_class", flat=True))


def test_both_numbers_show_what_the_comparison_dropped(world):
    record = world.saves(number="DB/24-25/01642")
    taken(world.recipient, bill("1642", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    shown = page(world, record)
    assert "Books and portal" in shown
    assert '<s class="mut">/24-25/0</s><strong>1642</strong>' in shown
    assert "Prefix of the number" in shown
    assert "The numbers differ by a series in front." in shown
    assert "If nobody decides" in shown


def test_each_amount_that_differs_says_by_how_much_and_on_which_side(world):
    record = world.saves(number="A-1", taxable=10_050)
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    shown = page(world, record)
    assert "₹50.00 more in IMS." in shown
    assert "₹9.00 more in IMS." in shown
    assert "Supplier reported more" in shown


def test_a_taxpayer_without_a_register_sees_nothing_and_pays_one_query(world):
    record = world.saves(number="A-1")
    client = client_for(world)
    page(world, record, client)
    with CaptureQueriesContext(connection) as queries:
        shown = page(world, record, client)
    assert "Books and portal" not in shown
    # the query of the person's role asks as well whether there are findings
    asked = [one["sql"] for one in queries if "register_" in one["sql"]]
    assert len([sql for sql in asked if "invoices_membership" not in sql]) == 1


def test_the_queries_do_not_grow_with_the_register(world):
    record = world.saves(number="A-1")
    bills = [bill(f"A-{n}", supplier=world.supplier) for n in range(1, 4)]
    client = client_for(world)

    def queries() -> int:
        match.run(world.recipient, by=BY)
        page(world, record, client)
        with CaptureQueriesContext(connection) as asked:
            page(world, record, client)
        return len([one for one in asked if "SAVEPOINT" not in one["sql"]])

    taken(world.recipient, *bills)
    few = queries()
    for n in range(10, 20):
        world.saves(number=f"A-{n}")
    more = [bill(f"A-{n}", supplier=world.supplier) for n in range(1, 60)]
    taken(world.recipient, *more)
    assert queries() <= few


def test_a_join_from_the_page_outlives_a_register_and_a_run_and_can_end(world):
    record = world.saves(number="A-1", taxable=500)
    taken(world.recipient, bill("ZZ-9", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    identity = Bill.objects.get().identity
    assert says(world, "join", identity, record.pk).status_code == 302
    assert present() == ["MANUAL"]
    assert "A person joined the bill with the document." in page(world, record)
    taken(world.recipient, bill("ZZ-9", supplier=world.supplier, taxable=600))
    match.run(world.recipient, by=BY)
    assert present() == ["MANUAL"]
    assert JournalEntry.objects.filter(event="bill joined by hand").count() == 1
    says(world, "end-join", identity, record.pk)
    assert "MANUAL" not in present()
    assert not Link.objects.filter(until__isnull=True, by="P").exists()


def test_a_pair_that_is_kept_apart_is_shown_and_can_be_taken_back(world):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    identity = Bill.objects.get().identity
    says(world, "apart", identity, record.pk)
    assert present() == ["ALONE", "ALONE"]
    shown = page(world, record)
    assert "A person said that they are not the same." in shown
    assert "Not in the books" in shown
    says(world, "end-apart", identity, record.pk)
    assert present() == ["EXACT"]


def test_a_group_shows_all_its_bills_and_both_sums(world):
    record = world.saves(number="A-1", taxable=300)
    taken(
        world.recipient,
        bill("P-7", supplier=world.supplier, taxable=100),
        bill("P-8", supplier=world.supplier, taxable=200),
    )
    match.run(world.recipient, by=BY)
    first, second = Bill.objects.order_by("pk").values_list("identity", flat=True)
    says(world, "join", first, record.pk)
    says(world, "join", second, record.pk)
    shown = page(world, record)
    assert "P-7" in shown
    assert "P-8" in shown
    assert "Sum of the books" in shown
    assert shown.count("54.00") >= 2


def test_at_most_five_candidates_are_shown_each_with_why_it_is_worse(world):
    record = world.saves(number="A-1")
    taken(
        world.recipient,
        bill("A-1", supplier=world.supplier),
        *(bill(f"Q-{n}0", supplier=world.supplier, day="2024-10-11") for n in range(1, 8)),
    )
    match.run(world.recipient, by=BY)
    response = client_for(world).get(at(world, f"ims/records/{record.pk}/"))
    candidates = response.context["beside"]["candidates"]
    assert len(candidates) == 5
    for one in candidates:
        assert one["name"] == "Only the amount agrees"
        assert one["why"] == ["The numbers differ.", "The dates are a few days apart."]


def test_a_candidate_says_with_which_document_it_is_joined(world):
    world.saves(number="A-1")
    other = world.saves(number="B-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier), bill("B-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    (one,) = client_for(world).get(at(world, f"ims/records/{other.pk}/")).context["beside"]["candidates"]
    assert one["why"] == ["It is joined with A-1.", "The numbers differ."]


def test_a_viewer_sees_the_pair_and_has_no_button(world):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    viewer = client_for(world, Role.VIEWER)
    shown = page(world, record, viewer)
    assert "Books and portal" in shown
    assert 'name="say"' not in shown
    assert says(world, "apart", Bill.objects.get().identity, record.pk, viewer).status_code == 403
    assert present() == ["EXACT"]


def test_another_taxpayers_bill_cannot_be_joined_and_is_no_candidate(world):
    stranger = world.taxpayer("27", 3001, "A stranger")
    record = world.saves(number="A-1")
    taken(world.recipient, bill("Z-9", supplier=world.supplier))
    taken(stranger, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    foreign = Bill.objects.get(taxpayer=stranger).identity
    assert says(world, "join", foreign, record.pk).status_code == 404
    assert not Link.objects.filter(by="P").exists()
    response = client_for(world).get(at(world, f"ims/records/{record.pk}/"))
    assert foreign not in {one["bill"].identity for one in response.context["beside"]["candidates"]}


@pytest.mark.parametrize("said", ["", "join", "delete"])
def test_a_damaged_form_is_refused_and_starts_no_run(world, said):
    assert says(world, said, None).status_code in (400, 422)
    assert not MatchRun.objects.exists()


def test_texts_of_the_books_are_escaped(world):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier, supplier_name="<script>alert(1)</script>"))
    match.run(world.recipient, by=BY)
    assert "<script>alert(1)" not in page(world, record)


def test_a_bill_with_a_mistyped_gstin_is_a_candidate_for_a_document_without_a_bill(world):
    record = world.saves(number="A-1")
    wrong = world.supplier.gstin[:-1] + ("A" if world.supplier.gstin[-1] != "A" else "B")
    twice = [bill(number, supplier=world.supplier, supplier_gstin=wrong) for number in ("A-1", "A-1/A")]
    far = bill("A-1", supplier=world.supplier, supplier_gstin=wrong, taxable=77)
    taken(world.recipient, *twice, far)
    match.run(world.recipient, by=BY)
    response = client_for(world).get(at(world, f"ims/records/{record.pk}/"))
    candidates = response.context["beside"]["candidates"]
    assert {one["name"] for one in candidates if one["bill"].taxable == 1_000_000} == {"GSTIN mistyped"}


def test_many_bills_of_others_with_the_same_amount_hide_no_bill_of_the_supplier(world, monkeypatch):
    monkeypatch.setattr("invoices.register.beside.MOST_LOOKED_AT", 3)
    record = world.saves(number="A-1")
    others = [bill(f"Z-{n}", supplier=world.supplier, supplier_gstin="", day="2024-10-11") for n in range(9)]
    taken(world.recipient, bill("A/1", supplier=world.supplier, taxable=1, day="2024-05-02"), *others)
    response = client_for(world).get(at(world, f"ims/records/{record.pk}/"))
    assert "A/1" in [one["bill"].number for one in response.context["beside"]["candidates"]]


def test_the_page_of_an_amended_version_leads_to_the_version_that_is_compared(world):
    original = world.saves(number="A-1")
    world.files("2024-10")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    world.goes_to("2024-11-12 10:00")
    latest = world.saves(number="A-1", amends=original, period="2024-11", taxable=11_000)
    match.run(world.recipient, by=BY)
    shown = page(world, original)
    assert "This version was amended." in shown
    assert f"/ims/records/{latest.pk}/" in shown
    assert "If nobody decides" not in shown
    assert "no rejection is ever suggested" not in shown
    assert "no rejection is ever suggested" in page(world, latest)


def test_a_large_register_is_matched_again_by_a_job_and_the_page_says_so(world, monkeypatch):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    monkeypatch.setattr("invoices.register.matching_job.AT_ONCE", 1)
    says(world, "apart", Bill.objects.get().identity, record.pk)
    job = Job.objects.get(kind="match")
    assert "The matcher is running." in page(world, record)
    jobs.run(job.pk)
    shown = page(world, record)
    assert "The matcher is running." not in shown
    assert "Not in the books" in shown
