"""The API's record list equals the output of a plain serializer of Django REST framework, byte for byte. This
holds on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from ims_portal.kernel import clock
from ims_portal.support.web.api_json import dumps
from invoices.models import Record
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.record_list.records import SORTS
from invoices.queries.situations import DeskView
from invoices.rules.situation import Kind
from tests.api_client import api_for
from tools.benchmarks.api_list import PlainRecord

pytestmark = pytest.mark.once


def _world(world):
    for number in range(5):
        record = world.saves(taxable=100 + number * 17)
        if number % 2:
            world.acts("accept", record)
    world.saves(kind=Kind.CREDIT_NOTE, taxable=1000)
    world.acts("reject", world.saves(taxable=5))


@pytest.mark.parametrize("sort", [sort for key in SORTS for sort in (key, f"-{key}")])
def test_the_list_equals_the_output_of_the_plain_serializer_byte_for_byte(world, sort):
    _world(world)
    view = DeskView.of(world.recipient, clock.today(), calendar())
    rows = situations.with_clock_facets(Record.objects.filter(recipient_id=world.recipient.pk), view)
    minus = "-" if sort.startswith("-") else ""
    ordered = rows.annotate(sort_key=SORTS[sort.removeprefix("-")].expression)
    plain = ordered.select_related("decision", "supplier").order_by(f"{minus}sort_key", f"{minus}pk")
    said = dumps(PlainRecord(plain, many=True, context={"view": view}).data)
    api = api_for(world)
    assert (
        dumps({"items": 0, "next": None}).replace(b"0", said, 1) == api.get(f"records/?sort={sort}").content
    )
    # read the same list again in pages of two records
    read, after = [], ""
    while after is not None:
        page = api.get(f"records/?sort={sort}&limit=2&after={after}").json()
        read, after = read + page["items"], page["next"]
    assert dumps(read) == said
