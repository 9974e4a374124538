"""IMS records are exported as the offline tool's JSON, and the edited JSON is loaded again (R-151, section 16
of the screens)."""

from __future__ import annotations

import json

import pytest

from invoices.journal.writing import By
from invoices.models import Role
from invoices.rules.situation import Kind
from returns.files import gstr2b_json, ims_import, offline_tool
from tests.desk_pages import at, client_for
from tests.returns.files.ims_workbooks import given_back


def downloaded(world) -> dict:
    return json.loads(b"".join(offline_tool.written(world.recipient)))


def uploaded(world, *rows: dict, section: str = "b2b") -> bytes:
    return json.dumps(
        {"rtin": world.recipient.gstin, "reqtyp": "SAVE", "invdata": {section: list(rows)}}
    ).encode()


def acted(row: dict, action: str, **more) -> dict:
    names = ("stin", "inum", "nt_num", "inv_typ", "srcform", "rtnprd", "idt", "nt_dt", "val", "pos", "txval")
    names += ("iamt", "camt", "samt", "cess")
    kept = {name: row[name] for name in names if name in row}
    return {**kept, "prev_status": row["action"], "action": action, **more}


def test_r151_the_same_upload_changes_nothing_the_second_time(world):
    one, two = world.saves(number="X-1"), world.saves(number="X-2")
    first, second = downloaded(world)["imsDetails"]["b2b"]
    upload = uploaded(world, acted(first, "R", remarks="not ours"))
    assert len(given_back(world, upload, form="json").changing) == 1
    assert world.now(one).decision.action == "R"
    again = given_back(world, upload, form="json")
    assert (len(again.changing), again.refused) == (0, [])
    later = uploaded(world, acted(second, "P"))
    assert len(given_back(world, later, form="json").changing) == 1
    assert (world.now(one).decision.action, world.now(two).decision.action) == ("R", "P")
    reset = uploaded(world, acted(downloaded(world)["imsDetails"]["b2b"][0], "N"))
    assert len(given_back(world, reset, form="json").changing) == 1
    assert world.now(one).decision.action == "N"


def test_r122_the_tools_file_needs_no_remarks_for_a_smaller_reduction(world_2025):
    """The offline tool writes remarks only with Reject and Pending. Its names of the fields differ."""
    world = world_2025
    part, none = (world.saves(number=number, kind=Kind.CREDIT_NOTE) for number in ("CN-1", "CN-2"))
    rows = {row["nt_num"]: row for row in downloaded(world)["imsDetails"]["b2bcn"]}
    upload = uploaded(
        world,
        acted(rows["CN-1"], "A", itc_red_req="Y", decl_igst=50, decl_cgst="", decl_sgst="", decl_cess=""),
        acted(rows["CN-2"], "A", itc_red_req="N", remarks=""),
        section="b2bcn",
    )
    assert given_back(world, upload, form="json").refused == []
    assert [world.now(record).decision.label for record in (part, none)] == ["A P", "A N"]
    again = given_back(world, upload, form="json")
    assert (len(again.changing), again.refused) == (0, [])
    # the error file keeps what the person declared
    by = By(world.person("asha", Role.PREPARER), "file")
    rows = {row["nt_num"]: row for row in downloaded(world)["imsDetails"]["b2bcn"]}
    upload = uploaded(world, acted(rows["CN-1"], "A", itc_red_req="Y", decl_igst=9_999), section="b2bcn")
    done = ims_import.apply(
        world.recipient, ims_import.receive(world.recipient, upload, "x.json", by=by), by=by
    )
    (wrong,) = json.loads((ims_import.folder().parent / done.file).read_bytes())["imsDetailsErr"]["b2bcn"]
    assert (wrong["itcRedReq"], wrong["declIgst"]) == ("Y", 9_999)


def test_r151_refused_records_come_back_in_an_error_file(world):
    record = world.saves(number="X-1")
    (row,) = downloaded(world)["imsDetails"]["b2b"]
    world.edits(record, taxable=5)
    by = By(world.person("asha", Role.PREPARER), "file")
    job = ims_import.receive(world.recipient, uploaded(world, acted(row, "A")), "../../x.json", by=by)
    assert job.payload["title"] == "IMS file: x.json"
    done = ims_import.apply(world.recipient, job, by=by)
    assert (done.result["changed"], done.result["refused"]) == (0, 1)
    (wrong,) = json.loads((ims_import.folder().parent / done.file).read_bytes())["imsDetailsErr"]["b2b"]
    assert wrong["error_msg"].startswith("Previous action does not match")
    assert (wrong["inum"], wrong["action"]) == ("X-1", "A")


def test_r151_a_record_without_amounts_is_refused_with_its_position(world):
    """A missing amount is not read as zero, because a row without an amount could belong to another
    record."""
    record = world.saves(number="X-1", taxable=0, tax=(0, 0, 0, 0))
    (row,) = downloaded(world)["imsDetails"]["b2b"]
    asked = {name: value for name, value in acted(row, "R").items() if name != "txval"}
    (line,) = given_back(world, uploaded(world, asked), form="json").refused
    assert (line.place, line.problem.code) == ("invdata.b2b[0]", "IMP-ROW")
    assert "txval is missing" in line.problem.message
    assert world.now(record).decision.action == "N"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{}", "IMP-FORMAT"),
        (b'{"imsDetails": {"b2b": []}}', "IMP-EMPTY"),
        (b'{"rtin": "X", "reqtyp": "SAVE", "invdata": {"b2b": []}}', "IMP-EMPTY"),
        (b'{"rtin": "29AAACT9999A1Z9", "reqtyp": "SAVE", "invdata": {"b2b": [{}]}}', "IMP-GSTIN"),
        (b'{"rtin": "X", "rtin": "Y"}', "IMP-FORMAT"),
        (b'{"rtin": NaN}', "IMP-FORMAT"),
    ],
)
def test_a_file_that_is_no_upload_is_refused(world, data, code):
    from ims_portal.kernel.errors import Invalid

    with pytest.raises(Invalid) as refusal:
        given_back(world, data, form="json")
    assert refusal.value.code == code


def test_downloads_are_gstns_json(world):
    world.saves(number="X-1")
    client = client_for(world, Role.VIEWER)
    file = json.loads(b"".join(client.get(at(world, "ims/offline/")).streaming_content))
    assert file["imsDetails"]["b2b"][0]["inum"] == "X-1"
    assert client.get(at(world, "gstr2b/102024/json/")).status_code == 404
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    statement = json.loads(client.get(at(world, "gstr2b/102024/json/")).getvalue())
    assert statement["data"]["docdata"]["b2b"][0]["inv"][0]["inum"] == "X-1"
    assert statement["data"]["rtnprd"] == "102024"
    from ims_portal.kernel.periods import TaxPeriod

    assert json.loads(b"".join(gstr2b_json.written(world.recipient, TaxPeriod(2024, 10)))) == statement
