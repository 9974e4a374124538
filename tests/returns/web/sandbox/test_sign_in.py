"""In a sandbox, the sign-in page names the people who can sign in. On a real portal, the page names
nobody."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from returns.sandbox.world.cast import PASSWORD

pytestmark = pytest.mark.django_db


def page() -> str:
    return Client().get("/accounts/login/").content.decode()


def test_the_sign_in_page_of_a_sandbox_with_the_sample_world_shows_people_and_password(settings):
    assert PASSWORD not in page()
    get_user_model().objects.create_user("meera", password=PASSWORD)
    assert "signs for many recipients" in page()
    assert PASSWORD in page()
    settings.PORTAL_SANDBOX = False
    assert PASSWORD not in page()
    assert "signs for many recipients" not in page()
