"""Address of the clock."""

from django.urls import path

from returns.web import clock

urlpatterns = [path("clock/", clock.clock_page, name="clock")]
