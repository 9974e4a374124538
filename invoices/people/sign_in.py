"""Events: a person signs in, gives a second factor, confirms who is there, is signed out.

A session ends thirty minutes after its last request and twelve hours after it began (settings); what the browser's
cookie says about that does not count."""

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
from django.dispatch import receiver
from django.http import HttpRequest
from django_otp import login as second_factor_given
from django_otp.plugins.otp_totp.models import TOTPDevice

from ims_portal.kernel import clock
from invoices.models import RecoveryCode, SignIn
from invoices.people import failed_attempts
from invoices.people.failed_attempts import Kind, address_of

BEGAN, SEEN, CONFIRMED, DUE = "began", "seen", "confirmed", "second_factor_due"
# a use is noted at most this often: a busy reader must not write a row with every page
NOTED_EVERY = 60
CODES = 10
log = logging.getLogger("portal.security")


class Door(ModelBackend):
    """Name and password, unless the name or the address has guessed too often: then the right one is refused too."""

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
            # the others who guess from there are not forgotten
            failed_attempts.give_back(Kind.ADDRESS, address)
        return user


def _may_guess(name: str, address: str) -> bool:
    """Take a guess at this name from this address; false if either is locked."""
    if address and not failed_attempts.take(Kind.ADDRESS, address):
        return False
    if failed_attempts.take(Kind.NAME, name):
        return True
    if address:
        failed_attempts.give_back(Kind.ADDRESS, address)
    return False


def why_locked(name: str, address: str) -> Any:
    """Until when this name or this address is locked, if it is."""
    return failed_attempts.locked_until(Kind.NAME, name) or (
        address and failed_attempts.locked_until(Kind.ADDRESS, address)
    )


def now() -> int:
    """Real time in whole seconds: browsers and people know no other."""
    return int(clock.real_now().timestamp())


@receiver(user_logged_in)
def began(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """The session begins: noted for the person's list, and whether a second factor is still due."""
    at = clock.real_now()
    if not request.session.session_key:
        # who signs in over somebody else's session has none yet, and could not end this one from elsewhere
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
    """Signed out: the session is over on this side too."""
    if request.session.session_key:
        _over(SignIn.objects.filter(session_key=request.session.session_key))
    log.info("person %s signed out", getattr(user, "pk", None))


def is_over(session: Any) -> bool:
    """Has the session been idle too long, or lasted too long?"""
    return seconds_left(session) <= 0


def seconds_left(session: Any) -> int:
    """Until the session ends, whichever end comes first."""
    at = now()
    idle = int(session.get(SEEN, at)) + settings.SESSION_IDLE_SECONDS
    return min(idle, int(session.get(BEGAN, at)) + settings.SESSION_COOKIE_AGE) - at


def seen(session: Any, *, always: bool = False) -> None:
    """Somebody is still there."""
    at = now()
    if always or at - int(session.get(SEEN, 0)) >= NOTED_EVERY:
        session[SEEN] = at
        session.setdefault(BEGAN, at)
        SignIn.objects.filter(session_key=session.session_key).update(seen_at=clock.real_now())


def key_changed(request: HttpRequest, before: str | None) -> None:
    """The session goes on under another key."""
    SignIn.objects.filter(session_key=before or "-").update(session_key=request.session.session_key or "")


def end(user: Any, sign_in_id: int) -> bool:
    """End one session of this person; false if there is none."""
    return bool(_end(SignIn.objects.filter(user_id=user.pk, pk=sign_in_id)))


def end_all(user: Any, *, but: str | None = None) -> int:
    """End every session of a person, except the one named; returns how many."""
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
    """Staff, where the installation asks for it. Filing asks for itself."""
    return bool(settings.PORTAL_MFA and user.is_staff)


def needs_factor(user: Any) -> bool:
    """Does filing by a program need a second factor of this person: where the installation asks for one, and of
    whoever owns an authenticator?"""
    return bool(settings.PORTAL_MFA) or has_device(user)


def give(request: HttpRequest, code: str) -> bool:
    """The second factor of the person who is signed in, as a time-based code or a recovery code; guesses are few."""
    user = request.user
    device = _judged(user, code, recovery=True)
    if device is None:
        log.warning("person %s gave a wrong code from %s", user.pk, address_of(request))
        return False
    sealed(request, device)
    return True


def gives_code(user: Any, code: str) -> bool:
    """Is this the time-based code of the person's authenticator at this moment? A code is good once; wrong ones count
    with those of the person's sign-ins."""
    right = _judged(user, code, recovery=False) is not None
    if not right:
        log.warning("person %s gave a wrong code through a program", user.pk)
    return right


def _judged(user: Any, code: str, *, recovery: bool) -> TOTPDevice | None:
    """The authenticator whose code this is; none if it is wrong or no guess is left."""
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
    """The second factor was right: the session goes on under a new key."""
    before = request.session.session_key
    request.session.cycle_key()
    key_changed(request, before)
    second_factor_given(request, device)
    request.session.update({DUE: False, CONFIRMED: now()})
    log.info("person %s gave a second factor", request.user.pk)


def forget_factor(user: Any) -> None:
    """The authenticator and its recovery codes count no longer."""
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    log.warning("the authenticator of person %s was removed", user.pk)


def _is_code(device: TOTPDevice, given: str) -> bool:
    # asks for the device again, locked: a code that two requests bring at once is good for one of them
    return given.isascii() and given.isdigit() and len(given) == 6 and bool(device.verify_token(given))


def _is_recovery(user: Any, given: str) -> bool:
    unused = RecoveryCode.objects.filter(user_id=user.pk, digest=_digest(given), used_at=None)
    return bool(unused.update(used_at=clock.real_now()))


def new_codes(user: Any) -> list[str]:
    """Ten recovery codes, shown once; the old ones are good no longer."""
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


# who is there


def confirmation_due(request: HttpRequest) -> bool:
    """Was it too long ago that this person showed who they are? Never where the installation asks for nothing."""
    minutes = settings.PORTAL_CONFIRM_MINUTES
    return bool(minutes) and now() - int(request.session.get(CONFIRMED, 0)) > minutes * 60


def confirm(request: HttpRequest, password: str) -> bool:
    """The password once more. Wrong ones count for this session and for this person's confirmations, never with the
    sign-ins of the name: those a stranger can make, and would keep a signatory from filing."""
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
