"""Pages of GSTR-2B and GSTR-2A."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
