"""Calls of `returns` that all returns share: the state of a request, and the files of a large answer."""

from __future__ import annotations

from typing import Any

from returns.gstn import parameters
from returns.gstn.calls import ims
from returns.gstn.calls.call import Call, answers
from returns.gstn.calls.ims import request_of
from returns.gstn.models import Request

RETURN_KINDS = (Request.Kind.RETURN, Request.Kind.CLEAR, Request.Kind.PROCEED, Request.Kind.INTEREST)


def _reference_name(call: Call) -> str:
    """Return the name under which the client sends the reference. Clients use three names."""
    return next((name for name in ("ref_id", "refid", "reference_id") if call.params.get(name)), "ref_id")


@answers("returns", "RETSTATUS")
def return_status(call: Call) -> Any:
    return parameters.return_state(request_of(call, call.access(), RETURN_KINDS, _reference_name(call)))


answers("returns", "FILEDET")(ims.files)
