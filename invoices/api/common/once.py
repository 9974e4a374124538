"""The header Idempotency-Key: a writing request with a key is done only once. The transaction of the write
stores the answer. If the request is repeated, the portal sends the stored answer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import orjson
from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid, Refused
from ims_portal.support.database.retry import retried
from ims_portal.support.web.api_json import dumps
from invoices.models import ApiAnswer

HEADER = "Idempotency-Key"
MOST_KEY = 80
_UNDER_WAY: set[tuple[int, str]] = set()
_GUARD = threading.Lock()

Write = Callable[..., Response]


def once(method: Write) -> Write:
    """Decorate a writing method of a view: a request with an Idempotency-Key is then done only once."""

    @wraps(method)
    def guarded(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not (0 < len(key) <= MOST_KEY and key.isascii() and key.isprintable()):
            raise Invalid("BAD_KEY", f"{HEADER} must have 1 to {MOST_KEY} printable ASCII characters.")
        asked = _hash(request)
        with _turn(request.user.pk, key):
            return _answer(request, key, asked, lambda: method(view, request, *args, **kwargs))

    return guarded


@retried
def _answer(request: Request, key: str, asked: str, write: Callable[[], Response]) -> Response:
    with transaction.atomic():
        _lock(request.user.pk, key)
        given = ApiAnswer.objects.filter(user_id=request.user.pk, key=key).first()
        if given is not None:
            if given.request_hash != asked:
                raise Refused(
                    "KEY_REUSED",
                    f"This {HEADER} was used for another request. Use a new key for a new request.",
                )
            return Response(
                orjson.loads(given.body), status=given.status, headers={"Idempotent-Replayed": "true"}
            )
        response = write()
        ApiAnswer.objects.create(
            user_id=request.user.pk,
            key=key,
            request_hash=asked,
            status=response.status_code,
            body=dumps(response.data).decode(),
            created_at=clock.real_now(),
        )
    return response


def _hash(request: Request) -> str:
    about = f"{request.method} {request.get_full_path()}\n".encode()
    body = request._request.body
    if (request.content_type or "").startswith("multipart/"):
        body = request.data  # the file: a repeated form has another boundary between its parts
    return hashlib.sha256(about + body).hexdigest()


@contextmanager
def _turn(user_id: int, key: str) -> Iterator[None]:
    """Reserve an Idempotency-Key in this process while a request runs. If another request with this key is
    running in this process, raise `Conflict` (KEY_IN_USE) without waiting."""
    mine = (user_id, key)
    with _GUARD:
        if mine in _UNDER_WAY:
            raise _busy()
        _UNDER_WAY.add(mine)
    try:
        yield
    finally:
        with _GUARD:
            _UNDER_WAY.discard(mine)


def _lock(user_id: int, key: str) -> None:
    """Reserve an Idempotency-Key for all processes by a lock in PostgreSQL, until the transaction ends. Raise
    `Conflict` (KEY_IN_USE) if a request in another process has the lock. SQLite needs no lock, because there
    is only one process."""
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"{user_id} {key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise _busy()


def _busy() -> Conflict:
    return Conflict(
        "KEY_IN_USE", f"A request with this {HEADER} is being answered at this moment. Try again in a moment."
    )
