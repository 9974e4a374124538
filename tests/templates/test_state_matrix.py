"""Section 29 of the screen specification: each screen has words for the states empty, loading, error, blocked
and success.

`MATRIX` lists the states of each screen. Most states are tested by a story: a function that brings the
screen into the state and returns the page. The stories are in this module and in
blocked_and_done_stories.py. Browser tests and the last two tests of this module test the other states."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest
from django.test import Client

from gstr2b import generation
from gstr2b.differences import Difference
from ims_portal.kernel import clock
from ims_portal.kernel.clock import IST
from invoices.models import Job, PortalClock, Role
from returns.models import Gstr3b
from tests.desk_pages import act, at, client_for, credit_note, some
from tests.pages import client_of, text
from tests.templates import blocked_and_done_stories  # noqa: F401  the import registers its stories
from tests.templates.state_stories import (
    CELLS,
    asked_for,
    at_supplier,
    cell,
    of_supplier,
    page,
    quoted,
    stale,
)
from tests.templates.test_screen_messages import batch, drafted
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]

STATES = ("empty", "loading", "error", "blocked", "success")
# The table of section 29: the states in which each screen must show words.
MATRIX = {
    "Home": "empty loading error blocked",
    "IMS overview": "empty loading error blocked",
    "Inward summary": "empty loading error blocked success",
    "Record list": "empty loading error blocked success",
    "Bulk preview": "empty loading error blocked success",
    "Declaration form": "loading error blocked success",
    "Record panel": "empty loading error blocked success",
    "2B draft": "empty loading error blocked success",
    "Recompute": "empty loading error blocked success",
    "Compare": "empty loading error blocked",
    "3B preview / file": "empty loading error blocked success",
    "Outward view": "empty loading error blocked",
    "GSTR-1 / 1A / IFF": "empty loading error blocked success",
    "Import": "empty loading error blocked success",
    "Export / jobs": "empty loading error blocked success",
    "Clock": "empty loading error blocked success",
    "Audit": "empty loading error blocked success",
    "Analytics": "empty loading error",
}
# These states are shown only with scripts; tests/browser/test_states.py tests them.
IN_A_BROWSER = {
    ("Declaration form", "loading"), ("3B preview / file", "loading"),
    ("Record panel", "loading"), ("Record panel", "error"),
}  # fmt: skip
# These pages need no story for the state "loading", because the server sends each page as a whole. A script
# may load a part of the page later. Until then, the page has words and a link in the place of that part.
WHOLE = {
    "Home": "", "IMS overview": "ims/", "Inward summary": "ims/inward/", "Record list": "ims/inward/all/",
    "Bulk preview": "", "2B draft": "gstr2b/102024/", "Compare": "gstr2b/102024/compare/?from=1&to=now",
    "Outward view": "ims/outward/", "GSTR-1 / 1A / IFF": "gstr1/102024/", "Audit": "audit/",
    "Analytics": "analytics/",
}  # fmt: skip
# These pages need no story for the state "error". If one of them fails, the person sees a reference and a
# button to try again. The last test of this module checks this.
RETRIED = [name for name in WHOLE if name not in ("Compare", "GSTR-1 / 1A / IFF", "Analytics")]

# stories of the state "empty"


for _screen, _path, _says in (
    ("IMS overview", "ims/", "Records you leave at No action count as accepted"),
    ("Inward summary", "ims/inward/", "No records for October 2024 yet"),
    ("Record list", "ims/inward/b2b/", "Records appear when a supplier saves them in GSTR-1"),
    ("2B draft", "gstr2b/112024/", "is not drafted"),
    ("3B preview / file", "gstr3b/102024/", "There is no GSTR-2B yet, so Table 4 is empty"),
    ("Outward view", "ims/outward/", "No recipient took this action|No document|0"),
    ("Import", "ims/import/", "Choose a file"),
    ("Export / jobs", "jobs/", "No jobs yet|Nothing"),
    ("Audit", "audit/", "Every change at this GSTIN will appear in this journal"),
    ("Analytics", "analytics/", "No records for October 2024 yet"),
):
    cell(_screen, "empty", _says)(lambda world, path=_path: page(world, path, Role.PREPARER))


@cell("Home", "empty", "All clear for October 2024")
def nothing_is_left_to_do(world):
    world.files("2024-10", by=world.recipient)
    return page(world, "", Role.PREPARER)


@cell("Clock", "empty", "Choose a date and time for the portal clock")
def a_clock_nobody_moves_yet(world):
    return text(client_for(world).get("/clock/"))


@cell("Bulk preview", "empty", "Nothing would change", "These records already have this status")
def a_batch_of_what_stands_so(world):
    records, client = some(world, 2), client_for(world)
    world.acts("accept", *records)
    return text(client.get(batch(world, client, *records)))


quoted("Record panel", "empty", "SUP-DELETED")
quoted("Recompute", "empty", "2B-NOCHANGE")


@cell("Compare", "empty", "Nothing changed between draft 1 and draft 2")
def two_equal_drafts(world):
    drafted(world)
    world.recomputes("2024-10")
    return page(world, "gstr2b/102024/compare/?from=1&to=2")


@cell("GSTR-1 / 1A / IFF", "empty", "No documents yet", "Add a document")
def a_table_without_documents(world):
    return of_supplier(world, "gstr1/102024/b2b/")


# stories of the state "loading"


quoted("Recompute", "loading", "2B-RUNNING", "You may leave this page")


@cell("Export / jobs", "loading", "[Qq]ueue|[Ww]ait", "Refresh", "You may leave this page")
def a_job_that_waits(world):
    return page(world, f"jobs/{asked_for(world).pk}/")


@cell("Import", "loading", "The file is being read", "Refresh")
def a_file_that_is_checked(world):
    job = Job.objects.create(
        kind="import", key="x", taxpayer=world.recipient, payload={"step": "check", "title": "a.xlsx"},
        created_at=clock.now(),
    )  # fmt: skip
    return page(world, f"ims/import/{job.pk}/")


@cell("Clock", "loading", "The clock is moving to", "Last completed midnight")
def a_clock_on_its_way(world):
    PortalClock.objects.update(moving_to=datetime(2024, 11, 14, 10, tzinfo=IST))
    return text(client_for(world).get("/clock/"))


# stories of the state "error"


@cell("Declaration form", "error", "RED-MAX", "Integrated", year=2025)
def a_wrong_reduction(world):
    note, client = credit_note(world, number="CN-1"), client_for(world)
    answer = {"reduce": "part", "igst": "99,999", "remarks": "too much"}
    return text(act(client, world, note, "A", whole_page="1", answered="1", **answer))


@cell("Recompute", "error", "Draft 1")
def a_computation_that_fails(world):
    stale(world)
    client = Client(raise_request_exception=False)
    client.force_login(world.person("asha", Role.PREPARER))

    def fails(*_given, **_named):
        raise KeyError("x")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(generation, "recompute", fails)
        told = text(client.post(at(world, "gstr2b/102024/compute/")))
    assert re.search("Nothing was saved. Reference [0-9a-f]{12}", told)
    assert world.statement("2024-10").version == 1
    return page(world, "gstr2b/102024/")


@cell("Compare", "error", "The check failed", "Do not rely on this comparison", "The effects do not add up")
def effects_that_do_not_add_up(world):
    stale(world)
    world.recomputes("2024-10")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Difference, "adds_up", False)
        return page(world, "gstr2b/102024/compare/?from=1&to=2")


@cell("3B preview / file", "error", "Tick the declaration")
def a_filing_that_lacks_its_declaration(world):
    drafted(world)
    client = client_of(world, Role.SIGNATORY)
    told = client.post(at(world, "gstr3b/102024/file/"), {"step": "file", "draft": "1", "reason": ""})
    assert not Gstr3b.objects.exists()
    return text(told)


@cell("GSTR-1 / 1A / IFF", "error", "Please check|Check", "Recipient")
def a_document_with_mistakes(world):
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    reply = client.post(at_supplier(world, "gstr1/102024/b2b/new/"), {"recipient": "29"})
    source = reply.content.decode()
    # the summary of errors links to the field, and the field refers to its error
    assert 'class="errsum"' in source
    assert re.search(r'href="#id_(\w+)"', source)
    assert 'aria-invalid="true"' in source
    return text(reply)


quoted("Import", "error", "IMP-FORMAT", "Expected")


@cell("Export / jobs", "error", "disk full", "Try again")
def a_job_that_failed(world):
    job = asked_for(world)
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, error="disk full", attempts=5)
    return page(world, f"jobs/{job.pk}/")


@cell("Clock", "error", "Resume the clock if it has stopped")
def a_clock_that_stopped(world):
    return a_clock_on_its_way(world)


@cell("Analytics", "error", "Credit by status")
def figures_without_their_picture(world):
    world.saves()
    source = client_for(world).get(at(world, "analytics/")).content.decode()
    # the data of each chart is in a table on the page, which a person can read without scripts
    tables = re.findall(r'<canvas[^>]*data-table="([\w-]+)"', source)
    assert tables
    assert all(f'id="{table}"' in source for table in tables)
    return html.unescape(re.sub("<[^>]+>", " ", source))


def test_inward_of_a_quarterly_filer_says_when_its_statement_comes(world):
    world.recipient.frequency, world.recipient.open_period = "Q", 202412
    world.recipient.save()
    assert "2B-QRMP" in page(world, "ims/inward/")


# tests that the table is complete


def cells(state: str) -> set[tuple[str, str]]:
    return {(screen, state) for screen, states in MATRIX.items() if state in states.split()}


def test_every_cell_of_the_table_has_a_story_here_or_in_a_browser():
    every = set().union(*(cells(state) for state in STATES))
    told = set(CELLS) | IN_A_BROWSER
    told |= {(name, "loading") for name in WHOLE} | {(name, "error") for name in RETRIED}
    assert told == every


@pytest.mark.parametrize(("screen", "state"), sorted(CELLS), ids=lambda part: part.replace(" ", "-"))
def test_a_screen_shows_the_words_of_its_state(screen, state, request, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.EXPORT_ROWS_AT_ONCE = 1
    story, says, year = CELLS[screen, state]
    shown = html.unescape(story(request.getfixturevalue("world_2025" if year == 2025 else "world")))
    missing = [words for words in says if not re.search(words, shown)]
    assert missing == [], shown[-2500:]


def addresses(world: World, client: Client) -> dict[str, str]:
    stale(world)
    preview = batch(world, client, world.saves(period="2024-11", number="BATCH-1"))
    return {name: at(world, path) for name, path in WHOLE.items()} | {
        "Bulk preview": preview,
        "GSTR-1 / 1A / IFF": at_supplier(world, WHOLE["GSTR-1 / 1A / IFF"]),
    }


def test_a_page_arrives_complete_with_words_and_a_link_for_each_later_part(world):
    person = world.person("asha", Role.PREPARER, Role.AUDITOR)
    world.person("asha", Role.SUPPLIER_CLERK, at=world.supplier)
    client = Client()
    client.force_login(person)
    later = 0
    for name, address in addresses(world, client).items():
        reply = client.get(address)
        assert reply.status_code == 200, name
        source = reply.content.decode()
        assert "<h1" in source, name
        for part in re.findall(r'<(\w+)[^>]*hx-trigger="[^"]*load[^"]*"[^>]*>(.*?)</\1>', source, re.S):
            later += 1
            assert re.search(r"<span[^>]*>[^<]{10,}</span>.*<a ", part[1], re.S), name
    assert later, "the list's effect on GSTR-2B is asked for later"


def test_a_failure_of_any_screen_is_shown_with_a_reference_and_can_be_tried_again(world, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(world.person("asha", Role.PREPARER, Role.AUDITOR))
    there = addresses(world, client)

    def fails(*_given, **_named):
        raise KeyError("x")

    monkeypatch.setattr("invoices.web.page.frame.build", fails)
    for name in RETRIED:
        reply = client.get(there[name])
        assert reply.status_code == 500, name
        told = text(reply)
        assert f"Reference {reply['X-Reference']}" in told, name
        assert '<a class="btn btn-primary" href="">' in reply.content.decode(), name
