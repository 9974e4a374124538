"""Every screen runs as many queries for 100 records as for 20,000, and not more than queries.json allows.

For a new screen, or a screen that needs more queries on purpose, run this test with
`PORTAL_ACCEPT_QUERIES=1`. The test then writes tests/templates/queries.json again. Review the difference
before you commit the file.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoices.models import Record, Taxpayer
from returns.sandbox.world import build
from returns.sandbox.world.cast import PLAYERS
from tests.browser.screens import found
from tests.enlarge import enlarge

BASELINE = Path(__file__).with_name("queries.json")
FEW, MANY = 100, 20_000
# few matches are read and sorted by one query; many matches need two more queries, to count and to page them
BOUNDED = {"records-filtered": 2}
# limits for the first page of a list: queries (one of them for the matcher's answers), and bytes after compression
MOST_OF_A_LIST, MOST_BYTES = 13, 25_000


def queries_of(client: Client, paths: dict[str, str]) -> dict[str, list[str]]:
    """Return the queries of each screen. Each query is cut to its first 90 characters."""
    told = {}
    for name, path in paths.items():
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200, path
        told[name] = [query["sql"][:90] for query in queries]
    return told


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.timeout(400)
def test_every_screen_runs_as_many_queries_for_100_records_as_for_20_000(db, sample_world):
    sample_world(records=60)
    recipient = Taxpayer.objects.get(gstin=PLAYERS["vindhya"].gstin)
    enlarge(recipient, FEW)
    build.load().stage.goes_to("2024-11-15 10:00")
    home = f"/t/{recipient.gstin}/"
    paths = {s.name: s.path for s in found("meera", home) if s.path.startswith(home)}
    paths["records-filtered"] = (
        f"{home}ims/inward/all/?status=N,P&kind=INV&from=2024-10-01&pos=23&sort=-value"
    )
    # no page leads this taxpayer, which reported no document, to an outward table
    paths["outward_table"] = f"{home}ims/outward/all/"
    assert {"home", "ims", "inward", "records", "triage", "gstr2b", "gstr3b", "analytics", "audit"} <= set(
        paths
    )
    client = Client()
    client.force_login(get_user_model().objects.get(username="meera"))

    before = queries_of(client, paths)
    enlarge(recipient, MANY)
    assert Record.objects.filter(recipient=recipient).count() == MANY
    after = queries_of(client, paths)
    grown = {
        name: [sql for sql in after[name] if sql not in before[name]]
        for name in paths
        if len(after[name]) > len(before[name]) and name not in BOUNDED
    }
    assert grown == {}, "these screens run more queries for more records"
    assert all(len(after[name]) - len(before[name]) <= more for name, more in BOUNDED.items())

    many = {name: len(queries) for name, queries in after.items()}
    if os.environ.get("PORTAL_ACCEPT_QUERIES"):
        BASELINE.write_text(json.dumps(dict(sorted(many.items())), indent=2) + "\n")
    accepted = json.loads(BASELINE.read_text())
    wrong = {name: (accepted.get(name), many[name]) for name in many if many[name] > accepted.get(name, 0)}
    assert wrong == {}, "more than accepted: (accepted, now). PORTAL_ACCEPT_QUERIES=1 accepts it."

    assert many["records"] <= MOST_OF_A_LIST
    page = client.get(f"{home}ims/inward/all/")
    assert len(gzip.compress(page.content, 6)) <= MOST_BYTES
