"""R-045, R-075: a document that can never be filed is shown as that to both sides, and nobody waits for it."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.desk import midnight_events
from invoices.documents import archive, lapsing, saving
from invoices.models import ArchivedRecord, JournalEntry, JournalLine, Record, Role
from invoices.people import registrations
from invoices.queries.calendar import calendar
from invoices.rules.calendar import Form
from invoices.rules.situation import Action, Kind
from returns.outward import queries, recipients_answers
from returns.outward import save_and_file as outward
from returns.overview import analytics
from returns.overview import desk as overview
from tests.api_client import api_for
from tests.pages import client_of, text, url
from tests.returns.gstn.plain import Plain
from tests.world import BY

OCTOBER, DECEMBER = TaxPeriod(2024, 10), TaxPeriod(2024, 12)


@pytest.fixture
def lapsed(world):
    """Return a world in which the supplier saved an invoice and an amendment in GSTR-1A of October and then
    filed GSTR-3B. The recipient has accepted the invoice."""
    world.first = world.saves(number="F-1", document_date="2024-10-10")
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-16 10:00")
    made = {"form": Form.GSTR1A, "period": "2024-10", "document_date": "2024-10-10"}
    world.missed = world.saves(number="M-1", **made)
    world.amendment = world.saves(amends=world.first, number="A-1", taxable=9_000, **made)
    world.acts("accept", world.missed)
    world.files_3b("2024-10", by=world.supplier)
    world.supplier.refresh_from_db()
    return world


@pytest.fixture
def quarterly(world):
    """Return a world with a quarterly supplier who saved an invoice in IFF of October."""
    world.quarterly = world.taxpayer("07", 1002, "Yamuna Electricals", frequency="Q")
    world.record = world.saves(by=world.quarterly, form=Form.IFF, period="2024-10", number="Q-1")
    return world


def filing_of(world, record) -> str:
    return world.now(record).filing


def test_r045_documents_of_gstr1a_lapse_when_gstr3b_is_filed(lapsed):
    assert [filing_of(lapsed, r) for r in (lapsed.first, lapsed.missed, lapsed.amendment)] == ["F", "L", "L"]
    assert lapsed.now(lapsed.missed).decision.action == "A"
    entry = JournalEntry.objects.get(event="documents can no longer be filed")
    assert (entry.taxpayer_id, entry.record_count, entry.period) == (lapsed.supplier.pk, 2, 202410)
    lines = JournalLine.objects.filter(entry=entry).order_by("record_id")
    assert [(line.before, line.after) for line in lines] == [("A -", "A -"), ("N -", "N -")]
    with transaction.atomic():
        assert lapsing.mark_lapsed(lapsed.supplier, Form.GSTR3B, OCTOBER, by=BY) == 0
    assert JournalEntry.objects.filter(event="documents can no longer be filed").count() == 1


def test_r075_documents_of_an_iff_lapse_only_when_gstr1_of_the_quarter_is_filed(quarterly):
    world = quarterly
    world.goes_to("2024-12-20 10:00")
    assert filing_of(world, world.record) == "S"
    world.goes_to("2025-01-10 10:00")
    world.files("2024-12", by=world.quarterly)
    assert filing_of(world, world.record) == "L"
    with pytest.raises(Refused, match="GSTR-1 of the quarter is filed. Delete the"):
        outward.move_on(world.quarterly, OCTOBER, by=BY)


@pytest.fixture
def now_monthly(quarterly):
    """Return the world in January. The supplier has become a monthly filer, and has not filed GSTR-1 of the last
    quarter."""
    world = quarterly
    world.goes_to("2025-01-16 10:00")
    world.files_3b("2024-12", by=world.quarterly)
    world.quarterly.refresh_from_db()
    registrations.change_frequency(world.quarterly, Frequency.MONTHLY, by=BY)
    world.quarterly.refresh_from_db()
    return world


def test_r075_documents_of_an_iff_lapse_although_their_supplier_files_monthly_now(now_monthly):
    world = now_monthly
    assert queries.left_in_iff(world.quarterly, Form.GSTR1, DECEMBER) == [(OCTOBER, 1)]
    world.files("2024-12", by=world.quarterly)
    assert filing_of(world, world.record) == "L"


def test_r075_the_migration_marks_such_documents(now_monthly):
    """A document of another quarter, or of a quarter without GSTR-1, stays saved."""
    world, marks = now_monthly, import_module("returns.migrations.0004_lapsed_iff").mark
    marks(apps, connection.schema_editor())
    assert filing_of(world, world.record) == "S"
    world.files("2024-12", by=world.quarterly)
    Record.objects.filter(pk=world.record.pk).update(filing="S", tax_period=202408)
    marks(apps, connection.schema_editor())
    assert filing_of(world, world.record) == "S"
    Record.objects.filter(pk=world.record.pk).update(tax_period=202410)
    marks(apps, connection.schema_editor())
    assert filing_of(world, world.record) == "L"


def test_r075_an_iff_of_the_first_month_moves_to_gstr1_after_the_second_iff(quarterly):
    """Before, such documents could not move: the IFF of the second month was closed."""
    world = quarterly
    world.goes_to("2024-12-20 10:00")
    form, period, count = outward.move_on(world.quarterly, OCTOBER, by=BY)
    assert (form, period.iso, count) == (Form.GSTR1, "2024-12", 1)
    world.goes_to("2025-01-10 10:00")
    world.files("2024-12", by=world.quarterly)
    assert filing_of(world, world.record) == "F"


def test_r075_gstr1_of_the_quarter_warns_of_documents_left_in_an_iff(quarterly):
    world = quarterly
    world.goes_to("2025-01-10 10:00")
    page = client_of(world, Role.SIGNATORY, at=world.quarterly).get(
        f"/t/{world.quarterly.gstin}/gstr1/122024/file/"
    )
    assert "1 document is still saved in IFF of October 2024" in text(page)


def test_r045_gstr3b_warns_of_documents_that_wait_in_gstr1a(world):
    world.saves(number="F-1", document_date="2024-10-10")
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-16 10:00")
    world.saves(number="M-1", form=Form.GSTR1A, period="2024-10", document_date="2024-10-10")
    page = client_of(world, Role.SIGNATORY, at=world.supplier).get(
        url(world, "gstr3b", "102024", at=world.supplier)
    )
    assert "1 document waits in GSTR-1A" in text(page)


def test_the_supplier_is_told_on_form_list_and_api_and_deletes_the_document(lapsed):
    client = client_of(lapsed, Role.SUPPLIER_CLERK, at=lapsed.supplier)
    form = f"/t/{lapsed.supplier.gstin}/gstr1a/102024/"
    sentence = "GSTR-1A of October 2024 can no longer be filed, because GSTR-3B of the period is filed."
    assert sentence in text(client.get(form))
    listed = text(client.get(f"{form}b2b/"))
    assert sentence in listed
    assert "can no longer be filed" in listed
    assert client.get(f"{form}b2b/{lapsed.missed.pk}/").status_code == 404
    api = api_for(lapsed, at=lapsed.supplier, name="seller")
    assert api.get("forms/gstr1a/102024/").json()["lapsed"].startswith(sentence)
    [row] = api.get("forms/gstr1a/102024/documents/").json()["items"]
    assert (row["filing"], row["warnings"][0][: len(sentence)]) == ("L", sentence)
    page = client.get(f"{form}b2b/{lapsed.missed.pk}/delete/")
    assert "You can use its number again" in text(page)
    client.post(f"{form}b2b/{lapsed.missed.pk}/delete/")
    assert api.call("DELETE", f"forms/gstr1a/102024/documents/{lapsed.amendment.pk}/").status_code == 200
    assert not Record.objects.filter(filing="L").exists()
    lapsed.saves(number="M-1", period="2024-11", document_date="2024-10-10")
    lapsed.saves(amends=lapsed.first, number="A-1", period="2024-11", document_date="2024-10-10")


def test_until_then_its_number_and_its_original_are_refused_with_what_to_do(lapsed):
    with pytest.raises(Refused, match="Delete the document there; its number is then free") as refusal:
        lapsed.saves(number="M-1", period="2024-11", document_date="2024-10-10")
    assert refusal.value.code == "DUPLICATE_DOC"
    with pytest.raises(Refused, match="its form can no longer be filed. Delete the saved document first"):
        lapsed.saves(amends=lapsed.first, number="A-2", period="2024-11", document_date="2024-10-10")
    with pytest.raises(Refused) as refusal:
        draft = lapsed.draft(number="M-1", document_date="2024-10-10")
        outward.edit(lapsed.missed.pk, lapsed.supplier, draft, by=BY)
    assert refusal.value.code == "FORM_CLOSED"


def test_all_such_documents_of_a_form_can_be_deleted_at_once(lapsed):
    """RESET of GSTN's API does this."""
    assert outward.clear(lapsed.supplier, Form.GSTR1A, OCTOBER, by=BY) == 2
    with pytest.raises(Refused):
        outward.clear(lapsed.supplier, Form.GSTR1A, OCTOBER, by=BY)


def test_the_recipient_is_told_and_does_not_wait_for_the_document(lapsed):
    client = client_of(lapsed)
    said = "The supplier saved this document in GSTR-1A of October 2024, which can no longer be filed."
    assert said in text(client.get(url(lapsed, "record", lapsed.missed.pk)))
    listed = text(client.get(url(lapsed, "records", "all")))
    assert "can no longer be filed" in listed
    home = client.get(url(lapsed, "home"))
    assert not [s for s in home.context["steps"] if s.title.startswith("Remind suppliers")]
    undecided = [s for s in home.context["steps"] if s.title.startswith("Decide records still")]
    for step in undecided:
        assert len(client.get(step.url).context["rows"]) == step.count
    checks = client.get(url(lapsed, "gstr3b", "102024")).context["checks"]
    assert not [check for check in checks if "is not filed" in check.title and "document" in check.title]
    items = api_for(lapsed, name="buyer").get("records/").json()["items"]
    told = {i["number"]: (i["filing"], i["filing_note"][:42]) for i in items}
    assert told["M-1"] == ("L", "The supplier saved this document in a form")
    assert told["F-1"] == ("F", "")


def test_nobody_is_asked_to_act_on_a_document_that_lapsed_and_its_itc_is_in_no_sum(lapsed):
    waiting = lapsed.saves(number="W-1", document_date="2024-11-12")
    client = client_of(lapsed)

    def seen() -> tuple:
        desk = overview.desk(lapsed.recipient, calendar())
        listed = client.get(url(lapsed, "records", "all")).context
        [needs] = [tab for tab in listed["tabs"] if tab["label"] == "Needs action"]
        inward = client.get(url(lapsed, "inward")).context
        return (
            {action: desk.here(action) for action in Action},
            desk.edited,
            [*desk.purged_by_year().values(), *desk.reverting_by_year().values()],
            overview.what_filing_does(desk, lapsed.recipient, OCTOBER, calendar()).pending,
            [
                sum(
                    band.count
                    for band in analytics.pending_by_days(
                        desk, lapsed.recipient, today=clock.today(), dates=calendar(), annual_returns={}
                    )
                )
            ],
            (needs["count"], len(client.get(needs["url"]).context["rows"])),
            inward["left"],
        )

    lapsed.acts("pending", waiting)
    accepted = seen()
    assert (accepted[0][Action.ACCEPTED].count, accepted[5]) == (0, (1, 1))
    for action in ("pending", "reject", "reset"):
        lapsed.acts(action, lapsed.missed)
        assert seen() == accepted
    page = client.get(url(lapsed, "home"))
    for row in page.context["statuses"]:
        if row["count"]:
            assert len(client.get(row["url"]).context["rows"]) == row["count"]


def test_a_document_that_lapsed_enters_no_gstr2b_and_is_moved_by_no_midnight(lapsed):
    before = lapsed.now(lapsed.missed).natural_period
    lapsed.goes_to("2025-01-15 10:00")
    after = lapsed.now(lapsed.missed)
    assert (after.filing, after.natural_period) == ("L", before)
    assert "M-1" not in lapsed.statement("2024-10").lines.values_list("number", flat=True)
    saving.delete(lapsed.missed.pk, lapsed.supplier, by=BY)


def test_r063_a_pending_document_that_lapsed_is_not_purged_and_its_supplier_can_delete_it(lapsed):
    """Before, the purge moved the document to the archive, and its number was blocked for ever."""
    lapsed.acts("pending", lapsed.missed)
    assert midnight_events.end_pending(date(2025, 12, 1)) == (0, 0, 0)
    saving.delete(lapsed.missed.pk, lapsed.supplier, by=BY)
    saving.delete(lapsed.amendment.pk, lapsed.supplier, by=BY)


def test_a_document_that_lapsed_and_left_ims_blocks_neither_its_number_nor_its_original(lapsed):
    """An earlier version of the portal purged such documents."""
    with transaction.atomic():
        archive.move_ids([lapsed.missed.pk, lapsed.amendment.pk], ArchivedRecord.Why.PURGED)
    lapsed.saves(number="M-1", period="2024-11", document_date="2024-10-10")
    lapsed.saves(amends=lapsed.first, number="A-1", period="2024-11", document_date="2024-10-10")


def test_r111_a_rejected_credit_note_that_lapsed_adds_no_tax_to_its_supplier(lapsed):
    note = lapsed.saves(number="C-1", kind=Kind.CREDIT_NOTE, period="2024-11", document_date="2024-11-12")
    lapsed.acts("reject", note)
    assert recipients_answers.forecasts(lapsed.supplier).count() == 1
    Record.objects.filter(pk=note.pk).update(filing="L")
    assert recipients_answers.forecasts(lapsed.supplier).count() == 0


def test_clients_of_gstns_api_are_told_and_can_reset_the_form(lapsed, client):
    lapsed.person("buyer", Role.PREPARER)
    buyer = Plain(client, "buyer").signs_in()
    rows = buyer.gets("returns/ims", action="GETINV", gstin=lapsed.recipient.gstin, section="B2B")["data"][
        "b2b"
    ]
    told = {row["inum"]: (row["srcfilstatus"], row.get("portal_msg", "")) for row in rows}
    assert told["F-1"] == ("Filed", "")
    assert told["M-1"][0] == "Not Filed"
    assert "GSTR-1A of October 2024, which can no longer be filed" in told["M-1"][1]
    lapsed.person("seller", Role.SUPPLIER_CLERK, at=lapsed.supplier)
    seller = Plain(client, "seller").signs_in()
    form = {"gstin": lapsed.supplier.gstin, "fp": "102024", "ret_period": "102024"}
    refused = seller.puts("returns/gstr1a", action="RETSAVE", data={**form, "b2b": []})
    assert "Delete the document; its number is then free" in refused["error"]["message"]
    assert seller.posts("returns/gstr1a", action="RESET", data=form)["data"]["reference_id"]
