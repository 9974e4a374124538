"""Addresses of the clock."""

from django.urls import path

from returns.web import clock

urlpatterns = [
    path("clock/", clock.clock_page, name="clock"),
    path("clock/move/", clock.move, name="clock_move"),
    path("clock/real/", clock.real, name="clock_real"),
]
