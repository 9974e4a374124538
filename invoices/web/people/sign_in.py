"""Pages for signing in, the second factor, and a new password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from invoices.people import failed_attempts, sign_in
from invoices.people.failed_attempts import Kind, address_of

METHODS = ["get", "post", "head", "options"]


class SignInForm(AuthenticationForm):
    """The sign-in form. After too many wrong attempts, the form shows a message that sign-in is locked. An
    existing user name and an unknown user name get the same message."""

    def get_invalid_login_error(self) -> ValidationError:
        name = str(self.cleaned_data.get("username", ""))
        if sign_in.why_locked(name, address_of(self.request)):
            return ValidationError(
                _("Too many wrong attempts. Try again in 15 minutes. (LOCKED)"), code="locked"
            )
        return super().get_invalid_login_error()


class SignIn(auth.LoginView):
    """Ask for name and password. A person with an authenticator is then asked for a code of the
    authenticator."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    http_method_names = METHODS


class ChangeForm(PasswordChangeForm):
    """The form for a new password. It checks the old password with `sign_in.confirm`, which limits the number
    of guesses. A stranger at an open session therefore cannot try many passwords."""

    def __init__(self, *given: Any, request: HttpRequest, **named: Any):
        super().__init__(*given, **named)
        self.request = request

    def clean_old_password(self) -> str:
        old = self.cleaned_data["old_password"]
        if not sign_in.confirm(self.request, old):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


class ChangePassword(auth.PasswordChangeView):
    """Change the password. The form needs the old password too. Every other session of the person ends."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("security")
    form_class = ChangeForm
    http_method_names = METHODS

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        before = self.request.session.session_key
        response = super().form_valid(form)
        sign_in.key_changed(self.request, before)
        ended = sign_in.end_all(self.request.user, but=self.request.session.session_key)
        sign_in.log.info(
            "person %s changed the password; %d other sessions ended", self.request.user.pk, ended
        )
        messages.success(self.request, _("Your password is changed, and you are signed out everywhere else."))
        return response


class CodeForm(forms.Form):
    code = forms.CharField(
        label=lazy("Code"),
        max_length=40,
        help_text=lazy("Six digits from your authenticator, or one of your recovery codes"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


def _onward(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next", "")
    local = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if local and asked.startswith("/") else "/t/"


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for the password again. This protects pages on which another person could do harm in an open
    session."""
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if sign_in.confirm(request, form.cleaned_data["password"]):
            return redirect(_onward(request))
        form.add_error(
            "password",
            _("The password is wrong, or there were too many wrong attempts. Type your password again."),
        )
    context = {"form": form, "next": _onward(request)}
    return render(request, "accounts/confirm.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the second factor. A person without an authenticator goes to the page that sets up
    an authenticator."""
    onward = _onward(request)
    if not sign_in.has_device(request.user):
        return redirect("authenticator")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if sign_in.give(request, form.cleaned_data["code"]):
            return redirect(onward)
        if failed_attempts.locked_until(Kind.CODE, str(request.user.pk)):
            form.add_error("code", _("Too many wrong attempts. Try again in 15 minutes. (LOCKED)"))
        else:
            form.add_error("code", _("The code is wrong, or was used already. Type the next code."))
    context = {"form": form, "next": onward, "crumbs": []}
    return render(request, "accounts/second_factor.html", context, status=422 if form.errors else 200)
