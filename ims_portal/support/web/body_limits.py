"""The largest body that a request may have. The limit depends on the URL, and is known before any code reads
the body.

Only a few URLs accept large bodies: the URLs for uploading files. A page declares its limit with
`takes_body`, and a class of the API with `most_bytes`. Every other URL accepts `SMALL` bytes. The portal
accepts a body larger than `FOR_ANYBODY` only from a known sender (`ims_portal.known_senders`), so that a
stranger cannot fill the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

SMALL = 1024 * 1024
FOR_ANYBODY = 64 * 1024
# The body of a form with a file is larger than the file. The body also contains the other fields of the form,
# and the separators between the fields.
AROUND_A_FILE = 64 * 1024
# key of the WSGI environment; its value is the reason why the server did not receive the body
REFUSED = "portal.body_refused"
TOO_LARGE, UNKNOWN_SENDER, TOO_MANY = "too large", "unknown sender", "too many at once"
View = TypeVar("View", bound=Callable[..., Any])


def takes_body(most: int, *, answers_itself: bool = False) -> Callable[[View], View]:
    """Return a decorator for a view that accepts a form with a file of up to `most` bytes. With
    `answers_itself`, the view itself answers a request whose body is too large."""

    def mark(view: View) -> View:
        view.most_bytes = most + AROUND_A_FILE  # type: ignore[attr-defined]
        view.answers_large_bodies = answers_itself  # type: ignore[attr-defined]
        return view

    return mark


def most_bytes(path: str) -> int:
    """Return the size in bytes of the largest body that the URL `path` accepts."""
    view = view_of(path)
    if view is None:
        return FOR_ANYBODY
    return int(getattr(getattr(view, "cls", view), "most_bytes", SMALL))


def view_of(path: str) -> Any:
    """Return the view for a URL, or None if no view has this URL."""
    from django.urls import Resolver404, resolve

    try:
        return resolve(path).func
    except Resolver404:
        return None
