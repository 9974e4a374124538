"""Pages of a person's security: sessions, the authenticator, recovery codes."""

from __future__ import annotations

from base64 import b32encode

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice

from ims_portal.kernel import typed_values
from invoices.models import RecoveryCode, SignIn
from invoices.people import sign_in
from invoices.web.people.sign_in import CodeForm

MOST_SHOWN = 20
PASSWORD = forms.PasswordInput(attrs={"autocomplete": "current-password"})


class ChangeForm(forms.Form):
    """The form of every change on the security page. Each change needs the password again."""

    password = forms.CharField(
        label=lazy("Your password"),
        strip=False,
        widget=PASSWORD,
        help_text=lazy("We ask for your password again because this changes how you sign in"),
    )


class SetUpForm(ChangeForm, CodeForm):
    field_order = ("code", "password")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: HttpRequest) -> HttpResponse:
    """Show sessions, authenticator and recovery codes. A POST makes the change of the pressed button."""
    form = ChangeForm(request.POST if request.method == "POST" else None)
    codes: list[str] = []
    if request.method == "POST" and form.is_valid():
        if not sign_in.confirm(request, form.cleaned_data["password"]):
            form.add_error(
                "password",
                _("The password is wrong, or there were too many wrong attempts. Type your password again."),
            )
        elif (done := _change(request, request.POST.get("do", ""))) is None:
            return redirect("security")
        else:
            codes = done
    user = request.user
    assert user.pk is not None
    here = request.session.session_key
    shown = SignIn.objects.filter(user_id=user.pk)[:MOST_SHOWN]
    context = {
        "form": form,
        "codes": codes,
        "rows": [{"one": one, "here": bool(here) and one.session_key == here} for one in shown],
        "has_device": sign_in.has_device(user),
        "unused": RecoveryCode.objects.filter(user_id=user.pk, used_at=None).count(),
        "required": sign_in.must_have(user),
        "crumbs": [{"label": _("Taxpayers"), "url": "/t/"}, {"label": _("Security")}],
    }
    return render(request, "accounts/security.html", context, status=422 if form.errors else 200)


def _change(request: HttpRequest, do: str) -> list[str] | None:
    """Make the change of the pressed button. `do` is the button's value. Return new recovery codes to show, or
    None if the page must be loaded again."""
    user = request.user
    assert user.pk is not None
    if do == "codes" and sign_in.has_device(user):
        return sign_in.new_codes(user)
    if do == "remove" and not sign_in.must_have(user):
        sign_in.forget_factor(user)
        sign_in.end_all(user, but=request.session.session_key)
        request.session[sign_in.DUE] = False
        messages.success(request, _("The authenticator is removed, and you are signed out everywhere else."))
    elif do == "others":
        ended = sign_in.end_all(user, but=request.session.session_key)
        said = ngettext("You ended %(n)d other session.", "You ended %(n)d other sessions.", ended)
        messages.success(request, said % {"n": ended})
    elif (pk := typed_values.whole_number(do)) is not None and sign_in.end(user, pk):
        messages.success(request, _("The session is ended."))
    else:
        messages.error(request, _("Nothing was changed."))
    return None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def authenticator(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator. The page shows the secret as a picture and as text. The person's first code
    proves that the authenticator works."""
    user = request.user
    if sign_in.has_device(user):
        return redirect("security")
    device, _made = TOTPDevice.objects.get_or_create(
        user_id=user.pk, confirmed=False, defaults={"name": "app"}
    )
    form = SetUpForm(request.POST if request.method == "POST" else None)
    codes: list[str] = []
    if request.method == "POST" and form.is_valid():
        if not sign_in.confirm(request, form.cleaned_data["password"]):
            form.add_error(
                "password",
                _("The password is wrong, or there were too many wrong attempts. Type your password again."),
            )
        elif not device.verify_token("".join(form.cleaned_data["code"].split())):
            form.add_error(
                "code", _("The code is wrong. Wait for the next code, and check the clock of your phone.")
            )
        else:
            device.confirmed = True
            device.save()
            sign_in.sealed(request, device)
            # end the sessions that began with only a password, because they would never ask for the second
            # factor
            sign_in.end_all(user, but=request.session.session_key)
            codes = sign_in.new_codes(user)
    picture = (
        "" if codes else segno.make(device.config_url, error="m").svg_inline(scale=4, border=2, omitsize=True)
    )
    context = {
        "form": form,
        "codes": codes,
        "picture": picture,
        "secret": "" if codes else _grouped(device.bin_key),
        "crumbs": [
            {"label": _("Taxpayers"), "url": "/t/"},
            {"label": _("Security"), "url": "/me/security/"},
            {"label": _("Authenticator")},
        ],
    }
    return render(request, "accounts/authenticator.html", context, status=422 if form.errors else 200)


def _grouped(key: bytes) -> str:
    text = b32encode(key).decode().rstrip("=")
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))
