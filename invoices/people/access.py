"""Who may see and do what: the one place that decides. Another's GSTIN is 404 on every path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from ims_portal.kernel.errors import Forbidden, NotFound
from ims_portal.support.database import prepared
from ims_portal.support.database.prepared import columns_of, instance
from ims_portal.support.web import screen_messages
from invoices.journal.writing import By
from invoices.models import Membership, Role, Taxpayer

READ = frozenset(Role)
ACT = frozenset({Role.PREPARER, Role.SIGNATORY})  # IMS actions, recompute, imports
FILE = frozenset({Role.SIGNATORY})  # GSTR-3B and suppliers' forms
SUPPLY = frozenset({Role.SUPPLIER_CLERK, Role.SIGNATORY})  # enter and upload outward documents
AUDIT = frozenset({Role.AUDITOR, Role.SIGNATORY})


@dataclass(frozen=True, slots=True)
class Access:
    """A person at a GSTIN, with the roles held there."""

    user: Any
    taxpayer: Taxpayer
    roles: frozenset[Role]

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
    def role_label(self) -> str:
        return ", ".join(_(str(role.label)) for role in Role if role in self.roles)

    def by(self, source: str = "page") -> By:
        return By(user=self.user, source=source)


def _roles_at(user_id: int, gstin: str) -> QuerySet:
    return Membership.objects.filter(user_id=user_id, taxpayer__gstin=gstin).values_list(
        "role", *columns_of(Taxpayer, "taxpayer__")
    )


def access_to(user: Any, gstin: str) -> Access:
    """The person's access to a GSTIN. Raises `NotFound` for a GSTIN that is not theirs, or not there at all."""
    memberships = prepared.rows(_roles_at, (), (user.pk, str(gstin.upper())))
    if not memberships:
        raise NotFound("NOT_FOUND", "There is no such page.")
    taxpayer = instance(Taxpayer, memberships[0][1:])
    return Access(user, taxpayer, frozenset(Role(role) for role, *_taxpayer in memberships))


def taxpayers_of(user: Any) -> QuerySet[Taxpayer]:
    """The GSTINs a person may choose from."""
    return Taxpayer.objects.filter(memberships__user_id=user.pk).distinct().order_by("trade_name", "gstin")


def may_move_clock(user: Any) -> bool:
    """In a sandbox, those who run it and those who work in it."""
    if not settings.PORTAL_SANDBOX:
        return False
    working = [Role.PREPARER, Role.SIGNATORY, Role.SUPPLIER_CLERK]
    return bool(user.is_staff or Membership.objects.filter(user_id=user.pk, role__in=working).exists())


# where a person was last, so that pages which belong to no GSTIN lead back there; theirs alone
LAST_COOKIE = "ims_at"


def remember(request: HttpRequest, response: HttpResponse, access: Access) -> None:
    said = f"{access.user.pk}:{access.taxpayer.gstin}"
    if request.COOKIES.get(LAST_COOKIE) != said:
        response.set_cookie(LAST_COOKIE, said, httponly=True, samesite="Lax", secure=request.is_secure())


def last_gstin(request: HttpRequest) -> str:
    """The GSTIN this person looked at last in this browser, or "". Only good for a link: the page behind it asks
    again whether they may."""
    person, _colon, gstin = request.COOKIES.get(LAST_COOKIE, "").partition(":")
    mine = person == str(request.user.pk)
    return gstin if mine and re.fullmatch(r"[0-9A-Z]{15}", gstin) else ""


def for_taxpayer(allowed: frozenset[Role] = READ, *, writes: frozenset[Role] | None = None) -> Callable:
    """Guard a view below /t/<gstin>/: signs in, finds the access, sets `request.access`, checks the roles.
    `writes` are the roles for methods other than GET and HEAD (default: the same as `allowed`; a page that
    everyone may read and that names none takes no other method)."""

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
            # tax data is not for shared caches or the back button after sign-out
            response.setdefault("Cache-Control", "no-store")
            remember(request, response, access)
            return response

        return guarded

    return guard
