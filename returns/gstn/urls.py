"""Addresses of GSTN's API."""

from django.urls import path, re_path

from returns.gstn import views

urlpatterns = [
    path("taxpayerapi/certificate.pem", views.certificate, name="gstn-certificate"),
    path("static/gstn_g2b_prod_public", views.certificate_json, name="gstn-certificate-json"),
    re_path(r"^taxpayerapi/v[0-9]{1,2}\.[0-9]{1,2}/(?P<path>.+)$", views.versioned, name="gstn-versioned"),
    path("taxpayerapi-doc/<str:name>", views.file, name="gstn-file"),
    path("standard/gstn/files/taxpayerapi-doc/<str:name>", views.file, name="gstn-file-unversioned"),
    re_path(r"^commonapi/v[0-9]{1,2}\.[0-9]{1,2}/(?P<path>.+)$", views.versioned, name="gstn-common"),
    re_path(r"^standard/gstn/(?P<path>.+)$", views.unversioned, name="gstn-unversioned"),
]
