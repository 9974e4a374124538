"""Calls of `sandbox`: the portal's clock, for integration tests that run through a whole period. GSTN's own
API has no such calls."""

from __future__ import annotations

from typing import Any

from gstr2b import midnight
from ims_portal.kernel import clock, typed_values
from invoices import portal_clock
from returns.gstn import parameters
from returns.gstn.calls.call import Call, answers
from returns.gstn.codes import fault

CLOCK = "sandbox/clock"


@answers(CLOCK, "GETCLOCK")
def get_clock(call: Call) -> Any:
    return _now()


@answers(CLOCK, "SETCLOCK", "PUT")
def set_clock(call: Call) -> Any:
    """Move the clock to the time `to` (IST). If the move is short, the response comes after the move, when
    the jobs of every night are done. If the move is long, the response comes at once, and `moving_to` shows
    the target."""
    portal_clock.require_sandbox()
    if not call.session.client.is_operator:
        raise fault("NOT_OPERATOR", "This client cannot move the clock. Make a client with --operator.")
    try:
        target = portal_clock.in_ist(typed_values.moment(parameters.text(call.data, "to")))
    except ValueError:
        raise fault(
            "PARAMETER", "to must be a time in IST, written as 2026-08-14T00:30, in the years 2000 to 2099."
        ) from None
    midnight.set_out(target, user=call.session.user)
    return _now()


def _now() -> dict[str, Any]:
    moving = portal_clock.state().moving_to
    return {
        "now": clock.now().isoformat(timespec="seconds"),
        "moving_to": moving.astimezone(clock.IST).isoformat(timespec="seconds") if moving else "",
    }
