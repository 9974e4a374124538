"""The portal writes IMS records in GSTN's JSON with every field of the samples. For the documents of the
samples, the values equal the samples too."""

from __future__ import annotations

import pytest

from ims_portal.kernel import clock
from invoices.api import gstn_in, gstn_out
from invoices.models import Record
from invoices.queries import desk
from invoices.queries.calendar import calendar
from invoices.queries.record_list import records
from invoices.queries.situations import DeskView
from tests.returns.gstn.shapes import as_sent, missing, sample, shape

pytestmark = pytest.mark.once

SECTIONS = ("b2b", "b2ba", "b2bdn", "b2bdna", "b2bcn", "b2bcna", "ecom", "ecoma")
# These fields are not compared with the samples: the hash of the record, and the two fields that say whether
# Pending and a declared reduction are blocked on the day.
OURS = {"hash", "ispendactblocked", "isItcRedReqBlocked"}


@pytest.fixture
def decided(july):
    july.decides()
    return july


def view(july) -> DeskView:
    return DeskView.of(july.recipient, clock.today(), calendar())


def section(july, key, dialect=gstn_out.Dialect.API):
    rows = records.on_desk(july.recipient, view(july)).filter(section=key).order_by("pk")
    rows = rows.select_related("decision", "supplier", "recipient")
    return gstn_out.records_to_wire(list(rows), view(july), dialect=dialect)


@pytest.mark.parametrize("key", SECTIONS)
def test_records_are_written_as_in_the_sample(decided, key):
    decided.suppliers_file()
    expected, got = sample(f"ims_getinv_{key}")[key], section(decided, key)
    assert not missing(expected, got)
    for wanted, row in zip(expected, got, strict=True):
        said = {
            name: value for name, value in wanted.items() if name not in OURS | {"srcfilstatus", "remarks"}
        }
        assert {name: row[name] for name in said} == said
        assert len(row["hash"]) == 64


def test_bills_of_entry_are_written_as_in_the_sample(decided):
    for key, expected in sample("ims_getinv_imports").items():
        got = section(decided, key)
        wanted = {row["boenum"]: row for row in expected}
        row = next(row for row in got if row["boenum"] in wanted)
        assert shape(row) == shape(wanted[row["boenum"]])
        # Do not compare the bill's own date (boedt). In the customs data of this portal a bill has only one
        # date, so boedt can differ from the sample.
        said = {k: v for k, v in wanted[row["boenum"]].items() if k not in OURS | {"boedt"}}
        assert {name: row[name] for name in said} == said


def test_counts_are_written_as_in_the_sample(decided):
    decided.suppliers_file()
    summary = desk.summary(decided.recipient, view(decided))
    got = gstn_out.counts_to_wire(summary, "")
    expected = sample("ims_getcnt")
    assert shape(got) == shape(expected)
    assert got["all_oth"] == expected["all_oth"]
    assert gstn_out.counts_to_wire(summary, "IMP_GDS").keys() == {"imp_gds"}


def test_the_fingerprint_changes_only_if_the_supplier_changes_the_document(july):
    record = july.records["DN-09"]
    before = gstn_out.fingerprint(record)
    july.acts("reject", record)
    assert gstn_out.fingerprint(july.now(record)) == before
    july.edits(record, taxable=3_000, place_of_supply="27")
    assert gstn_out.fingerprint(Record.objects.get(pk=record.pk)) != before


@pytest.mark.parametrize("name", ["ims_save_request", "ims_save_imports_request", "ims_reset_request"])
def test_requests_of_the_samples_are_read(name):
    body = gstn_in.read_save(as_sent(name), resets="reset" in name)
    items = body.items()
    assert len(items) == sum(len(rows) for rows in sample(name)["invdata"].values())
    assert body.recipient == "27AAKCN4821M1Z1"


@pytest.mark.parametrize(
    ("asked", "key"), [("CN", "b2bcn"), ("b2bcn", "b2bcn"), ("Dna", "b2bdna"), ("x", None)]
)
def test_a_section_can_be_requested_in_both_spellings(asked, key):
    assert gstn_in.section_asked(asked) == key
