"""A call of the API, with its session, parameters and data. The module also has the table of known calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Role
from invoices.people.access import READ, Access, access_to
from returns.gstn import codes, parameters
from returns.gstn.codes import GstnError, fault
from returns.gstn.envelope.envelope import Opened
from returns.gstn.models import Session


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API, with the client's session. `params` are the parameters in the address. `opened` is
    the decrypted data. `body` is the whole body: the data, as the client sent it, and the other fields.
    `header_form` is the header rtn_typ, and `header_period` is the header ret_period."""

    action: str
    session: Session
    params: dict[str, Any]
    opened: Opened
    body: dict[str, Any] = field(default_factory=dict)
    header_gstin: str = ""
    header_form: str = ""
    header_period: str = ""

    @property
    def data(self) -> dict[str, Any]:
        if not isinstance(self.opened.data, dict):
            raise GstnError(codes.MISSING, "data is missing.", ours="SCHEMA")
        return self.opened.data

    def access(
        self, roles: frozenset[Role] = READ, *, gstin: str = "", unauthorized: str = codes.UNAUTHORIZED
    ) -> Access:
        """Return the access of the session's user to the GSTIN of the call. Raises `GstnError`. The error for
        a GSTIN of other users is the same as for an unknown GSTIN."""
        wanted = gstin or parameters.text(self.params, "gstin", optional=True) or self.header_gstin
        if not wanted:
            raise GstnError(codes.MISSING, "gstin is missing.")
        try:
            access = access_to(self.session.user, wanted)
        except NotFound:
            raise GstnError(unauthorized, "This user is not authorized for the GSTIN.") from None
        if not access.may(roles):
            names = " or ".join(role.label for role in Role if role in roles)
            raise fault(
                "NOPERM",
                f"The user's role ({access.role_label}) cannot do this. The action needs one of these "
                f"roles: {names}.",
            )
        return access

    def own_gstin(self, unlike: str, *names: str, data: Mapping[str, Any] | None = None) -> str:
        """Return the GSTIN in the data, or "" if the data has none. `names` are its names there; some clients
        write `gstn`. Raises `GstnError` with the code `unlike` if the header or the address has another GSTIN."""
        data = self.data if data is None else data
        given = next(
            (found for name in names or OWN if (found := parameters.text(data, name, optional=True))), ""
        )
        beside = (self.header_gstin, parameters.text(self.params, "gstin", optional=True))
        if given and any(other and other.strip().upper() != given.upper() for other in beside):
            raise GstnError(unlike, "The GSTIN in data differs from the GSTIN in the header or the address.")
        return given

    def own_period(self, unlike: str, *names: str, data: Mapping[str, Any] | None = None) -> TaxPeriod:
        """Return the tax period in the data. `names` are its usual names in this call. Raises `GstnError`, with
        the code `unlike` if the header or the address has another period."""
        found = parameters.period(self.data if data is None else data, *names)
        beside = (self.header_period, parameters.text(self.params, "ret_period", optional=True))
        if any(other and other.strip() != found.wire for other in beside):
            raise GstnError(
                unlike, "The period in data differs from the period in the header or the address."
            )
        return found


OWN = ("gstin", "gstn")
Handler = Callable[[Call], Any]
CALLS: dict[tuple[str, str], tuple[str, Handler]] = {}
# (resource, action) of calls that GSTN has and this portal has not -> the reason, or what to do instead
NOT_OFFERED: dict[tuple[str, str], str] = {}


def answers(resource: str, action: str, method: str = "GET") -> Callable[[Handler], Handler]:
    """Return a decorator. The decorator registers the function as the answer to the calls of this resource
    and action. `method` is GET for reading, or PUT for writing (POST is accepted too)."""

    def note(handler: Handler) -> Handler:
        CALLS[(resource, action)] = (method, handler)
        return handler

    return note


def not_offered(resource: str, why: str, *actions: str) -> None:
    """Note calls of GSTN's API that this portal does not offer. A client that makes one of these calls gets
    `why`: the reason, or what the client can do instead."""
    NOT_OFFERED.update({(resource, action): why for action in actions})
