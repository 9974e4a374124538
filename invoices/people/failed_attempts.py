"""How often anybody may guess: counted in the database by what is guessed at and by who guesses.

A guess is counted before it is judged and given back if it was right. However many arrive at once, no more are judged
than may be wrong."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from ims_portal.kernel import clock
from invoices.models import Guesses

WINDOW = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)
log = logging.getLogger("portal.security")


class Kind(str, Enum):
    """What is guessed at, and by whom."""

    NAME = "name"
    ADDRESS = "address"
    CODE = "code"
    TOKEN = "token"  # noqa: S105  a word, not one
    # the password again, by the session that gives it and by its person: no stranger has such a session
    SESSION = "session"
    CONFIRM = "confirm"


# Wrong guesses within the window until the lock. An office shares one address, so an address may err more often. One
# session errs less often than its person may: whoever has stolen one session does not lock its owner out.
MOST = {
    Kind.NAME: 10,
    Kind.ADDRESS: 100,
    Kind.CODE: 5,
    Kind.TOKEN: 100,
    Kind.SESSION: 5,
    Kind.CONFIRM: 20,
}


def locked_until(kind: Kind, what: str) -> datetime | None:
    """Until when this is locked, if it is."""
    found = Guesses.objects.filter(kind=kind.value, key=_key(what), locked_until__gt=clock.real_now()).first()
    return found.locked_until if found else None


def take(kind: Kind, what: str) -> bool:
    """Take one guess before it is judged; false if none is left, and then it must not be judged. The last one locks.

    Guessers wait for one another at the row, so none is lost. Must not be called inside a transaction that goes on
    while the guess is judged."""
    now = clock.real_now()
    with transaction.atomic():
        row, _made = Guesses.objects.select_for_update().get_or_create(
            kind=kind.value, key=_key(what), defaults={"since": now}
        )
        if row.locked_until is not None and row.locked_until > now:
            return False
        if row.locked_until is not None or now - row.since > WINDOW:
            row.misses, row.since, row.locked_until = 0, now, None
        row.misses += 1
        if row.misses >= MOST[kind]:
            row.locked_until = now + LOCKED_FOR
            log.warning("no guess is left after %d: %s %s", row.misses, kind.value, _key(what)[:12])
        row.save()
    return True


def right(kind: Kind, what: str) -> None:
    """It was right: what was guessed before is forgotten."""
    Guesses.objects.filter(kind=kind.value, key=_key(what)).delete()


def give_back(kind: Kind, what: str) -> None:
    """One guess that was taken was right, or was not judged; what else was guessed wrongly still counts."""
    Guesses.objects.filter(kind=kind.value, key=_key(what), misses__gt=0).update(
        misses=F("misses") - 1, locked_until=None
    )


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from: the connection, or what the nearest `PORTAL_PROXIES` proxies say."""
    if request is None:
        return ""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PORTAL_PROXIES and len(told) >= settings.PORTAL_PROXIES:
        return told[-settings.PORTAL_PROXIES][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def drop_old() -> int:
    """Forget counts that no longer lock anybody; returns how many."""
    return Guesses.objects.filter(since__lt=clock.real_now() - WINDOW - LOCKED_FOR).delete()[0]


def _key(what: str) -> str:
    return hashlib.sha256(what.strip().casefold().encode()).hexdigest()
