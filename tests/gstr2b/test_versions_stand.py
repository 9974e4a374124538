"""I4: no code can change a saved version of GSTR-2B, and earlier versions stay readable."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from gstr2b.models import STANDS, Statement, StatementLine, StatementTotal, SupplierTotal
from ims_portal.kernel.money import HEADS
from invoices.models import Record


@pytest.fixture
def twice(world):
    """Return a world with two versions of a statement. The second version was computed after a rejection."""
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
    version = Statement.objects.get(recipient=twice.recipient, is_current=is_current)
    mine = model.objects.of(version) if model is StatementLine else model.objects.filter(statement=version)
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


def test_i4_only_the_replacing_version_of_a_line_can_change(twice):
    line = StatementLine.objects.filter(until=STANDS)[:1].get()
    for field in StatementLine._meta.concrete_fields:
        if field.name == "until":
            continue
        with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
            StatementLine.objects.filter(pk=line.pk).update(**{field.name: F(field.name)})


def test_i4_the_replacing_version_of_a_line_is_set_once_and_is_later_than_the_line(twice):
    replaced, added = StatementLine.objects.get(until=2), StatementLine.objects.get(since=2)
    assert replaced.record_id == added.record_id
    for line, until in [(replaced, 1), (replaced, 2), (replaced, 3), (replaced, STANDS)] + [
        (added, 0),
        (added, 1),
        (added, 2),
        (added, STANDS),
    ]:
        with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
            StatementLine.objects.filter(pk=line.pk).update(until=until)
    StatementLine.objects.filter(pk=added.pk).update(until=3)


def test_i4_recomputing_leaves_the_version_before_as_it_was(twice):
    """A recompute keeps the lines and sums of the earlier version. Only `until`, the number of the version
    that replaces a line, changes."""
    old = Statement.objects.get(recipient=twice.recipient, version=2)
    told = [f.attname for f in StatementLine._meta.concrete_fields if f.name != "until"]
    before = list(StatementLine.objects.of(old).order_by("pk").values(*told))
    twice.acts("accept", Record.objects.filter(decision__action="R").get())
    sums = list(StatementTotal.objects.filter(statement=old).order_by("pk").values())
    twice.recomputes("2024-10")
    assert list(StatementLine.objects.of(old).order_by("pk").values(*told)) == before
    assert list(StatementTotal.objects.filter(statement=old).order_by("pk").values()) == sums
    assert sum(line["igst"] for line in before) == sum(one[HEADS[0]] for one in sums)
