"""A file that is read in windows (parts) gives the same result as the same file in one piece, wherever a
window ends."""

from __future__ import annotations

import json
import random
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_portal.kernel import json_stream, strict_json
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.json_stream import JsonStream
from returns.gstr1_file import read_blocks
from returns.gstr1_file.read import Block, open_file
from returns.gstr1_file.read_document import SHAPES, entry
from tests.world import gstin

OWN = gstin("27", 1001)


def document(number, dice, note=False):
    rate = dice.choice([5, 12, 18, 0.25])
    items = [
        {"num": n + 1, "itm_det": {"rt": rate, "txval": dice.randint(1, 10**6) / 100, "iamt": 0, "csamt": 0}}
        for n in range(dice.choice([1, 1, 2, 3]))
    ]
    made = {"val": dice.randint(0, 10**6) / 100, "pos": "29", "rchrg": "N", "inv_typ": "R", "itms": items}
    made |= (
        {"ntty": "C", "nt_num": number, "nt_dt": "05-10-2024"}
        if note
        else {"inum": number, "idt": "05-10-2024"}
    )
    odd = {
        "odd": dice.choice(["},{", "é", '"},{"inum":"', 7]),
        "etin": None,
        "pos": "2\\9",
        "itms": 5,
        "val": -0.0,
    }
    if dice.random() < 0.03:
        made |= dict([dice.choice(list(odd.items()))])
    return made if dice.random() > 0.01 else dice.choice([7, None, "x"])


def body(dice, count):
    def parties(recipient, documents, note):
        made, left = [], count
        while left > 0:
            some = min(left, dice.choice([1, 1, 2, 30, 500]))
            left -= some
            party = {recipient: gstin("29", dice.randint(1, 9))}
            if recipient == "rtin":
                party["stin"] = gstin("27", 5)
            party[documents] = [document(f"N-{left}-{n}", dice, note) for n in range(some)]
            if dice.random() < 0.05:
                party = dict(reversed(party.items()))
            made.append(party if dice.random() > 0.02 else dice.choice([5, {}, {documents: 3}]))
        return made

    sections = {
        "b2b": parties("ctin", "inv", False),
        "cdnr": parties("ctin", "nt", True),
        "ecom": {"b2b": parties("rtin", "inv", False)},
        "b2cs": [{"x": 1}, {"y": [1, {"z": "}],"}]}],
    }
    return {"gstin": OWN, "fp": "102024", **sections}


def read_at_once(body):
    """Yield the entries of a file whose whole body is in memory. A reader that uses windows must find the
    same entries."""
    for shape in SHAPES:
        found = body
        for key in shape.path:
            found = (found or {}).get(key)
        for nth, party in enumerate(found or []):
            place = f"{shape.name}[{nth}]"
            if not isinstance(party, dict) or not isinstance(party.get(shape.documents), list):
                yield place
                continue
            for position, one in enumerate(party[shape.documents]):
                yield entry(shape, party, one, f"{place}.{shape.documents}[{position}]")


@pytest.mark.parametrize("seed", range(8))
def test_reading_in_blocks_gives_the_same_documents_as_reading_one_by_one(seed, monkeypatch):
    """The test uses windows of several sizes, compact and indented files, and texts that look like the end of
    a document."""
    dice = random.Random(seed)
    whole = body(dice, dice.choice([3, 100, 500]))
    style = [{"separators": (",", ":")}, {}, {"indent": 1}, {"ensure_ascii": False}][seed % 4]
    data = json.dumps(whole, **style).encode()
    monkeypatch.setattr(json_stream, "WINDOW", dice.choice([1500, 7000, 60_000]))
    monkeypatch.setattr(read_blocks, "WINDOW", json_stream.WINDOW)
    file = open_file(data)
    found = [
        e.place
        if e.problem and e.problem.field == "file" and ".inv" not in e.place and ".nt" not in e.place
        else e
        for e in file.entries()
    ]
    assert found == list(read_at_once(strict_json.loads(data)))
    assert file.outside == {"b2cs": 2}


def test_a_usual_file_is_read_in_blocks_not_document_by_document():
    parties = [{"ctin": gstin("29", 1), "inv": [usual(n) for n in range(5000)]}]
    file = open_file(json.dumps({"gstin": OWN, "fp": "102024", "b2b": parties}).encode())
    pieces = list(file.pieces())
    in_blocks = sum(len(p.documents) for b in pieces if isinstance(b, Block) for p in b.parties)
    assert in_blocks > 3500
    assert [e.number for e in file.entries()] == [f"A-{n}" for n in range(5000)]


def usual(number):
    line = {"rt": 18, "txval": 100.5, "iamt": 18.09, "csamt": 0}
    return {
        "inum": f"A-{number}",
        "idt": "05-10-2024",
        "val": 118.59,
        "pos": "29",
        "rchrg": "N",
        "inv_typ": "R",
        "itms": [{"num": 1, "itm_det": line}],
    }


SPOILED = {
    "key twice": lambda t: t.replace('"val": 118.59', '"val": 118.59, "val": 1', 1),
    "three decimals": lambda t: t.replace("118.59", "118.591", 1),
    "a third decimal far out": lambda t: t.replace("118.59", "118.5900000000000000001", 1),
    "hidden decimals": lambda t: t.replace("118.59", "1185900000000000000001e-19", 1),
    "minus zero": lambda t: t.replace('"csamt": 0', '"csamt": -0', 1),
    "unknown key": lambda t: t.replace('"val"', '"new": [1, 2], "val"', 1),
    "null": lambda t: t.replace('"csamt": 0', '"csamt": null', 1),
    "escaped key": lambda t: t.replace('"val"', '"v\\u0061l"', 1),
    "key twice beside an escaped colon": lambda t: t.replace(
        '"val": 118.59', '"chksum": "\\u003a", "val": 118.59, "val": 1', 1
    ),
    "escaped key twice": lambda t: t.replace('"val"', '"v\\u0061l": 1, "val"', 1),
}


@pytest.mark.parametrize("how", SPOILED)
def test_the_fast_reader_gives_up_on_faults_that_it_cannot_see(how):
    """The first of many documents has a fault that the decoder of the quick reader (`read_blocks`) does not
    report. The quick reader must then leave the documents to the exact reader. The file gives the same
    entries, or the same refusal, as a file that is read as a whole."""
    parties = [{"ctin": gstin("29", 1), "inv": [usual(n) for n in range(3000)]}]
    text = SPOILED[how](json.dumps({"gstin": OWN, "fp": "102024", "b2b": parties}))
    assert outcome(lambda: open_file(text.encode()).entries()) == outcome(
        lambda: read_at_once(strict_json.loads(text.encode()))
    )


def outcome(read):
    """Return the entries that `read` yields, or the message of the refusal."""
    try:
        return list(read())
    except Invalid as bad:
        return bad.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(value=JSON, window=st.integers(1, 40), cut=st.integers(0, 3), indent=st.sampled_from([None, 1]))
def test_a_value_is_read_alike_in_windows_of_any_size(value, window, cut, indent):
    data = json.dumps(value, indent=indent).encode()
    data = data[: len(data) - cut] if cut else data
    before = json_stream.WINDOW
    json_stream.WINDOW = window
    try:
        expected = wanted = None
        try:
            expected = strict_json.loads(data)
        except Invalid as bad:
            wanted = bad
        try:
            stream = JsonStream(BytesIO(data))
            found = stream.value()
            stream.finish()
        except Invalid:
            assert wanted is not None
        else:
            assert wanted is None
            assert repr(found) == repr(expected)
    finally:
        json_stream.WINDOW = before


def test_a_fault_far_into_a_file_is_given_with_its_line_and_column():
    whole = {
        "gstin": OWN,
        "fp": "102024",
        "b2b": [{"ctin": gstin("29", 1), "inv": [usual(n) for n in range(2000)]}],
    }
    lines = json.dumps(whole, indent=1).splitlines()
    nth = next(i for i, line in enumerate(lines) if "A-1500" in line)
    lines[nth + 2] = lines[nth + 2].replace("118.59", "NaN")
    with pytest.raises(Invalid) as caught:
        list(open_file("\n".join(lines).encode()).entries())
    assert "NaN" in caught.value.message
    assert caught.value.details["line"] == nth + 3
