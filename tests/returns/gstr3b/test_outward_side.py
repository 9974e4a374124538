"""What amendments and sections outside IMS add to the supplier's own GSTR-3B, and to the total of GSTR-1."""

from __future__ import annotations

import pytest

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record
from invoices.rules.calendar import Form
from returns.api import gstr1_summary, gstr3b_autoliab
from returns.gstr1_file import other_sections
from returns.gstr3b.outward_side import TAXABLE, ZERO_RATED, Amount, OutwardSide

NOVEMBER = TaxPeriod(2024, 11)
NOTHING = Amount()


def igst(rupees: int) -> TaxAmounts:
    return TaxAmounts(igst=rupees * 100)


def outward(supplier, kept=None) -> OutwardSide:
    return gstr3b_autoliab.outward(supplier, NOVEMBER, lambda form, period: kept or {})


def total(supplier, kept=None) -> tuple[int, int, int]:
    """Return TTL_LIAB: the number of documents, the taxable value and the IGST."""
    told = gstr1_summary.summary(supplier, Form.GSTR1, NOVEMBER, kept or {})
    [row] = [section for section in told["sec_sum"] if section["sec_nm"] == "TTL_LIAB"]
    return row["ttl_rec"], row["ttl_tax"], row["ttl_igst"]


def amended(world, before: dict, after: dict) -> None:
    """File a document in October, and its amendment in November. `before` and `after` have the values."""
    original = world.saves(number="F-1", **before)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.saves(amends=original, period="2024-11", **after)
    world.goes_to("2024-12-05 10:00")
    world.files("2024-11")


@pytest.mark.parametrize(
    ("before", "after", "tax", "shown"),
    [
        ({}, {"reverse_charge": True}, -1_800, (1, -10_000, -1_800)),
        ({"reverse_charge": True}, {"taxable": 12_000}, 2_160, (1, 12_000, 2_160)),
        ({"reverse_charge": True}, {"reverse_charge": True, "taxable": 12_000}, 0, (0, 0, 0)),
        ({}, {"taxable": 12_000}, 360, (1, 2_000, 360)),
    ],
)
def test_r088_an_amendment_that_changes_who_pays_the_tax_counts_each_version_once(
    world, before, after, tax, shown
):
    """Before, a change to reverse charge left the tax of the first version in the supplier's liability, and a
    change to forward charge gave back tax that the supplier never owed."""
    amended(world, before, after)
    assert outward(world.supplier).rows[TAXABLE].tax == igst(tax)
    assert total(world.supplier) == shown


def test_an_amendment_to_a_supply_to_a_sez_takes_the_first_version_out_of_row_3_1_a(world):
    amended(world, {}, {})
    Record.objects.filter(supplier=world.supplier, amends_id__isnull=False).update(invoice_type="SEWP")
    side = outward(world.supplier)
    assert side.rows[TAXABLE] == Amount(-10_000_00, igst(-1_800))
    assert side.rows[ZERO_RATED] == Amount(10_000_00, igst(1_800))
    assert side.tables[TAXABLE]["9a"] == side.rows[TAXABLE]


def kept(**sections) -> dict:
    found, _read, bad = other_sections.merged({}, sections)
    assert not bad.count
    return found


def test_ttl_liab_subtracts_adjusted_advances_and_leaves_out_amended_sections(world):
    """TTL_LIAB and AUTOLIAB are the same sum."""
    row = {"pos": "07", "sply_ty": "INTER", "itms": [{"rt": 18, "ad_amt": 1_000, "iamt": 180, "csamt": 0}]}
    invoice = {"val": 5_000, "itms": [{"itm_det": {"rt": 18, "txval": 4_000, "iamt": 720}}]}
    sections = kept(
        at=[row],
        txpd=[row | {"itms": [{"rt": 18, "ad_amt": 300, "iamt": 54, "csamt": 0}]}],
        ata=[row | {"omon": "092024"}],
        txpda=[row | {"omon": "092024"}],
        b2cla=[{"pos": "07", "inv": [invoice | {"inum": "L-2", "oinum": "L-1", "oidt": "01-10-2024"}]}],
        expa=[{"exp_typ": "WPAY", "inv": [invoice | {"inum": "X-2", "oinum": "X-1", "oidt": "01-10-2024"}]}],
        b2csa=[row | {"omon": "092024"}],
        cdnura=[invoice | {"nt_num": "N-2", "ont_num": "N-1", "ont_dt": "01-10-2024", "ntty": "D"}],
    )
    world.goes_to("2024-12-05 10:00")
    world.files("2024-10")
    world.files("2024-11")
    assert total(world.supplier, sections) == (2, 700, 126)
    side = outward(world.supplier, sections)
    assert side.rows[TAXABLE] == Amount(700_00, igst(126))
    assert side.rows[ZERO_RATED] == NOTHING


@pytest.mark.parametrize(
    ("section", "group", "before", "after"),
    [("b2cl", "pos", "07", "27"), ("exp", "exp_typ", "WPAY", "WOPAY")],
)
def test_an_invoice_sent_again_with_another_group_replaces_the_invoice(section, group, before, after):
    """Before, a corrected place of supply kept both invoices, and all sums doubled."""
    invoice = {"inum": "L-1", "idt": "05-11-2024", "val": 11_800, "itms": [{"txval": 10_000, "iamt": 1_800}]}
    first = kept(**{section: [{group: before, "inv": [invoice]}]})
    second, _read, bad = other_sections.merged(first, {section: [{group: after, "inv": [invoice]}]})
    assert (second, bad.count) == ({section: [{group: after, "inv": [invoice]}]}, 0)
    gone = {section: [{group: after, "inv": [{"inum": "L-1", "flag": "D"}]}]}
    assert other_sections.merged(second, gone)[0] == {}


def test_a_row_without_tax_goes_by_the_supply_type_that_it_states(world):
    """Before, a row at 0 % within the State counted as a supply to another State."""
    rows = [
        {"sply_ty": "INTRA", "pos": world.supplier.state, "typ": "OE", "rt": 0, "txval": 500},
        {"sply_ty": "INTER", "pos": "07", "typ": "OE", "rt": 0, "txval": 200},
    ]
    world.goes_to("2024-12-05 10:00")
    world.files("2024-10")
    world.files("2024-11")
    side = outward(world.supplier, kept(b2cs=rows))
    tables = {name: amount.taxable for name, amount in side.tables[TAXABLE].items()}
    assert tables == {"7a_1": 500_00, "7b_1": 200_00}
    assert {place: amount.taxable for place, amount in side.places["unreg"].items()} == {"07": 200_00}
