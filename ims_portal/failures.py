"""Answers to technical failures: 503 if the database cannot be reached, 507 if the disk is full, and 500 for
any other failure. The answer shows no detail of the failure."""

from __future__ import annotations

import errno
import logging
import sys
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

# in the URL configuration, the routes of the APIs begin with one of these texts
OF_PROGRAMS = ("api/", "taxpayerapi", "commonapi", "standard/")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to a failure: status, code, heading and sentence. `retry_after` is the time in seconds after
    which the client may try again. If it is 0, the answer names no time."""

    status: int
    code: str
    title: Any
    sentence: Any
    retry_after: int = 0
    # the code in the message catalogue, or "" if the catalogue does not have the message
    quoted: str = ""


AWAY = Told(
    503,
    "BUSY",
    _("The portal cannot be reached at the moment"),
    _("The database of this portal does not answer. Nothing was saved. Try again in a moment."),
    retry_after=5,
)
FULL = Told(
    507,
    "NO_ROOM",
    _("The portal has no room for this file"),
    _("The disk of this portal is full. Nothing was saved. Tell the operator of this portal."),
)
FAILED = Told(
    500,
    "FAILED",
    _("Something failed on our side"),
    _(
        "Nothing was saved. Try again in a moment. If the failure happens again, tell the operator of "
        "this portal what you did and when."
    ),
    quoted="ERR",
)


def failure_answer(failure: BaseException | None) -> Told:
    """Return the answer to a failure."""
    if isinstance(failure, (OperationalError, InterfaceError)):
        return AWAY
    if isinstance(failure, OSError) and failure.errno in NO_ROOM:
        return FULL
    return FAILED


def _from_a_program(request: HttpRequest) -> bool:
    """Return true if the request's URL belongs to an API. If the failure happened before Django looked up the
    route, the function looks up the route itself."""
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return False
    return match.route.lstrip("^").startswith(OF_PROGRAMS)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request whose view failed (Django's handler500). The function uses neither the database nor
    the session, because the database or the session may have caused the failure."""
    what = failure_answer(sys.exc_info()[1])
    headers = {"Retry-After": str(what.retry_after)} if what.retry_after else {}
    reference = uuid4().hex[:12]
    headers["X-Reference"] = reference
    # Operators find this line by the reference. Django logs the traceback in a separate line next to this
    # line.
    logger.error("reference %s: status %s, %s", reference, what.status, type(sys.exc_info()[1]).__name__)
    if _from_a_program(request):
        body = {
            "type": "about:blank",
            "title": str(what.title),
            "status": what.status,
            "detail": str(what.sentence),
            "code": what.code,
            "reference": reference,
        }
        return JsonResponse(
            body, status=what.status, content_type="application/problem+json", headers=headers
        )
    page = loader.render_to_string(
        "500.html", {"told": what, "reference": reference, "may_repeat": request.method in ("GET", "HEAD")}
    )
    return HttpResponse(page, status=what.status, headers=headers)
