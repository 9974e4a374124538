"""Addresses of the recipient's returns, the outward view and home."""

from django.urls import URLPattern, path, re_path

from returns.web import analytics, gstr3b, home, outward

# named one by one: other pages live below the same folder
TABLES = "all|b2b|b2ba|notes|notesa|eco|ecoa"

urlpatterns: list[URLPattern] = [
    path("t/<str:gstin>/", home.home, name="home"),
    path("t/<str:gstin>/analytics/", analytics.page, name="analytics"),
    path("t/<str:gstin>/gstr3b/", gstr3b.now, name="gstr3b_now"),
    path("t/<str:gstin>/gstr3b/<str:period>/", gstr3b.preview, name="gstr3b"),
    path("t/<str:gstin>/gstr3b/<str:period>/file/", gstr3b.file, name="gstr3b_file"),
    path("t/<str:gstin>/gstr3b/<str:period>/filed/", gstr3b.filed, name="gstr3b_filed"),
    path("t/<str:gstin>/ims/outward/", outward.summary, name="outward"),
    path("t/<str:gstin>/ims/outward/liability/", outward.liability, name="outward_liability"),
    re_path(
        rf"^t/(?P<gstin>[^/]+)/ims/outward/(?P<table>{TABLES})/$", outward.documents, name="outward_table"
    ),
]
