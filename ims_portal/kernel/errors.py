"""Errors of the portal. Pages, the API and commands show each error with a stable code and a sentence. If the
law forbids the action, the error also has the number of the rule."""

from __future__ import annotations

from typing import Any


class PortalError(Exception):
    """An error that the portal shows to its users. `code` is a fixed text for programs. `message` is a
    sentence for people. `status` is the HTTP status of the API's response."""

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
    """The input is wrong. `details` may name the field."""

    status = 400


class Refused(PortalError):
    """The law forbids the action. `rule` is the rule's number."""

    status = 422


class Conflict(PortalError):
    """Somebody changed the same data in the meantime. Nothing was saved."""

    status = 409


class NotFound(PortalError):
    """The object does not exist, or the person has no right to see it. The answer is the same in both
    cases."""

    status = 404


class Forbidden(PortalError):
    """The person's role does not allow this action."""

    status = 403


class Busy(PortalError):
    """The portal is busy. The caller may try again in a moment."""

    status = 503
