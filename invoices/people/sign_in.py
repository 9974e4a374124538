"""Events: a person signs in, gives a second factor, confirms by password, or is signed out.

A session ends thirty minutes after its last request, and at the latest twelve hours after its beginning
(settings). The server decides this without regard to the cookie's expiry."""

from __future__ import annotations

import hashlib
import logging
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django_otp import login as second_factor_given
from django_otp.plugins.otp_totp.models import TOTPDevice

from ims_portal.kernel import clock
from ims_portal.support.database import prepared
from invoices.models import RecoveryCode, SignIn
from invoices.people import failed_attempts
from invoices.people.failed_attempts import Kind, address_of

BEGAN, SEEN, CONFIRMED, DUE = "began", "seen", "confirmed", "second_factor_due"
# The seconds between two writes of a session's time of use. Without this limit, every page would write a row.
NOTED_EVERY = 60
CODES = 10
log = logging.getLogger("portal.security")


class Door(ModelBackend):
    """Checks name and password. After too many guesses for a name or from an IP address, even the correct
    password is refused for some time."""

    def authenticate(
        self, request: HttpRequest | None, username: Any = None, password: Any = None, **kwargs: Any
    ) -> User | None:
        name, address = str(username or ""), address_of(request)
        if not _may_guess(name, address):
            log.warning("sign-in refused while locked from %s", address)
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None:
            log.warning("sign-in failed from %s", address)
            return None
        failed_attempts.right(Kind.NAME, name)
        if address:
            # give back only this guess: wrong guesses by other people from this IP address still count
            failed_attempts.give_back(Kind.ADDRESS, address)
        return user

    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session, or None if the user may not sign in."""
        user = prepared.one(User, _with_id, (int(user_id),))
        return user if user is not None and self.user_can_authenticate(user) else None


def _with_id(pk: int) -> QuerySet:
    return User.objects.filter(pk=pk).values_list(*prepared.columns_of(User))


def _may_guess(name: str, address: str) -> bool:
    """Count one guess at this name from this IP address. Return False if the name or the address is
    locked."""
    if address and not failed_attempts.take(Kind.ADDRESS, address):
        return False
    if failed_attempts.take(Kind.NAME, name):
        return True
    if address:
        failed_attempts.give_back(Kind.ADDRESS, address)
    return False


def why_locked(name: str, address: str) -> Any:
    """Return the time until which this name or this IP address is locked, or an empty value if neither is
    locked."""
    return failed_attempts.locked_until(Kind.NAME, name) or (
        address and failed_attempts.locked_until(Kind.ADDRESS, address)
    )


def now() -> int:
    """Return the real time in whole seconds. Sessions use real time, not the portal clock."""
    return int(clock.real_now().timestamp())


@receiver(user_logged_in)
def began(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Store the beginning of a session: in the person's list of sign-ins, and in the session itself."""
    at = clock.real_now()
    if not request.session.session_key:
        # Save the new session, so that it gets a key. It has no key yet if another person's session was open.
        # Without a key, the person could not end the session from another device.
        request.session.save()
    request.session.update({BEGAN: now(), SEEN: now(), CONFIRMED: now(), DUE: has_device(user)})
    address = address_of(request)
    SignIn.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        began_at=at,
        seen_at=at,
        address=address,
        browser=request.headers.get("User-Agent", "")[:200],
    )
    log.info("person %s signed in from %s", user.pk, address)


@receiver(user_logged_out)
def left(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Store the end of a session after the person signed out."""
    if request.session.session_key:
        _over(SignIn.objects.filter(session_key=request.session.session_key))
    log.info("person %s signed out", getattr(user, "pk", None))


def is_over(session: Any) -> bool:
    """True if the session has ended: the person was idle for too long, or the session is too old."""
    return seconds_left(session) <= 0


def seconds_left(session: Any) -> int:
    """Return the seconds until the session ends. A session ends when the person has been idle for too long,
    or when the session is too old."""
    at = now()
    idle = int(session.get(SEEN, at)) + settings.SESSION_IDLE_SECONDS
    return min(idle, int(session.get(BEGAN, at)) + settings.SESSION_COOKIE_AGE) - at


def seen(session: Any, *, always: bool = False) -> None:
    """Store that the session is in use, at most every `NOTED_EVERY` seconds. With `always`, store this at
    every call."""
    at = now()
    if always or at - int(session.get(SEEN, 0)) >= NOTED_EVERY:
        session[SEEN] = at
        session.setdefault(BEGAN, at)
        SignIn.objects.filter(session_key=session.session_key).update(seen_at=clock.real_now())


def key_changed(request: HttpRequest, before: str | None) -> None:
    """Store a session's new key in the person's list of sign-ins. `before` is the session's old key."""
    SignIn.objects.filter(session_key=before or "-").update(session_key=request.session.session_key or "")


def end(user: Any, sign_in_id: int) -> bool:
    """End one session of this person. Return False if the person has no such session."""
    return bool(_end(SignIn.objects.filter(user_id=user.pk, pk=sign_in_id)))


def end_all(user: Any, *, but: str | None = None) -> int:
    """End every session of a person, except the session with the key `but`. Return how many were ended."""
    return _end(SignIn.objects.filter(user_id=user.pk).exclude(session_key=but or "-"))


def _end(sign_ins: Any) -> int:
    keys = list(sign_ins.exclude(session_key="").values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    _over(SignIn.objects.filter(session_key__in=keys))
    return len(keys)


def _over(sign_ins: Any) -> None:
    sign_ins.update(session_key="", ended_at=clock.real_now())


# the second factor


def has_device(user: Any) -> bool:
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def must_have(user: Any) -> bool:
    """True if the person must have a second factor: the person is staff, and the portal requires second
    factors.

    A person who is not staff may need a second factor for filing. For such a person, use `needs_factor` or
    `confirmation.lacks_factor`."""
    return bool(settings.PORTAL_MFA and user.is_staff)


def needs_factor(user: Any) -> bool:
    """True if this person's programs need a second factor for filing.

    Programs need a second factor if the portal requires second factors, or if the person has an
    authenticator."""
    return bool(settings.PORTAL_MFA) or has_device(user)


def give(request: HttpRequest, code: str) -> bool:
    """Check a second factor of the signed-in person. If the code is correct, mark the session as verified and
    return True.

    `code` is a time-based code or a recovery code. The number of guesses is limited."""
    user = request.user
    device = _judged(user, code, recovery=True)
    if device is None:
        log.warning("person %s gave a wrong code from %s", user.pk, address_of(request))
        return False
    sealed(request, device)
    return True


def gives_code(user: Any, code: str) -> bool:
    """True if `code` is the current time-based code of the person's authenticator. Each code is accepted
    once. Wrong codes of this function and of the sign-in are counted together."""
    right = _judged(user, code, recovery=False) is not None
    if not right:
        log.warning("person %s gave a wrong code through a program", user.pk)
    return right


def _judged(user: Any, code: str, *, recovery: bool) -> TOTPDevice | None:
    """Return the person's authenticator if the code is correct. Return None if the code is wrong or no guess
    is left."""
    who = str(user.pk)
    if not failed_attempts.take(Kind.CODE, who):
        return None
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
    given = "".join(code.split()).replace("-", "").upper()
    if device is None or not (_is_code(device, given) or (recovery and _is_recovery(user, given))):
        return None
    failed_attempts.right(Kind.CODE, who)
    return device


def sealed(request: HttpRequest, device: TOTPDevice) -> None:
    """Mark the session as verified after a correct second factor, and give the session a new key."""
    before = request.session.session_key
    request.session.cycle_key()
    key_changed(request, before)
    second_factor_given(request, device)
    request.session.update({DUE: False, CONFIRMED: now()})
    log.info("person %s gave a second factor", request.user.pk)


def forget_factor(user: Any) -> None:
    """Remove the person's authenticator and recovery codes."""
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    log.warning("the authenticator of person %s was removed", user.pk)


def _is_code(device: TOTPDevice, given: str) -> bool:
    """True if `given` is the device's current code. Each code is accepted only once."""
    if not (given.isascii() and given.isdigit() and len(given) == 6):
        return False
    with transaction.atomic():
        # Lock the row. If two requests bring the same code, the second request must see that the first
        # request used the code.
        held = TOTPDevice.objects.select_for_update().filter(pk=device.pk).first()
        return held is not None and bool(held.verify_token(given))


def _is_recovery(user: Any, given: str) -> bool:
    unused = RecoveryCode.objects.filter(user_id=user.pk, digest=_digest(given), used_at=None)
    return bool(unused.update(used_at=clock.real_now()))


def new_codes(user: Any) -> list[str]:
    """Create ten recovery codes and return the codes. The page shows them only once. The earlier recovery
    codes stop working."""
    made = [
        "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(24)) for _ in range(CODES)
    ]
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user.pk, digest=_digest(code), made_at=clock.real_now()) for code in made
    )
    return ["-".join(code[n : n + 6] for n in range(0, 24, 6)) for code in made]


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


# confirmation by password


def confirmation_due(request: HttpRequest) -> bool:
    """True if the person's latest confirmation by password is too long ago.

    With `PORTAL_CONFIRM_MINUTES` 0, no confirmation is needed."""
    minutes = settings.PORTAL_CONFIRM_MINUTES
    return bool(minutes) and now() - int(request.session.get(CONFIRMED, 0)) > minutes * 60


def confirm(request: HttpRequest, password: str) -> bool:
    """Check the person's password. If the password is correct, store the confirmation and return True.

    Wrong passwords are counted by session and by person. Wrong passwords at sign-in do not count here.
    Otherwise a stranger's wrong sign-ins could prevent a signatory from filing."""
    user = request.user
    assert user.is_authenticated
    session, person = request.session.session_key or "", str(user.pk)
    if not failed_attempts.take(Kind.SESSION, session):
        return False
    if not failed_attempts.take(Kind.CONFIRM, person):
        failed_attempts.give_back(Kind.SESSION, session)
        return False
    if not user.check_password(password):
        log.warning("person %s gave a wrong password to confirm", user.pk)
        return False
    failed_attempts.right(Kind.SESSION, session)
    failed_attempts.give_back(Kind.CONFIRM, person)
    request.session[CONFIRMED] = now()
    return True
