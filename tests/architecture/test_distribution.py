"""docs/scale.md: the database can be split by recipient over several machines. In the large tables, each row
names its recipient. A recipient's actions write no rows of another recipient. Only a supplier's actions write
rows of many recipients."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from gstr2b.models import Statement, StatementLine, StatementTotal, SupplierTotal
from invoices.models import ArchivedRecord, Decision, DeskTally, JournalLine, RecipientDesk, Record
from returns.models import Gstr3b

# These tables grow with the number of documents. Each row names its recipient.
BY_RECIPIENT: tuple[type[models.Model], ...] = (
    *(Record, Decision, ArchivedRecord, DeskTally, RecipientDesk, JournalLine),
    *(Statement, StatementLine, Gstr3b),
)
# These rows belong to a statement, and therefore to the statement's recipient.
BY_STATEMENT = (StatementTotal, SupplierTotal)
# Each of these tables has an index that starts with the recipient.
FOUND_BY_RECIPIENT = (Record, Decision, ArchivedRecord, DeskTally, RecipientDesk, Statement, Gstr3b)
# These tables have no foreign key constraints. A load may add a million rows, and the database would check
# each row. The other row can also be on another machine.
NO_FOREIGN_KEYS = (Record, Decision, ArchivedRecord, DeskTally, JournalLine)


def first_columns(model: type[models.Model]) -> set[str]:
    """Return the first column of each index and of each unique constraint of the table."""
    listed = [list(index.fields) for index in model._meta.indexes if index.fields]
    listed += [list(u.fields) for u in model._meta.constraints if isinstance(u, models.UniqueConstraint)]
    return {fields[0].lstrip("-") for fields in listed if fields}


@pytest.mark.parametrize("model", BY_RECIPIENT, ids=lambda model: model.__name__)
def test_every_row_of_a_large_table_names_its_recipient(model):
    columns = {field.attname: field for field in model._meta.concrete_fields}
    assert not columns["recipient_id"].null


@pytest.mark.parametrize("model", FOUND_BY_RECIPIENT, ids=lambda model: model.__name__)
def test_a_recipients_rows_are_found_by_an_index_on_the_recipient(model):
    assert "recipient" in first_columns(model)


@pytest.mark.parametrize("model", BY_STATEMENT, ids=lambda model: model.__name__)
def test_sums_of_a_statement_always_name_their_statement(model):
    assert not model._meta.get_field("statement").null


@pytest.mark.parametrize("model", NO_FOREIGN_KEYS, ids=lambda model: model.__name__)
def test_large_tables_have_no_foreign_key_constraints(model):
    bound = [f.name for f in model._meta.concrete_fields if f.is_relation and f.db_constraint]
    assert not bound


def test_no_table_of_documents_is_missing_from_the_lists():
    """Each model with a recipient or a record is in the lists above, or is known to stay small."""
    small = {"ActionBatch", "AddBack", "Reversal37A", "StagedChoice"}
    listed = {model.__name__ for model in (*BY_RECIPIENT, *BY_STATEMENT)}
    found = {
        model.__name__
        for app in ("invoices", "gstr2b", "returns")
        for model in apps.get_app_config(app).get_models()
        if {"recipient_id", "record_id"} & {field.attname for field in model._meta.concrete_fields}
    }
    assert found - listed <= small, found - listed - small


def kept_of(recipient: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the recipient's rows in the tables of `BY_RECIPIENT`, by model. The counters (DeskTally) are
    left out."""
    return {
        model.__name__: list(model.objects.filter(recipient_id=recipient.pk).order_by("pk").values())
        for model in BY_RECIPIENT
        if model is not DeskTally
    }


@pytest.mark.once
def test_a_recipients_actions_write_no_other_recipients_rows(world):
    other = world.taxpayer("27", 3001, "Godavari Pumps Ltd")
    mine = [world.saves(taxable=1_000 + n) for n in range(3)]
    world.saves(recipient=other.gstin, place_of_supply=other.state, tax=(0, 900, 900, 0))
    world.goes_to("2024-11-05 10:00")
    # a supplier's filing writes rows of every recipient of the supplier
    before = kept_of(other)
    world.files("2024-10")
    assert kept_of(other) != before
    before = kept_of(other)
    world.acts("accept", mine[0])
    world.acts("reject", mine[1], remarks="not ours")
    world.acts("pending", mine[2])
    assert kept_of(other) == before
    world.goes_to("2024-11-14 10:00")
    # a recipient's recompute and GSTR-3B write no rows of another recipient
    before = kept_of(other)
    world.acts("accept", mine[1])
    world.recomputes("2024-10")
    world.files_3b("2024-10")
    assert kept_of(other) == before
