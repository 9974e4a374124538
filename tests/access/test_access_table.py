"""I13: the portal answers every person at every address as docs/access.csv says.

The tests fail for a new address without rows in the table. `PORTAL_ACCEPT_ACCESS=1` writes the table again
from the portal's answers. `PORTAL_ACCEPT_ACCESS=new` adds only missing rows. Review each
difference, because a difference means that somebody gains or loses access."""

from __future__ import annotations

import hashlib
import logging
import os

import pytest
from django.apps import apps
from django.test import Client

from invoices.models import Decision, JournalEntry, Role
from invoices.people import tokens
from tests.access import blank_templates, table
from tests.access.cast import ROLES, gather_cast
from tests.world import World

pytestmark = [pytest.mark.timeout(280), pytest.mark.once]
OUR_APPS = ("invoices", "gstr2b", "returns", "gstn")


@pytest.fixture(autouse=True)
def _pages_are_empty(settings):
    """Use empty templates. They leave the status of an answer unchanged and halve the time of the tests."""
    settings.TEMPLATES = blank_templates.TEMPLATES


@pytest.fixture(autouse=True)
def _refusals_go_unlogged():
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


# `fingerprint` leaves out these tables, because even a refused request can change them. The portal counts
# wrong guesses, and stores the time of the last use of a token or session.
MARKS = {"guesses", "apitoken", "session"}


def test_every_address_has_a_row_and_every_row_has_an_address():
    written, asked = table.read(), table.required_rows()
    missing = [key for key in asked if key not in written]
    assert not missing, f"docs/access.csv has no row for {missing[:5]}: add who may use the address"
    assert not [key for key in written if key not in set(asked)], (
        "docs/access.csv has rows for addresses that do not exist"
    )


@pytest.mark.parametrize("family", table.FAMILIES)
def test_the_portal_answers_as_every_cell_of_the_table_says(world, family):
    written, asked = table.read(), [key for key in table.required_rows() if table.family_of(key[0]) == family]
    cast = gather_cast(world)
    if accept := os.environ.get("PORTAL_ACCEPT_ACCESS"):
        asked = [key for key in asked if accept != "new" or key not in written]
        found = {
            key: dict.fromkeys(table.COLUMNS, "-")
            | {c: table.rolled_back_outcome(cast, c, *key) for c in table.columns_of(key[0])}
            for key in asked
        }
        table.write(written | found)
        return
    wrong = []
    for key in asked:
        for column in table.columns_of(key[0]):
            said = table.rolled_back_outcome(cast, column, *key)
            if said != written[key][column]:
                wrong.append(f"{key[1]} {key[0]} for {column}: {said}, not {written[key][column]}")
    assert not wrong, "\n".join(wrong)


def fingerprint() -> str:
    """Return a hash of all rows of the portal's own tables, except the tables in `MARKS`."""
    whole = hashlib.sha256()
    for app in OUR_APPS:
        for model in apps.get_app_config(app).get_models():
            if model._meta.model_name in MARKS or not model._meta.managed:
                continue
            for row in model.objects.order_by("pk").values_list().iterator():
                whole.update(repr((model._meta.label, row)).encode())
    return whole.hexdigest()


def foreign_answers(cast, elsewhere: World) -> list[str]:
    """Request every address of the GSTIN `elsewhere` as people who have roles only at another GSTIN. Return
    the answers that are neither 404 nor 405."""
    got = []
    written = table.read()
    for route, method in table.required_rows():
        if "405" in (written[route, method]["signatory"], written[route, method]["superuser"]):
            continue
        if "gstin>" not in route and not route.startswith(f"{table.GSTN}returns"):
            continue
        for person in (*ROLES, "staff", "superuser"):
            said = table.outcome(cast, person, route, method, at=elsewhere)
            # 405 gives no access either: the address refuses the method before it looks up the GSTIN
            if said not in ("404", "405"):
                got.append(f"{person} {method} {route}: {said}")
    return got


def test_no_role_opens_or_changes_a_gstin_where_the_person_has_no_role(world):
    cast = gather_cast(world)
    before = fingerprint()
    got = foreign_answers(cast, world.supplier)
    assert not got, "\n".join(got)
    assert fingerprint() == before


def test_a_viewer_changes_no_record_at_any_address(world):
    cast = gather_cast(world)
    journal, decisions = JournalEntry.objects.count(), list(Decision.objects.order_by("pk").values())
    # Some of these requests succeed: a viewer may download, save views, paste lists and compare files of
    # other portals. None of these requests changes a record.
    for route, method in table.required_rows():
        if "gstin>" in route and method == "POST" and route.startswith(("t/", "^t/")):
            table.outcome(cast, "viewer", route, method)
    assert JournalEntry.objects.count() == journal
    assert list(Decision.objects.order_by("pk").values()) == decisions


def test_ids_of_another_taxpayer_answer_404_under_the_gstin_of_the_person(world):
    cast = gather_cast(world)
    other = world.taxpayer("33", 3002, "Other")
    world.person("other", *Role, at=other)
    cast.browsers["other"] = Client()
    cast.browsers["other"].force_login(world.person("other"))
    _token, cast.secrets["other"] = tokens.make(
        world.person("other"), "t", ["read", "act", "supply", "file"], 30
    )
    before = fingerprint()
    got = []
    for route, method in table.required_rows():
        if "gstin>" in route and ("<int:" in route) and "drafts" not in route:
            said = table.outcome(cast, "other", route, method, at=other)
            if said not in ("404", "405"):
                got.append(f"{method} {route}: {said}")
    assert not got, "\n".join(got)
    assert fingerprint() == before


def test_pages_refuse_put_patch_and_delete(world):
    cast = gather_cast(world)
    got = []
    for route, method in table.required_rows():
        if method != "GET" or route.startswith(("api/", "admin/", table.GSTN)) or route in table.PROBES:
            continue
        for other in ("PUT", "PATCH", "DELETE"):
            said = table.rolled_back_outcome(cast, "signatory", route, other)
            if said not in ("403", "404", "405", "login"):
                got.append(f"{other} {route}: {said}")
    assert not got, "\n".join(got)
