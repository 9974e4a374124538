"""Paging by id shows every row once, forwards and backwards. The rows can be in one table or in two tables
(live and archived records)."""

from __future__ import annotations

import pytest

from ims_portal.kernel import clock
from invoices.documents import archive
from invoices.models import ArchivedRecord, Job, Record
from tests.api_client import api_for
from tests.desk_pages import some

pytestmark = pytest.mark.once


def read_all(api, path: str) -> list[int]:
    """Read page after page until the list has no next page. Return the ids."""
    found, after = [], "0"
    while after is not None:
        page = api.get(f"{path}{'&' if '?' in path else '?'}after={after}").json()
        found += [item["id"] for item in page["items"]]
        after = page["next"]
    return found


@pytest.mark.parametrize("number", [50, 51])
def test_jobs_come_newest_first_and_the_last_page_says_so(world, number):
    made = [
        Job.objects.create(kind="x", key=str(nth), taxpayer=world.recipient, created_at=clock.now()).pk
        for nth in range(number)
    ]
    api = api_for(world)
    assert read_all(api, "jobs/") == made[::-1]
    assert (api.get("jobs/").json()["next"] is None) == (number == 50)


def test_live_and_archived_documents_are_one_list(world):
    records = some(world, 4)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    world.acts("pending", records[1], remarks="later")
    world.recomputes("2024-10")
    world.files_3b("2024-10")
    archive.move_all(world.recipient)
    assert (Record.objects.count(), ArchivedRecord.objects.count()) == (1, 3)
    ids = [record.pk for record in records]
    assert read_all(api_for(world), "gstr2a/102024/documents/?limit=2") == ids
    seller = api_for(world, at=world.supplier, name="seller")
    assert read_all(seller, "outward/102024/documents/?limit=1") == ids
    assert read_all(seller, "forms/gstr1/102024/documents/?limit=3") == ids
