"""A GSTR-3B that a client saved belongs to one GSTR-2B. The journal has each save. The tax due and the summary agree
with the saved figures."""

from __future__ import annotations

import pytest

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import JournalEntry
from invoices.people import registrations
from returns.gstr3b import filing
from returns.models import Gstr3b
from tests.returns.gstn.gstr1_supplier import run_jobs
from tests.returns.gstn.july_2026 import BHARAT, JULY, RECIPIENT
from tests.returns.gstn.plain import code
from tests.returns.gstn.shapes import sample
from tests.returns.gstn.test_gstr3b_client import WHO, Filer, filer  # noqa: F401
from tests.world import BY

pytestmark = pytest.mark.once

TYPED = {"itc_elg": {"itc_avl": [{"ty": "OTH", "iamt": 50}]}}
REVERSE = {"sup_details": {"isup_rev": {"txval": 100, "iamt": 18}}}
SAVED = "sections of a return saved"


def is_filed() -> bool:
    return Gstr3b.objects.filter(recipient__gstin=BHARAT, period=202607).exists()


@pytest.mark.parametrize("typed", [TYPED, REVERSE])
def test_figures_saved_before_a_recompute_are_not_filed(july, filer, typed):  # noqa: F811
    """R-101: nobody files figures of a GSTR-2B that is no longer the current one."""
    filer.puts("RETSAVE", typed)
    july.recomputes(JULY, by=july.supplier)
    assert code(filer.files(WHO)) == "RET09001"
    # the summary has the old figures, so a client that signs it signs the old figures
    assert code(filer.files(filer.gets("RETSUM")["data"])) == "RET09001"
    assert not is_filed()
    filer.puts("RETSAVE", typed)
    assert filer.files(WHO)["status_cd"] == "1"


def test_figures_signed_before_a_recompute_are_not_filed(july, filer):  # noqa: F811
    asked = {"action": "EVCOTP", "gstin": BHARAT, "pan": BHARAT[2:12], "form_type": "R3B"}
    filer.plain.gets("authenticate", **asked)
    july.recomputes(JULY, by=july.supplier)
    signed = {"st": "EVC", "sid": f"{BHARAT[2:12]}|575757"}
    refused = filer.plain.posts("returns/gstr3b", action="RETFILE", data=WHO | TYPED, **signed)
    assert code(refused) == "RET09001"
    assert not is_filed()
    assert filer.files(WHO | TYPED)["status_cd"] == "1"


def test_the_journal_has_each_change_of_the_saved_sections_once(july, filer):  # noqa: F811
    """I15: an entry for RETSAVE, RETBKP and RETOFFSET, with the names of the sections and a digest."""
    entries = JournalEntry.objects.filter(event=SAVED, period=202607, taxpayer=july.supplier)
    entries = entries.exclude(after__form="GSTR-1").order_by("pk")
    for _again in range(2):
        sent = filer.puts("RETSAVE", TYPED | REVERSE)["data"]["reference_id"]
    filer.puts("RETBKP", {"breakup": [{"ret_period": "062026", "liability": {"iamt": 1}}]})
    filer.puts("RETOFFSET", {"pdcash": [{"trans_typ": 30003, "ipd": 18}]})
    told = [entry.after for entry in entries]
    assert [one["sections"] for one in told] == [["itc_elg", "sup_details"], ["liab_breakup"], ["payment"]]
    assert told[0]["reference"] != sent
    assert len({one["sha256"] for one in told}) == 3
    assert {(entry.source, entry.actor) for entry in entries} == {("api", july.clerk)}


def test_reverse_charge_is_shown_and_due_as_it_is_filled_and_filed(july, filer):  # noqa: F811
    charged = TaxAmounts(igst=77_00)
    filer.puts("RETSAVE", REVERSE)
    filing.file(
        july.supplier, TaxPeriod.parse(JULY), by=BY, table={"31D": charged}, reason="Typed on the page"
    )
    shown = filer.gets("RETSUM")["data"]
    assert shown["sup_details"]["isup_rev"] == {"txval": 0, "iamt": 77, "camt": 0, "samt": 0, "csamt": 0}
    assert shown["tx_pmt"]["tx_py"][1]["igst"]["tx"] == 77


def test_a_payment_pays_the_filled_reverse_charge(july, filer, monkeypatch):  # noqa: F811
    filled = filing.prepare(july.supplier, TaxPeriod.parse(JULY)) | {"31D": TaxAmounts(igst=20_00)}
    monkeypatch.setattr(filing, "prepare", lambda *_: filled)
    assert filer.gets("RETSUM")["data"]["sup_details"]["isup_rev"]["iamt"] == 20
    assert code(filer.puts("RETOFFSET", {"pdcash": []})) == "RT-3BAS1070"
    assert "message" in filer.puts("RETOFFSET", {"pdcash": [{"trans_typ": 30003, "ipd": 20}]})["data"]


def test_signed_figures_that_differ_drop_the_payment(july, filer):  # noqa: F811
    filer.puts("RETSAVE", {"sup_details": {"osup_det": {"txval": 1000, "iamt": 180}}})
    payment = [{"trans_typ": 30002, "ipd": 180}]
    filer.puts("RETOFFSET", {"pdcash": payment})
    filer.puts("RETBKP", {"breakup": [{"ret_period": "062026", "liability": {"iamt": 1}}]})
    assert filer.gets("RETSUM")["data"]["tx_pmt"]["pdcash"] == payment
    more = {"sup_details": {"osup_det": {"txval": 2000, "iamt": 360}}}
    assert filer.files(WHO | more)["status_cd"] == "1"
    assert "pdcash" not in filer.gets("RETSUM")["data"]["tx_pmt"]


@pytest.mark.parametrize("saved", [TYPED, REVERSE, {}])
def test_a_return_with_amounts_is_not_filed_as_nil(july, filer, saved):  # noqa: F811
    """Without saved amounts, Bharat's filed GSTR-1 still has supplies."""
    if saved:
        filer.puts("RETSAVE", saved)
    assert code(filer.files(WHO | {"isnil": "Y"})) == "IMSSAV969"
    assert not is_filed()
    assert filer.files(WHO | {"isnil": "N"})["status_cd"] == "1"


def test_a_month_that_is_no_period_of_the_taxpayer_is_refused(july, client):
    filer = Filer(client)  # noqa: F811
    filer.plain.posts("returns/gstr1", action="RESET", data=WHO)
    run_jobs()
    july.files_3b("2026-06", by=july.supplier)
    registrations.change_frequency(july.supplier, Frequency.QUARTERLY, by=BY)
    for action in ("RETSUM", "AUTOLIAB"):
        assert code(filer.gets(action)) == "IMSSAV924", action
    assert code(filer.puts("VALID", {})) == "IMSSAV924"


def test_data_unlike_the_header_or_the_address_is_refused(july, filer):  # noqa: F811
    before = JournalEntry.objects.count()
    for headers, query, three, one in (
        ({"gstin": RECIPIENT}, {}, "RT-3BSP104", "RET191136"),
        ({}, {"gstin": RECIPIENT}, "RT-3BSP104", "RET191136"),
        ({"ret-period": "062026"}, {}, "RT-3BSP104", "RET191136"),
        ({}, {"ret_period": "062026"}, "RT-3BSP104", "RET191136"),
    ):
        filer.plain.headers |= headers
        address = "&".join(f"{name}={value}" for name, value in query.items())
        signed = {"st": "EVC", "sid": f"{BHARAT[2:12]}|575757"}
        for path, action, wanted in (
            ("returns/gstr3b", "RETSAVE", three),
            ("returns/gstr3b", "RETFILE", three),
            ("returns/gstr1", "RETSAVE", one),
            ("returns/gstr1", "RESET", one),
            ("returns/gstr1", "RETFILE", one),
            ("returns/gstrptf", "RETNEWPTF", one),
        ):
            answer = filer.plain.posts(f"{path}?{address}", action=action, data=WHO, **signed)
            assert code(answer) == wanted, (headers, query, path, action)
        if "ret" not in str(headers | query):
            for path, action, data in (
                ("returns/ims", "SAVE", sample("ims_save_body_plain")["data"] | {"rtin": BHARAT}),
                ("returns/gstr2b", "GEN2B", {"rtin": BHARAT, "itcprd": "072026"}),
            ):
                answer = filer.plain.puts(f"{path}?{address}", action=action, data=data)
                assert code(answer) == one, (headers, query, path)
        for name in headers:
            del filer.plain.headers[name]
    assert JournalEntry.objects.count() == before


def test_interest_runs_on_the_sections_outside_ims_too(july, filer):  # noqa: F811
    """Section 50: the tax of supplies to consumers is part of what was paid late."""
    filer.goes_to("2026-08-30T10:00")
    assert filer.files(WHO)["status_cd"] == "1"
    told = filer.gets("RETINT", ret_period="082026")["data"]
    # 8,640 of taxable supplies and 18,900 zero-rated, as AUTOLIAB has them
    assert told["txpay"]["iamt"] == 27_540
