"""The page that shows the OpenAPI document. The portal's content-security policy allows only scripts and
styles that come from this server and are not inline. The page follows this policy."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class ApiDocs(SpectacularSwaggerSplitView):
    template_name = "api/docs.html"
