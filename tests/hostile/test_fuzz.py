"""For random input, the code that reads strangers' data returns a result or refuses the input. The code never
fails with another error."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_portal.kernel import journal_file, strict_json
from ims_portal.kernel.errors import PortalError
from invoices.api import gstn_in
from invoices.documents.customs import read_json as customs_wire
from invoices.documents.customs.read_json import items
from invoices.journal import signed_file
from invoices.workbooks import read_back
from invoices.workbooks.ims_by_cell import write_ims
from returns.files import offline_tool
from returns.files.other_portals import read as foreign
from returns.gstn.codes import GstnError
from returns.gstn.envelope import crypto, envelope
from returns.gstr1_file import read as gstr1

pytestmark = pytest.mark.once

KEYS = st.sampled_from(
    ["gstin", "fp", "rtin", "reqtyp", "invdata", "imsDetails", "docdata", "rtnprd", "data", "b2b", "b2bcn", "cdnr", "inv",
     "itms", "ctin", "stin", "inum", "idt", "val", "txval", "action", "iamt", "boe_number", "type", "amends", "impg"]
) | st.text(max_size=5)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
    | st.sampled_from(["102024", "29AAACT2001A1Z6", "A", "R", "05-10-2024", "SAVE", "1e400", "\x00", "\u202e", "-0"])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
TEXTS = st.binary(max_size=80) | st.text(alphabet='{}[]",:0-9eE.+truefalsnNI\\u', max_size=80).map(str.encode)
BOUNDED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _customs(data: bytes) -> None:
    list(items(customs_wire.read(data)))


def _save(data: bytes) -> None:
    with suppress(gstn_in.Unreadable):
        gstn_in.read_save(envelope.data_in(data), resets=False)


READERS = {
    "strict JSON": strict_json.loads,
    "GSTR-1 JSON": gstr1.open_file,
    "IMS JSON of the offline tool": offline_tool.read,
    "2B or IMS JSON of another portal": foreign.read,
    "customs JSON": _customs,
    "GSTN's SAVE": _save,
}


@pytest.mark.parametrize("reader", READERS)
@BOUNDED
@given(data=TEXTS)
def test_no_text_breaks_a_reader(reader, data):
    with suppress(PortalError, GstnError):
        READERS[reader](data)


@pytest.mark.parametrize("reader", READERS)
@BOUNDED
@given(value=VALUES)
def test_no_json_of_another_shape_breaks_a_reader(reader, value):
    with suppress(PortalError, GstnError):
        READERS[reader](json.dumps(value).encode())


@BOUNDED
@given(
    body=st.dictionaries(st.sampled_from(["action", "data", "hmac", "x"]), VALUES, max_size=4),
    key=st.none() | st.just(b"k" * 32),
)
def test_no_envelope_breaks_the_gstn_door(body, key):
    with suppress(GstnError):
        envelope.open_data(body, json.dumps(body).encode(), key)


@pytest.fixture
def book(world) -> bytes:
    world.saves()
    target = BytesIO()
    write_ims(world.recipient, target)
    return target.getvalue()


@settings(BOUNDED, max_examples=60)
@given(at_byte=st.integers(0, 10**6), with_byte=st.integers(0, 255), cut=st.integers(0, 10**6))
def test_no_damaged_workbook_breaks_its_reader(book, at_byte, with_byte, cut):
    damaged = bytearray(book)
    damaged[at_byte % len(damaged)] = with_byte
    if cut % 3 == 0:
        damaged = damaged[: cut % len(damaged)]
    with suppress(PortalError):
        read_back.read(bytes(damaged))


@settings(BOUNDED, max_examples=60)
@given(rows=st.lists(TEXTS, max_size=4), at_row=st.integers(0, 3), byte=st.integers(0, 255))
def test_no_journal_file_breaks_its_check_and_no_other_file_passes_the_check(world, rows, at_row, byte):
    key = signed_file.private_key().public_key()
    assert journal_file.check(rows, key).faults
    whole = list(signed_file.rows(world.recipient))
    place = at_row % len(whole)
    changed = bytes([byte]) + whole[place][1:]
    if changed != whole[place]:
        whole[place] = changed
        assert journal_file.check(whole, key).faults


def test_a_changed_envelope_never_tells_at_which_step_it_failed(settings):
    """No padding oracle: for each value of the byte that decides the padding of the last block, and for each
    changed block, the error is the same."""
    settings.GSTN_PLAIN = False
    key = b"k" * 32
    plain = crypto.encode(b'{"rtin": "29AAACT2001A1Z6", "reqtyp": "SAVE"}').encode()
    sealed, signed = crypto.decode(crypto.encrypt(key, plain)), crypto.signature(key, plain)
    changed = [sealed[:-17] + bytes([value]) + sealed[-16:] for value in range(256) if value != sealed[-17]]
    changed += [sealed[:place] + sealed[place + 16 :] for place in range(0, len(sealed), 16)]
    changed += [sealed[:-1], sealed[:-16] + b"\x10" * 16, b""]
    told = set()
    for filing in (False, True):
        for data in changed:
            body = {"action": "SAVE", "data": crypto.encode(data), "hmac": signed}
            with pytest.raises(GstnError) as refused:
                envelope.open_data(body, json.dumps(body).encode(), key, filing=filing)
            told.add((refused.value.code, str(refused.value)))
    assert len(told) == 1, told
