"""Fixtures for the tests of a supplier's GSTR-1 file: a function that makes the body of a file, and a
function that loads the file."""

from __future__ import annotations

import json

import pytest

from invoices.rules.calendar import Form
from returns.gstr1_file import load as upload
from returns.gstr1_file.report import Mode
from tests.returns.gstr1_file.documents import BY


@pytest.fixture
def body(world):
    def make(*invoices, **sections):
        found = {"gstin": world.supplier.gstin, "fp": "102024"}
        if invoices:
            found["b2b"] = [{"ctin": world.recipient.gstin, "inv": list(invoices)}]
        return found | sections

    return make


@pytest.fixture
def load(world):
    def run(body, *, mode=Mode.GOOD_ONES, form=Form.GSTR1, by=None, period=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return upload.load(by or world.supplier, form, data, by=BY, mode=mode, period=period)

    return run
