"""Acceptance checks 3, 5 to 8 and 10 of the screens, with many records at one recipient.

Check 1 is in test_scripts_off.py, checks 2 and 4 are in test_desk.py, and check 9 is in test_every_screen.py.
The tests share one world and run one after the other. Check 3 runs a batch on almost all records and undoes
the batch. Apart from this batch, no two tests change the same record.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from playwright.sync_api import expect

from gstr2b.models import Statement, StatementLine
from ims_portal.kernel import clock
from ims_portal.kernel.money import format_count
from invoices import jobs
from invoices.models import Decision, Record
from invoices.queries.calendar import calendar
from invoices.queries.record_list import records
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView
from returns.models import Gstr3b
from tests.browser.large import RECORDS, Large, Sitting, serve_world
from tests.browser.screens import found
from tests.browser.test_every_screen import AXE, EVERYTHING, GRAVE, QUICKLY, RECIPIENT, SETTLED

pytestmark = [
    pytest.mark.browser,
    # this mark lets pytest-django make the database and group these tests with other tests that commit
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.postgres_only,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("large"),
]


@pytest.fixture(scope="module")
def large(django_db_setup, django_db_blocker, browser, sample_world) -> Iterator[Large]:
    with django_db_blocker.unblock():
        yield from serve_world(sample_world)


@pytest.fixture
def _django_db_helper(large):
    """Replace the fixture with which pytest-django empties the database after each test. The tests of this
    module share one world, so the database keeps its rows."""


@pytest.fixture
def sign_in(large, browser):
    """Yield a function that signs a person in at a new browser. The test fails if a page recorded a fault."""
    sittings = []

    def sign_in_person(person: str, gstin: str = "") -> Sitting:
        sittings.append(Sitting(browser, large, person, gstin))
        return sittings[-1]

    yield sign_in_person
    for sitting in sittings:
        sitting.context.close()
        assert sitting.watched.troubles == []


def number_in(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


def test_check_3_a_batch_of_all_matches_shows_progress_and_its_undo_skips_a_later_decision(
    large, sign_in, monkeypatch
):
    # between its chunks the job waits until the page has shown the progress
    shown, progress = threading.Event(), jobs.progress
    monkeypatch.setattr(jobs, "progress", lambda job, done: (progress(job, done), shown.wait(60)))
    desk = sign_in("prakash")
    page = desk.page
    view = DeskView.of(large.recipient, clock.today(), calendar())
    mine = records.matching(large.recipient, view, Filters(status=("N",), sections=("b2b",)))
    expected = mine.count()
    assert expected > RECORDS * 0.8
    desk.opens("ims/inward/all/?status=N&sections=b2b")
    page.locator("#scope").select_option("match")
    page.locator("#pick button[value=A]").click()
    expect(page.locator("h1")).to_have_text(f"Accept {format_count(expected)} records")
    assert number_in(page.locator(".big").first.text_content()) == expected
    page.locator("#count").fill(str(expected))
    desk.presses(f"Accept {format_count(expected)} records")
    desk.reads("Running")
    with large.work():
        page.wait_for_function(
            "() => { const p = document.querySelector('#batch progress');"
            " return p && p.value > 0 && p.value < p.max }",
            timeout=60_000,
        )
        shown.set()
        desk.reads("records accepted.", timeout=100_000)
    assert Decision.objects.filter(recipient=large.recipient, action="A").count() >= expected
    batch = page.url
    # the person rejects one record after the batch; the undo leaves this record rejected, and the page shows
    # the record's number
    touched = Record.objects.filter(recipient=large.recipient, number__startswith="M/7/", section="b2b")
    touched = touched.filter(decision__action="A").first()
    desk.opens(f"ims/inward/all/?q={touched.number}")
    desk.presses(f"Reject {touched.number}")
    page.locator("[data-ask] .btn-primary").click()
    desk.reads(f"Rejected {touched.number}")
    page.goto(batch)
    desk.presses("Undo batch")
    with large.work():
        desk.reads("have the same status as before the batch.", timeout=200_000)
    desk.reads(touched.number)
    again = mine.count()
    assert again == expected - 1
    assert Decision.objects.get(pk=touched.pk).action == "R"


def test_check_5_every_unavailable_action_shows_its_reason_and_links_to_its_rule(large, sign_in):
    seen: set[str] = set()
    for gstin, query in (("", "kind=CN&"), (RECIPIENT, "")):
        desk = sign_in("prakash", gstin)
        desk.opens(f"ims/inward/all/?{query}rows=100")
        told = desk.page.evaluate(
            """() => [...document.querySelectorAll('table .arp [aria-disabled="true"]')].map(b => {
                const why = document.getElementById(b.getAttribute('aria-describedby') || '-');
                if (!why || !why.checkVisibility()) return [b.getAttribute('aria-label'), '', ''];
                const opens = why.querySelector('[popovertarget]');
                opens.click();
                // records of one reason share its text, and a second click closes the text
                if (!opens.popoverTargetElement.matches(':popover-open')) opens.click();
                const rule = opens.popoverTargetElement.querySelector('a[href^="/help/rules/"]');
                return [b.getAttribute('aria-label'), why.querySelector('.whynote > span').innerText,
                        rule && rule.checkVisibility() ? rule.getAttribute('href') : ''];
            })"""
        )
        assert told
        assert not [label for label, short, rule in told if len(short.strip()) < 10 or not rule]
        seen |= {rule for _label, _short, rule in told}
    for rule in seen:
        assert desk.page.goto(f"{large.host}{rule}").status == 200


LOOKED_AT = ("", "ims/inward/", "ims/inward/all/", "ims/inward/b2bcn/?status=N,P&from=2024-10-01")
LOOKED_AT += ("ims/triage/all/", "gstr3b/102024/", "ims/outward/", "audit/")


def test_check_8_pages_fit_320_and_1920_px_and_are_accessible_at_320_px(large, sign_in):
    """320 px is the narrowest screen and 1920 px the widest. test_every_screen.py checks 390 and 1280 px."""
    desk = sign_in("meera")
    page, faults = desk.page, []
    for path in LOOKED_AT:
        desk.opens(path)
        page.evaluate(AXE)
        # at 1920 px only the width is checked: the colours are the same as at 1280 px
        for width, theme, asked in (
            (320, "light", EVERYTHING),
            (1920, "dark", None),
        ):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("t => { document.documentElement.dataset.bsTheme = t }", theme)
            page.evaluate(SETTLED)
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if beyond > 0:
                faults.append(f"{path} at {width}: {beyond} px too wide")
            for fault in page.evaluate(QUICKLY, asked)["violations"] if asked else ():
                if fault["impact"] in GRAVE:
                    faults.append(f"{path} {width} {theme}: {fault['id']} {fault['nodes'][0]['html'][:120]}")
    assert not faults, "\n".join(faults)


def test_check_10_importing_an_edited_export_saves_exactly_its_changes_and_a_second_import_none(
    large, sign_in
):
    desk = sign_in("prakash", RECIPIENT)
    data = desk.page.request.get(desk.home + "ims/download/").body()
    book = openpyxl.load_workbook(BytesIO(data))
    sheet = book["B2B"]
    headings = {cell.value: cell.column for cell in sheet[5]}
    status, number = headings["Status"], headings["Invoice number"]
    wanted = {}
    for row in range(6, sheet.max_row + 1):
        if sheet.cell(row, status).value == "No Action" and len(wanted) < 3:
            sheet.cell(row, status).value = ("Accepted", "Rejected", "Accepted")[len(wanted)]
            wanted[sheet.cell(row, number).value] = sheet.cell(row, status).value[0]
    edited = BytesIO()
    book.save(edited)
    mine = Decision.objects.filter(recipient__gstin=RECIPIENT)
    before = dict(mine.values_list("pk", "action"))

    def import_edited_file() -> None:
        desk.opens("ims/import/")
        file = {
            "name": "ims.xlsx",
            "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "buffer": edited.getvalue(),
        }
        desk.page.locator("input[type=file]").set_input_files(file)
        desk.presses("Check the file")

    import_edited_file()
    desk.reads("The file was checked. Nothing is saved yet.")
    # one of the changes is a Reject
    desk.page.get_by_label("Type 3 to confirm").fill("3")
    desk.presses("Save 3 changes")
    desk.reads("Saved.")
    after = dict(mine.values_list("pk", "action"))
    changed = {pk: action for pk, action in after.items() if before[pk] != action}
    assert {Record.objects.get(pk=pk).number: action for pk, action in changed.items()} == wanted
    import_edited_file()
    desk.reads("IMP-EMPTY")


def move_to_the_15th(large: Large) -> None:
    """Move the clock to 15 November 2024, unless this day has already come. On the way, the midnight of the
    14th drafts GSTR-2B of October."""
    if clock.today() < date(2024, 11, 15):
        large.goes_to("2024-11-15 10:00")


def test_check_6_a_late_action_marks_the_draft_stale_on_every_page_and_blocks_filing(large, sign_in):
    move_to_the_15th(large)
    desk = sign_in("meera")
    page = desk.page
    record = Record.objects.filter(
        recipient=large.recipient, number__startswith="M/9/", section="b2b"
    ).first()
    desk.opens(f"ims/inward/all/?q={record.number}")
    desk.presses(f"Reject {record.number}")
    page.locator("[data-ask] .btn-primary").click()
    desk.reads("GSTR-2B must be recomputed.")
    silent = []
    # the server writes the warning into each page, so the test requests the pages without showing them
    for screen in found("meera", f"/t/{large.gstin}/"):
        if screen.path.startswith(f"/t/{large.gstin}/"):
            told = page.request.get(large.host + screen.path).text()
            if "October 2024 draft is out of date." not in told:
                silent.append(screen.path)
    assert silent == []
    desk.opens("gstr3b/102024/file/")
    assert page.get_by_role("button", name="Continue to step 2").count() == 0
    desk.reads("STALE_2B")
    desk.opens("gstr2b/102024/")
    page.locator(".bar").get_by_role("button", name="Recompute").click()
    desk.reads("is ready")
    assert "out of date" not in page.locator("main").text_content()
    desk.opens("gstr3b/102024/file/")
    assert page.get_by_role("button", name="Continue to step 2").count() == 1
    assert not Gstr3b.objects.filter(recipient=large.recipient, period=202410).exists()


def test_check_7_a_comparison_counts_every_line_once_and_its_effects_sum_to_the_change(large, sign_in):
    move_to_the_15th(large)
    desk = sign_in("meera")
    page = desk.page
    in_draft = Record.objects.filter(recipient=large.recipient, number__startswith="M/11/", section="b2b")
    reject, wait = in_draft.order_by("pk")[:2]
    for verb, record in (("Reject", reject), ("Pending", wait)):
        desk.opens(f"ims/inward/all/?q={record.number}")
        desk.presses(f"{verb} {record.number}")
        page.locator("[data-ask] .btn-primary").click()
        desk.reads(record.number)
    desk.opens("gstr2b/102024/")
    page.locator(".bar").get_by_role("button", name="Recompute").click()
    desk.reads("is ready")
    new = Statement.objects.get(recipient=large.recipient, period=202410, is_current=True)
    old = Statement.objects.get(recipient=large.recipient, period=202410, version=new.version - 1)
    desk.opens(f"gstr2b/102024/compare/?from={old.version}&to={new.version}")
    desk.reads("Checked: the effects add up to the change")
    tabs = page.get_by_role("navigation", name="Differences").get_by_role("link")
    counts = {re.sub(r"[0-9,\s]+", " ", t).strip(): number_in(t) for t in tabs.all_text_contents()}
    lines = [set(StatementLine.objects.of(s).values_list("record_id", flat=True)) for s in (old, new)]
    assert counts["Added"] == len(lines[1] - lines[0])
    assert counts["Removed"] == len(lines[0] - lines[1]) == 1
    assert counts["Changed"] >= 1
    whole = sum(counts[kind] for kind in ("Added", "Removed", "Changed", "Same"))
    assert whole == len(lines[0] | lines[1]) > RECORDS * 0.9

    def rupees(text: str) -> Decimal:
        return Decimal(text.replace(",", "").replace("−", "-").replace("+", "").replace("₹", "").strip() or 0)

    effects = [
        rupees(t) for t in page.locator("#causes tbody tr:not(.sum) td:last-child").all_text_contents()
    ]
    change = rupees(page.locator("tfoot td").last.text_content())
    assert sum(effects) == change == rupees(page.locator("#causes tr.sum td").last.text_content())
    assert change < 0
