"""A document of a large file is stored as the same row as if the document were saved alone (R-020, R-049)."""

from __future__ import annotations

import json
import random

import pytest
from django.core.management import call_command
from django.db import transaction

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices import counters
from invoices.documents import saving
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import JournalEntry, JournalLine, JournalSeal, Record, Taxpayer
from invoices.people import registrations
from invoices.rules.calendar import Form
from invoices.rules.documents import warnings
from returns.gstr1_file import load, read
from tests.returns.gstr1_file.test_cost import file_of as plain_file
from tests.world import World, gstin

BY = By(source="test")
PERIOD = TaxPeriod(2024, 10)


@pytest.fixture
def parties(world):
    """Return the GSTINs of five recipients: one in another State, one in the supplier's State, one SEZ unit
    in the supplier's State, one that is not registered in the portal, and one UIN (R-140)."""
    return [
        world.recipient.gstin,
        world.taxpayer("27", 3001, "Deccan Looms").gstin,
        world.taxpayer("27", 3002, "Santacruz Exports", registration="sez_unit").gstin,
        gstin("33", 3003),
        f"0717UNO00157UN{check_character('0717UNO00157UN')}",
    ]


def lines(dice, inter):
    made = []
    for num in range(1, dice.choice([2, 2, 2, 3, 4])):
        rate, taxable = dice.choice([0, 5, 12, 18, 18, 28] * 5 + [17]), dice.randint(0, 10**8) / 100
        tax = round(taxable * rate / 100, 2)
        half = round(tax / 2, 2)
        heads = {"iamt": tax} if inter else {"camt": half, "samt": half}
        made.append({"num": num, "itm_det": {"rt": rate, "txval": taxable, **heads}})
        if dice.random() < 0.1:
            made[-1]["itm_det"]["csamt"] = dice.choice([0, 1.5, -0.0])
    return made


def document(dice, number, note):
    pos = dice.choice(["27", "27", "29", "33", "97"] * 4 + ["98"])
    made = {
        "val": dice.randint(0, 10**8) / 100,
        "pos": pos,
        "rchrg": dice.choice(["N", "N", "N", "Y"]),
        "inv_typ": dice.choice(["R"] * 12 + ["SEWP", "SEWOP", "DE", "CBW", "X"]),
        "itms": lines(dice, dice.random() < (0.2 if pos == "27" else 0.95)),
    }
    day = dice.choice(["05-10-2024", "30-09-2024", "31-03-2024"] * 5 + ["28-10-2024", "01-01-2017"])
    if dice.random() < 0.1:
        made |= dice.choice([{"irn": "Ab" * 32}, {"diff_percent": 0.65}, {"etin": gstin("27", 9001)}])
    if note:
        return made | {"ntty": dice.choice("CD"), "nt_num": number, "nt_dt": day}
    return made | {"inum": number, "idt": day}


def file_of(world, parties, dice):
    def section(documents, note):
        return [
            {
                "ctin": dice.choice(parties),
                documents: [document(dice, f"{prefix}{nth}/a", note) for nth in range(dice.randint(1, 12))],
            }
            for prefix in "ABCDEF"
        ]

    sections = {"b2b": section("inv", False), "cdnr": section("nt", True)}
    return {"gstin": world.supplier.gstin, "fp": "102024", **sections}


def stored():
    """Return all fields of the records and of their journal lines, except ids."""
    rows = []
    people = dict(Taxpayer.objects.values_list("pk", "gstin"))
    for record in Record.objects.select_related("decision").order_by("kind", "number_key", "year"):
        names = [f.attname for f in Record._meta.concrete_fields if f.attname not in ("id", "recipient_id")]
        columns = {name: getattr(record, name) for name in names}
        decision, to = record.decision, people[record.recipient_id]
        told = JournalLine.objects.filter(record_id=record.pk).order_by("pk")
        said = [
            (people[x.recipient_id], x.revision, x.before, x.after, x.remarks, x.detail or None) for x in told
        ]
        rows.append((to, columns, (people[decision.recipient_id], decision.label, decision.version), said))
    return rows


def saved_singly(world, body):
    """Check and save each document alone, and roll everything back. Return the rows that were saved, and the
    refusals."""
    entries = list(read.open_file(json.dumps(body).encode()).entries())
    with transaction.atomic():
        incoming = [e.incoming for e in entries if e.incoming]
        outcomes = saving.save_many(world.supplier, Form.GSTR1, PERIOD, incoming, by=BY)
        found = stored()
        transaction.set_rollback(True)
    refused = [(o.incoming.place, o.problem.code, o.problem.message) for o in outcomes if o.problem]
    refused += [(e.place, e.problem.code, e.problem.message) for e in entries if e.problem]
    return found, sorted(refused)


def in_bulk(world, body):
    report = load.load(world.supplier, Form.GSTR1, json.dumps(body).encode(), by=BY)
    assert counters.drifts() == []
    return stored(), sorted((r.place, r.code, r.message) for r in report.refusals), report


@pytest.mark.parametrize("seed", range(5))
def test_a_file_of_random_documents_becomes_the_rows_of_documents_saved_singly(seed, world, parties):
    dice = random.Random(seed)
    body = file_of(world, parties, dice)
    rows, refused = saved_singly(world, body)
    found, said, report = in_bulk(world, body)
    assert rows
    assert refused
    assert found == rows
    assert said == refused

    entries = JournalEntry.objects.count()
    again, said, report = in_bulk(world, body)
    assert (report.saved, report.changed, report.same) == (0, 0, len(rows))
    assert again == rows
    assert said == refused
    assert JournalEntry.objects.count() == entries == JournalSeal.objects.count()

    # the edited file has the same numbers with other contents, and some documents have another recipient
    for party in body["b2b"]:
        if dice.random() < 0.3:
            party["ctin"] = dice.choice(parties)
        for one in party["inv"]:
            if dice.random() < 0.5:
                one |= {key: document(dice, "-", False)[key] for key in ("val", "rchrg")}
    rows, refused = saved_singly(world, body)
    found, said, report = in_bulk(world, body)
    assert report.changed
    assert found == rows
    assert said == refused
    # after all loads, the counters, chains and keys are sound
    call_command("verify", verbosity=0)


FEBRUARY = TaxPeriod(2026, 2)
AFTER_FEBRUARY = ["05-02-2026", "01-02-2026", "31-01-2026", "22-09-2025", "21-09-2025"]


@pytest.mark.parametrize("seed", range(3))
def test_r145_both_ways_agree_on_documents_before_and_after_february_2026(db, seed):
    """From 1 February 2026 the portal accepts tax above the rate and ended cess with a warning. Rates changed on
    22 September 2025. Both readers must give the same rows, refusals and warnings."""
    world, dice = World("2026-02-20 10:00", filed_through="2026-01"), random.Random(seed)

    def one(nth: int) -> dict:
        rate, taxable = dice.choice([0, 5, 12, 18, 28, 40, 40]), dice.randint(1, 10**6) / 100
        tax = round(taxable * dice.choice([rate, rate, 70]) / 100, 2)
        line = {"rt": rate, "txval": taxable, "iamt": tax} | (
            {"csamt": dice.choice([0, 5])} if nth % 3 else {}
        )
        return {
            "inum": f"F/{nth}",
            "idt": dice.choice(AFTER_FEBRUARY),
            "val": taxable,
            "pos": "29",
            "rchrg": "N",
            "inv_typ": "R",
            "itms": [{"num": 1, "itm_det": line}],
        }

    body = {
        "gstin": world.supplier.gstin,
        "fp": "022026",
        "b2b": [{"ctin": world.recipient.gstin, "inv": [one(nth) for nth in range(60)]}],
    }
    entries = list(read.open_file(json.dumps(body).encode()).entries())
    with transaction.atomic():
        incoming = [e.incoming for e in entries if e.incoming]
        outcomes = saving.save_many(world.supplier, Form.GSTR1, FEBRUARY, incoming, by=BY)
        rows = stored()
        warned = [
            (o.incoming.draft.number, told.field, told.message)
            for o in outcomes
            if o.problem is None
            for told in warnings(o.incoming.draft, Form.GSTR1)
        ]
        transaction.set_rollback(True)
    refused = sorted((o.incoming.place, o.problem.code, o.problem.message) for o in outcomes if o.problem)
    found, said, report = in_bulk(world, body)
    assert rows
    assert refused
    assert warned
    assert found == rows
    assert said == refused
    assert sorted((w.number, w.field, w.message) for w in report.warnings) == sorted(warned)


def test_a_refused_document_makes_no_registration_for_its_recipient(world):
    """Registrations for refused documents would fill the portal with GSTINs that do not exist."""
    known = Taxpayer.objects.count()
    right = document(random.Random(1), "A/1", False) | {
        "idt": "05-10-2024",
        "pos": "33",
        "inv_typ": "R",
        "rchrg": "N",
    }
    right["itms"] = [{"num": 1, "itm_det": {"rt": 18, "txval": 100, "iamt": 18}}]
    wrong = right | {"inum": "A/2", "idt": "05-11-2030"}
    parties = [
        {"ctin": gstin("33", 9101), "inv": [wrong]},
        {"ctin": gstin("33", 9102), "inv": [right | {"diff_percent": 1}]},
    ]
    body = {"gstin": world.supplier.gstin, "fp": "102024", "b2b": parties}
    _rows, refused, report = in_bulk(world, body)
    assert (report.saved, len(refused)) == (1, 1)
    assert set(Taxpayer.objects.values_list("gstin", flat=True).order_by("-pk")[:1]) == {gstin("33", 9102)}
    assert Taxpayer.objects.count() == known + 1


def test_documents_edited_by_one_file_are_one_entry_of_the_journal(world):
    """R-040: documents of a file that are edited together have one journal entry.

    The last document of a section always gets the full check. If the other documents get the fast check, the
    last document has a separate entry."""

    def file(taxable: int, **more: object) -> dict:
        line = {"rt": 18, "txval": taxable, "iamt": taxable * 0.18}
        made = {"idt": "05-10-2024", "val": 0, "pos": "29", "rchrg": "N", "inv_typ": "R"}
        documents = [
            made | {"inum": f"J/{nth}", "itms": [{"num": 1, "itm_det": line}]} | more for nth in range(3)
        ]
        parties = [{"ctin": world.recipient.gstin, "inv": documents}]
        return {"gstin": world.supplier.gstin, "fp": "102024", "b2b": parties}

    in_bulk(world, file(100))
    for taxable, more in ((200, {}), (300, {"diff_percent": 1})):
        before = JournalEntry.objects.count()
        _rows, refused, report = in_bulk(world, file(taxable, **more))
        assert (report.changed, refused) == (3, [])
        told = JournalEntry.objects.filter(event__startswith="document").order_by("-pk")[
            : 2 if not more else 1
        ]
        assert sum(entry.record_count for entry in told) == 3
        assert {entry.event for entry in told} <= {"documents edited", "document edited"}
        # the file itself has one further journal entry
        assert JournalEntry.objects.count() == before + len(told) + 1


@pytest.mark.parametrize("way", ["form", "file"])
def test_the_entry_of_an_edit_says_which_number_the_document_had(world, way):
    """The page of the journal shows the old and the new number of the document. A file can change a number
    only from lower to upper case or back."""
    load.load(world.supplier, Form.GSTR1, plain_file(world, "a", 1), by=BY)
    if way == "form":
        world.edits(Record.objects.get(), number="A/0")
    else:
        load.load(world.supplier, Form.GSTR1, plain_file(world, "A", 1), by=BY)
    entry = JournalEntry.objects.get(event="document edited")
    assert (entry.before["number"], entry.after["number"]) == ("a/0", "A/0")
    assert entry.before["recipient"] == entry.after["recipient"] == world.recipient.gstin


def test_r040_a_record_given_back_by_an_edit_shows_no_cleared_action(world):
    record = world.saves(number="C/1")
    world.acts("accept", record)
    changed = Incoming(world.draft(number="C/1", document_date=record.document_date, taxable=500))
    [outcome] = saving.save_many(world.supplier, Form.GSTR1, PERIOD, [changed], by=BY)
    assert outcome.record is not None
    assert (outcome.record.revision, outcome.record.decision.action) == (2, "N")
    assert outcome.record.decision.cleared_action == "A"


@pytest.mark.parametrize("why", ["taken, usual", "taken, judged in full", "no original"])
def test_a_document_refused_for_what_the_portal_knows_makes_no_registration_either(world, why):
    load.load(world.supplier, Form.GSTR1, plain_file(world, "A", 3), by=BY)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-20 10:00")
    known = Taxpayer.objects.count()
    body = json.loads(plain_file(world, "A", 3)) | {"fp": "112024"}
    body["b2b"][0]["ctin"] = gstin("33", 9102)
    documents = body["b2b"][0]["inv"]
    if why == "taken, usual":
        # the last document of a section always gets the full check
        body["b2b"].append({"ctin": world.recipient.gstin, "inv": [documents.pop()]})
    elif why == "taken, judged in full":
        documents[:] = [document | {"diff_percent": 1} for document in documents]
    else:
        documents[:] = [document | {"oinum": "NONE", "oidt": "05-09-2024"} for document in documents]
        body["b2ba"] = body.pop("b2b")
    report = load.load(world.supplier, Form.GSTR1, json.dumps(body).encode(), by=BY)
    assert report.refused == 3
    assert Taxpayer.objects.count() == known


def test_a_typed_document_or_edit_that_is_refused_makes_no_registration_either(world):
    taken, other = world.saves(number="T/1"), world.saves(number="T/2")
    known, unknown = Taxpayer.objects.count(), gstin("33", 9103)
    draft = world.draft(number="T/1", document_date=taken.document_date, recipient=unknown)
    with pytest.raises(Refused, match="already used"):
        saving.save(world.supplier, Form.GSTR1, PERIOD, Incoming(draft), by=BY)
    with pytest.raises(Refused, match="already used"):
        saving.edit(other.pk, world.supplier, draft, by=BY)
    assert Taxpayer.objects.count() == known
    moved = world.draft(number="T/2", document_date=other.document_date, recipient=unknown)
    assert saving.edit(other.pk, world.supplier, moved, by=BY).recipient.gstin == unknown


def test_r005_a_recipient_that_changes_its_frequency_between_two_chunks_is_seen_by_the_next(
    world, monkeypatch
):
    monkeypatch.setattr(load, "CHUNK", 200)
    changed = []

    def change(_read: int) -> None:
        if not changed:
            recipient = Taxpayer.objects.get(pk=world.recipient.pk)
            changed.append(registrations.change_frequency(recipient, Frequency.QUARTERLY, by=BY))

    load.load(world.supplier, Form.GSTR1, plain_file(world, "A", 3000), by=BY, progress=change)
    periods = Record.objects.order_by().values_list("claim_period", flat=True).distinct()
    assert list(periods) == [202412]
