"""Errors that travel to every surface with a stable code, a sentence and, where law says no, its rule."""

from __future__ import annotations

from typing import Any


class PortalError(Exception):
    """`code` is stable; `message` is a sentence for people; `status` the HTTP status of the API."""

    status = 500

    def __init__(
        self, code: str, message: str = "", *, rule: str = "", details: dict[str, Any] | None = None
    ):
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.rule = rule
        self.details = dict(details or {})


class Invalid(PortalError):
    """The input is not what it should be; `details` may name the field."""

    status = 400


class Refused(PortalError):
    """The law says no; `rule` is its number."""

    status = 422


class Conflict(PortalError):
    """Somebody changed it meanwhile; nothing was written."""

    status = 409


class NotFound(PortalError):
    """It is not there, or not for this person; the two look the same."""

    status = 404


class Forbidden(PortalError):
    """The person's role does not reach this far."""

    status = 403


class Busy(PortalError):
    """Try again in a moment."""

    status = 503
