"""The API lists records and takes actions on a record."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.support.database import prepared
from invoices.models import ActionBatch, JournalEntry, Role
from invoices.queries.record_list.records import SORTS
from invoices.rules.situation import Kind
from returns.models import AddBack
from tests.api_client import api_for
from tests.desk_pages import some


def test_a_list_is_read_page_by_page_without_gap_or_double(world):
    some(world, 7)
    api = api_for(world)
    seen, after = [], ""
    while after is not None:
        page = api.get(f"records/?limit=3&sort=-tax&after={after}").json()
        seen += [row["number"] for row in page["items"]]
        after = page["next"]
    assert sorted(seen) == [f"B-{n:04d}" for n in range(7)]


@pytest.mark.parametrize("sort", [f"{sign}{key}" for key in SORTS for sign in ("", "-")])
def test_the_prepared_list_has_the_same_bytes_as_the_orm_in_every_order(world, monkeypatch, sort):
    some(world, 5)
    world.acts("reject", world.saves(kind=Kind.CREDIT_NOTE, taxable=700))
    world.saves(by=world.taxpayer("24", 1003, "Vapi Chemicals"), taxable=900)
    api = api_for(world)

    def pages():
        found, after = [], ""
        while after is not None:
            answer = api.get(f"records/?limit=2&sort={sort}&after={after}")
            found.append(answer.content.rpartition(b',"next"')[0])
            after = answer.json()["next"]
        return found

    once, again = pages(), pages()
    monkeypatch.setattr(prepared, "_written", lambda *_: None)
    assert once == again == pages()
    assert len(once) == 4


def test_a_row_says_what_the_screen_says(world):
    note = world.saves(kind=Kind.CREDIT_NOTE, taxable=1000)
    row = api_for(world).get("records/?kind=CN").json()["items"][0]
    assert (row["id"], row["taxable"], row["igst"], row["effect"]) == (
        note.pk,
        "1000.00",
        "180.00",
        "-180.00",
    )
    assert row["allowed"] == ["A", "R"]
    refusal = row["refusals"][0]
    assert (refusal["action"], refusal["code"], refusal["rule"]) == ("P", "PENDING_NOT_ALLOWED", "R-053")
    assert refusal["sentence"]


def test_the_api_has_the_filters_of_the_screen(world):
    small, large = world.saves(taxable=100), world.saves(taxable=200_000)
    world.acts("reject", large)
    api = api_for(world)

    def numbers(query):
        return {row["id"] for row in api.get(f"records/?{query}").json()["items"]}

    assert numbers("status=R") == {large.pk}
    assert numbers("min=1L") == {large.pk}
    assert numbers("max=100") == {small.pk}
    assert numbers(f"q={small.number}") == {small.pk}
    assert numbers("filing=F") == set()
    assert numbers("section=b2b&lands=this") == {small.pk, large.pk}


@pytest.mark.parametrize(
    "query",
    ["limit=501", "limit=0", "limit=x", "status=Z", "sort=secret", "after=forged", "min=abc", "section=none"],
)
def test_a_faulty_parameter_gets_400_and_is_named(world, query):
    answer = api_for(world).get(f"records/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] in ("BAD_FILTER", "BAD_PAGE")


def test_an_action_is_stored_and_journalled(world):
    record = world.saves()
    api = api_for(world)
    answer = api.post(
        f"records/{record.pk}/action/",
        {"action": "reject", "revision": 1, "version": 1, "remarks": "not ours"},
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["record"]["action"] == "R"
    entry = JournalEntry.objects.get(pk=answer.json()["entry"])
    assert (entry.source, entry.event, entry.actor) == ("api", "rejected", api.user)


def test_i8_a_record_that_changed_answers_409_with_its_present_state(world):
    record = world.saves(taxable=1000)
    world.edits(record, taxable=2000)
    answer = api_for(world).post(
        f"records/{record.pk}/action/", {"action": "accept", "revision": 1, "version": 1}
    )
    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "ROW_CHANGED"
    assert body["details"]["record"]["taxable"] == "2000.00"
    assert body["details"]["record"]["revision"] == 2
    assert world.now(record).decision.action == "N"


def test_an_action_that_the_law_refuses_gets_422_with_rule_and_sentence(world):
    note = world.saves(kind=Kind.CREDIT_NOTE)
    before = JournalEntry.objects.count()
    answer = api_for(world).post(
        f"records/{note.pk}/action/", {"action": "pending", "revision": 1, "version": 1}
    )
    body = answer.json()
    assert (answer.status_code, body["code"], body["rule"]) == (422, "PENDING_NOT_ALLOWED", "R-053")
    assert body["type"] == "/help/rules/r-053/"
    assert JournalEntry.objects.count() == before


def test_a_declaration_is_taken_in_rupees(world_2025):
    world = world_2025
    note = world.saves(kind=Kind.CREDIT_NOTE, taxable=1000)
    api = api_for(world)
    act = f"records/{note.pk}/action/"
    part = {"action": "accept", "revision": 1, "version": 1, "remarks": "half was never claimed"}
    refused = api.post(act, {**part, "reduction": {"answer": "part", "igst": "90.001"}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "reduction.igst"
    saved = api.post(act, {**part, "reduction": {"answer": "part", "igst": "90.00"}})
    assert saved.status_code == 200, saved.content
    assert saved.json()["record"]["reduction"]["igst"] == "90.00"


def test_one_record_explains_itself(world):
    record = world.saves()
    api = api_for(world)
    found = api.get(f"records/{record.pk}/").json()
    assert found["record"]["id"] == record.pk
    assert {"R-001", "R-003"} <= {step["rule"] for step in found["facts"]}
    assert [v["id"] for v in found["versions"]] == [record.pk]
    world.acts("accept", record)
    events = api.get(f"records/{record.pk}/history/").json()["items"]
    assert events[0]["event"] == "Accepted"
    assert not AddBack.objects.exists()


def test_a_batch_is_previewed_runs_once_and_accounts_for_every_record(world):
    some(world, 3)
    note = world.saves(kind=Kind.CREDIT_NOTE)
    api = api_for(world, Role.PREPARER)
    made = api.post("batches/", {"action": "pending", "filter": {"section": "all"}})
    assert made.status_code == 201, made.content
    batch, foreseen = made.json()["id"], made.json()["preview"]
    assert (foreseen["allowed"], foreseen["unchanged"], made.json()["result"]) == (3, 0, None)
    assert [(r["code"], r["rule"], r["count"]) for r in foreseen["refused"]] == [
        ("PENDING_NOT_ALLOWED", "R-053", 1)
    ]
    done = api.post(f"batches/{batch}/run/", {"remarks": "waiting"})
    assert done.status_code == 200, done.content
    assert (done.json()["state"], done.json()["result"]["changed"]) == ("done", 3)
    assert done.json()["result"]["refused"][0]["records"] == [note.pk]
    entry = JournalEntry.objects.get(pk=done.json()["entries"][0])
    assert (entry.source, entry.event, entry.record_count) == ("api", "kept pending", 3)
    # the same request, sent a second time, changes nothing
    again = api.post(f"batches/{batch}/run/", {"remarks": "waiting"})
    assert again.json()["entries"] == done.json()["entries"]
    assert JournalEntry.objects.filter(event="kept pending").count() == 1
    assert api.get("batches/").json()["items"][0]["number"] == done.json()["number"]
    back = api.post(f"batches/{batch}/undo/").json()
    assert (back["state"], back["result"]["undone"]["restored"]) == ("undone", 3)
    late = api.post(f"batches/{batch}/undo/")
    assert (late.status_code, late.json()["code"]) == (409, "UNDO_LATE")


def test_preparing_a_batch_reads_its_records_once(world):
    """One query counts the records of the batch. All counts in the response therefore agree, even if another
    person acts at the same time."""
    some(world, 3)
    api = api_for(world, Role.PREPARER)
    with CaptureQueriesContext(connection) as queries:
        made = api.post("batches/", {"action": "accept", "filter": {"section": "all"}})
    assert made.json()["preview"]["allowed"] == 3
    read = [q["sql"] for q in queries if "COUNT(" in q["sql"] and 'FROM "invoices_record"' in q["sql"]]
    assert len(read) == 1, read
    assert sum("invoices_duedateextension" in q["sql"] for q in queries) == 1


def test_a_batch_with_an_incomplete_row_is_still_shown(world):
    api = api_for(world, Role.PREPARER)
    batch = api.post("batches/", {"action": "accept", "filter": {"section": "all"}}).json()["id"]
    ActionBatch.objects.update(state=ActionBatch.State.DONE, seen={}, result={})
    assert api.get("batches/").json()["items"][0]["total"] == 0
    told = api.get(f"batches/{batch}/").json()
    assert (told["total"], told["result"]["changed"], told["result"]["refused"]) == (0, 0, [])


def test_a_batch_whose_records_changed_does_nothing_and_can_be_previewed_again(world):
    records = some(world, 3)
    api = api_for(world, Role.PREPARER)
    batch = api.post("batches/", {"action": "reject", "filter": {"section": "b2b"}}).json()["id"]
    world.acts("accept", records[0])
    drifted = api.post(f"batches/{batch}/run/", {})
    assert (drifted.status_code, drifted.json()["code"]) == (409, "BATCH_DRIFT")
    assert {world.now(r).decision.action for r in records[1:]} == {"N"}
    assert api.get(f"batches/{batch}/").json()["preview"]["allowed"] == 3
    assert api.post(f"batches/{batch}/run/", {}).json()["result"]["changed"] == 3


def test_named_records_of_a_batch_that_changed_since_they_were_seen_are_refused(world):
    one, two = some(world, 2)
    seen = [{"id": r.pk, "revision": 1, "version": 1} for r in (one, two)]
    world.edits(two, taxable=5)
    api = api_for(world, Role.PREPARER)
    batch = api.post("batches/", {"action": "accept", "records": seen}).json()["id"]
    result = api.post(f"batches/{batch}/run/", {}).json()["result"]
    assert (result["changed"], result["refused"][0]["code"], result["refused"][0]["records"]) == (
        1,
        "ROW_CHANGED",
        [two.pk],
    )
    assert (world.now(one).decision.action, world.now(two).decision.action) == ("A", "N")


def test_a_large_batch_is_a_job(world, monkeypatch):
    from invoices import jobs
    from invoices.desk import batches

    monkeypatch.setattr(batches, "AT_ONCE", 2)
    some(world, 3)
    api = api_for(world, Role.PREPARER)
    batch = api.post("batches/", {"action": "accept", "filter": {}}).json()["id"]
    started = api.post(f"batches/{batch}/run/", {})
    assert (started.status_code, started.json()["state"]) == (202, "running")
    jobs.run(started.json()["job"])
    done = api.get(f"batches/{batch}/").json()
    assert (done["state"], done["result"]["changed"], done["result"]["seen"]) == ("done", 3, 3)
    assert api.get(f"jobs/{started.json()['job']}/").json()["state"] == "done"


def test_an_action_is_undone_except_on_a_record_that_changed_since(world):
    record = world.saves()
    api = api_for(world)
    act = {"action": "reject", "revision": 1, "version": 1, "remarks": "no"}
    entry = api.post(f"records/{record.pk}/action/", act).json()["entry"]
    told = api.post("undo/", {"entries": [entry]}).json()
    assert (told["restored"], told["left_alone"]) == (1, 0)
    assert world.now(record).decision.action == "N"
    # a person can redo an action that was undone
    assert api.get("undo/").json() == {"undo": [], "redo": [told["entry"]]}
    assert api.post("undo/", {"entries": [told["entry"]]}).json()["restored"] == 1
    assert world.now(record).decision.action == "R"
    redone = api.get("undo/").json()["undo"]
    assert api.post("undo/", {"entries": redone}).json()["restored"] == 1
    late = api.post("undo/", {"entries": [entry]})
    assert (late.status_code, late.json()["code"]) == (409, "UNDO_LATE")
    assert api.post("undo/", {"entries": [2**62]}).status_code == 404


def test_r063_after_the_section_16_4_date_the_api_offers_the_actions_of_the_page(world):
    """Pending is no longer available for a record of a financial year whose section 16(4) date has passed."""
    record = world.saves(document_date="2024-03-10")
    world.files("2024-10")
    api = api_for(world)
    assert api.get(f"records/{record.pk}/").json()["record"]["allowed"] == ["A", "R", "P"]
    world.goes_to("2024-12-02 10:00")
    assert world.allowed(record) >= {"accepted", "rejected"}
    assert "pending" not in world.allowed(record)
    assert api.get(f"records/{record.pk}/").json()["record"]["allowed"] == ["A", "R"]
    (listed,) = api.get("records/").json()["items"]
    assert listed["allowed"] == ["A", "R"]
