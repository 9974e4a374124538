"""A whole period through the API. The supplier's program saves and files documents. The recipient's program
acts on them, recomputes GSTR-2B and files GSTR-3B. Then the supplier's program reads the recipient's
action."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from invoices import jobs
from invoices.models import Job
from tests.api_client import api_for

KEY = "Idempotency-Key"


def test_a_whole_period_works_through_the_api(world):
    seller = api_for(world, at=world.supplier, name="seller")
    buyer = api_for(world, name="buyer")
    form = "forms/gstr1/102024/"
    document = {
        "kind": "INV",
        "recipient": world.recipient.gstin,
        "number": "API-1",
        "document_date": "2024-10-10",
        "place_of_supply": "29",
        "lines": [{"rate": "18", "taxable": 1000, "igst": "180.00"}],
    }
    made = seller.post(f"{form}documents/", document, **{KEY: "save-1"})
    assert made.status_code == 201, made.content
    again = seller.post(f"{form}documents/", document, **{KEY: "save-1"})
    assert again.json() == made.json()
    double = seller.post(f"{form}documents/", document)
    assert (double.status_code, double.json()["code"]) == (422, "DUPLICATE_DOC")

    # the buyer sees the document immediately, and an edit of the document clears the buyer's action
    row = buyer.get("records/").json()["items"][0]
    act = {"action": "accept", "revision": row["revision"], "version": row["version"]}
    assert buyer.post(f"records/{row['id']}/action/", act).status_code == 200
    changed = {
        **document,
        "lines": [{"rate": "18", "taxable": "2000.00", "igst": "360.00"}],
        "revision": made.json()["revision"],
    }
    one = f"{form}documents/{made.json()['id']}/"
    edited = seller.call("PUT", one, changed)
    assert (edited.status_code, edited.json()["revision"]) == (200, 2)
    stale = seller.call("PUT", one, changed)
    assert (stale.status_code, stale.json()["details"]["document"]["taxable"]) == (409, "2000.00")
    row = buyer.get("records/").json()["items"][0]
    assert (row["action"], row["cleared_action"]) == ("N", "A")

    cn = {
        **document,
        "kind": "CN",
        "number": "API-CN",
        "lines": [{"rate": "18", "taxable": 1, "igst": "0.18"}],
    }
    cn["changed_invoice"] = {"number": "API-1", "document_date": "2024-10-10"}
    noted = seller.post(f"{form}documents/", cn)
    assert noted.json()["changed_invoice"] == cn["changed_invoice"], noted.content
    assert made.json()["changed_invoice"] is None
    assert seller.call("DELETE", f"{form}documents/{noted.json()['id']}/").status_code == 200

    spare = seller.post(f"{form}documents/", {**document, "number": "API-2"}).json()
    assert seller.call("DELETE", f"{form}documents/{spare['id']}/").json()["number"] == "API-2"
    assert len(seller.get(f"{form}documents/").json()["items"]) == 1

    world.goes_to("2024-11-09 10:00")
    filed = seller.post(f"{form}file/", {"declared": "yes"})
    assert filed.status_code == 200, filed.content
    assert filed.json()["reference"]
    closed = seller.post(f"{form}documents/", {**document, "number": "API-3"})
    assert (closed.status_code, closed.json()["code"]) == (422, "FORM_CLOSED")

    clock = buyer.post("/api/v1/clock/", {"to": "2024-11-14T01:00:00+05:30"})
    assert clock.status_code == 200, clock.content
    summary = buyer.get("gstr2b/102024/").json()
    assert summary["net"]["4a5"]["igst"] == "360.00"
    assert buyer.get("gstr2b/102024/lines/").json()["items"][0]["number"] == "API-1"

    row = buyer.get("records/").json()["items"][0]
    reject = {"action": "reject", "revision": row["revision"], "version": row["version"], "remarks": "no"}
    assert buyer.post(f"records/{row['id']}/action/", reject).json()["made_stale"] is True
    assert buyer.get("desk/").json()["draft"]["state"] == "stale"
    stop = buyer.get("gstr3b/102024/").json()
    assert stop["stops"]["code"] == "STALE_2B"
    refused = buyer.post("gstr3b/102024/", {"version": 1, "declared": "yes"})
    assert (refused.status_code, refused.json()["code"]) == (422, "STALE_2B")

    made = buyer.post("gstr2b/102024/compute/", **{KEY: "again"})
    assert (made.status_code, made.json()["version"]) == (200, 2), made.content
    assert buyer.post("gstr2b/102024/compute/", **{KEY: "again"}).json()["version"] == 2
    change = buyer.get("gstr2b/102024/compare/?from=1&to=2").json()
    assert change["change"]["igst"] == "-360.00"
    assert len(buyer.get("gstr2b/102024/versions/").json()["items"]) == 2

    late = buyer.post("gstr3b/102024/", {"version": 1, "declared": "yes"})
    assert (late.status_code, late.json()["code"]) == (409, "STATEMENT_CHANGED")
    done = buyer.post("gstr3b/102024/", {"version": 2, "declared": "yes"})
    assert done.status_code == 200, done.content
    assert done.json()["filed"]["statement"] == 2
    assert buyer.get("records/").json()["items"] == []
    told = buyer.get(f"records/{row['id']}/").json()
    assert told["record"] is None or told["record"]["closed"] is True
    outward = seller.get("outward/102024/documents/").json()["items"][0]
    assert (outward["did"], outward["remarks"]) == ("R", "no")
    counts = {t["table"]: t["counts"] for t in seller.get("outward/102024/").json()["tables"]}
    assert counts["b2b"]["R"] == 1
    events = [e["event"] for e in buyer.get("journal/").json()["items"]]
    assert events[0] == "GSTR-3B filed"


def test_a_gstr1_file_can_be_a_request_body_and_changes_nothing_the_second_time(world):
    seller = api_for(world, at=world.supplier, name="seller")
    world.saves(number="X-1")
    from ims_portal.kernel.periods import TaxPeriod
    from invoices.rules.calendar import Form
    from returns.gstr1_file.write import to_gstr1_json

    text = to_gstr1_json(world.supplier, Form.GSTR1, TaxPeriod(2024, 10)).replace("X-1", "X-2")
    url = "forms/gstr1/102024/upload/"
    checked = seller.post(f"{url}?mode=check", text.encode()).json()
    assert (checked["saved"], checked["written"]) == (1, False)
    assert seller.post(url, text.encode()).json()["saved"] == 1
    again = seller.post(url, text.encode()).json()
    assert (again["same"], again["written"]) == (1, False)
    wrong = seller.post(url, b'{"gstin": 1}')
    assert (wrong.status_code, wrong.json()["code"]) == (400, "IMP-GSTIN")


def test_a_workbook_is_requested_and_fetched(world):
    world.saves()
    api = api_for(world)
    asked = api.post("exports/", {"what": "ims"})
    assert asked.status_code == 202, asked.content
    pk = asked.json()["id"]
    assert api.get(f"jobs/{pk}/file/").status_code == 404
    jobs.run(pk)
    assert Job.objects.get(pk=pk).state == "done"
    file = api.get(f"jobs/{pk}/file/")
    assert (file.status_code, b"".join(file.streaming_content)[:2]) == (200, b"PK")
    assert api.get("jobs/").json()["items"][0]["has_file"] is True
    bad = api.post("exports/", {"what": "gstr2b"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "period")


def test_a_filled_in_workbook_is_checked_and_applied(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    from tests.returns.files.ims_workbooks import edited, exported

    record = world.saves(number="X-1")
    api = api_for(world)
    book = edited(exported(world), ("B2B", "X-1", {"Status": "Accepted"}))
    url = f"/api/v1/taxpayers/{api.gstin}/imports/"
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sent = api.client.generic(
        "POST", url, book, content_type=xlsx, headers={"Authorization": f"Bearer {api.secret}"}
    )
    assert (sent.status_code, sent.json()["result"]["changed"]) == (202, 1), sent.content
    assert world.now(record).decision.action == "N"
    # a file is also taken as bytes of no named kind, and as the file of a form
    sealed = {"Authorization": f"Bearer {api.secret}", KEY: "form-1"}
    plain = {"Authorization": f"Bearer {api.secret}"}
    octets = api.client.generic("POST", url, book, content_type="application/octet-stream", headers=plain)
    forms = [
        api.client.post(url, {"file": SimpleUploadedFile("ims.xlsx", book)}, headers=sealed) for _ in range(2)
    ]
    for again in (octets, *forms):
        assert (again.status_code, again.json()["result"]["changed"]) == (202, 1), again.content
    assert forms[0].json()["id"] == forms[1].json()["id"], "the key holds, although the boundary differs"
    for wrong in ({"other": SimpleUploadedFile("a", b"x")}, {"file": "text"}, {}):
        assert api.client.post(url, wrong, headers=plain).status_code == 400
    done = api.post(f"imports/{sent.json()['id']}/apply/", {"mode": "all"})
    assert done.json()["result"]["applied"] is True
    assert world.now(record).decision.action == "A"
