"""How large the body of a request may be. The address decides this before anything reads the body.

Only a few addresses take large bodies: files that a person or a program hands in. A page declares its limit
with `takes_body`, a class of the API with `most_bytes`. Every other address takes `SMALL` bytes. A body
larger than `FOR_ANYBODY` must come from a known sender (`ims_portal.known_senders`): a stranger cannot make
the portal store it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

SMALL = 1024 * 1024
FOR_ANYBODY = 64 * 1024
# a form adds this to its file: the other fields and the marks between them
AROUND_A_FILE = 64 * 1024
# under this key of the environment the server tells the portal that a body was not received, and why
REFUSED = "portal.body_refused"
TOO_LARGE, UNKNOWN_SENDER, TOO_MANY = "too large", "unknown sender", "too many at once"
View = TypeVar("View", bound=Callable[..., Any])


def takes_body(most: int, *, answers_itself: bool = False) -> Callable[[View], View]:
    """Mark a page that takes a form with a file of up to `most` bytes. With `answers_itself`, the view
    answers a body that is too large in its own form."""

    def mark(view: View) -> View:
        view.most_bytes = most + AROUND_A_FILE  # type: ignore[attr-defined]
        view.answers_large_bodies = answers_itself  # type: ignore[attr-defined]
        return view

    return mark


def most_bytes(path: str) -> int:
    """The largest body, in bytes, that the address `path` takes."""
    view = view_of(path)
    if view is None:
        return FOR_ANYBODY
    return int(getattr(getattr(view, "cls", view), "most_bytes", SMALL))


def view_of(path: str) -> Any:
    """Return the view that answers an address, or None if the address leads nowhere."""
    from django.urls import Resolver404, resolve

    try:
        return resolve(path).func
    except Resolver404:
        return None
