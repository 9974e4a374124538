"""Limits the wrong guesses of passwords, codes and tokens. The database counts guesses for each target (a
name, an account, a session) and for each guesser (an IP address).

A guess is counted before it is checked. If the guess is correct, the count is reduced again. Simultaneous
guesses can therefore not exceed the limit."""

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
    """The kinds of targets and guessers. Guesses are counted separately for each kind."""

    NAME = "name"
    ADDRESS = "address"
    CODE = "code"
    TOKEN = "token"  # noqa: S105  a word, not a token
    # Confirmations by password: SESSION counts the guesses by session, CONFIRM by person. Only a signed-in
    # session can guess here, so a stranger cannot cause these locks.
    SESSION = "session"
    CONFIRM = "confirm"


# The number of wrong guesses within the time `WINDOW` that causes a lock. An address has more guesses than a
# name, because many people in an office share an IP address. A session has fewer guesses than its person, so
# that the thief of one session cannot lock out the person.
MOST = {
    Kind.NAME: 10,
    Kind.ADDRESS: 100,
    Kind.CODE: 5,
    Kind.TOKEN: 100,
    Kind.SESSION: 5,
    Kind.CONFIRM: 20,
}


def locked_until(kind: Kind, what: str) -> datetime | None:
    """Return the time until which a target or guesser is locked, or None."""
    found = Guesses.objects.filter(kind=kind.value, key=_key(what), locked_until__gt=clock.real_now()).first()
    return found.locked_until if found else None


def take(kind: Kind, what: str) -> bool:
    """Count one guess before it is checked. Return False if no guess is left: the caller must then not check
    the guess.

    The last allowed guess causes a lock. Simultaneous guesses wait for the row, so every guess is counted.
    The caller must not be in a transaction that remains open during the check."""
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
    """Reset the count of wrong guesses after a correct guess."""
    # the row is not deleted, because another guess may be waiting for the lock of the row
    Guesses.objects.filter(kind=kind.value, key=_key(what)).update(misses=0, locked_until=None)


def give_back(kind: Kind, what: str) -> None:
    """Reduce the count by one, because a guess was correct or was not checked. Earlier wrong guesses still
    count."""
    Guesses.objects.filter(kind=kind.value, key=_key(what), misses__gt=0).update(
        misses=F("misses") - 1, locked_until=None
    )


def address_of(request: HttpRequest | None) -> str:
    """Return the IP address of the client that sent a request. With `PORTAL_PROXIES`, the result is the
    address that the outermost trusted proxy reports. Otherwise the result is the address of the
    connection."""
    if request is None:
        return ""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PORTAL_PROXIES and len(told) >= settings.PORTAL_PROXIES:
        return told[-settings.PORTAL_PROXIES][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def drop_old() -> int:
    """Delete the counts that no longer lock anybody. Return how many were deleted."""
    return Guesses.objects.filter(since__lt=clock.real_now() - WINDOW - LOCKED_FOR).delete()[0]


def _key(what: str) -> str:
    return hashlib.sha256(what.strip().casefold().encode()).hexdigest()
