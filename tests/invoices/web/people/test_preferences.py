"""A person's preferences apply to every page, also without scripts."""

from __future__ import annotations

import pytest
from django.test import Client

from invoices.models import Preference, Role

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PLAIN = {"mode": "instant", "density": "", "rows": "50", "theme": "", "text": ""}


@pytest.fixture
def client(world):
    client = Client()
    client.force_login(world.person("asha", Role.PREPARER))
    return client


def page_of(client, address):
    return client.get(address).content.decode()


@pytest.mark.parametrize(
    ("theme", "told"),
    [
        ("dark", 'data-bs-theme="dark"'),
        ("contrast", 'data-bs-theme="dark" data-contrast'),
        ("", "<html"),
        ("neon", "<html"),
    ],
)
def test_theme_text_size_and_motion_are_in_the_first_tag_of_the_next_page(world, client, theme, told):
    client.post("/me/preferences/", {**PLAIN, "theme": theme, "text": "xxl", "still": "1"})
    tag = page_of(client, f"/t/{world.recipient.gstin}/").split("<head>")[0]
    assert told in tag
    assert ("data-bs-theme" in tag) is (theme in ("dark", "contrast"))
    assert 'data-text="xxl"' in tag
    assert "data-still" in tag
    client.post("/me/preferences/", PLAIN)
    assert "data-still" not in page_of(client, "/help/").split("<head>")[0]


def test_the_first_page_of_a_gstin_is_the_page_that_the_person_chose(world, client):
    base = f"/t/{world.recipient.gstin}/"
    assert f'href="{base}"' in page_of(client, "/t/")
    client.post("/me/preferences/", {**PLAIN, "landing": "records"})
    assert f'href="{base}ims/inward/all/"' in page_of(client, "/t/")
    assert client.get(f"{base}ims/inward/all/", follow=True).status_code == 200


def test_reject_saves_nothing_before_the_confirmation_that_a_person_wants(world, client):
    record = world.saves()
    action = f"/t/{world.recipient.gstin}/ims/records/{record.pk}/action/"
    Preference.objects.update_or_create(
        user=world.person("asha", Role.PREPARER), defaults={"ask_remarks": False, "confirm_reject": True}
    )
    seen = {"seen": f"{record.revision}.{record.decision.version}"}
    asked = client.post(action, {"action": "R", **seen}, headers={"HX-Request": "true"})
    record.decision.refresh_from_db()
    assert (record.decision.action, "data-ask" in asked.content.decode()) == ("N", True)
    # without scripts, the record's own page asks the person to confirm the rejection
    assert client.post(action, {"action": "R", **seen})["Location"].endswith("#act-here")
    client.post(action, {"action": "R", "answered": "1", **seen}, headers={"HX-Request": "true"})
    record.decision.refresh_from_db()
    assert record.decision.action == "R"
    # Accept needs no confirmation
    client.post(action, {"action": "A", "seen": f"1.{record.decision.version}"})
    record.decision.refresh_from_db()
    assert record.decision.action == "A"


def test_each_section_keeps_its_own_row_height(world, client):
    world.saves()
    base = f"/t/{world.recipient.gstin}/ims/inward/"
    client.post("/me/preferences/", {**PLAIN, "density": "compact"})
    sent = {"section": "b2b", "next": f"{base}b2b/", "column": ["supplier"], "density": "roomy"}
    client.post("/me/columns/", sent)
    assert 'class="tb rec roomy"' in page_of(client, f"{base}b2b/")
    assert 'class="tb rec compact"' in page_of(client, f"{base}all/")
    client.post("/me/columns/", {**sent, "density": "huge"})
    assert 'class="tb rec roomy"' in page_of(client, f"{base}b2b/")
    client.post("/me/columns/", {"section": "b2b", "next": f"{base}b2b/", "usual": "1"})
    assert 'class="tb rec compact"' in page_of(client, f"{base}b2b/")
