"""The portal clock of a sandbox: read the clock, move the clock forward, or set the clock to real time."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gstr2b import midnight
from ims_portal.kernel import clock
from invoices import portal_clock
from invoices.api.common.base import ApiView, checked
from invoices.api.common.fields import WRITE, Moment, also
from invoices.people.access import require_clock, require_real_time
from invoices.people.tokens import Scope


class ClockOut(serializers.Serializer):
    now = Moment()
    real = Moment()
    simulated = serializers.BooleanField()
    sandbox = serializers.BooleanField()
    moving_to = Moment(allow_null=True)


class ClockIn(serializers.Serializer):
    to = serializers.DateTimeField(help_text="Later than now, at most four years ahead")


def _clock_state() -> Any:
    state = {
        "now": clock.now(),
        "real": clock.real_now(),
        "simulated": portal_clock.is_simulated(),
        "sandbox": settings.PORTAL_SANDBOX,
        "moving_to": portal_clock.state().moving_to,
    }
    return ClockOut(state).data


class Clock(ApiView):
    scopes = {"POST": Scope.CLOCK}

    @extend_schema(operation_id="clock_now", responses={200: ClockOut, **also()}, tags=["Clock"])
    def get(self, request: Request) -> Response:
        """Return the time of the portal clock."""
        return Response(_clock_state())

    @extend_schema(
        operation_id="clock_move",
        request=ClockIn,
        responses={200: ClockOut, 202: ClockOut, **also(*WRITE)},
        tags=["Clock"],
    )
    def post(self, request: Request) -> Response:
        """Move a sandbox's clock forward. The portal runs the jobs of every midnight on the way. Status 202
        means that the clock is still moving."""
        portal_clock.require_sandbox()
        require_clock(request.user)
        body = checked(ClockIn, request)
        # Each night is a separate transaction, so this call cannot have an Idempotency-Key. The call needs no
        # such key: a repeated request is refused, because the clock has already moved.
        nights = midnight.set_out(body["to"], user=request.user)
        return Response(_clock_state(), status=200 if nights is not None else 202)


class RealIn(serializers.Serializer):
    sure = serializers.ChoiceField(["yes"], help_text="You confirm that the clock leaves the simulated time")


class RealTime(ApiView):
    scopes = {"POST": Scope.CLOCK}

    @extend_schema(
        operation_id="clock_real", request=RealIn, responses={200: ClockOut, **also(*WRITE)}, tags=["Clock"]
    )
    def post(self, request: Request) -> Response:
        """Set the portal clock back to real time. Only staff may do this. The heartbeat runs the midnights between the old portal
        time and real time."""
        portal_clock.require_sandbox()
        require_real_time(request.user)
        checked(RealIn, request)
        portal_clock.use_real_time(user=request.user)
        midnight.wake()
        return Response(_clock_state())
