"""R-033: if a record moves to another month, its route can change. SQL and the rule in Python give the record
the same new route.

The test tries every combination of stored route, form, forward or reverse charge, and last GSTR-2B that can
give credit."""

from __future__ import annotations

from itertools import product

import pytest

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record
from invoices.queries.routes import route_in_month
from invoices.rules import attribution
from invoices.rules.calendar import Form
from invoices.rules.situation import Book, Route

NOVEMBER = TaxPeriod(2024, 11)
COMBINATIONS = list(product(Route, Form, (False, True), (202410, 202411, 202412)))


@pytest.fixture
def one_of_each(world):
    pattern = world.saves()
    for place, (stored, form, charged, limit) in enumerate(COMBINATIONS):
        pattern.pk, pattern.number = None, f"COPY-{place}"
        pattern.number_key, pattern.form, pattern.reverse_charge = pattern.number, form.value, charged
        pattern.route, pattern.last_claim_period = stored.value, limit
        pattern.save(force_insert=True)
    return Record.objects.filter(number__startswith="COPY-")


@pytest.mark.parametrize(
    ("month", "book", "claim_period"),
    [
        (TaxPeriod(2024, 9), Book.B2410, 202411),
        (NOVEMBER, Book.B2410, 202411),
        # for a recipient that files quarterly, a record of November is in the GSTR-2B of October to December
        (NOVEMBER, Book.B2410, 202412),
        (NOVEMBER, Book.B2510, 202411),
    ],
)
def test_r033_sql_gives_every_record_the_route_of_the_rule(one_of_each, month, book, claim_period):
    routed = one_of_each.annotate(moved=route_in_month(month, book, claim_period))
    assert routed.count() == len(COMBINATIONS)
    for record in routed:
        told = attribution.route_in_month(
            month,
            book,
            stored=Route(record.route),
            form=Form(record.form),
            reverse_charge=record.reverse_charge,
            too_late=record.last_claim_period < claim_period,
        )
        assert record.moved == told.value, (record.route, record.form, record.reverse_charge)
