"""All addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The mark, for what asks by the old name: a downloaded file or a JSON answer names no icon of its own."""
    return redirect(static("ui/mark.svg"))


handler500 = "ims_portal.failures.server_error"
urlpatterns = [
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    # /livez and /readyz are answered by ims_portal.health.ProbeMiddleware
    path(
        "accounts/login/",
        auth.LoginView.as_view(
            template_name="accounts/login.html", http_method_names=["get", "post", "head", "options"]
        ),
        name="login",
    ),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("api/v1/", include("returns.api.urls")),
    path("", include("ims_portal.gstn.urls")),
    path("", include("returns.web.urls")),
    path("", include("gstr2b.web.urls")),
    path("", include("invoices.web.urls")),
]
