"""I4: what a version of GSTR-2B said is never rewritten, by whatever road; the version before stays readable."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from gstr2b.models import HEADS, Statement, StatementLine, StatementTotal, SupplierTotal


@pytest.fixture
def twice(world):
    """A statement, and its recomputing after a rejection."""
    first, _second = world.saves(), world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-16 10:00")
    world.acts("reject", first)
    world.recomputes("2024-10")
    assert Statement.objects.filter(recipient=world.recipient).count() == 2
    return world


@pytest.mark.parametrize("model", [StatementLine, StatementTotal, SupplierTotal])
@pytest.mark.parametrize("is_current", [True, False])
def test_i4_the_database_refuses_to_rewrite_any_version(twice, model, is_current):
    mine = model.objects.filter(statement__is_current=is_current)
    before = list(mine.order_by("pk").values())
    assert before
    one = mine.first()
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        mine.update(taxable=1)
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        one.save()
    with (
        pytest.raises(IntegrityError, match="never rewritten"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {model._meta.db_table} SET section = section")
    assert list(mine.order_by("pk").values()) == before


def test_i4_recomputing_leaves_the_version_before_as_it_was(twice):
    """The lines of the version before are the same rows after the next is made beside them."""
    old = Statement.objects.get(recipient=twice.recipient, version=2)
    before = list(StatementLine.objects.filter(statement=old).order_by("pk").values())
    sums = list(StatementTotal.objects.filter(statement=old).order_by("pk").values())
    twice.recomputes("2024-10")
    assert list(StatementLine.objects.filter(statement=old).order_by("pk").values()) == before
    assert list(StatementTotal.objects.filter(statement=old).order_by("pk").values()) == sums
    assert sum(line["igst"] for line in before) == sum(one[HEADS[0]] for one in sums)
