"""Decides what a person may see and do at a GSTIN. For a person without a role at a GSTIN, every page of the
GSTIN answers 404."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from ims_portal.kernel.errors import Forbidden, NotFound
from ims_portal.support.database import prepared
from ims_portal.support.database.prepared import columns_of, instance
from ims_portal.support.web import screen_messages
from invoices.journal.writing import By
from invoices.models import Membership, Role, Taxpayer
from invoices.queries.record_list import findings

READ = frozenset(Role)
# the roles that may act in IMS, recompute GSTR-2B and import files
ACT = frozenset({Role.PREPARER, Role.SIGNATORY})
# the roles that may file GSTR-3B and suppliers' forms
FILE = frozenset({Role.SIGNATORY})
# the roles that may enter and upload outward documents
SUPPLY = frozenset({Role.SUPPLIER_CLERK, Role.SIGNATORY})
AUDIT = frozenset({Role.AUDITOR, Role.SIGNATORY})


@dataclass(frozen=True, slots=True)
class Access:
    """A person's access to a GSTIN: the person, the taxpayer, and the person's roles there. `books` is True if the
    matcher has compared the taxpayer's records with a register."""

    user: Any
    taxpayer: Taxpayer
    roles: frozenset[Role]
    books: bool = False

    def may(self, allowed: frozenset[Role]) -> bool:
        return bool(self.roles & allowed)

    @property
    def can_act(self) -> bool:
        return self.may(ACT)

    @property
    def can_file(self) -> bool:
        return self.may(FILE)

    @property
    def can_supply(self) -> bool:
        return self.may(SUPPLY)

    @property
    def as_recipient(self) -> bool:
        """True if the person sees the recipient's side of the taxpayer. A person who only enters supplies
        does not see this side, and a registration without IMS has no such side."""
        return self.roles != {Role.SUPPLIER_CLERK} and self.taxpayer.registration.has_ims

    @property
    def role_label(self) -> str:
        return ", ".join(_(str(role.label)) for role in Role if role in self.roles)

    def by(self, source: str = "page") -> By:
        return By(user=self.user, source=source)


def _roles_at(user_id: int, gstin: str) -> QuerySet:
    return Membership.objects.filter(user_id=user_id, taxpayer__gstin=gstin).values_list(
        "role", Exists(findings.present(OuterRef("taxpayer_id"))), *columns_of(Taxpayer, "taxpayer__")
    )


def access_to(user: Any, gstin: str) -> Access:
    """Return the person's access to a GSTIN.

    Raises `NotFound` if the GSTIN is unknown, or if the person has no role there."""
    memberships = prepared.rows(_roles_at, (), (user.pk, str(gstin.upper())))
    if not memberships:
        raise NotFound("NOT_FOUND", "There is no such page.")
    taxpayer = instance(Taxpayer, memberships[0][2:])
    roles = frozenset(Role(role) for role, *_taxpayer in memberships)
    return Access(user, taxpayer, roles, books=bool(memberships[0][1]))


def taxpayers_of(user: Any, asked: str = "") -> QuerySet[Taxpayer]:
    """Return the taxpayers at which the person has a role, sorted by name. Each word of `asked` must be a part
    of the GSTIN, the trade name or the legal name. The PAN is a part of the GSTIN."""
    found = Taxpayer.objects.filter(memberships__user_id=user.pk)
    for word in asked.split():
        found = found.filter(
            Q(gstin__icontains=word) | Q(trade_name__icontains=word) | Q(legal_name__icontains=word)
        )
    return found.distinct().order_by("trade_name", "gstin")


def accesses_of(user: Any, asked: str = "") -> list[Access]:
    """Return the person's access to each of `taxpayers_of`, sorted by name. Two queries, however many
    taxpayers there are."""
    taxpayers = list(taxpayers_of(user, asked))
    roles: dict[int, set[Role]] = {}
    for taxpayer_id, role in Membership.objects.filter(user_id=user.pk).values_list("taxpayer_id", "role"):
        roles.setdefault(taxpayer_id, set()).add(Role(role))
    return [Access(user, one, frozenset(roles[one.pk])) for one in taxpayers if one.pk in roles]


def may_move_clock(user: Any) -> bool:
    """True if the person may move the portal clock. The portal must be a sandbox, and the person must be
    staff, a preparer, a signatory or a clerk. With PORTAL_CLOCK=staff, the person must be staff."""
    if not settings.PORTAL_SANDBOX:
        return False
    if user.is_staff or settings.PORTAL_CLOCK == "staff":
        return bool(user.is_staff)
    working = [Role.PREPARER, Role.SIGNATORY, Role.SUPPLIER_CLERK]
    return Membership.objects.filter(user_id=user.pk, role__in=working).exists()


def may_use_real_time(user: Any) -> bool:
    """True if the person may set the portal clock back to real time. This ends the simulated time of every
    user, so it needs staff."""
    return bool(settings.PORTAL_SANDBOX and user.is_staff)


def require_clock(user: Any) -> None:
    """Raise `Forbidden` if the person may not move the clock."""
    if not may_move_clock(user):
        said = _("Only staff and people with a role at a taxpayer may move the clock.")
        if settings.PORTAL_CLOCK == "staff":
            said = _("Only staff may move the clock of this portal.")
        raise Forbidden("NOPERM", said)


def require_real_time(user: Any) -> None:
    """Raise `Forbidden` if the person may not set the clock back to real time."""
    if not may_use_real_time(user):
        raise Forbidden("NOPERM", _("Only staff may set the clock of this portal to real time."))


# This cookie stores the person and the latest GSTIN that the person opened. Pages without a GSTIN show the
# same person a link back to this GSTIN.
LAST_COOKIE = "ims_at"


def remember(request: HttpRequest, response: HttpResponse, access: Access) -> None:
    said = f"{access.user.pk}:{access.taxpayer.gstin}"
    if request.COOKIES.get(LAST_COOKIE) != said:
        response.set_cookie(LAST_COOKIE, said, httponly=True, samesite="Lax", secure=request.is_secure())


def last_gstin(request: HttpRequest) -> str:
    """Return the latest GSTIN that this person opened in this browser, or "".

    The result is only for a link. The cookie gives no right: the linked page checks the person's access."""
    person, _colon, gstin = request.COOKIES.get(LAST_COOKIE, "").partition(":")
    mine = person == str(request.user.pk)
    return gstin if mine and re.fullmatch(r"[0-9A-Z]{15}", gstin) else ""


def for_taxpayer(allowed: frozenset[Role] = READ, *, writes: frozenset[Role] | None = None) -> Callable:
    """Return a decorator for views below /t/<gstin>/.

    The decorated view requires sign-in, checks the person's roles, and sets `request.access`. `allowed` are
    the roles for GET, HEAD and OPTIONS. `writes` are the roles for other methods, by default `allowed`. If
    every role is allowed and `writes` is not given, the view refuses all other methods."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, gstin: str, *args: Any, **kwargs: Any) -> HttpResponse:
            access = access_to(request.user, gstin)
            request.access = access  # type: ignore[attr-defined]
            reading = request.method in ("GET", "HEAD", "OPTIONS")
            if not reading and writes is None and allowed == READ:
                return HttpResponseNotAllowed(["GET", "HEAD"])
            needed = allowed if reading or writes is None else writes
            if not access.may(needed):
                names = _(" or ").join(_(str(role.label)) for role in Role if role in needed)
                raise Forbidden(
                    "NOPERM",
                    screen_messages.text("NOPERM", role=access.role_label, who=names),
                )
            response = view(request, access, *args, **kwargs)
            # shared caches must store no tax data, and the browser must not show a page again after sign-out
            response.setdefault("Cache-Control", "no-store")
            remember(request, response, access)
            return response

        return guarded

    return guard
