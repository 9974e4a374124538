"""Uploaded IMS workbooks that attack the portal are refused before they are read."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from tests.returns.files.ims_workbooks import exported, given_back


def _zip(**parts: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name.replace("__", "/"), data)
    return target.getvalue()


HOSTILE = {
    "no zip": (b"hello", "IMP-FORMAT"),
    "password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "IMP-LOCKED"),
    "bomb": (_zip(**{"xl__sharedStrings.xml": b" " * 40_000_000}), "IMP-SIZE"),
    "macros": (_zip(**{"xl__vbaProject.bin": b"x"}), "IMP-FORMAT"),
    "links": (_zip(**{"xl__externalLinks__externalLink1.xml": b"<x/>"}), "IMP-FORMAT"),
    "no workbook": (_zip(**{"a.txt": b"x"}), "IMP-FORMAT"),
    "entities": (
        _zip(
            **{
                "[Content_Types].xml": b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><Types>&d;</Types>',
            }
        ),
        "IMP-FORMAT",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_with_its_code(world, name):
    from ims_portal.kernel.errors import Invalid

    data, code = HOSTILE[name]
    with pytest.raises(Invalid) as refusal:
        given_back(world, data)
    assert refusal.value.code == code


def test_a_workbook_of_too_many_rows_is_refused(world, monkeypatch):
    from ims_portal.kernel.errors import Invalid
    from ims_portal.support.workbook import read

    for n in range(4):
        world.saves(number=f"X-{n}")
    monkeypatch.setattr(read, "MOST_ROWS", 3)
    with pytest.raises(Invalid) as refusal:
        given_back(world, exported(world))
    assert refusal.value.code == "IMP-SIZE"
