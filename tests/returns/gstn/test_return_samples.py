"""Each sample of a supplier's return is saved through the API, and the portal's output equals the sample
field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices import jobs
from invoices.models import Job, Record, Role
from invoices.people import registrations
from invoices.rules.calendar import Form
from returns.gstr1_file.write import to_gstr1_json
from tests.returns.gstn.july_2026 import BHARAT, EASYKART, JULY, JUNE, RECIPIENT, July2026
from tests.returns.gstn.plain import Plain
from tests.returns.gstn.shapes import FOLDER, sample, shape
from tests.returns.gstn.test_ims_samples import SECTIONS
from tests.world import BY

pytestmark = pytest.mark.once


class BeforeJuly(July2026):
    """A world at 28 July 2026, in which nobody has reported documents of July. The supplier Bharat has filed
    GSTR-3B of June."""

    def _june(self) -> None:
        self.document(BHARAT, "BLR/26-27/0388", 10_000, "2026-06-21", period=JUNE)
        super()._june()
        self.files_3b(JUNE, by=self.of[BHARAT])
        self.of[BHARAT].refresh_from_db()

    def _july(self) -> None:
        pass


@pytest.fixture
def world(db):
    world = BeforeJuly()
    world.person("operator", Role.SIGNATORY, Role.SUPPLIER_CLERK, at=world.of[EASYKART])
    return world


def save_return(client, username: str, resource: str, data: dict) -> dict:
    """Send a return, run the job that saves the return, and return the final state."""
    plain = Plain(client, username).signs_in()
    sent = plain.puts(resource, action="RETSAVE", data=data)
    assert sent["status_cd"] == "1", sent
    assert shape(sent["data"]) == shape(sample("return_save_response"))
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)
    asked = {"gstin": data["gstin"], "ret_period": data["fp"], "ref_id": sent["data"]["reference_id"]}
    return plain.gets("returns", action="RETSTATUS", **asked)["data"]


def written(world, gstin: str, form: Form) -> dict:
    return json.loads(to_gstr1_json(world.of[gstin], form, TaxPeriod.parse(JULY)))


def sent_part(sent, got):
    """Return the portal's output with only the fields of the request. A comparison then ignores the portal's
    additional fields."""
    if isinstance(sent, Mapping):
        return {name: sent_part(part, got[name]) for name, part in sent.items() if name in got}
    if isinstance(sent, list):
        return [sent_part(one, other) for one, other in zip(sent, got, strict=True)]
    return got


def test_the_samples_iff_is_saved_and_comes_out_field_by_field(world, client):
    """A quarterly filer sends the IFF for the first month of a quarter. The request has the same body and the
    same address as a GSTR-1 (R-004)."""
    registrations.change_frequency(world.of[BHARAT], Frequency.QUARTERLY, by=BY)
    world.of[BHARAT].refresh_from_db()
    data = sample("iff_save_data")
    assert save_return(client, "demo_supplier", "returns/gstr1", data) == sample("retstatus_processed")
    assert set(Record.objects.filter(tax_period=202607).values_list("form", flat=True)) == {"IFF"}
    assert sent_part(data, written(world, BHARAT, Form.IFF)) == data


def test_the_samples_gstr1a_amends_what_was_filed_and_comes_out_field_by_field(world, client):
    world.document(BHARAT, "BLR/26-27/0431", 12_000, "2026-07-09")
    world.goes_to("2026-08-08 10:00")
    world.files(JULY, by=world.of[BHARAT])
    world.goes_to("2026-08-11 10:00")
    data = sample("gstr1a_save_data")
    assert save_return(client, "demo_supplier", "returns/gstr1a", data) == sample("retstatus_processed") | {
        "form_typ": "R1A"
    }
    (record,) = Record.objects.filter(form="GSTR-1A")
    assert (record.section, record.amends_id) == ("b2ba", world.records["BLR/26-27/0431"].pk)
    assert sent_part(data, written(world, BHARAT, Form.GSTR1A)) == data


def test_the_samples_operator_is_saved_and_comes_out_field_by_field(world, client):
    data = sample("gstr1_ecom_data")
    assert save_return(client, "operator", "returns/gstr1", data) == sample("retstatus_processed")
    line = data["ecom"]["b2b"][0]["inv"][0]
    # By custom, the number of a line is its rate in per cent x 100, plus 1: 501 for 5 %, and 1801 for 18 %.
    # In the sample, the line with 5 % has the number 1801. The portal writes 501.
    line["itms"][0]["num"] = 501
    line.pop("flag")  # only requests have the field `flag`
    data["ecom"].pop("urp2b")
    assert sent_part(data, written(world, EASYKART, Form.GSTR1)) == data


@pytest.mark.parametrize("name", ["gstr1_save_data", "gstr1_save_body_plain"])
def test_the_samples_gstr1_is_saved_and_comes_out_field_by_field(world, client, name):
    data = sample(name)
    data = data.get("data", data)
    assert save_return(client, "demo_supplier", "returns/gstr1", data) == sample("retstatus_processed")
    assert sent_part(data, written(world, BHARAT, Form.GSTR1)) == data


def test_every_sample_is_named_by_a_test():
    """A sample is tested only if a test names the sample."""
    texts = "".join(path.read_text() for path in FOLDER.parent.glob("test_*.py"))
    unasked = [
        path.stem
        for path in FOLDER.glob("*.json")
        if f'"{path.stem}"' not in texts and path.stem.removeprefix("ims_getinv_") not in SECTIONS
    ]
    assert unasked == []


def test_the_recipient_of_the_samples_sees_the_saved_documents(world, client):
    save_return(client, "demo_supplier", "returns/gstr1", sample("iff_save_data"))
    seen = (
        Plain(client, "demo_buyer")
        .signs_in()
        .gets("returns/ims", action="GETINV", gstin=RECIPIENT, section="DN")
    )
    assert seen["data"]["b2bdn"] == [
        row | {"hash": seen["data"]["b2bdn"][0]["hash"], "srcfilstatus": "Not Filed"}
        for row in sample("ims_getinv_b2bdn")["b2bdn"]
    ]
