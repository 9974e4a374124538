"""Base classes of the API's views. The classes check the token, the token's scope, the person's role at the
GSTIN, and the parameters. All errors have the same JSON fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Forbidden, Invalid, NotFound
from ims_portal.support.web import body_limits, problems, screen_messages, turns
from ims_portal.support.web.addresses import tax_period
from ims_portal.support.web.api_json import OneFormat, OrjsonRenderer, StrictJsonParser, dumps
from invoices.models import ApiToken, Role
from invoices.people import failed_attempts, sign_in, tokens
from invoices.people.access import READ, Access, access_to
from invoices.people.failed_attempts import Kind
from invoices.people.tokens import Scope
from invoices.queries.situations import DeskView

SAFE = ("GET", "HEAD", "OPTIONS")


class TokenAuthentication(BaseAuthentication):
    """Authenticates only by the header `Authorization: Bearer ims_…`. The portal ignores cookies here, so
    another site cannot send a request in a person's name."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            return None
        token = tokens.find(secret.strip())
        if token is None:
            _bad_token(request)
            raise AuthenticationFailed(
                "The token is unknown, revoked or expired. Make a new token on your page."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _bad_token(request: Request) -> None:
    """Count a wrong token against the sender's address. Raise `Throttled` after too many wrong tokens. A
    correct token is never refused because of this count, so other programs at the same address still work."""
    address = failed_attempts.address_of(request._request)
    if not failed_attempts.take(Kind.TOKEN, address):
        raise Throttled(wait=failed_attempts.LOCKED_FOR.total_seconds())


class ApiView(APIView):
    """A view of the API. `scopes` and `roles` name the scope and the roles that each HTTP method needs. A
    method without an entry needs the scope `read` and any role."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]
    parser_classes = [StrictJsonParser]
    renderer_classes = [OrjsonRenderer]
    content_negotiation_class = OneFormat
    # largest body in bytes; checked before the view runs (ims_portal.support.web.body_limits)
    most_bytes = body_limits.SMALL
    scopes: ClassVar[Mapping[str, Scope]] = {}
    roles: ClassVar[Mapping[str, frozenset[Role]]] = {}

    def get_exception_handler(self) -> Any:
        return problems.handle

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.turn: turns.Turn | None = None
        response = None
        try:
            response = super().dispatch(request, *args, **kwargs)
        finally:
            if self.turn is not None and not _is_made_while_sent(response):
                self.turn.give_back()
        if self.turn is not None and _is_made_while_sent(response):
            response.streaming_content = self.turn.until_sent(response.streaming_content)
            # Give the request's turn (`turns.Turn`) back also when the answer is closed. With HEAD, for
            # example, the server closes the answer without sending it, so `until_sent` gives nothing back.
            response._resource_closers.append(self.turn.give_back)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.turn = turns.take(("token", request.auth.pk))
        if self.turn is None:
            raise Throttled(
                wait=1, detail="This token has several requests under way. Send one after another."
            )
        method = str(request.method)
        needed = self.scopes.get(method, Scope.READ)
        unknown = sorted(set(request.query_params) - parameters_of(self, method))
        if unknown:
            # a misspelt filter must be an error, because without the filter the answer would have every
            # record
            raise Invalid(
                "BAD_FILTER",
                f"This address has no parameter {unknown[0][:40]!r}.",
                details={
                    "errors": [{"field": name[:40], "message": "no such parameter"} for name in unknown]
                },
            )
        if needed.value not in request.auth.scope_set:
            raise Forbidden(
                "NO_SCOPE", f"The token lacks the scope {needed.value}. Make a token with this scope."
            )
        if needed is Scope.FILE and not request.auth.second_factor and sign_in.needs_factor(request.user):
            raise Forbidden(
                "NO_FACTOR",
                "This token was made without a second factor, so it cannot file. Sign in with your "
                "authenticator and make a new token.",
            )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.setdefault("Cache-Control", "no-store")
        return response


def _is_made_while_sent(response: Any) -> bool:
    """True if the portal produces the answer piece by piece while it sends the answer. The request then keeps
    its turn (`turns.Turn`) until the end of the answer. For a stored file, the function returns False."""
    return isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse)


class TaxpayerView(ApiView):
    """A view below /api/v1/taxpayers/<gstin>/. Sets `self.access`. If the person has no role at the GSTIN,
    the answer is the same 404 as for an unknown GSTIN."""

    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.access = access_to(request.user, kwargs["gstin"])
        needed = self.roles.get(str(request.method), READ)
        if not self.access.may(needed):
            names = " or ".join(role.label for role in Role if role in needed)
            raise Forbidden(
                "NOPERM", screen_messages.in_english("NOPERM", role=self.access.role_label, who=names)
            )

    @property
    def taxpayer(self) -> Any:
        return self.access.taxpayer

    @property
    def by(self) -> Any:
        return self.access.by("api")

    def view_now(self) -> DeskView:
        from ims_portal.kernel import clock
        from invoices.queries.calendar import calendar

        return DeskView.of(self.taxpayer, clock.today(), calendar())


_PARAMETERS: dict[tuple[type, str], frozenset[str]] = {}


def parameters_of(view: APIView, method: str) -> frozenset[str]:
    """Return the names of the query parameters in a method's documentation. A view accepts only these
    parameters."""
    about = (type(view), method)
    if about not in _PARAMETERS:
        schema = getattr(getattr(view, method.lower(), None), "kwargs", {}).get("schema")
        names: frozenset[str] = frozenset()
        if schema is not None:
            told = schema()
            told.view, told.method = view, method
            names = frozenset(p.name for p in told.get_override_parameters() if p.location == "query")
        _PARAMETERS[about] = names
    return _PARAMETERS[about]


def checked(serializer: type[Serializer], request: Request) -> Any:
    """Return the request's body as the serializer reads it. Raise a validation error that names every wrong
    field. Raise `Invalid` (BAD_FIELD) for an unknown field, because the name of the field may be misspelt."""
    known = serializer().fields
    unknown = [name for name in request.data if name not in known]
    if unknown:
        raise Invalid(
            "BAD_FIELD",
            f"There is no field {str(unknown[0])[:40]!r} here. Use one of: {', '.join(known)}.",
            details={"errors": [{"field": str(n)[:40], "message": "unknown field"} for n in unknown[:20]]},
        )
    found = serializer(data=request.data)
    found.is_valid(raise_exception=True)
    return found.validated_data


def json_bytes(data: Any, status: int = 200) -> HttpResponse:
    """Return an answer as JSON, without DRF's renderer. Long lists use this function, because it is faster
    than the renderer."""
    return HttpResponse(dumps(data), status=status, content_type="application/json")


def period_of(text: str) -> Any:
    """Return the tax period for an MMYYYY in an address. Raise `NotFound` if the text is not a period."""
    return tax_period(text)


def whole(query: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number from the query string, or `default` if the parameter is missing. Raise `Invalid`,
    with the parameter's name, for a wrong number."""
    if name not in query:
        return default
    number = typed_values.whole_number(query[name], most=most)
    if number is not None and number >= least:
        return number
    raise Invalid(
        "BAD_FILTER",
        f"“{name}” must be a whole number from {least} to {most}.",
        details={"errors": [{"field": name, "message": f"{least} to {most}"}]},
    )


def one_of(query: Mapping[str, str], name: str, known: Any, default: str = "") -> str:
    """Return a word from the query string, or `default` if the parameter is missing. Raise `Invalid`, with
    the parameter's name, for a word that is not in `known`."""
    text = query.get(name, default)
    if name in query and text not in known:
        raise Invalid(
            "BAD_FILTER",
            f"“{text[:30]}” is not a valid value of “{name}”. Use one of: {', '.join(known)}.",
            details={"errors": [{"field": name, "message": "not a valid value"}]},
        )
    return text


def nothing() -> NotFound:
    return NotFound("NOT_FOUND", "Nothing was found at this address.")
