"""The portal writes the offline tool's download, reads the tool's upload, and writes the tool's error file,
field by field."""

from __future__ import annotations

import json

import pytest

from invoices.journal.writing import By
from invoices.models import Job
from returns.files import ims_import, offline_tool
from tests.returns.gstn.shapes import FOLDER, sample, shape

pytestmark = pytest.mark.once

# The values of these fields depend on the day, so this test does not compare them with the sample. Other
# tests compare them with the screens.
OF_THE_DAY = {"ispendactblocked", "isRemarksBlocked", "itcRedReqBlocked"}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def downloaded(july) -> dict:
    return json.loads(b"".join(offline_tool.written(july.recipient)))


@pytest.mark.parametrize("filed", [False, True])
def test_the_download_is_written_as_in_the_sample(july, filed):
    july.decides()
    if filed:
        july.suppliers_file()
    expected, got = sample("ims_offline_download"), downloaded(july)
    assert list(got["imsDetails"]) == list(expected["imsDetails"])
    assert set(got) - set(expected) == {"gstin"}
    for section, rows in expected["imsDetails"].items():
        mine = got["imsDetails"][section]
        assert len(mine) == len(rows)
        for wanted, row in zip(rows, mine, strict=True):
            # the portal adds a remark, because a partial reduction needs a remark
            assert set(row) - set(wanted) <= {"remarks"}
            assert shape(wanted) <= shape(row)
            # In the sample, Sagar's notes are filed and Sagar's invoice is not. In this portal, a supplier
            # files all documents of a form or none, so the test expects one filing status for all documents.
            said = wanted | {"srcfilstatus": "FILED" if filed else "SAVED"}
            said = {name: value for name, value in said.items() if name not in OF_THE_DAY}
            assert {name: row[name] for name in said} == said
            assert {row[name] for name in OF_THE_DAY} <= {"Y", "N"}


def given_back(july, data: bytes) -> Job:
    by = By(july.buyer, "file")
    checked = ims_import.receive(july.recipient, data, "upload.json", by=by)
    return ims_import.apply(july.recipient, checked, by=by)


def test_the_sample_upload_is_taken(july):
    done = given_back(july, (FOLDER / "ims_offline_upload.json").read_bytes())
    assert (done.result["changed"], done.result["refused"]) == (1, 0)
    assert july.now(july.records["BLR/26-27/0417"]).decision.action == "A"
    # loading the file a second time changes nothing
    again = given_back(july, (FOLDER / "ims_offline_upload.json").read_bytes())
    assert (again.result["changed"], again.result["same"]) == (0, 1)


def test_the_error_file_is_written_as_in_the_sample(july):
    """Sagar's invoice became Pending after the download. The uploaded file still gives No action as the
    previous status, so the portal refuses the new action and writes the error file."""
    july.acts("pending", july.records["SV-1182"], remarks="Goods not received")
    expected = sample("ims_offline_error")
    (wanted,) = expected["imsDetailsErr"]["b2b"]
    row = sample("ims_reset_request")["invdata"]["b2b"][0]
    row |= {"prev_status": "N", "action": "R", "remarks": wanted["remarks"]}
    upload = sample("ims_offline_upload")
    upload["invdata"]["b2b"] = [row]
    done = given_back(july, json.dumps(upload).encode())
    assert (done.result["changed"], done.result["refused"]) == (0, 1)
    got = json.loads((ims_import.folder().parent / done.file).read_bytes())
    assert shape(got) == shape(expected)
    assert got == expected
    assert july.now(july.records["SV-1182"]).decision.action == "P"
