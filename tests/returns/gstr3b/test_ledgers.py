"""The reclaim ledger and the reverse-charge ledger follow from the filed GSTR-3B returns (R-105)."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from ims_portal.kernel.errors import Invalid, Refused
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.journal.writing import SYSTEM
from invoices.models import JournalEntry, Role
from invoices.rules.ledgers import Ledger, exceeds
from returns.gstr3b import filing, ledgers
from returns.models import Gstr3b, LedgerOpening
from tests.api_client import api_for
from tests.pages import client_of, text
from tests.world import World

OCTOBER, NOVEMBER = TaxPeriod.from_number(202410), TaxPeriod.from_number(202411)


def file(world: World, period: TaxPeriod, **rows: TaxAmounts) -> Gstr3b:
    return filing.file(world.recipient, period, by=SYSTEM, table=rows, reason="as in the books")


@pytest.fixture
def filed(world: World) -> World:
    """Return a world in which GSTR-3B of October and November is filed. October has an invoice of 9,000 under
    reverse charge and reverses 500.00. November reclaims 200.00."""
    world.saves(taxable=50_000, reverse_charge=True)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-18 10:00")
    file(world, OCTOBER, **{"4B2": TaxAmounts(igst=500_00)})
    world.goes_to("2024-12-18 10:00")
    file(world, NOVEMBER, **{"4D1": TaxAmounts(igst=200_00)})
    return world


def test_r105_the_reversal_statement_carries_the_balance_from_return_to_return(filed):
    ledgers.declare(filed.recipient, Ledger.RECLAIM, TaxAmounts(igst=100_00, cgst=7), by=SYSTEM)
    found = ledgers.account(filed.recipient, Ledger.RECLAIM)
    assert [(row.period, row.opening.igst, row.closing.igst) for row in found.rows] == [
        (OCTOBER, 100_00, 600_00),
        (NOVEMBER, 600_00, 400_00),
    ]
    assert found.closing == TaxAmounts(igst=400_00, cgst=7)
    in_october = ledgers.balances(filed.recipient, Ledger.RECLAIM, OCTOBER)
    assert (in_october.opening.igst, in_october.closing.igst) == (100_00, 600_00)
    ahead = ledgers.balances(filed.recipient, Ledger.RECLAIM, NOVEMBER.offset(1))
    assert ahead.opening == ahead.closing == found.closing


def test_r105_tax_and_credit_under_reverse_charge_balance_out(filed):
    found = ledgers.account(filed.recipient, Ledger.REVERSE_CHARGE)
    assert found.rows[0].added == found.rows[0].used == TaxAmounts(igst=9_000_00)
    assert found.closing.is_zero


def test_r105_a_return_of_an_earlier_version_of_the_portal_takes_its_3_1_d_from_its_gstr2b(filed):
    before = ledgers.account(filed.recipient, Ledger.REVERSE_CHARGE)
    receipt = reverse("gstr3b_filed", args=[filed.recipient.gstin, OCTOBER.wire])
    client = client_of(filed)
    program, page = api_for(filed).get("gstr3b/102024/").json(), "Tax to pay: inward supplies"
    assert program["rows"]["31D"]["igst"] == "9000.00"
    assert page in text(client.get(receipt))
    for one in Gstr3b.objects.all():
        del one.table4["31D"]
        one.save()
    assert ledgers.account(filed.recipient, Ledger.REVERSE_CHARGE) == before
    assert api_for(filed).get("gstr3b/102024/").json() == program
    assert page in text(client.get(receipt))


def test_r105_a_reclaim_above_the_balance_is_named_by_head(filed):
    december = NOVEMBER.offset(1)
    table = {"4D1": TaxAmounts(igst=310_00, cgst=5), "4B2": TaxAmounts(igst=9_00)}
    (found,) = ledgers.excesses(filed.recipient, december, table)
    assert (found.ledger, found.amounts) == (Ledger.RECLAIM, TaxAmounts(igst=1_00, cgst=5))
    assert "4(B)(2)" in found.sentence
    assert "December 2025" not in found.sentence
    exact = {"4D1": TaxAmounts(igst=309_00), "4B2": TaxAmounts(igst=9_00)}
    assert ledgers.excesses(filed.recipient, december, exact) == []


def test_r105_reverse_charge_credit_without_its_tax_is_named(filed):
    december = NOVEMBER.offset(1)
    table = {"4A2": TaxAmounts(igst=10_00), "4A3": TaxAmounts(igst=5_00), "31D": TaxAmounts(igst=14_00)}
    (found,) = ledgers.excesses(filed.recipient, december, table)
    assert (found.ledger, found.amounts) == (Ledger.REVERSE_CHARGE, TaxAmounts(igst=1_00))
    assert "December 2025" not in found.sentence


@pytest.mark.parametrize("ledger", list(Ledger))
def test_r105_the_announcement_of_december_2025_is_named_from_this_period_on(ledger):
    told = [exceeds(ledger, TaxPeriod(2025, month)) for month in (11, 12)]
    assert ["announced in December 2025" in sentence for sentence in told] == [False, True]


def test_r105_an_opening_balance_is_entered_once_and_corrected_three_times(world):
    for amount in (5, 5, 6, 7, 8):  # the second 5 changes nothing
        ledgers.declare(world.recipient, Ledger.RECLAIM, TaxAmounts(igst=amount), by=SYSTEM)
    assert LedgerOpening.objects.count() == 4
    assert JournalEntry.objects.filter(event="opening balance declared").count() == 4
    with pytest.raises(Refused) as refusal:
        ledgers.declare(world.recipient, Ledger.RECLAIM, TaxAmounts(igst=9), by=SYSTEM)
    assert refusal.value.rule == "R-105"
    assert ledgers.account(world.recipient, Ledger.RECLAIM).closing == TaxAmounts(igst=8)
    assert ledgers.account(world.supplier, Ledger.RECLAIM).closing.is_zero


def test_r105_only_the_rcm_statement_may_open_below_zero(world):
    with pytest.raises(Refused):
        ledgers.declare(world.recipient, Ledger.RECLAIM, TaxAmounts(igst=-1), by=SYSTEM)
    ledgers.declare(world.recipient, Ledger.REVERSE_CHARGE, TaxAmounts(igst=-1), by=SYSTEM)
    (found,) = ledgers.excesses(world.recipient, OCTOBER, {})
    assert found.amounts == TaxAmounts(igst=1)


def test_r105_the_number_of_queries_does_not_grow_with_the_returns(filed, django_assert_num_queries):
    with django_assert_num_queries(2):
        ledgers.excesses(filed.recipient, NOVEMBER.offset(1), {})


def test_r105_the_page_shows_the_balances_and_takes_the_opening_balance(filed):
    client, address = client_of(filed), reverse("ledger", args=[filed.recipient.gstin, "reclaim"])
    page = client.get(address)
    assert "Electronic Credit Reversal and Re-claimed Statement" in text(page)
    assert "300.00" in text(page)
    assert "Reclaimed, 4(D)(1) −200.00" in text(page), "an amount that lowers the balance has a minus sign"
    assert "Reversed, 4(B)(2) +500.00" in text(page)
    wrong = client.post(address, {"igst": "ten", "cgst": "1"})
    assert wrong.status_code == 422
    assert client.post(address, {"igst": "-5"}).status_code == 422
    assert not LedgerOpening.objects.exists()
    assert client.post(address, {"igst": "1,00,000", "cess": "2.50"}).status_code == 302
    assert "1,00,300.00" in text(client.get(address))
    assert "2.50" in text(client.get(address))
    viewer = client_of(filed, Role.VIEWER)
    assert viewer.post(address, {"igst": "7"}).status_code == 403
    assert "Store the opening balance" not in text(viewer.get(address))
    assert viewer.get(reverse("ledger", args=[filed.recipient.gstin, "other"])).status_code == 404
    assert viewer.get(reverse("ledger", args=[filed.supplier.gstin, "rcm"])).status_code == 404


@pytest.mark.parametrize(("ledger", "closing"), [("reclaim", 300.0), ("rcm", 0.0)])
def test_r105_the_workbook_has_a_row_for_each_return(filed, ledger, closing):
    address = reverse("ledger_download", args=[filed.recipient.gstin, ledger])
    reply = client_of(filed, Role.VIEWER).get(address)
    sheet = load_workbook(BytesIO(b"".join(reply.streaming_content))).active
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] in ("Oct'24", "Nov'24")]
    assert [row[0] for row in rows] == ["Oct'24", "Nov'24"]
    assert rows[-1][-4] == closing  # IGST of the closing balance


def test_r105_the_filing_page_and_its_steps_warn_of_a_reclaim_above_the_balance(filed):
    december = NOVEMBER.offset(1)
    filed.goes_to("2025-01-18 10:00")
    client = client_of(filed, Role.SIGNATORY)
    address = reverse("gstr3b_file", args=[filed.recipient.gstin, december.wire])
    version = filed.statement("2024-12").version
    form = {"draft": str(version), "step": "2", "4D1_igst": "301.00"}
    page = text(client.post(address, form))
    assert "4(D)(1) is more than the reversal statement has" in page
    assert "Integrated ₹1.00" in page
    assert "reversal statement has" not in text(client.post(address, {**form, "4D1_igst": "300.00"}))
    assert client.post(address, {**form, "4D1_igst": "-1"}).status_code == 422
    # the portal accepts the return: it only warns
    end = {"step": "file", "declared": "yes", "last_four": filed.recipient.gstin[-4:]}
    assert client.post(address, {**form, **end}).status_code == 302
    assert ledgers.account(filed.recipient, Ledger.RECLAIM).closing == TaxAmounts(igst=-1_00)
    shown = text(client.get(reverse("ledger", args=[filed.recipient.gstin, "reclaim"])))
    assert "The closing balance is below zero" in shown


def test_r105_no_door_files_a_negative_reclaim(filed):
    filed.goes_to("2025-01-18 10:00")
    with pytest.raises(Invalid):
        file(filed, NOVEMBER.offset(1), **{"4D1": TaxAmounts(igst=-1)})
    assert Gstr3b.objects.count() == 2


def test_r105_a_program_reads_the_ledgers_enters_the_opening_and_is_warned(filed):
    filed.goes_to("2025-01-18 10:00")
    api = api_for(filed)
    shown = api.get("ledgers/reclaim/").json()
    assert [row["closing"]["igst"] for row in shown["rows"]] == ["500.00", "300.00"]
    assert api.post("ledgers/reclaim/", {"igst": "-1.00"}).status_code == 422
    assert api.post("ledgers/rcm/", {"igst": "-1.00"}).json()["closing"]["igst"] == "-1.00"
    assert api.post("ledgers/reclaim/", {"igst": 10}).json()["closing"]["igst"] == "310.00"
    assert api.post("ledgers/reclaim/", {"igst": "10.00"}).json()["declarations_left"] == 3, "sent again"
    version = filed.statement("2024-12").version
    body = {
        "version": version,
        "declared": "yes",
        "rows": {"4D1": {"igst": "310.01"}, "31D": {"igst": "1.00"}},
    }
    assert api.post("gstr3b/122024/", body).status_code == 400, "3.1(d) differs from GSTR-2B without a reason"
    reply = api.post("gstr3b/122024/", {**body, "reason": "import of services"})
    assert reply.status_code == 200
    (warned,) = [one for one in reply.json()["warnings"] if one["rule"] == "R-105"]
    assert "Integrated ₹0.01" in warned["text"]
    assert api.get("ledgers/rcm/").json()["closing"]["igst"] == "0.00"
