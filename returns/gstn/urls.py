"""Addresses of GSTN's API."""

from django.urls import path, re_path

from returns.gstn import views

urlpatterns = [
    path("taxpayerapi/certificate.pem", views.certificate, name="gstn-certificate"),
    path("static/gstn_g2b_prod_public", views.certificate_json, name="gstn-certificate-json"),
    # each of these addresses takes every path, so that a wrong path gets an answer that a client can read
    re_path(r"^taxpayerapi(?:/(?P<path>[\s\S]*))?$", views.versioned, name="gstn-versioned"),
    path("taxpayerapi-doc/<str:name>", views.file, name="gstn-file"),
    path("standard/gstn/files/taxpayerapi-doc/<str:name>", views.file, name="gstn-file-unversioned"),
    re_path(r"^commonapi(?:/(?P<path>[\s\S]*))?$", views.common, name="gstn-common"),
    re_path(r"^standard/gstn(?:/(?P<path>[\s\S]*))?$", views.unversioned, name="gstn-unversioned"),
]
