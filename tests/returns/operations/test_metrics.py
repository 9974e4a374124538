"""/metrics shows its figures only to a program that sends the token. No label of a figure contains a
GSTIN."""

from __future__ import annotations

import pytest
from django.test import Client

from ims_portal.kernel import clock
from invoices.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TOKEN = "a-token-of-this-test-only"


def get_metrics(token: str = TOKEN, **settings):
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_the_page_of_metrics_does_not_exist_without_a_token_in_the_settings(settings):
    assert settings.METRICS_TOKEN == ""
    assert get_metrics("").status_code == 404


def test_only_the_bearer_of_the_token_reads_figures(settings):
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics").status_code == 404
    assert get_metrics("another-token-of-equal-n").status_code == 404
    assert get_metrics("tökén").status_code == 404
    assert get_metrics().status_code == 200


def test_the_figures_count_requests_by_route_and_parked_jobs(settings, world):
    settings.METRICS_TOKEN = TOKEN
    browser = Client()
    browser.force_login(world.person("mira", *["preparer"]))
    gstin = world.recipient.gstin
    assert browser.get(f"/t/{gstin}/ims/").status_code == 200
    assert browser.get("/no/such/page").status_code == 404
    for state in (Job.State.FAILED, Job.State.QUEUED):
        Job.objects.create(kind="draft", key=state, state=state, created_at=clock.real_now())
    told = get_metrics().content.decode()
    assert 'portal_requests_total{method="GET",route="t/<str:gstin>/ims/",status="200"}' in told
    assert 'portal_jobs{state="failed"} 1.0' in told
    assert "portal_database_up 1.0" in told
    assert "portal_nights_behind 0.0" in told
    assert gstin not in told
    assert "no/such" not in told
