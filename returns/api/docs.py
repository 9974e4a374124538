"""The page that shows the OpenAPI document. Every script and style comes from this server. No script or style
is inline."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class ApiDocs(SpectacularSwaggerSplitView):
    template_name = "api/docs.html"
