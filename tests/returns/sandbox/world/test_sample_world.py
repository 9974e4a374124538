"""The sample data for practice is complete and always the same. The sample data changes no other data and
follows the law."""

from __future__ import annotations

import re
from datetime import date, datetime
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from gstr2b import midnight
from gstr2b.models import Reversal37A, Statement
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices import portal_clock
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.journal.writing import By
from invoices.models import Decision, JournalEntry, JournalLine, Membership, Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, ruling_of
from invoices.rules.situation import Action, Route, Standing
from returns.gstr3b import filing
from returns.models import OutwardReturn
from returns.sandbox.world import build, months, volume
from returns.sandbox.world.cast import PASSWORD, PEOPLE, PLAYERS
from returns.sandbox.world.stage import inv

RECORDS = 240
SECTIONS = {
    "b2b", "b2ba", "b2bdn", "b2bdna", "b2bcn", "b2bcna", "ecom", "ecoma", "impg", "impga", "impgsez", "impgseza",
    "isd", "isda",
}  # fmt: skip
PAST_IMS = {
    Route.REVERSE_CHARGE,
    Route.ISD,
    Route.NON_RESIDENT,
    Route.ICEGATE,
    Route.PLACE_OF_SUPPLY,
    Route.TIME_BAR,
    Route.NO_ACCESS,
    Route.BEFORE_IMS,
    Route.WITHDRAWN,
}
COUNTED = (Taxpayer, Record, Decision, JournalEntry, JournalLine, OutwardReturn, Membership)


def demo_world(**options) -> str:
    said = StringIO()
    call_command("demo_world", stdout=said, **options)
    return said.getvalue()


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """Build the sample data once for this module, and roll it back after the last test of the module.

    Each test rolls its own changes back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo_world(records=RECORDS)
        transaction.set_rollback(True)
    portal_clock.forget()


@pytest.fixture
def here(built, db):
    portal_clock.forget()
    return build.load().stage


def record(stage, supplier: str, kind: str, number: str) -> Record:
    found = stage.record(stage.at(supplier), kind, number)
    assert isinstance(found, Record)
    return Record.objects.select_related("decision", "recipient").get(pk=found.pk)


def sizes() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_the_clock_shows_12_november_2024(here, built):
    assert clock.today() == date(2024, 11, 12)
    assert clock.now().hour == 10
    assert "12 November 2024, 10:00 IST" in built


def test_the_monthly_recipient_has_records_of_every_class(here):
    sections = set(Record.objects.filter(recipient=here.at("sahyadri")).values_list("section", flat=True))
    assert sections == SECTIONS


def test_the_world_has_records_of_every_route(here):
    assert {Route(r) for r in Record.objects.values_list("route", flat=True)} == PAST_IMS | {Route.IMS}


def test_the_world_has_amendments_of_every_standing_before_a_period_is_closed(here):
    mine = Record.objects.filter(recipient=here.at("sahyadri"), amends_id__isnull=False)
    standings = {(r.kind, Standing(r.standing), r.direction) for r in mine}
    for kind in ("INV", "DN", "CN", "ECO"):
        assert (kind, Standing.BASELINE, "U") in standings
    for kind in ("INV", "DN", "ECO", "CN"):
        assert (kind, Standing.BASELINE, "D") in standings
    assert {s for _, s, _ in standings} >= {
        Standing.BASELINE,
        Standing.CHARGE_CHANGED,
        Standing.PREVAILS,
        Standing.PREVAILS_REJECTED,
        Standing.BLOCKED,
    }
    assert ("INV", Standing.BASELINE, "L") in standings


def test_the_world_has_recipients_and_suppliers_of_every_kind(here):
    kinds = {(t.registration_type, t.frequency) for t in here.who.values()}
    assert {("normal", "M"), ("normal", "Q"), ("sez_unit", "M"), ("isd", "M"), ("nonresident", "M")} <= kinds
    assert ("composition", "M") in kinds
    forms = set(OutwardReturn.objects.values_list("form", flat=True))
    assert forms == {"GSTR-1", "IFF", "GSTR-1A", "GSTR-5", "GSTR-6"}
    assert all(Gstin.is_valid(gstin) for gstin in Taxpayer.objects.values_list("gstin", flat=True))


def test_an_edit_cleared_an_acceptance(here):
    edited = record(here, "yamuna", "INV", "YE/3381")
    assert (edited.decision.action, edited.decision.cleared_action) == ("N", "A")


def test_records_that_missed_the_window_wait_for_november(here):
    saved = Record.objects.filter(filing="S", form="GSTR-1", tax_period=202410)
    assert saved.exists()
    assert set(saved.values_list("natural_period", flat=True)) == {202411}


def test_the_credit_note_cannot_be_kept_pending(here):
    """R-053 (1): under the October 2024 rulebook, a credit note cannot be pending."""
    note = record(here, "deccan", "CN", "CN/24-25/088")
    with pytest.raises(Refused) as refusal:
        actions.take_one(here.at("sahyadri"), note.pk, Asked(Action.PENDING), by=By())
    assert refusal.value.code == "PENDING_NOT_ALLOWED"
    note.decision.refresh_from_db()
    assert note.decision.action == "N"


def test_an_upward_amendment_can_be_pending_and_a_downward_amendment_cannot(here):
    view = DeskView.of(here.at("sahyadri"), clock.today(), calendar())
    up = ruling_of(record(here, "konkan", "INV", "KST/24-25/0391"), view)
    down = ruling_of(record(here, "konkan", "INV", "KST/24-25/0394"), view)
    blocked = ruling_of(record(here, "konkan", "INV", "KST/24-25/0421"), view)
    assert Action.PENDING in up.allowed
    assert Action.PENDING not in down.allowed
    assert not blocked.allowed


def test_the_draft_comes_on_the_14th_and_table_4_is_the_sum_of_its_lines(here):
    owner = here.at("sahyadri")
    assert not Statement.objects.filter(recipient=owner).exists()
    midnight.move_clock(datetime(2024, 11, 14, 9, 0, tzinfo=clock.IST))
    draft = Statement.objects.get(recipient=owner, period=202410, is_current=True)
    assert draft.cause == "draft"
    assert draft.line_count == draft.lines.count() > 50
    table = table4.fill(draft)
    for head in HEADS:
        lines = draft.lines.aggregate(
            effect=Sum(f"effect_{head}"), barred=Sum(f"barred_{head}"), back=Sum(f"reversed_{head}")
        )
        assert sum(getattr(table[row], head) for row in table4.NETTED) == lines["effect"]
        assert getattr(table["4D2"], head) == (lines["barred"] or 0)
        assert getattr(table["4B1"], head) + getattr(table["4B2"], head) == (lines["back"] or 0)
        others = draft.lines.filter(row="4A5").aggregate(n=Sum(f"effect_{head}"))["n"]
        assert getattr(table["4A5"], head) == others
    assert set(draft.lines.values_list("section", flat=True)) >= {
        "AV_A2",
        "AV_A3",
        "AV_A4",
        "AV_B",
        "NA_A",
        "NA_B",
        "REJ",
    }
    # an amendment names the supplier's own State as place of supply, so the credit taken in September is
    # reversed
    assert table["4B1"].igst == 1_008_000
    assert not Statement.objects.filter(recipient=here.at("yamuna")).exists()


def test_a_rejected_credit_note_comes_back_to_its_supplier(here):
    midnight.move_clock(datetime(2024, 11, 18, 9, 0, tzinfo=clock.IST))
    owner = here.at("sahyadri")
    owner.refresh_from_db()
    filing.file(owner, TaxPeriod(2024, 10), by=By())
    added = here.at("satpura").add_backs.get()
    assert (added.period, added.igst) == (202411, 100_800)


def test_a_second_run_changes_nothing(here):
    before, at = sizes(), portal_clock.state().portal_anchor
    said = demo_world()
    assert sizes() == before
    assert portal_clock.state().portal_anchor == at
    assert "already exists" in said
    assert PASSWORD in said


def test_more_records_come_from_further_suppliers_and_touch_no_others(here):
    owner = here.at(volume.RECIPIENT)
    earlier = set(Record.objects.filter(recipient=owner).values_list("pk", "label"))
    wanted = len(earlier) + 30
    demo_world(records=wanted)
    now = set(Record.objects.filter(recipient=owner).values_list("pk", "label"))
    assert earlier <= now
    assert len(now) == wanted
    before = sizes()
    demo_world(records=wanted)
    assert sizes() == before


def test_the_generator_is_the_same_every_time(here):
    docs = [list(volume.documents(7, 40, TaxPeriod(2024, 10), "27", "23")) for _ in range(2)]
    assert docs[0] == docs[1]
    assert sum(volume.plan(3000).values()) == 3000
    assert sum(volume.plan(5500).values()) == 5500
    usual = volume.plan(3000)
    assert {i: n for i, n in volume.plan(5500).items() if i in usual} == usual
    gstins = [volume.supplier_gstin(i) for i in range(500)]
    assert len(set(gstins)) == 500


def test_everyone_can_sign_in_and_one_person_has_many_gstins(here):
    user = authenticate(username="meera", password=PASSWORD)
    assert user is not None
    assert user.memberships.values("taxpayer").distinct().count() >= 5
    staff = get_user_model().objects.get(username="staff")
    assert staff.is_superuser
    assert not staff.memberships.exists()
    assert set(get_user_model().objects.values_list("username", flat=True)) >= set(PEOPLE)


def first_page(client) -> dict[str, list]:
    """Return the accountant's taxpayers by how urgent their returns are."""
    client.force_login(get_user_model().objects.get(username="lakshmi"))
    found: dict[str, list] = {}
    for _heading, _size, lines in client.get("/t/").context["groups"]:
        for line in lines:
            found.setdefault(line.row.urgency.value, []).append(line)
    return found


def test_the_accountant_has_fifteen_taxpayers_in_different_states(here, client):
    found = first_page(client)
    assert {urgency: len(lines) for urgency, lines in found.items()} == {
        "late": 3,
        "soon": 1,
        "later": 10,
        "nothing": 1,
    }
    assert found["late"][0].name == "Tapti Valves & Fittings Pvt Ltd"
    assert any(line.undecided.count for line in found["later"])
    assert any(not line.undecided.count for line in found["later"])


def test_six_days_later_the_accountants_drafts_are_current_out_of_date_and_filed(here, client):
    assert "3 GSTR-3B of the firm filed" in demo_world(chapter="2024-11-18")
    assert clock.now().date() == date(2024, 11, 18)
    found = first_page(client)
    assert len(found["filed"]) == 3
    every = [line for lines in found.values() for line in lines]
    assert len(every) == 15
    stale = {line.name for line in every if line.stale}
    assert stale == {"Tapti Valves & Fittings Pvt Ltd", "Chambal Cables Ltd", "Periyar Spices LLP"}
    assert any(line.draft[0] == "Draft 1" and not line.stale for line in every)
    before = sizes()
    assert "already passed the beginning of this chapter" in demo_world(chapter="2024-11-18")
    assert sizes() == before


def test_the_suggested_first_pages_open(here, built, client):
    addresses = re.findall(r"^  (/\S+)", built, re.MULTILINE)
    assert len(addresses) == 5
    for address in addresses:
        person = "arjun" if PLAYERS["konkan"].gstin in address else "meera"
        client.force_login(get_user_model().objects.get(username=person))
        assert client.get(address).status_code == 200, address


def test_the_chapter_leaves_documents_of_other_suppliers_unchanged(here):
    """A trainer can register a further supplier and keep an invoice of this supplier pending.

    The program that adds later months to the sample data acts only on documents of the sample's own
    suppliers. The trainer's invoice stays pending and does not stop the program."""
    owner, stranger = here.at("sahyadri"), volume.register_supplier(8_000)
    ours = record(here, "satpura", "INV", "SAP/1140")
    (theirs,) = here.saves(stranger, "2024-10", [inv("NEW/1", "2024-10-05", 1_000)])
    actions.take(owner, [ours.pk, theirs.pk], Asked(Action.PENDING), by=By())
    pending = Record.objects.filter(pk__in=[ours.pk, theirs.pk], decision__action="P")
    assert pending.count() == 2
    months.act(here, "accept", pending)
    assert [left.pk for left in pending.all()] == [theirs.pk]


@pytest.mark.slow
@pytest.mark.once
def test_the_chapter_of_october_2025_has_an_example_of_each_new_rule(built, db):
    portal_clock.forget()
    said = demo_world(chapter="2025-10")
    stage = build.load().stage
    assert clock.today() == date(2025, 10, 28)
    owner = stage.at("sahyadri")
    assert owner.open_period == 202510
    view = DeskView.of(owner, clock.today(), calendar())
    waiting = record(stage, "satpura", "CN", "SAP/CN/094")
    assert waiting.decision.action == "P"
    part = record(stage, "satpura", "CN", "SAP/CN/095")
    assert (part.decision.answer, part.decision.reduction_igst) == ("P", 100_000)
    rejected = record(stage, "deccan", "CN", "DB/CN/131")
    assert (rejected.standing, rejected.effect) == ("R", -792_000)
    lowered = ruling_of(record(stage, "satpura", "INV", "SAP/2208"), view)
    assert lowered.asks_reduction
    assert Action.PENDING in lowered.allowed
    bills = {
        (r.kind, r.route)
        for r in Record.objects.filter(recipient=owner, natural_period=202510, form="ICEGATE")
    }
    assert bills == {("BOE", "M"), ("BOR", "M")}
    assert Reversal37A.objects.filter(recipient=owner, period=202510).exists()
    assert stage.at("deccan").add_backs.exists()
    raigad = calendar().gstr3b(TaxPeriod(2025, 7), frequency=Frequency.MONTHLY, seat=stage.at("konkan").seat)
    assert (raigad.on, "12/2025" in raigad.source) == (date(2025, 8, 27), True)
    assert "28 October 2025" in said
    before = sizes()
    assert "already passed the beginning of this chapter" in demo_world(chapter="2025-10")
    assert sizes() == before


def test_every_invented_gstin_has_its_check_character():
    assert all(Gstin.is_valid(player.gstin) for player in PLAYERS.values())
    assert PLAYERS["sahyadri"].gstin == "27AAXCS4821K1ZN"
    assert {at for person in PEOPLE.values() for at, _ in person.roles} <= set(PLAYERS)
