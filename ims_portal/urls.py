"""All addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    # /livez and /readyz are answered by ims_portal.health.ProbeMiddleware
    path("accounts/login/", auth.LoginView.as_view(template_name="accounts/login.html"), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("api/v1/", include("returns.api.urls")),
    path("", include("ims_portal.gstn.urls")),
    path("", include("returns.web.urls")),
    path("", include("gstr2b.web.urls")),
    path("", include("invoices.web.urls")),
]
