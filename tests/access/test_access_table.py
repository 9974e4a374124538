"""I13: docs/access.csv says who gets what from every address by every method, and every cell of it is asked.

A new address fails here until it has its rows. `PORTAL_ACCEPT_ACCESS=1` writes the table anew from what the portal
answers (`new`: only rows that are missing): read the difference as what it is, a change of who may do what."""

from __future__ import annotations

import hashlib
import logging
import os

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from invoices.models import Role
from invoices.people import tokens
from tests.access import blank_templates, table
from tests.access.cast import ROLES, gathered
from tests.world import World

pytestmark = [pytest.mark.timeout(280), pytest.mark.once]
OUR_APPS = ("invoices", "gstr2b", "returns", "gstn")


@pytest.fixture(autouse=True)
def _pages_are_empty(settings):
    """An answer's status does not depend on the page's content, and content is half the cost of an answer."""
    settings.TEMPLATES = blank_templates.TEMPLATES


@pytest.fixture(autouse=True)
def _refusals_go_unlogged():
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


# what a question itself may leave behind: when a token or a session was last used
MARKS = {"guesses", "apitoken", "session"}


def undone(ask, *args, **kwargs) -> str:
    """The answer, with whatever it changed taken back."""
    with transaction.atomic():
        said = ask(*args, **kwargs)
        transaction.set_rollback(True)
    return said


def test_every_address_has_its_rows_and_every_row_its_address():
    written, asked = table.read(), table.wanted()
    missing = [key for key in asked if key not in written]
    assert not missing, f"docs/access.csv has no row for {missing[:5]}: who may use it?"
    assert not [key for key in written if key not in set(asked)], "docs/access.csv has rows for nothing"


@pytest.mark.parametrize("family", table.FAMILIES)
def test_every_cell_is_as_written(world, family):
    written, asked = table.read(), [key for key in table.wanted() if table.family_of(key[0]) == family]
    cast = gathered(world)
    if accept := os.environ.get("PORTAL_ACCEPT_ACCESS"):
        asked = [key for key in asked if accept != "new" or key not in written]
        found = {
            key: dict.fromkeys(table.COLUMNS, "-")
            | {c: undone(table.outcome, cast, c, *key) for c in table.asked_by(key[0])}
            for key in asked
        }
        table.write(written | found)
        return
    wrong = []
    for key in asked:
        for column in table.asked_by(key[0]):
            said = undone(table.outcome, cast, column, *key)
            if said != written[key][column]:
                wrong.append(f"{key[1]} {key[0]} for {column}: {said}, not {written[key][column]}")
    assert not wrong, "\n".join(wrong)


def fingerprint() -> str:
    """Everything in our tables, as one text."""
    whole = hashlib.sha256()
    for app in OUR_APPS:
        for model in apps.get_app_config(app).get_models():
            if model._meta.model_name in MARKS or not model._meta.managed:
                continue
            for row in model.objects.order_by("pk").values_list().iterator():
                whole.update(repr((model._meta.label, row)).encode())
    return whole.hexdigest()


def foreign(cast, elsewhere: World) -> list[str]:
    """What anybody got of another's GSTIN, whatever the role held at one's own."""
    got = []
    written = table.read()
    for route, method in table.wanted():
        if "405" in (written[route, method]["signatory"], written[route, method]["superuser"]):
            continue
        if "gstin>" not in route and not route.startswith(f"{table.GSTN}returns"):
            continue
        for person in (*ROLES, "staff", "superuser"):
            said = table.outcome(cast, person, route, method, at=elsewhere)
            # a method that an address never takes is refused before anything is looked up
            if said not in ("404", "405"):
                got.append(f"{person} {method} {route}: {said}")
    return got


def test_nobody_reads_or_writes_another_s_gstin_by_any_role(world):
    cast = gathered(world)
    before = fingerprint()
    got = foreign(cast, world.supplier)
    assert not got, "\n".join(got)
    assert fingerprint() == before


def test_another_s_records_jobs_and_batches_are_not_there_under_one_s_own_gstin(world):
    cast = gathered(world)
    other = world.taxpayer("33", 3002, "Other")
    world.person("other", *Role, at=other)
    cast.browsers["other"] = Client()
    cast.browsers["other"].force_login(world.person("other"))
    _token, cast.secrets["other"] = tokens.make(
        world.person("other"), "t", ["read", "act", "supply", "file"], 30
    )
    before = fingerprint()
    got = []
    for route, method in table.wanted():
        if "gstin>" in route and ("<int:" in route) and "drafts" not in route:
            said = table.outcome(cast, "other", route, method, at=other)
            if said not in ("404", "405"):
                got.append(f"{method} {route}: {said}")
    assert not got, "\n".join(got)
    assert fingerprint() == before


def test_pages_take_no_other_method(world):
    cast = gathered(world)
    got = []
    for route, method in table.wanted():
        if method != "GET" or route.startswith(("api/", "admin/", table.GSTN)) or route in table.PROBES:
            continue
        for other in ("PUT", "PATCH", "DELETE"):
            said = undone(table.outcome, cast, "signatory", route, other)
            if said not in ("403", "404", "405", "login"):
                got.append(f"{other} {route}: {said}")
    assert not got, "\n".join(got)
