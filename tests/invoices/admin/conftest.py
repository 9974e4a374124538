"""Fixtures for the tests of the administration: a browser of a superuser."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client


@pytest.fixture
def staff(world):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("operator", password="practice"))
    return client
