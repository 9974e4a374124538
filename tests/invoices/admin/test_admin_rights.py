"""Staff who can edit people cannot give anybody more rights than they have themselves.

Only a superuser can give a person access to the administration pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from invoices.models import Role

pytestmark = pytest.mark.once

User = get_user_model()
# The models of people, groups and rights. The staff member `helper` has every permission on these models.
RIGHTS = ("user", "group", "membership", "permission")
NEW = "coral-window-hums-14"


@pytest.fixture
def helper(world):
    """Return a staff member who is no superuser, but has every right over people and groups."""
    person = world.person("helper", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__model__in=RIGHTS))
    return person


@pytest.fixture
def client(helper) -> Client:
    browser = Client()
    browser.force_login(helper)
    return browser


def page_of(person: Any) -> str:
    return reverse("admin:auth_user_change", args=[person.pk])


def form_of(person: Any, **changed: Any) -> dict[str, Any]:
    """Return the fields that a browser sends with this person's form. `changed` adds or replaces fields."""
    return {
        "username": person.username, "first_name": person.first_name, "last_name": person.last_name, "email": person.email,
        "is_active": "on", "last_login_0": "", "last_login_1": "", "date_joined_0": "2024-01-01",
        "date_joined_1": "10:00:00", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0", **changed,
    }  # fmt: skip


def of_everybody() -> list[Any]:
    rights = list(User.objects.order_by("pk").values_list("pk", "user_permissions", "groups"))
    groups = list(Group.objects.order_by("pk").values_list("pk", "name", "permissions"))
    return [list(User.objects.order_by("pk").values()), rights, groups]


def test_staff_can_still_change_people_who_are_not_staff(world, client):
    asha = world.person("asha", Role.VIEWER)
    page = client.get(page_of(asha))
    assert page.status_code == 200
    text = page.content.decode()
    assert 'name="email"' in text
    for field in ("is_staff", "is_superuser", "groups", "user_permissions"):
        assert f'name="{field}"' not in text
    assert client.post(page_of(asha), form_of(asha, email="asha@example.in")).status_code == 302
    asha.refresh_from_db()
    assert (asha.email, asha.is_staff) == ("asha@example.in", False)
    password = reverse("admin:auth_user_password_change", args=[asha.pk])
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert client.post(password, sent).status_code == 302
    asha.refresh_from_db()
    assert asha.check_password(NEW)


@pytest.mark.parametrize("whom", ["asha", "helper"])
@pytest.mark.parametrize(
    "more", [{"is_superuser": "on"}, {"is_staff": "on"}, {"groups": "GROUP"}, {"user_permissions": "RIGHT"}]
)
def test_staff_can_give_rights_neither_to_others_nor_to_themselves(world, helper, client, whom, more):
    world.person("asha", Role.VIEWER)
    person = User.objects.get(username=whom)
    group = Group.objects.create(name="all")
    group.permissions.set(Permission.objects.all())
    right = Permission.objects.get(codename="delete_user")
    sent = {name: {"GROUP": group.pk, "RIGHT": right.pk}.get(value, value) for name, value in more.items()}
    before = of_everybody()
    assert client.post(page_of(person), form_of(person, **sent)).status_code == 403
    assert of_everybody() == before


@pytest.mark.parametrize("whom", ["root", "clerk", "helper"])
def test_only_superusers_change_accounts_of_superusers_and_staff(world, helper, client, whom):
    world.person("root", is_staff=True, is_superuser=True)
    # The Django shell can create a superuser without the staff flag. Staff cannot change this superuser
    # either.
    world.person("bare", is_superuser=True)
    world.person("clerk", is_staff=True)
    for name in (whom, "bare"):
        person = User.objects.get(username=name)
        before = of_everybody()
        assert client.post(page_of(person), form_of(person, email="mine@example.in")).status_code == 403
        assert client.post(page_of(person), {**form_of(person), "is_active": ""}).status_code == 403
        password = reverse("admin:auth_user_password_change", args=[person.pk])
        assert client.get(password).status_code == 403
        assert client.post(password, {"password1": NEW, "password2": NEW}).status_code == 403
        delete = reverse("admin:auth_user_delete", args=[person.pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403
        ticked = {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}
        client.post(reverse("admin:auth_user_changelist"), ticked)
        assert of_everybody() == before


def test_a_person_whom_staff_add_has_no_rights(world, client):
    add = reverse("admin:auth_user_add")
    sent = {"username": "new", "password1": NEW, "password2": NEW, "usable_password": "true"}
    for more in ({"is_superuser": "on"}, {"is_staff": "on"}):
        assert client.post(add, sent | more).status_code == 403
        assert not User.objects.filter(username="new").exists()
    assert client.post(add, sent).status_code == 302
    made = User.objects.get(username="new")
    assert (made.is_staff, made.is_superuser) == (False, False)


def test_groups_are_added_and_changed_by_superusers_only(world, helper, client):
    mine = Group.objects.create(name="helpers")
    helper.groups.add(mine)
    before = of_everybody()
    everything = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    change = reverse("admin:auth_group_change", args=[mine.pk])
    assert client.post(change, {"name": "helpers", "permissions": everything}).status_code == 403
    add = reverse("admin:auth_group_add")
    assert client.post(add, {"name": "more", "permissions": everything}).status_code == 403
    assert client.post(reverse("admin:auth_group_delete", args=[mine.pk]), {"post": "yes"}).status_code == 403
    assert of_everybody() == before


def test_a_superuser_gives_and_takes_rights(world):
    root = world.person("root", is_staff=True, is_superuser=True)
    asha = world.person("asha", Role.VIEWER)
    browser = Client()
    browser.force_login(root)
    assert browser.post(page_of(asha), form_of(asha, is_staff="on")).status_code == 302
    asha.refresh_from_db()
    assert asha.is_staff
