"""All addresses of the portal."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from django_otp.plugins.otp_totp.models import TOTPDevice


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect /favicon.ico to the portal's icon. Browsers request /favicon.ico for a response that is not an
    HTML page, because only an HTML page can name its icon."""
    return redirect(static("ui/mark.svg"))


@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the ordinary sign-in page, because it has locks and the second factor. The admin sends everybody
    here whom it does not admit. A person who is signed in would only sign in again, and come back."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        return render(request, "403.html", {"no_administration": True}, status=403)
    asked = request.META.get("QUERY_STRING", "")
    return redirect(f"{reverse('login')}?{asked}" if asked else reverse("login"))


# The admin shows no authenticators. An authenticator belongs to one person: staff must not see its key, and
# must not add an authenticator for another person. To remove an authenticator, use `manage.py end_sessions
# --lost`.
admin.site.unregister(TOTPDevice)
handler500 = "ims_portal.failures.server_error"
urlpatterns = [
    path("favicon.ico", favicon, name="favicon"),
    path("admin/login/", admin_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
    # /livez and /readyz are answered by returns.operations.health.ProbeMiddleware
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("api/", RedirectView.as_view(pattern_name="api_docs")),
    path("api/v1/", include("returns.api.urls")),
    path("", include("returns.gstn.urls")),
    path("", include("returns.web.urls")),
    path("", include("gstr2b.web.urls")),
    path("", include("invoices.web.urls")),
]
