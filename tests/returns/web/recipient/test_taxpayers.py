"""The first page after sign-in shows the person's own taxpayers with their figures, what is late first."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from invoices.models import Role, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.overview import desk as queries_desk
from returns.overview.taxpayers import undecided_of
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    return World("2024-11-08 10:00")


def client_of(world: World, *roles_at) -> Client:
    """Return a signed-in client of asha, who has each role at each taxpayer of the pairs `roles_at`."""
    client = Client()
    for taxpayer, role in roles_at:
        user = world.person("asha", role, at=taxpayer)
    client.force_login(user)
    return client


def lines(client: Client, path: str = "/t/") -> list:
    return [line for _heading, _size, some in client.get(path).context["groups"] for line in some]


def names(client: Client, path: str = "/t/") -> list[str]:
    return [line.row.taxpayer.name for line in lines(client, path)]


def test_nobody_sees_another_persons_taxpayer_in_list_sums_or_search(world):
    other = world.taxpayer("24", 3001, "Narmada Fasteners")
    world.saves(
        recipient=other.gstin, place_of_supply=other.state, period="2024-10", document_date="2024-10-10"
    )
    client = client_of(world, (world.recipient, Role.SIGNATORY))
    for path in (
        "/t/",
        f"/t/?q={other.gstin}",
        "/t/?q=Narmada",
        "/t/?show=late",
        "/find/",
        "/find/?q=Narmada",
    ):
        page = client.get(path).content.decode()
        assert f"/t/{other.gstin}/" not in page
        assert "Fasteners" not in page
    assert client.get("/t/").context["sums"]["undecided"] == 0
    own = client.get(f"/t/{world.recipient.gstin}/find/?q={other.gstin[:6]}").content.decode()
    assert "Fasteners" not in own


def test_the_figures_are_those_of_home_and_reductions_are_a_part_of_them(world):
    world.saves(period="2024-10", document_date="2024-10-10", taxable=10_000)
    world.saves(period="2024-10", document_date="2024-10-11", taxable=1_000, kind=Kind.CREDIT_NOTE)
    accepted = world.saves(period="2024-10", document_date="2024-10-12", taxable=50_000)
    world.acts("accept", accepted)
    later = world.saves(period="2024-11", document_date="2024-11-05", taxable=70_000)
    assert later.claim_period == 202411
    [line] = lines(client_of(world, (world.recipient, Role.VIEWER)))
    home = queries_desk.desk(world.recipient, calendar()).undecided
    found = line.row.undecided
    assert (found.count, found.at_stake, found.reductions, found.later) == (2, 1_620_00, -180_00, 1)
    assert (home.count, home.tax.total) == (found.count, found.at_stake)


def test_the_link_of_the_undecided_records_opens_exactly_these_records(world):
    record = world.saves(period="2024-10", document_date="2024-10-10")
    later = world.saves(period="2024-11", document_date="2024-11-05")
    client = client_of(world, (world.recipient, Role.PREPARER))
    [line] = lines(client)
    page = client.get(line.records_url, follow=True).content.decode()
    assert record.number in page
    assert later.number not in page


@pytest.mark.slow
def test_the_figures_of_every_sample_taxpayer_are_those_of_its_home(db, sample_world):
    sample_world(records=60)
    recipients = [one for one in Taxpayer.objects.filter(listed=True) if one.registration.has_ims]
    found = undecided_of(recipients)
    homes = {one.pk: queries_desk.desk(one, calendar()).undecided for one in recipients}
    assert {pk: (home.count, home.tax.total) for pk, home in homes.items()} == {
        pk: (one.count, one.at_stake) for pk, one in found.items()
    }
    assert sum(one.count for one in found.values()) > 50


def test_late_returns_come_first_then_the_nearest_due_date(world):
    quarterly = world.taxpayer("07", 3002, "Yamuna Electricals", frequency="Q")
    composition = world.taxpayer("27", 3003, "Shivneri Canteen", registration="composition")
    mine = [world.recipient, world.supplier, quarterly, composition]
    client = client_of(world, *((one, Role.SIGNATORY) for one in mine))
    world.files("2024-10", by=world.supplier)
    world.goes_to("2024-11-12 10:00")
    assert names(client) == [
        "Sahyadri Tools Pvt Ltd",
        "Konkan Steel Traders",
        "Yamuna Electricals",
        "Shivneri Canteen",
    ]
    late, konkan, yamuna, canteen = lines(client)
    # GSTR-1 was due on the 11th, and GSTR-3B is due on the 20th
    assert late.due == ("11 Nov · 1 day late", "GSTR-1 Oct 2024")
    assert konkan.due == ("20 Nov · 8 days", "GSTR-3B Oct 2024")
    assert yamuna.due[1] == "GSTR-1 Oct-Dec 2024"
    assert canteen.due == ("", "")
    assert names(client, "/t/?show=late") == ["Sahyadri Tools Pvt Ltd"]
    assert names(client, "/t/?sort=name")[0] == "Konkan Steel Traders"
    assert client.get("/t/").context["sums"]["next"] == "GSTR-3B of 2 taxpayers"


def test_a_late_gstr1_does_not_hide_the_gstr3b_that_comes_next(world):
    client = client_of(world, (world.recipient, Role.SIGNATORY), (world.supplier, Role.SIGNATORY))
    world.files("2024-10", by=world.supplier)
    world.goes_to("2024-11-15 10:00")
    answer = client.get("/t/")
    # both taxpayers still owe GSTR-3B of October, though GSTR-1 comes first in the row of one of them
    assert answer.context["sums"]["next"] == "GSTR-3B of 2 taxpayers"
    late, other = lines(client)
    base = f"/t/{world.recipient.gstin}"
    assert (late.due[1], late.due_url) == ("GSTR-1 Oct 2024", f"{base}/gstr1/102024/")
    assert late.then == ("then GSTR-3B 20 Nov", f"{base}/gstr3b/102024/")
    assert other.then == ("", "")
    assert "GSTR-1 Oct 2024, <a" in answer.content.decode()


def test_each_cell_and_sum_of_the_desk_leads_to_what_it_tells(world):
    client = client_of(world, (world.recipient, Role.SIGNATORY))
    now = world.saves(period="2024-10", document_date="2024-10-10")
    later = world.saves(period="2024-11", document_date="2024-11-05")
    world.files("2024-10", by=world.supplier)
    world.goes_to("2024-11-15 10:00")
    page = client.get("/t/").content.decode()
    [line] = lines(client)
    base = f"/t/{world.recipient.gstin}"
    for url in (line.due_url, line.then[1], line.later_url, line.draft_url):
        assert f'href="{url.replace("&", "&amp;")}"' in page, url
        assert client.get(url, follow=True).status_code == 200, url
    assert line.draft_url == f"{base}/gstr2b/102024/"
    shown = client.get(line.later_url, follow=True).content.decode()
    assert later.number in shown
    assert now.number not in shown
    for url in ("?show=late", "?sort=undecided"):
        assert f'href="{url}"' in page, url


def test_the_credit_that_waits_for_suppliers_is_told_with_the_persons_own_gstin(world):
    roles = [(world.recipient, Role.VIEWER)]
    record = world.saves(period="2024-11", document_date="2024-11-05", taxable=10_000)
    client = client_of(world, *roles)
    [line] = lines(client)
    # only 18% of the taxable value: the supplier saved the document and did not file it
    assert line.held[0] == "₹1,800.00 waits for suppliers to file"
    assert record.number in client.get(line.held[1], follow=True).content.decode()
    client = client_of(world, *roles, (world.supplier, Role.VIEWER))
    assert lines(client, "/t/?q=Sahyadri")[0].held[0] == (
        "₹1,800.00 waits for suppliers to file, also your own Konkan Steel Traders"
    )
    world.goes_to("2024-12-01 10:00")
    world.files("2024-11", by=world.supplier)
    assert lines(client, "/t/?q=Sahyadri")[0].held == ("", "")


def test_every_return_that_is_late_is_counted(world):
    world.goes_to("2024-12-23 10:00")
    [line] = lines(client_of(world, (world.recipient, Role.SIGNATORY)))
    # GSTR-1 and GSTR-3B of October, and of November; GSTR-1 of December is not late
    assert len(line.row.late) == 4
    assert line.due == ("11 Nov · 42 days late", "GSTR-1 Oct 2024 · 3 more are late")


def test_the_draft_is_shown_as_absent_made_out_of_date_and_filed(world):
    client = client_of(world, (world.recipient, Role.SIGNATORY))
    record = world.saves(period="2024-10", document_date="2024-10-10")
    world.files("2024-10")
    assert lines(client)[0].draft == ("Not drafted", "comes on 14 Nov")
    world.goes_to("2024-11-14 10:00")
    assert lines(client)[0].draft == ("Draft 1", "made on 14 Nov")
    assert names(client, "/t/?show=stale") == []
    world.acts("reject", record)
    assert lines(client)[0].draft == ("Draft 1", "1 change since")
    assert names(client, "/t/?show=stale") == [world.recipient.name]
    world.recomputes("2024-10")
    world.files("2024-10", by=world.recipient)
    world.files_3b("2024-10")
    [line] = lines(client)
    assert line.row.urgency.value == "filed"
    assert line.due == ("11 Dec · 27 days", "GSTR-1 Nov 2024")


def test_a_person_who_only_enters_supplies_sees_the_suppliers_side(world):
    world.saves(period="2024-10", document_date="2024-10-10")
    [line] = lines(client_of(world, (world.recipient, Role.SUPPLIER_CLERK)))
    assert line.row.undecided.count == 0
    assert line.draft == ("", "")
    assert {one.form for one in line.row.open} == {Form.GSTR1}
    world.files("2024-10", by=world.recipient)
    [line] = lines(client_of(world, (world.recipient, Role.SUPPLIER_CLERK)))
    # the open period is that of the bar on the taxpayer's pages; the return's own period is beside its form
    page = client_of(world, (world.recipient, Role.SUPPLIER_CLERK)).get("/t/").content.decode()
    assert page.count('data-label="GSTR-2B draft">–<') == 1
    assert "<td></td>" not in page
    assert (line.period, line.due) == ("Oct 2024", ("11 Dec · 33 days", "GSTR-1 Nov 2024"))


def test_a_gstin_that_receives_and_supplies_has_both_sides(world):
    world.saves(period="2024-10", document_date="2024-10-10")
    world.saves(
        by=world.recipient,
        recipient=world.supplier.gstin,
        place_of_supply=world.supplier.state,
        period="2024-10",
        document_date="2024-10-10",
    )
    client = client_of(world, (world.recipient, Role.SIGNATORY), (world.supplier, Role.SUPPLIER_CLERK))
    sahyadri, konkan = lines(client, "/t/?sort=undecided")
    assert {one.form for one in sahyadri.row.open} == {Form.GSTR1, Form.GSTR3B}
    assert (sahyadri.row.undecided.count, konkan.row.undecided.count) == (1, 0)


def test_forms_of_distributors_and_a_saved_iff_are_due_too(world):
    distributor = world.taxpayer("27", 3004, "Head office", registration="isd")
    quarterly = world.taxpayer("08", 3005, "Aravalli Paints", frequency="Q")
    client = client_of(world, (distributor, Role.SIGNATORY), (quarterly, Role.SIGNATORY))
    assert [line.due[1] for line in lines(client)] == ["GSTR-6 Oct 2024", "GSTR-1 Oct-Dec 2024"]
    world.saves(by=quarterly, form=Form.IFF, period="2024-10", document_date="2024-10-10")
    # IFF is voluntary, so only saved documents make it due
    assert {line.due for line in lines(client)} == {
        ("13 Nov · 5 days", "GSTR-6 Oct 2024"),
        ("13 Nov · 5 days", "IFF Oct 2024"),
    }


@pytest.mark.parametrize("asked", ["AAACT2001A", "2001", "sahyadri", "29 tools"])
def test_part_of_gstin_pan_or_name_finds_a_taxpayer_in_the_list_and_in_the_palette(world, asked):
    client = client_of(world, (world.recipient, Role.VIEWER), (world.supplier, Role.VIEWER))
    assert names(client, f"/t/?q={asked}") == [world.recipient.name]
    for path in (f"/find/?q={asked}", f"/t/{world.supplier.gstin}/find/?q={asked}"):
        page = client.get(path, headers={"HX-Request": "true"}).content.decode()
        assert f'href="/t/{world.recipient.gstin}/"' in page
        assert f'href="/t/{world.supplier.gstin}/"' not in page


def test_staff_without_a_role_find_the_taxpayers_in_the_administration(world):
    staff = Client()
    staff.force_login(world.person("root", is_staff=True, is_superuser=True))
    add = re.search(r'href="([^"]+)">Taxpayers in the administration', staff.get("/t/").content.decode())
    assert add is not None
    assert staff.get(add[1]).status_code == 200
    other = Client()
    other.force_login(world.person("nobody"))
    page = other.get("/t/").content.decode()
    assert "Ask the operator" in page
    assert "/admin/" not in page


def test_more_taxpayers_and_records_do_not_need_more_queries(world):
    quarterly = world.taxpayer("29", 4000, frequency="Q")
    mine = [world.recipient, world.supplier, quarterly]
    client = client_of(world, *((one, Role.SIGNATORY) for one in mine))
    client.get("/t/")
    with CaptureQueriesContext(connection) as few:
        client.get("/t/")
    for serial in range(4001, 4121):
        one = world.taxpayer("29", serial, frequency="MQ"[serial % 2])
        world.person("asha", Role.SIGNATORY, at=one)
        if serial < 4010:
            world.saves(recipient=one.gstin, period="2024-10", document_date="2024-10-10")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    client.get("/t/")
    with CaptureQueriesContext(connection) as many:
        answer = client.get("/t/")
    assert len(many) == len(few)
    assert answer.context["sums"]["taxpayers"] == 123
    assert len(lines(client)) == 100
    assert len(lines(client, answer.context["next"] and "/t/" + answer.context["next"])) == 23
    assert clock.today().isoformat() == "2024-11-15"


def test_the_sums_on_top_follow_the_search_and_not_the_filter(world):
    client = client_of(world, (world.recipient, Role.SIGNATORY), (world.supplier, Role.SIGNATORY))
    world.saves(period="2024-10", document_date="2024-10-10")
    world.files("2024-10", by=world.supplier)
    world.goes_to("2024-11-12 10:00")
    everything = client.get("/t/").context["sums"]
    assert (everything["late"], everything["undecided"]) == (1, 1)
    assert client.get("/t/?show=stale").context["sums"] == everything
    one = client.get("/t/?q=Konkan").context["sums"]
    assert (one["taxpayers"], one["late"], one["undecided"]) == (1, 0, 0)
    assert client.get("/t/?q=nobody").context["sums"]["taxpayers"] == 0


def test_the_search_finds_the_state_that_each_row_prints(world):
    kerala = world.taxpayer("32", 3006, "Malabar Spices")
    client = client_of(world, (world.recipient, Role.VIEWER), (kerala, Role.VIEWER))
    assert names(client, "/t/?q=kerala") == [kerala.name]
    assert names(client, "/t/?q=kerala+malabar") == [kerala.name]


def test_r075_a_closed_iff_is_not_late_and_its_documents_have_a_link(world):
    quarterly = world.taxpayer("08", 3005, "Aravalli Paints", frequency="Q")
    client = client_of(world, (quarterly, Role.SIGNATORY))
    world.saves(by=quarterly, form=Form.IFF, period="2024-10", document_date="2024-10-10")
    world.goes_to("2024-11-14 10:00")
    [line] = lines(client)
    assert not line.late
    assert line.due[1] == "GSTR-1 Oct-Dec 2024"
    assert line.notes == [("IFF of Oct 2024 closed, 1 document to move", f"/t/{quarterly.gstin}/iff/102024/")]
    client.post(f"{line.notes[0][1]}move/")
    assert lines(client)[0].notes == []


def test_rejected_documents_are_counted_for_their_supplier(world):
    client = client_of(world, (world.recipient, Role.SIGNATORY), (world.supplier, Role.SUPPLIER_CLERK))
    world.acts("reject", world.saves(period="2024-10", document_date="2024-10-10"))
    url = f"/t/{world.supplier.gstin}/ims/outward/rejected/"
    assert {line.name: line.notes for line in lines(client)} == {
        world.recipient.name: [],
        world.supplier.name: [("1 document rejected", url)],
    }


def test_the_palette_inside_a_gstin_finds_the_list_of_taxpayers(world):
    client = client_of(world, (world.recipient, Role.VIEWER))
    page = client.get(f"/t/{world.recipient.gstin}/find/?q=my+tax", headers={"HX-Request": "true"})
    assert 'href="/t/"' in page.content.decode()


def test_the_palette_of_a_registration_without_ims_has_no_pages_of_ims(world):
    composition = world.taxpayer("27", 3003, "Shivneri Canteen", registration="composition")
    client = client_of(world, (composition, Role.SIGNATORY))
    page = client.get(f"/t/{composition.gstin}/find/", headers={"HX-Request": "true"}).content.decode()
    assert 'href="/t/"' in page or "Outward supplies" in page
    for path in ("ims/inward/", "gstr2b/", "gstr3b/"):
        assert f"/t/{composition.gstin}/{path}" not in page, path
