"""A webhook ends when its maker stops being a member of the GSTIN."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from invoices.models import Delivery, Membership, Role, Webhook
from invoices.webhooks import sending as webhooks
from tests.invoices.webhooks.answering_hosts import deliveries, end_all_waits, hosted, takes

pytestmark = pytest.mark.once


def leaves(person) -> None:
    Membership.objects.filter(user=person).delete()


def is_switched_off(person) -> None:
    get_user_model().objects.filter(pk=person.pk).update(is_active=False)


def is_deleted(person) -> None:
    person.delete()


@pytest.mark.parametrize("goes", [leaves, is_switched_off, is_deleted])
def test_a_webhook_ends_with_the_membership_of_its_maker(world, goes):
    person = world.person("asha", Role.PREPARER)
    with hosted(takes) as host:
        deliveries(world, host.url, user=person)
        deliveries(world, host.url + "b", user=world.person("meera", Role.SIGNATORY))
        goes(person)
        # for the webhook of the person who left, the portal stores no later event and sends no waiting
        # delivery
        world.saves()
        assert Delivery.objects.filter(webhook__url=host.url, key__startswith="record").count() == 0
        webhooks.deliver_due()
        assert host.seen == 2
        assert not Delivery.objects.filter(webhook__url=host.url).exclude(state="given up").exists()
        # if the person becomes a member again, the webhook stays ended
        if goes is leaves:
            world.person("asha", Role.PREPARER)
            world.saves()
            end_all_waits()
            webhooks.deliver_due()
            assert host.seen == 3
    assert not Webhook.objects.filter(url=host.url, active=True).exists()


def test_a_webhook_stays_if_its_maker_leaves_another_gstin_or_one_of_two_roles(world):
    person = world.person("asha", Role.PREPARER, Role.SIGNATORY)
    world.person("asha", Role.PREPARER, at=world.supplier)
    with hosted(takes) as host:
        deliveries(world, host.url, user=person)
        Membership.objects.filter(user=person, taxpayer=world.supplier).delete()
        Membership.objects.filter(user=person, role=Role.SIGNATORY).delete()
        assert webhooks.deliver_due() == 1
