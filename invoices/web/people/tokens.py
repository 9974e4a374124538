"""A person's page of API tokens: create a token, see tokens and their scopes, and revoke a token."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from invoices.models import ApiToken
from invoices.people import confirmation, sign_in, tokens
from invoices.people.tokens import DAYS, SCOPE_LABELS
from invoices.web.page.labels import in_language

MOST_SHOWN = 100


def lifetimes() -> list[tuple[int, str]]:
    return [(days, ngettext("%d day", "%d days", days) % days) for days in DAYS]


class TokenForm(forms.Form):
    name = forms.CharField(
        label=lazy("Name"),
        max_length=60,
        help_text=lazy("What the token is for, so that you recognise it later"),
    )
    scopes = forms.MultipleChoiceField(
        label=lazy("Permissions"),
        choices=[(scope.value, label) for scope, label in SCOPE_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=["read"],
    )
    days = forms.TypedChoiceField(
        label=lazy("Ends after"),
        coerce=int,
        choices=lifetimes,
        initial=30,
    )
    password = forms.CharField(
        label=lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=lazy("We ask for your password again because a token acts in your name"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def token_page(request: HttpRequest) -> HttpResponse:
    """Show the person's tokens. A POST creates a token and shows its secret once."""
    assert request.user.is_authenticated
    form = TokenForm(request.POST if request.method == "POST" else None)
    secret, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            if not sign_in.confirm(request, given["password"]):
                form.add_error("password", _("The password is wrong. Type your password again."))
            elif "file" in given["scopes"] and confirmation.lacks_factor(request):
                form.add_error("scopes", _("Set up an authenticator first: filing needs a second factor."))
            else:
                try:
                    _made, secret = tokens.make(
                        request.user,
                        given["name"],
                        given["scopes"],
                        given["days"],
                        second_factor=request.user.is_verified(),  # type: ignore[attr-defined]
                    )
                    form, status = TokenForm(), 200
                except Invalid as bad:
                    form.add_error(None, f"{in_language(bad.message)} ({bad.code})")
    mine = list(ApiToken.objects.filter(user_id=request.user.pk)[:MOST_SHOWN])
    response = render(
        request,
        "invoices/tokens.html",
        {
            "form": form,
            "secret": secret,
            "rows": [_row(token) for token in mine],
            "crumbs": [{"label": _("Taxpayers"), "url": "/t/"}, {"label": _("API tokens")}],
        },
        status=status,
    )
    response["Cache-Control"] = "no-store"
    return response


def _row(token: ApiToken) -> dict[str, object]:
    if token.revoked_at is not None:
        state, tone = _("Revoked"), "R"
    elif token.expires_at <= clock.real_now():
        state, tone = _("Ended"), "L"
    else:
        state, tone = _("In use"), "A"
    words = [str(SCOPE_LABELS[scope]) for scope in SCOPE_LABELS if scope.value in token.scope_set]
    return {"token": token, "state": state, "tone": tone, "scopes": words, "usable": tone == "A"}


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token. The token is invalid from now on."""
    if token_id < 2**63 and tokens.revoke(request.user, token_id):
        messages.success(request, _("The token is revoked. Programs that use it are refused from now on."))
    else:
        messages.error(request, _("This token is not in use: the token has ended or is already revoked."))
    return redirect("tokens")
