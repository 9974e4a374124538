"""What whoever runs the portal looks at."""

from django.urls import URLPattern, path

from returns.web import benchmarks

urlpatterns: list[URLPattern] = [path("ops/benchmarks/", benchmarks.page, name="benchmarks")]
