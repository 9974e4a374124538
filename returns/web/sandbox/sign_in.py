"""Who may sign in to the sample world, for the sign-in page of a sandbox: nobody should have to look for it elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from returns.sandbox.world.cast import PASSWORD, PEOPLE


def sandbox(request: HttpRequest) -> dict[str, object]:
    """Context processor: `sandbox.people` and `sandbox.password`; empty outside a sandbox and without its world. Asked
    by the sign-in page alone, in one query."""
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
