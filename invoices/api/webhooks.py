"""API: add a taxpayer's webhooks, list webhooks and deliveries, and end webhooks."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api.common.base import TaxpayerView, checked, nothing
from invoices.api.common.fields import WRITE, Moment, StrictText, also
from invoices.journal import outbox
from invoices.models import Delivery, Webhook, WebhookHost
from invoices.people.access import ACT
from invoices.people.tokens import Scope
from invoices.webhooks import hosts as webhook_hosts
from invoices.webhooks import sending as webhooks

ROWS = 50


class WebhookIn(serializers.Serializer):
    """`url` is an https address on a host that an administrator has allowed."""

    url = StrictText(max_length=300)
    events = serializers.ListField(
        child=serializers.ChoiceField(list(outbox.EVENTS)), allow_empty=False, max_length=len(outbox.EVENTS)
    )


class WebhookOut(serializers.Serializer):
    id = serializers.IntegerField(source="hook.pk")
    url = serializers.CharField(source="hook.url")
    events = serializers.SerializerMethodField()
    active = serializers.BooleanField(source="hook.active")
    paused_until = Moment(
        allow_null=True, help_text="The host does not answer. Nothing is sent to the host until this time"
    )
    created_at = Moment(source="hook.created_at")

    def get_events(self, told: dict[str, Any]) -> list[str]:
        return told["hook"].events.split()


class MadeOut(WebhookOut):
    secret = serializers.CharField(help_text="The secret that signs each message. It is shown only once")


class DeliveryOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    webhook = serializers.IntegerField(source="webhook_id")
    event = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in Delivery.State])
    attempts = serializers.IntegerField()
    told = serializers.CharField(allow_blank=True)
    created_at = Moment()


class WebhookList(serializers.Serializer):
    items = WebhookOut(many=True)
    hosts = serializers.ListField(child=serializers.CharField(), help_text="Hosts that are allowed")
    deliveries = DeliveryOut(many=True, help_text="The latest deliveries of all webhooks")


def _told(hooks: list[Webhook]) -> list[dict[str, Any]]:
    """Return the data that `WebhookOut` serializes: each webhook, and the time at which the pause of its host
    ends. One query."""
    paused = webhook_hosts.paused(hook.host for hook in hooks)
    return [{"hook": hook, "paused_until": paused.get(hook.host)} for hook in hooks]


class Webhooks(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(operation_id="webhooks_list", responses={200: WebhookList, **also()}, tags=["Webhooks"])
    def get(self, request: Request, gstin: str) -> Response:
        """List the taxpayer's webhooks, the allowed hosts, and the latest deliveries."""
        deliveries = Delivery.objects.filter(webhook__taxpayer=self.taxpayer)[:ROWS]
        body = {
            "items": _told(list(Webhook.objects.filter(taxpayer=self.taxpayer)[:ROWS])),
            "hosts": WebhookHost.objects.values_list("host", flat=True)[:ROWS],
            "deliveries": deliveries,
        }
        return Response(WebhookList(body).data)

    @extend_schema(
        operation_id="webhooks_add",
        request=WebhookIn,
        responses={201: MadeOut, **also(*WRITE)},
        tags=["Webhooks"],
    )
    def post(self, request: Request, gstin: str) -> Response:
        """Add a webhook. An Idempotency-Key has no effect here, because only the first answer may show the
        secret."""
        body = checked(WebhookIn, request)
        hook, secret = webhooks.add(self.taxpayer, body["url"], body["events"], user=request.user)
        (told,) = _told([hook])
        return Response(MadeOut({**told, "secret": secret}).data, status=201)


class OneWebhook(TaxpayerView):
    scopes = {"DELETE": Scope.ACT}
    roles = {"DELETE": ACT}

    @extend_schema(
        operation_id="webhooks_end", request=None, responses={204: None, **also()}, tags=["Webhooks"]
    )
    def delete(self, request: Request, gstin: str, webhook_id: int) -> Response:
        """End a webhook. The portal then sends no more events to the webhook."""
        if webhook_id >= 2**63 or not webhooks.end(self.taxpayer, webhook_id):
            raise nothing()
        return Response(status=204)
