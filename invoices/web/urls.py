"""Pages of the IMS desk."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
