"""Events: a person creates or revokes a token for a program, and a program uses a token."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from enum import Enum
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say
from ims_portal.support.database import prepared
from ims_portal.support.database.prepared import columns_of, instance
from invoices.models import ApiAnswer, ApiToken

PREFIX = "ims_"
DAYS = (1, 7, 30, 90, 365)
MOST_TOKENS = 50
# how long a request with a known idempotency key gets the stored answer
ANSWERS_KEPT = timedelta(days=30)
# The time of use is stored at most once a minute. Otherwise every request would write a row.
NOTED_EVERY = timedelta(minutes=1)


class Scope(str, Enum):
    """The permitted uses of a token. The roles of the person who owns the token limit these uses further."""

    READ = "read"
    ACT = "act"
    SUPPLY = "supply"
    FILE = "file"
    CLOCK = "clock"


SCOPE_LABELS = {
    Scope.READ: _("Read everything the person may read"),
    Scope.ACT: _("Act on records, import, recompute GSTR-2B"),
    Scope.SUPPLY: _("Save and delete outward documents"),
    Scope.FILE: _("File GSTR-1, IFF, GSTR-1A and GSTR-3B"),
    Scope.CLOCK: _("Move the portal clock of a sandbox"),
}


def make(
    user: Any, name: str, scopes: list[str], days: int, *, second_factor: bool = False
) -> tuple[ApiToken, str]:
    """Create a token, and return the token with its secret. The secret is shown once and not stored.

    `second_factor` is True if the person has given a second factor in this session. If the person needs a
    second factor for filing and `second_factor` is False, the token cannot file. Raises `Invalid` if the
    name, the uses or the days are wrong, or if the person has too many tokens."""
    name = name.strip()
    if not name or len(name) > 60 or "\x00" in name:
        raise Invalid("BAD_NAME", "Give the token a name of at most 60 characters.")
    wanted = [scope for scope in Scope if scope.value in scopes]
    if not wanted or len(wanted) != len(set(scopes)):
        raise Invalid("BAD_SCOPE", "Choose at least one use of the token.")
    if days not in DAYS:
        raise Invalid(
            "BAD_EXPIRY",
            say("Choose the number of days until the token ends: %(days)s.", days=", ".join(map(str, DAYS))),
        )
    now = clock.real_now()
    usable = ApiToken.objects.filter(user_id=user.pk, revoked_at=None, expires_at__gt=now)
    if usable.count() >= MOST_TOKENS:
        raise Invalid(
            "TOO_MANY",
            say(
                "You have %(count)d tokens, the most allowed. Revoke a token that you no longer use.",
                count=MOST_TOKENS,
            ),
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user_id=user.pk,
        name=name,
        digest=digest_of(secret),
        beginning=secret[:12],
        scopes=" ".join(scope.value for scope in wanted),
        second_factor=second_factor,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token, secret


def revoke(user: Any, token_id: int) -> bool:
    """Revoke a token of this person now. Return False if the person has no such token, or if it is already
    revoked."""
    mine = ApiToken.objects.filter(pk=token_id, user_id=user.pk, revoked_at=None)
    return bool(mine.update(revoked_at=clock.real_now()))


def _with_digest(digest: str) -> QuerySet:
    return ApiToken.objects.filter(digest=digest, revoked_at=None, user__is_active=True).values_list(
        *columns_of(ApiToken), *columns_of(get_user_model(), "user__")
    )


def find(secret: str) -> ApiToken | None:
    """Return the valid token with this secret, or None. The token's person is loaded, and the time of use is
    stored."""
    now = clock.real_now()
    found = prepared.rows(_with_digest, (), (digest_of(secret),))
    if not found:
        return None
    width = len(columns_of(ApiToken))
    token = instance(ApiToken, found[0][:width])
    if token.expires_at <= now:
        return None
    token.user = instance(get_user_model(), found[0][width:])
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def digest_of(secret: str) -> str:
    # the secret has 256 random bits, so a slow hash would not protect it better
    return hashlib.sha256(secret.encode()).hexdigest()


def drop_old_answers(limit: int = 5000) -> int:
    """Delete up to `limit` stored answers that are older than `ANSWERS_KEPT`. Return how many were
    deleted."""
    old = ApiAnswer.objects.filter(created_at__lt=clock.real_now() - ANSWERS_KEPT).order_by("created_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return ApiAnswer.objects.filter(pk__in=ids).delete()[0] if ids else 0
