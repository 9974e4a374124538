"""I13: every address below /t/<gstin>/ answers 404 to a person without a role at the GSTIN. A visitor who is
not signed in is sent to the sign-in page.

The addresses come from the URL configuration, so every new address is tested too."""

from __future__ import annotations

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from invoices.models import Decision, JournalEntry, Role

pytestmark = pytest.mark.once

FILLED = {
    "period": "102024",
    "section": "b2b",
    "table": "b2b",
    "record_id": "1",
    "record": "1",
    "job_id": "1",
    "batch_id": "1",
    "number": "1",
    "row": "4a5",
    "form": "gstr1",
    "slug": "gstr1",
    "block": "available",
}


def patterns(resolver: URLResolver, prefix: str = ""):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def addresses(gstin: str) -> list[str]:
    found = []
    for route in patterns(get_resolver()):
        # the API uses tokens instead of sessions; tests/returns/api/test_guards.py tests its addresses
        if "gstin" not in route or route.startswith("api/"):
            continue
        path = route.replace("^", "").replace("$", "").replace("\\Z", "")
        path = re.sub(r"\(\?P<gstin>[^)]*\)|<(?:\w+:)?gstin>", gstin, path)
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda m: FILLED.get(m[1], "b2b"), path)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: FILLED.get(m[1], "1"), path)
        found.append("/" + path)
    return sorted(set(found))


def test_more_than_40_addresses_contain_a_gstin():
    assert len(addresses("X")) > 40


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_gstin_answers_404_on_every_path_and_nothing_changes(world, client, method):
    record = world.saves()
    stranger = world.person("stranger", Role.SIGNATORY, Role.PREPARER, at=world.taxpayer("33", 3001))
    client.force_login(stranger)
    before = (
        JournalEntry.objects.count(),
        Decision.objects.values_list("action", flat=True).get(pk=record.pk),
    )
    told = {}
    for gstin in (world.recipient.gstin, world.supplier.gstin, "27ZZZZZ9999Z9Z9"):
        for path in addresses(gstin):
            answer = getattr(client, method)(path)
            # 405: the address refuses the method before it looks up the GSTIN
            if answer.status_code not in (404, 405):
                told[path] = answer.status_code
    assert told == {}
    after = (
        JournalEntry.objects.count(),
        Decision.objects.values_list("action", flat=True).get(pk=record.pk),
    )
    assert before == after


def test_a_visitor_who_is_not_signed_in_is_sent_to_sign_in_from_every_path(world, client):
    for path in addresses(world.recipient.gstin):
        answer = client.get(path)
        assert answer.status_code in (302, 405), path
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/"), path


def test_a_viewer_changes_no_record_on_any_path(world, client):
    record = world.saves()
    client.force_login(world.person("viewer", Role.VIEWER))
    before = JournalEntry.objects.count()
    for path in addresses(world.recipient.gstin):
        answer = client.post(path, {"action": "A", "record": record.pk, "pick": f"{record.pk}.1.1"})
        # These addresses accept a viewer's POST and change no record: downloads, saved views, files of other
        # portals, and pasted lists.
        assert answer.status_code in (403, 404, 405) or any(
            own in path for own in ("/download/", "/retry/", "/ims/views/", "/other-portal/", "/ims/lists/")
        ), (
            path,
            answer.status_code,
        )
    assert JournalEntry.objects.count() == before
    assert world.now(record).decision.action == "N"
