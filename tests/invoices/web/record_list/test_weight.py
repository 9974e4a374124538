"""A page of fifty records is light, so that it opens fast on a phone: what the rows have in common stands once."""

from __future__ import annotations

import re

from invoices.models import Record
from invoices.rules.situation import Kind
from tests.desk_pages import at, client_for

# bytes of the whole page before compression
MOST_HTML = 90_000


def test_a_page_of_fifty_records_is_light(world):
    client = client_for(world)
    address = at(world, "ims/inward/all/")
    world.saves(number="INV/24-25/100")
    for n in range(1, 50):
        kind = Kind.CREDIT_NOTE if n % 3 == 0 else Kind.INVOICE
        world.saves(number=f"INV/24-25/{100 + n}", kind=kind)
    world.acts("accept", *Record.objects.order_by("pk")[:25])
    page = client.get(address).content
    assert page.count(b"<tbody id=") == 50
    # the database of the tests gives longer ids after more tests, so no id counts as more than three digits
    ids = [str(pk) for pk in Record.objects.filter(pk__gt=999).values_list("pk", flat=True)]
    longer = sum(len(re.findall(rf"(?<!\d){pk}(?!\d)".encode(), page)) * (len(pk) - 3) for pk in ids)
    assert len(page) - longer <= MOST_HTML
    # the reason of the credit notes is explained once
    assert page.count(b"What you can do.") == 1
