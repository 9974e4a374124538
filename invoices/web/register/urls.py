"""Addresses of the pages of the purchase register."""

from django.urls import URLPattern, path

from invoices.web.register import (
    bills,
    by_hand,
    download,
    gone,
    lone_bills,
    overview,
    review,
    suppliers,
    uploads,
    why,
)

urlpatterns: list[URLPattern] = [
    path("t/<str:gstin>/register/", uploads.register, name="register"),
    path("t/<str:gstin>/register/match/", uploads.match_again, name="register_match"),
    path("t/<str:gstin>/register/files/<int:job_id>/", review.review, name="register_file"),
    path("t/<str:gstin>/register/uploads/<int:upload_id>/", uploads.upload, name="register_upload"),
    path("t/<str:gstin>/register/uploads/<int:upload_id>/rows/", uploads.rows, name="register_rows"),
    path("t/<str:gstin>/register/gone/", gone.gone, name="register_gone"),
    path("t/<str:gstin>/register/bills/", bills.bills, name="register_bills"),
    path("t/<str:gstin>/register/download/<slug:form>/", download.download, name="register_download"),
    path("t/<str:gstin>/match/by-hand/", by_hand.say, name="match_by_hand"),
    path("t/<str:gstin>/match/why/", why.why, name="match_why"),
    path("t/<str:gstin>/match/suppliers/", suppliers.suppliers, name="match_suppliers"),
    path("t/<str:gstin>/match/suppliers/<str:supplier>/", suppliers.supplier, name="match_supplier"),
    path(
        "t/<str:gstin>/match/suppliers/<str:supplier>/missing/<slug:form>/",
        suppliers.missing,
        name="match_missing",
    ),
    path("t/<str:gstin>/match/", overview.match, name="match"),
    path("t/<str:gstin>/match/bills/", lone_bills.bills, name="match_bills"),
]
