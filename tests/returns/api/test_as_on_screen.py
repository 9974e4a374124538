"""A program can do everything that a person can do on screen. Each page that writes has an API operation with
the same effect."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from invoices.models import Role, WebhookHost
from invoices.queries.record_list.filters import NAMES
from tests.access import table
from tests.api_client import api_document, api_for
from tests.desk_pages import some
from tests.returns.gstn.shapes import sample

pytestmark = pytest.mark.once

# Maps the name of each page that writes to the API operation with the same effect.
WRITING_PAGES = {
    "record_action": "records_act",
    "row_action": "records_act",
    "bulk": "batches_prepare",
    "batch_run": "batches_run",
    "batch_stop": "batches_stop",
    "batch_undo": "batches_undo",
    "undo": "actions_undo",
    "views": "views_save",
    "webhooks": "webhooks_add",
    "preferences": "preferences_change",
    "audit": "journal_check",
    "compute": "gstr2b_compute",
    "gstr3b_file": "gstr3b_file",
    "ims_download": "exports_ask",
    "gstr2b_download": "exports_ask",
    "outward_download": "exports_ask",
    "ledger_download": "exports_ask",
    "ledger": "ledger_opening",
    "ims_import": "imports_check",
    "ims_import_review": "imports_apply",
    "other_portal": "other_portal_compare",
    "other_portal_file": "other_portal_take_over",
    "job_retry": "jobs_retry",
    "register": "register_save",
    "register_match": "register_match",
    "register_gone": "register_end",
    "clock_move": "clock_move",
    "clock_real": "clock_real",
    **{f"{form}_upload": "forms_upload" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
    **{f"{form}_file": "forms_file" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
    **{f"{form}_move": "forms_move" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
    **{f"{form}_new": "documents_save" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
    **{f"{form}_edit": "documents_edit" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
    **{f"{form}_delete": "documents_delete" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
}


# These pages write and have no API operation. The text after each name gives the reason.
OF_THE_SCREEN = {
    "stage": "choices kept between two pages; a program sends them as one batch",
    "columns": "which columns a person sees",
    "stay": "keeps a browser's session",
    "tokens": "a token cannot make another that outlives it",
    "token_revoke": "as above",
    "triage": "a way through the same actions",
    "security": "a person's second factor at the sign-in",
    "paste": "a list kept for an address; a program names the GSTINs in its filter",
    "register_file": "a program sends its bills by fields, so nothing is guessed and nothing asked",
    "match_by_hand": "a person compares two documents; a program sends bills that agree",
    "clock": "only shows",
    "shortcuts": "only shows",
    "october_2025_set_up": "documents to practise with; a program saves documents of its own",
    **{f"{form}_recipient": "only looks up" for form in ("gstr1", "iff", "gstr1a", "gstr5", "gstr6")},
}


def addresses(patterns, before: str = ""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, route)
        elif pattern.name:
            yield route, pattern.name


def test_every_page_that_writes_has_an_operation_or_a_reason_to_have_none(world, client):
    for at in (world.recipient, world.supplier):
        client.force_login(world.person("everyone", *Role, at=at))
    missing = set()
    for route, name in addresses(get_resolver().url_patterns):
        if name.startswith("gstn") or route.startswith(("api/", "admin/", "accounts/")):
            continue
        if (
            client.post(table.path_of(route, world.supplier.gstin, {})).status_code != 405
            and name not in WRITING_PAGES | OF_THE_SCREEN
        ):
            missing.add(name)
    assert missing == set()


@pytest.fixture
def document():
    return api_document()


def test_the_document_is_generated_without_a_warning():
    said = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=said)


def test_every_operation_named_for_a_page_exists(document):
    operations = {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    assert set(WRITING_PAGES.values()) <= operations, set(WRITING_PAGES.values()) - operations


# the media types that programs which generate a client know
KNOWN = {
    "application/json",
    "application/problem+json",
    "application/octet-stream",
    "multipart/form-data",
}


def test_generators_of_clients_know_every_media_type(document):
    """Generators leave out an operation, or read a workbook as JSON, if they do not know its media type."""
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = [answer.get("content", {}) for answer in operation.get("responses", {}).values()]
            bodies = operation.get("requestBody", {}).get("content", {})
            for content in (bodies, *answers):
                assert set(content) <= KNOWN, operation["operationId"]
                files = {name for name in content if name == "application/octet-stream"}
                assert all(content[name]["schema"]["format"] == "binary" for name in files)
            for content in answers:  # a file has no second kind of answer with the same status
                assert len(content) <= 1, operation["operationId"]
    form = document["paths"]["/api/v1/taxpayers/{gstin}/imports/"]["post"]["requestBody"]["content"]
    assert form["multipart/form-data"]["schema"]["properties"]["file"]["format"] == "binary"


def test_answers_and_requests_name_an_action_alike(document, world):
    """A program sends an entry of `allowed` as `action`. The words of earlier versions are still taken."""

    def letters(component, name):
        field = document["components"]["schemas"][component]["properties"][name]
        return set(field.get("items", field)["enum"])

    actions = {"A", "R", "P", "N"}
    assert all(
        letters(*place) == actions
        for place in (("ActionIn", "action"), ("BatchIn", "action"), ("BatchRow", "action"))
    )
    assert letters("RecordOut", "action") == letters("VoidedOut", "before") == actions
    assert letters("RecordOut", "allowed") == letters("RefusalOut", "action") == actions - {"N"}
    assert letters("ReductionIn", "answer") == letters("RecordOut", "answer") - {"-"}
    api = api_for(world)
    record = world.saves()
    for given, expected in (("A", "A"), ("reject", "R"), ("P", "P"), ("reset", "N"), ("N", "N")):
        row = api.get(f"records/{record.pk}/").json()["record"]
        act = {"action": given, "revision": row["revision"], "version": row["version"]}
        assert set(row["allowed"]) == {"A", "R", "P"}
        assert api.post(f"records/{record.pk}/action/", act).json()["record"]["action"] == expected
    for wrong in ("a", "Accept", "", 1, None):
        assert api.post(f"records/{record.pk}/action/", act | {"action": wrong}).status_code == 400
    assert api.post("batches/", {"action": "accept", "filter": {}}).json()["action"] == "A"


def test_the_api_has_every_filter_of_the_screen(document):
    parameters = document["paths"]["/api/v1/taxpayers/{gstin}/records/"]["get"]["parameters"]
    named = {p["name"] for p in parameters if p["in"] == "query"} - {"section", "sort", "limit", "after"}
    assert named == set(NAMES)


def test_views_are_saved_found_and_removed_and_an_unknown_filter_is_refused(world):
    api = api_for(world, Role.PREPARER)
    kept = api.post("views/", {"name": "Mine", "section": "b2b", "filter": {"status": "N"}, "sort": "-tax"})
    assert kept.status_code == 201, kept.content
    assert kept.json()["filter"] == {"status": "N", "sort": "-tax"}
    assert api.post("views/", {"name": "Mine"}).json()["code"] == "VIEW_NAME"
    assert api.post("views/", {"name": "x", "filter": {"nosuch": "1"}}).status_code == 400
    assert api.post("views/", {"name": "x", "filter": {"status": "Z"}}).status_code == 400
    other = api_for(world, Role.PREPARER, name="other")
    assert other.get("views/").json()["items"] == []
    assert other.call("DELETE", f"views/{kept.json()['id']}/").status_code == 404
    assert api.call("DELETE", f"views/{kept.json()['id']}/").status_code == 204
    assert api.get("views/").json()["items"] == []


def test_an_action_that_an_edit_cleared_is_listed_with_the_changes(world):
    record = world.saves(taxable=1000)
    world.acts("accept", record)
    world.edits(record, taxable=2000)
    (found,) = api_for(world).get("voided/").json()["items"]
    assert (found["record"]["id"], found["before"]) == (record.pk, "A")
    assert any(c["before"] == "100000" and c["after"] == "200000" for c in found["changes"])


def test_a_webhook_is_added_on_an_allowed_host_and_ended(world):
    api = api_for(world, Role.PREPARER)
    wanted = {"url": "https://erp.example.in/hook", "events": ["record.arrived"]}
    refused = api.post("webhooks/", wanted)
    assert refused.status_code == 400, refused.content
    WebhookHost.objects.create(host="erp.example.in")
    made = api.post("webhooks/", wanted)
    assert made.status_code == 201, made.content
    assert made.json()["secret"].startswith("whsec_")
    listed = api.get("webhooks/").json()
    assert (listed["items"][0]["active"], listed["hosts"]) == (True, ["erp.example.in"])
    assert "secret" not in listed["items"][0]
    assert api.call("DELETE", f"webhooks/{made.json()['id']}/").status_code == 204
    assert api.call("DELETE", f"webhooks/{made.json()['id']}/").status_code == 404
    viewer = api_for(world, Role.VIEWER, name="viewer")
    assert viewer.post("webhooks/", wanted).status_code == 403


def test_the_effect_of_a_recompute_is_shown_without_computing(world):
    record = world.saves()
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    world.acts("reject", record, remarks="no")
    ahead = api_for(world).get("gstr2b/102024/ahead/").json()
    assert (ahead["version"], ahead["touched"]) == (1, 1)
    assert ahead["difference"]["change"]["igst"] == "-1800.00"
    assert [(r["record"], r["was"], r["becomes"]) for r in ahead["records"]] == [
        (record.pk, "1800.00", "0.00")
    ]
    assert world.statement("2024-10").version == 1


def test_gstr2a_next_steps_analytics_and_liability_equal_the_pages(world):
    records = some(world, 3)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.acts("pending", records[0], remarks="waiting")
    api = api_for(world)
    (b2b,) = [t for t in api.get("gstr2a/102024/").json()["tables"] if t["table"] == "b2b"]
    assert (b2b["count"], b2b["suppliers"], b2b["taxable"]) == (3, 1, "30000.00")
    page = api.get("gstr2a/102024/documents/?limit=2").json()
    assert len(page["items"]) == 2
    assert len(api.get(f"gstr2a/102024/documents/?after={page['next']}").json()["items"]) == 1
    assert sum(s["count"] or 0 for s in api.get("next-steps/").json()["items"]) >= 2
    figures = api.get("analytics/").json()
    assert sum(band["count"] for band in figures["pending"]) == 1
    assert figures["suppliers"][0]["supplier_gstin"] == world.supplier.gstin
    owed = api.get("outward/liability/").json()
    assert (owed["forecast_count"], owed["posted_count"]) == (0, 0)


def test_files_in_gstns_shapes_go_out_and_other_portals_come_in(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.saves(number="X-1")
    api = api_for(world)
    assert json.loads(api.get("offline/").getvalue())["imsDetails"]["b2b"][0]["inum"] == "X-1"
    theirs = json.loads(api.get("offline/").getvalue())
    told = api.post("other-portal/", theirs).json()
    assert (told["state"], told["result"]["same"]) == ("done", 1)
    refused = api.post(f"other-portal/{told['id']}/take-over/")
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_A_COPY")
    assert api.get("other-portal/changes/").status_code == 404
    type(world.recipient).objects.filter(pk=world.recipient.pk).update(working_copy=True)
    compared = api.post("other-portal/", sample("ims_offline_download")).json()
    taken = api.post(f"other-portal/{compared['id']}/take-over/").json()
    # all nine documents of the sample are read, although the sample was made for another recipient
    assert taken["result"]["read"] == 9
    supplier = api_for(world, at=world.supplier, name="seller")
    assert (
        json.loads(supplier.get("forms/gstr1/102024/json/").getvalue())["b2b"][0]["inv"][0]["inum"] == "X-1"
    )


def test_only_permitted_people_check_and_export_the_journal(world):
    world.acts("accept", world.saves())
    api = api_for(world)
    checked = api.post("journal/check/")
    assert (checked.status_code, checked.json()["state"]) == (202, "done")
    rows = b"".join(api.get("journal/export/").streaming_content).decode().splitlines()
    assert all(json.loads(row) for row in rows)
    assert any("accepted" in row for row in rows)
    viewer = api_for(world, Role.VIEWER, name="viewer")
    assert viewer.post("journal/check/").status_code == 403
    assert viewer.get("journal/export/").status_code == 403


def test_preferences_are_read_and_changed_in_part(world):
    api = api_for(world)
    assert api.get("/api/v1/me/preferences/").json()["rows"] == 50
    assert api.post("/api/v1/me/preferences/", {"rows": 100, "stay": True}).json()["rows"] == 100
    assert api.post("/api/v1/me/preferences/", {"rows": 33}).status_code == 400
    found = api.get("/api/v1/me/preferences/").json()
    assert (found["rows"], found["stay"], found["mode"]) == (100, True, "instant")


def test_only_an_unfiled_iff_can_be_moved_on(world):
    api = api_for(world, at=world.supplier)
    assert api.post("forms/gstr1/102024/move/").status_code == 404
    refused = api.post("forms/iff/102024/move/")
    assert refused.status_code == 422, refused.content
