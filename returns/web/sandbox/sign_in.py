"""The people of the sample world. A sandbox's sign-in page shows the people, so that nobody must look up user
names elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from returns.sandbox.world.cast import PASSWORD, PEOPLE


def sandbox(request: HttpRequest) -> dict[str, object]:
    """Context processor: return `sandbox`, a dict with the sample world's `people` and their `password`.
    Outside a sandbox, or without the sample world, the dict is empty. The query for the people runs only on
    the sign-in page, because no other page reads `sandbox`."""
    return {"sandbox": SimpleLazyObject(_sandbox)}


def _sandbox() -> dict[str, object]:
    if not settings.PORTAL_SANDBOX:
        return {}
    there = set(
        get_user_model()
        .objects.filter(username__in=PEOPLE, is_active=True)
        .values_list("username", flat=True)
    )
    people = [{"username": name, "does": person.does} for name, person in PEOPLE.items() if name in there]
    return {"people": people, "password": PASSWORD} if people else {}
