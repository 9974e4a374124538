"""Probes of the process: /livez, /readyz and /metrics. Supervisors and load balancers call these addresses by
IP address and without TLS."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu import Connection

from returns.operations.metrics import metrics


class ProbeMiddleware:
    """Answers the probes. This middleware comes first, so the middleware for host names, redirects and
    sessions never gets a probe."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/livez":
            return livez(request)
        if request.path_info == "/readyz":
            return readyz(request)
        if request.path_info == "/metrics":
            return metrics(request)
        return self.get_response(request)


def livez(request: HttpRequest) -> JsonResponse:
    """Return 200, to show that the process can answer."""
    return JsonResponse({"live": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Return 200 if the database is reachable and all migrations have run, and 503 otherwise. The response
    also reports a missing broker. A missing broker does not change the status, because jobs wait in the
    database."""
    checks: dict[str, str] = {}
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
        checks["database"] = "ok" if not behind else f"{len(behind)} migrations to run"
    except Error:
        checks["database"] = "not reachable"
    checks["broker"] = "in this process" if settings.PORTAL_EMBEDDED else _broker()
    ready = checks["database"] == "ok"
    return JsonResponse({"ready": ready, **checks}, status=200 if ready else 503)


def _broker() -> str:
    try:
        options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=1, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
    except Exception:  # noqa: BLE001  each transport raises other errors
        return "degraded: not reachable, jobs wait in the database"
    return "ok"
