"""Staff pages for programs that use GSTN's API. Staff admit a program, list the programs, and shut out a
program. The portal shows a program's secret once, after staff have admitted the program."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ims_portal.kernel.errors import Invalid
from ims_portal.support.web.read_only_admin import LargeTable, ReadOnly, SaysRefusals
from returns.gstn import clients
from returns.gstn.models import Client, Request, Session


class ClientForm(forms.ModelForm):
    """The form for a new client. Staff type the user names, because a list of all users would be long and
    slow."""

    usernames = forms.CharField(
        label="User names",
        help_text="The users for whom the client may sign in, separated by spaces",
        max_length=1000,
    )
    otp = forms.CharField(
        label="OTP", required=False, max_length=6, help_text="Six digits. If empty, a random OTP is made"
    )

    class Meta:
        model = Client
        fields = ("name", "is_operator")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            clients.checked(given.get("usernames", "").split(), given.get("otp", ""))
        except Invalid as bad:
            self.add_error("otp" if bad.code == "OTP" else "usernames", bad.message)
        return given


@admin.register(Client)
class ClientAdmin(SaysRefusals, LargeTable):
    """The staff pages of clients. The portal cannot show a secret again, because it stores only digests. If a
    client has lost its secret, staff revoke the client and create a new client."""

    list_display = ("name", "client_id", "is_operator", "created_at", "revoked_at")
    search_fields = ("name", "client_id__startswith")
    actions = ("revoke",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": ClientForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "usernames", "otp", "is_operator")
        return ("name", "client_id", "speaks_for", "is_operator", "created_at", "revoked_at", "locked_until")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description="May sign in for")
    def speaks_for(self, client: Client) -> str:
        names = client.users.order_by(get_user_model().USERNAME_FIELD)
        return ", ".join(user.get_username() for user in names[:100]) or "nobody"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # `obj` is one client. Nobody can change a client, because a client's rights are fixed when the client
        # is admitted. On the list of clients, `obj` is None. On this list, users with the right to change
        # clients can use the action `revoke`.
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        given = form.cleaned_data
        made = clients.create(
            given["name"], given["usernames"].split(), otp=given["otp"], operator=given["is_operator"]
        )
        obj.pk = made.client.pk
        obj.client_id = made.client.client_id
        obj._state.adding = False
        request.made = made  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: `clients.create` has set the client's users."""

    def response_add(
        self, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret and the OTP of the new client on a page. No other page can show the secret and the
        OTP, because the portal stores only digests. The method does not use Django's messages, because Django
        would store the secret and the OTP in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "made": request.made,  # type: ignore[attr-defined]
            "title": "Client admitted",
        }
        response = TemplateResponse(request, "gstn/client_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke the clients and end their sessions", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        for client in queryset:
            clients.revoke(client.client_id)
            self.message_user(request, f"{client.name} is revoked.", messages.SUCCESS)


@admin.register(Session)
class SessionAdmin(ReadOnly):
    """The sessions: which user is signed in through which client. The page shows neither the token nor the
    key."""

    list_display = ("id", "client", "user", "expires_at", "ends_at")
    list_select_related = ("client", "user")
    fields = ("client", "user", "expires_at", "ends_at")


@admin.register(Request)
class RequestAdmin(ReadOnly):
    """The requests of clients, and their results."""

    list_display = ("reference", "taxpayer", "kind", "form", "state", "processed", "failed", "created_at")
    list_select_related = ("taxpayer",)
    search_fields = ("reference__startswith",)
    fields = (
        "reference",
        "taxpayer",
        "client",
        "user",
        "kind",
        "form",
        "period",
        "state",
        "processed",
        "failed",
        "error_code",
        "error_message",
        "report",
        "created_at",
        "finished_at",
    )
