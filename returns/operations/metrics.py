"""Metrics of the portal in Prometheus text format. The figures of requests come from all server processes,
and the figures of jobs and nights come from the database. A request to /metrics needs the bearer token
METRICS_TOKEN. Without this setting, /metrics always answers 404."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from hmac import compare_digest

from django.conf import settings
from django.db import Error
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ims_portal.kernel import clock

REQUESTS = Counter("portal_requests", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram(
    "portal_request_seconds",
    "Time to answer a request",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 3, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MetricsMiddleware:
    """Counts every request by its URL pattern (route). The full address is never used as a label of the
    metric, because addresses contain GSTINs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match is not None else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route).observe(time.perf_counter() - began)
        return response


class PortalCollector(Collector):
    """Collects the figures of jobs and nights from the database at each request for /metrics."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from invoices import portal_clock
        from invoices.models import Job

        up = GaugeMetricFamily("portal_database_up", "1 if the database answers")
        try:
            by_state = {
                state: (n, oldest)
                for state, n, oldest in Job.objects.order_by()
                .values_list("state")
                .annotate(n=Count("pk"), oldest=Min("created_at"))
            }
            nights = len(portal_clock.nights_due())
        except Error:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        jobs = GaugeMetricFamily(
            "portal_jobs", "Durable jobs by state; failed ones are parked", labels=["state"]
        )
        for state in Job.State:
            jobs.add_metric([state.value], by_state.get(state.value, (0, None))[0])
        yield jobs
        _count, oldest = by_state.get(Job.State.QUEUED.value, (0, None))
        waits = (clock.real_now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("portal_job_waits_seconds", "Age of the oldest job that waits", value=waits)
        yield GaugeMetricFamily(
            "portal_nights_behind", "Portal midnights that have passed but were not run", value=nights
        )


def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics for a request with the right token, and 404 for every other request."""
    wanted = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not compare_digest(given.encode(), wanted.encode()):
        return HttpResponseNotFound()
    registry = CollectorRegistry()
    registry.register(PortalCollector())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
