"""Every page and every address of the API answers on SQLite as on PostgreSQL.

Most tests of pages run only on PostgreSQL. This test requests every address, so the SQL of every
page also runs on SQLite."""

from __future__ import annotations

import logging

import pytest

from tests.access import table
from tests.access.cast import gather_cast

pytestmark = pytest.mark.sqlite_only

# these people together may use almost every address
ASKED = {"admin/": ("superuser",), "other": ("superuser",)}
OTHERWISE = ("signatory", "clerk")


@pytest.mark.parametrize("family", table.FAMILIES)
def test_every_address_answers_on_sqlite_as_the_access_table_says(world, family):
    written, cast = table.read(), gather_cast(world)
    logging.disable(logging.WARNING)
    try:
        wrong = [
            f"{method} {route} for {column}: {said}, not {written[route, method][column]}"
            for route, method in table.required_rows()
            if table.family_of(route) == family
            for column in ASKED.get(family, OTHERWISE)
            if (said := table.rolled_back_outcome(cast, column, route, method))
            != written[route, method][column]
        ]
    finally:
        logging.disable(logging.NOTSET)
    assert not wrong, "\n".join(wrong)
