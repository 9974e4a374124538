"""The page that shows the OpenAPI document. Every script and every style of the page comes from this server,
and no script or style is inline."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class ApiDocs(SpectacularSwaggerSplitView):
    template_name = "api/docs.html"
