"""The pages of GSTR-2B and GSTR-2A show every figure with its reason, and show no data of another
recipient."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from gstr2b import differences
from gstr2b.lines import write
from gstr2b.models import Statement
from gstr2b.statement import queries
from invoices.documents import archive
from invoices.models import Role
from invoices.rules.situation import Kind
from tests.pages import FOREIGN, client_of, text, url

pytestmark = pytest.mark.once


@pytest.fixture
def drafted(world):
    """Return a world with a draft of October. One invoice is accepted, one untouched, one rejected, one
    pending and one under reverse charge; there is also a credit note."""
    world.accepted, world.left = world.saves(), world.saves(taxable=20_000)
    world.rejected, world.pending = world.saves(taxable=5_000), world.saves(taxable=7_000)
    world.note = world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000)
    world.charged = world.saves(reverse_charge=True, taxable=1_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", world.accepted)
    world.acts("reject", world.rejected, remarks="not ours")
    world.acts("pending", world.pending)
    world.goes_to("2024-11-15 10:00")
    return world


def test_the_summary_shows_every_block_and_what_reaches_gstr3b(drafted):
    page = client_of(drafted).get(url(drafted, "gstr2b", "102024"))
    said = text(page)
    assert "Draft 1 · made 14-11-2024 00:00 by the system" in said
    assert "accepted by you 1 · deemed accepted 2 · from outside IMS 1" in said
    # 5,040.00 is the tax at 18 % on invoices of 10,000 and 20,000, less 360.00 on a credit note of 2,000. The
    # tax under reverse charge, 180.00, is shown separately.
    assert "Net amount for GSTR-3B" in said
    assert "5,040.00" in said
    assert "−360.00" in said
    assert "180.00" in said
    rejected = client_of(drafted).get(url(drafted, "gstr2b", "102024") + "?block=rejected")
    assert "900.00" in text(rejected)


def test_every_count_on_the_summary_is_the_length_of_the_list_behind_it(drafted):
    client = client_of(drafted)
    seen = 0
    for block in ("available", "not-available", "reversal", "rejected"):
        page = client.get(url(drafted, "gstr2b", "102024") + f"?block={block}").content.decode()
        for address, count in re.findall(
            r'<a href="([^"]+)">[^<]+</a> <span class="mut(?: fw-normal)?">(\d+)</span>', page
        ):
            behind = client.get(address).context
            rows = behind["rows"]
            assert len(rows) == int(count) == behind["count"], address
            # the total of a list is the sum of the listed documents
            assert queries.add(row["tax"] for row in rows) == behind["total"], address
            seen += 1
    assert seen >= 6


def cards(world, client, period: str = "102024") -> dict[str, tuple[int, int, int]]:
    """Return the cards at the top of a GSTR-2B: documents, rupees, and credit notes without effect."""
    blocks = client.get(url(world, "gstr2b", period)).context["summary"].blocks
    return {shown.block.slug: (shown.count, shown.tax.total // 100, shown.notes) for shown in blocks}


def test_the_card_of_rejected_documents_subtracts_credit_notes_like_its_list(drafted):
    drafted.acts("reject", drafted.note)
    drafted.recomputes("2024-10")
    client = client_of(drafted)
    # the tax of an invoice of 5,000, less the tax of a credit note of 2,000
    assert cards(drafted, client)["rejected"] == (2, 900 - 360, 0)
    behind = client.get(url(drafted, "gstr2b_documents", "102024", "rejected", "all")).context
    assert behind["total"].total == queries.add(row["tax"] for row in behind["rows"]).total == 540_00
    told = text(client.get(url(drafted, "gstr2b", "102024") + "?block=rejected"))
    assert "−360.00" in told
    # a rejected amendment counts with its whole tax, so the card must not call the amount "not claimed"
    assert "2 documents · tax as on the documents" in told
    assert "not claimed" not in told
    assert "The home page shows the change of ITC instead." in told


def test_r031_the_card_of_credit_that_is_not_available_counts_the_documents_of_its_amount(world):
    """A note of such a document changes no ITC. The card names it apart from its count and its amount."""
    barred = {"place_of_supply": world.supplier.state, "tax": (0, 900, 900, 0)}
    world.saves(**barred)
    world.saves(kind=Kind.CREDIT_NOTE, **barred)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    client = client_of(world)
    assert cards(world, client)["not-available"] == (1, 1_800, 1)
    assert "1 document · 4(D)(2) · and 1 credit note without effect" in text(
        client.get(url(world, "gstr2b", "102024"))
    )


def test_r088_cards_and_comparison_count_a_document_with_two_lines_once(drafted):
    drafted.goes_to("2024-11-18 10:00")
    drafted.files_3b("2024-10")
    drafted.saves(amends=drafted.now(drafted.accepted), reverse_charge=True, period="2024-11")
    drafted.saves(period="2024-11")
    drafted.goes_to("2024-12-10 10:00")
    drafted.files("2024-11")
    drafted.goes_to("2024-12-15 10:00")
    again = drafted.recomputes("2024-11")
    client = client_of(drafted)
    assert again.line_count == 3
    counted = sum(count + notes for count, _tax, notes in cards(drafted, client, "112024").values())
    compared = client.get(url(drafted, "gstr2b_compare", "112024")).context["difference"]
    assert counted == compared.counts["same"] == 2
    # the list of drafts and the checks of GSTR-3B count the same documents
    drafts = client.get(url(drafted, "gstr2b_drafts", "112024")).context["versions"]
    assert drafts[0]["documents"] == 2
    assert "GSTR-2B draft 2 is up to date 2 documents" in text(client.get(url(drafted, "gstr3b", "112024")))
    assert "1 stands in two rows" in text(client.get(url(drafted, "gstr2b", "112024")))


def test_a_document_behind_a_figure_says_how_it_was_treated(drafted):
    page = client_of(drafted).get(url(drafted, "gstr2b_documents", "102024", "rejected", "b2b"))
    said = text(page)
    assert "Rejected" in said
    assert "not ours" in said
    assert drafted.supplier.gstin in said
    deemed = client_of(drafted).get(url(drafted, "gstr2b_row", "102024", "4a5"))
    assert {row["word"] for row in deemed.context["rows"]} == {"Accepted", "Deemed accepted"}


def test_a_large_statement_is_listed_table_by_table_in_the_same_order(drafted, monkeypatch):
    client, address = client_of(drafted), url(drafted, "gstr2b_row", "102024", "4a5")
    whole = [row["line"].pk for row in client.get(address).context["rows"]]
    monkeypatch.setattr("gstr2b.statement.queries.SORTED_AS_ONE", 0)
    assert [row["line"].pk for row in client.get(address).context["rows"]] == whole
    for slug, section in (("4b1", "not-available"), ("4d2", "not-available")):
        client.get(url(drafted, "gstr2b_row", "102024", slug))
        client.get(url(drafted, "gstr2b_documents", "102024", section, "all"))
    first = client.get(address + "?rows=2")
    second = client.get(address + first.context["page"].next)
    assert [r["line"].pk for reply in (first, second) for r in reply.context["rows"]] == whole


def test_pages_of_documents_follow_each_other_without_gap_or_repeat(drafted):
    client = client_of(drafted)
    address = url(drafted, "gstr2b_row", "102024", "4a5")
    first = client.get(address + "?rows=2")
    second = client.get(address + first.context["page"].next)
    assert not second.context["page"].next
    ids = [row["line"].pk for reply in (first, second) for row in reply.context["rows"]]
    assert len(ids) == len(set(ids)) == 3
    back = client.get(address + second.context["page"].previous)
    assert [row["line"].pk for row in back.context["rows"]] == ids[:2]
    assert client.get(address + "?after=nonsense").status_code == 400


@pytest.mark.parametrize(
    ("moment", "period", "code"),
    [
        ("2024-11-12 10:00", "102024", "2B-BEFORE-14"),
        ("2024-12-16 10:00", "112024", "2B-PREV3B"),
    ],
)
def test_a_missing_statement_has_a_reason(world, moment, period, code):
    world.goes_to(moment)
    page = client_of(world).get(url(world, "gstr2b", period))
    assert code in text(page)
    assert 'value="Compute' not in page.content.decode()


def test_a_quarterly_filer_is_sent_to_the_quarter(world):
    world.recipient.frequency, world.recipient.open_period = "Q", 202412
    world.recipient.save()
    page = client_of(world).get(url(world, "gstr2b", "102024"))
    assert "2B-QRMP" in text(page)
    assert url(world, "gstr2b", "122024") in page.content.decode()


def test_a_quarter_has_one_name_on_the_record_and_on_the_buttons_between_periods(world):
    record = world.saves(number="Q-1")
    world.recipient.frequency, world.recipient.open_period = "Q", 202412
    world.recipient.save()
    type(record).objects.filter(pk=record.pk).update(claim_period=202412)
    client = client_of(world)
    for path in ("ims/inward/all/", f"ims/records/{record.pk}/"):
        said = (
            text(client.get(f"/t/{world.recipient.gstin}/{path}")).replace("\u2011", "-").replace("\xa0", " ")
        )
        assert "Oct-Dec 2024" in said
        assert "Dec 2024" not in said.replace("Oct-Dec 2024", "")
        assert "December 2024" not in said
    for page in ("gstr2b", "gstr3b"):
        assert "Jul-Sep 2024" in text(client.get(url(world, page, "122024")))


def test_r093_a_month_of_a_drafted_quarter_says_where_its_documents_are(world):
    """The quarter's GSTR-2B exists, so its first month must not say that it is not drafted."""
    world.recipient.frequency, world.recipient.open_period = "Q", 202412
    world.recipient.save()
    world.goes_to("2025-01-15 10:00")
    page = client_of(world).get(url(world, "gstr2b", "102024"))
    said = text(page)
    assert "In the quarter’s GSTR-2B" in said
    assert "The documents of this month are in GSTR-2B of Oct-Dec 2024" in said
    assert "October 2024 has no GSTR-2B of its own" in said
    assert "ot drafted" not in said
    assert url(world, "gstr2b", "122024") in page.content.decode()


def test_an_action_makes_the_draft_stale_and_a_recompute_makes_it_current(drafted):
    client = client_of(drafted)
    drafted.acts("reject", drafted.left)
    page = client.get(url(drafted, "gstr2b", "102024"))
    assert page.context["standing"].changes == 1
    assert "Out of date" in text(page)
    reply = client.post(url(drafted, "compute", "102024"), follow=True)
    assert "draft 2" in text(reply)
    assert reply.context["standing"].word == "Draft"


def test_a_refused_computation_is_shown_with_its_rule_and_changes_nothing(world):
    world.goes_to("2024-11-12 10:00")
    reply = client_of(world).post(url(world, "compute", "102024"), follow=True)
    assert "TOO_EARLY" in text(reply)
    assert not Statement.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.SUPPLIER_CLERK])
def test_a_person_who_cannot_act_cannot_compute(drafted, role):
    drafted.acts("reject", drafted.left)
    client = client_of(drafted, role)
    assert client.post(url(drafted, "compute", "102024")).status_code == 403
    assert Statement.objects.filter(recipient=drafted.recipient).count() == 1
    assert 'compute/">' not in client.get(url(drafted, "gstr2b", "102024")).content.decode()


def test_a_get_request_never_computes(drafted):
    assert client_of(drafted).get(url(drafted, "compute", "102024")).status_code == 405


# tests of comparing two versions


@pytest.fixture
def recomputed(drafted):
    drafted.acts("reject", drafted.accepted)
    drafted.acts("accept", drafted.pending)
    drafted.acts("reject", drafted.note)
    drafted.acts("pending", drafted.left)
    drafted.acts("reset", drafted.rejected)
    drafted.recomputes("2024-10")
    return drafted


def test_effects_of_a_comparison_sum_to_the_change(recomputed):
    page = client_of(recomputed).get(url(recomputed, "gstr2b_compare", "102024"))
    found = page.context["difference"]
    assert found.adds_up
    assert found.change.total == sum(row["moved"].effect for row in page.context["rows"])
    assert found.counts == {"added": 1, "removed": 1, "changed": 3, "same": 1}
    assert "the effects add up to the change" in text(page)
    assert {step["cause"].label for step in page.context["steps"]} == {
        "Pending, now accepted",
        "Now rejected",
        "Credit note rejected",
        "Now pending",
        "Rejection withdrawn",
    }
    for kind in ("added", "removed", "changed", "same"):
        shown = client_of(recomputed).get(
            url(recomputed, "gstr2b_compare", "102024") + f"?from=1&to=2&show={kind}"
        )
        assert len(shown.context["rows"]) == found.counts[kind]


def test_two_equal_drafts_say_so_and_show_no_empty_list(recomputed):
    recomputed.recomputes("2024-10")
    client, where = client_of(recomputed), url(recomputed, "gstr2b_compare", "102024")
    same = client.get(where + "?from=2&to=3")
    assert "Nothing changed between draft 2 and draft 3" in text(same)
    assert "Nothing in this list" not in text(same)
    assert "Why it changed" not in text(same)
    # the person can still list the unchanged documents
    listed = client.get(where.split("?")[0] + same.context["same_url"])
    assert len(listed.context["rows"]) == same.context["difference"].counts["same"] > 0
    ahead = client.get(where + "?from=3&to=now")
    assert "Nothing has changed since draft 3" in text(ahead)
    assert "Nothing in this list" not in text(ahead)


def test_a_stale_draft_is_compared_with_what_it_would_become_and_nothing_is_stored(drafted):
    drafted.acts("reject", drafted.accepted)
    drafted.acts("accept", drafted.pending)
    page = client_of(drafted).get(url(drafted, "gstr2b_compare", "102024"))
    ahead = page.context["difference"]
    assert Statement.objects.filter(recipient=drafted.recipient).count() == 1
    first = drafted.statement("2024-10")
    second = drafted.recomputes("2024-10")
    real = differences.compare(first, second)
    assert ahead.change == real.change
    assert ahead.after == real.after
    assert {c.label: c.count for c in ahead.causes} == {c.label: c.count for c in real.causes}


def test_two_drafts_in_reverse_order_are_compared_in_the_order_of_their_versions(
    recomputed,
):
    where = url(recomputed, "gstr2b_compare", "102024")
    straight, turned = (client_of(recomputed).get(where + way) for way in ("?from=1&to=2", "?from=2&to=1"))
    assert turned.context["difference"] == straight.context["difference"]
    assert "change from the earlier draft to the later draft" in text(turned)
    assert "change from the earlier draft to the later draft" not in text(straight)


def test_versions_whose_lines_are_gone_are_compared_by_heading(recomputed, monkeypatch):
    # let each version store all its lines, so that only the two last versions keep their lines
    monkeypatch.setattr(write, "origin_for", lambda desk: None)
    recomputed.recomputes("2024-10")
    recomputed.recomputes("2024-10")
    page = client_of(recomputed).get(url(recomputed, "gstr2b_compare", "102024") + "?from=1&to=4")
    assert page.context["difference"].totals_only
    assert "Totals only" in text(page)
    history = text(client_of(recomputed).get(url(recomputed, "gstr2b_drafts", "102024")))
    assert "Draft 1" in history
    assert "totals only" in history
    assert "Earlier draft" in text(client_of(recomputed).get(url(recomputed, "gstr2b_draft", "102024", 1)))


# tests of GSTR-2A


def test_r015_gstr2a_shows_filed_documents_after_every_decision_and_after_records_leave(drafted):
    client = client_of(drafted)
    before = client.get(url(drafted, "gstr2a", "102024"))
    assert before.context["count"] == 6
    drafted.files_3b("2024-10")
    while archive.move_departed(drafted.recipient):
        pass
    after = client.get(url(drafted, "gstr2a", "102024"))
    assert after.context["count"] == 6
    assert after.context["tax"] == before.context["tax"]
    notes = client.get(url(drafted, "gstr2a_table", "102024", "b2bcn"))
    assert [row["tax"].igst for row in notes.context["rows"]] == [-36_000]


def test_gstr2a_does_not_show_saved_documents(world):
    world.saves()
    page = client_of(world).get(url(world, "gstr2a", "102024"))
    assert page.context["count"] == 0


# tests of access


PATHS = [
    ("gstr2b_now", ()),
    ("gstr2b", ("102024",)),
    ("gstr2b_drafts", ("102024",)),
    ("gstr2b_draft", ("102024", 1)),
    ("gstr2b_compare", ("102024",)),
    ("gstr2b_row", ("102024", "4a5")),
    ("gstr2b_documents", ("102024", "all-other-itc", "b2b")),
    ("gstr2a_now", ()),
    ("gstr2a", ("102024",)),
    ("gstr2a_table", ("102024", "b2b")),
]


@pytest.mark.parametrize(("name", "more"), PATHS)
def test_another_taxpayers_gstin_is_not_found(drafted, name, more):
    client = client_of(drafted)
    for gstin in (drafted.supplier.gstin, FOREIGN):
        assert client.get(reverse(name, args=[gstin, *more])).status_code == 404
    assert client.get(reverse(name, args=[drafted.recipient.gstin, *more])).status_code in (200, 302)
    assert Client().get(reverse(name, args=[drafted.recipient.gstin, *more])).status_code == 302


def test_computing_for_another_taxpayer_is_not_found(drafted):
    assert (
        client_of(drafted).post(reverse("compute", args=[drafted.supplier.gstin, "102024"])).status_code
        == 404
    )


@pytest.mark.parametrize("period", ["132024", "2024-10", "10202", "999999", "122099", "012017", "abc"])
def test_a_malformed_period_is_not_found(drafted, period):
    for name in ("gstr2b", "gstr2b_drafts", "gstr2a"):
        assert client_of(drafted).get(url(drafted, name, period)).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_documents(drafted, django_assert_max_num_queries):
    client = client_of(drafted)
    for number in range(30):
        drafted.saves(number=f"MORE-{number}", period="2024-11", document_date="2024-11-05")
    for name, more, most in (
        ("gstr2b", ("102024",), 16),
        ("gstr2b_row", ("102024", "4a5"), 14),
        ("gstr2a", ("102024",), 16),
    ):
        client.get(url(drafted, name, *more))
        with django_assert_max_num_queries(most):
            client.get(url(drafted, name, *more))


def test_r010_a_registration_without_ims_is_promised_no_draft(world):
    composition = world.taxpayer("27", 3003, "Shivneri Canteen", registration="composition")
    client = Client()
    client.force_login(world.person("asha", Role.SIGNATORY, at=composition))
    reply = client.get(f"/t/{composition.gstin}/gstr2b/102024/")
    assert reply.context["standing"].mend_url == ""
    page = reply.content.decode()
    assert "This registration has no IMS, so this GSTIN gets no GSTR-2B." in page
    for promised in ("14-11-2024", "Records in IMS", "GSTR-3B due"):
        assert promised not in page, promised
