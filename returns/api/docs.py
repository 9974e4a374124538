"""The page that shows the OpenAPI document. Every script and every style comes from this server, and none is
inline."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class ApiDocs(SpectacularSwaggerSplitView):
    template_name = "api/docs.html"
