"""Addresses of downloads and jobs."""

from django.urls import URLPattern, path

from returns.web import downloads, imports, other_portal

urlpatterns: list[URLPattern] = [
    path("t/<str:gstin>/ims/download/", downloads.ims, name="ims_download"),
    path("t/<str:gstin>/gstr2b/<str:period>/download/", downloads.gstr2b, name="gstr2b_download"),
    path("t/<str:gstin>/ims/outward/download/", downloads.outward, name="outward_download"),
    path("t/<str:gstin>/ims/import/", imports.choose, name="ims_import"),
    path("t/<str:gstin>/ims/import/<int:job_id>/", imports.review, name="ims_import_review"),
    path("t/<str:gstin>/ims/other-portal/", other_portal.choose, name="other_portal"),
    path("t/<str:gstin>/ims/other-portal/changes/", other_portal.changes, name="other_portal_changes"),
    path("t/<str:gstin>/ims/other-portal/<int:job_id>/", other_portal.show, name="other_portal_file"),
    path("t/<str:gstin>/ims/offline/", imports.offline_json, name="ims_offline"),
    path("t/<str:gstin>/gstr2b/<str:period>/json/", imports.gstr2b_json, name="gstr2b_json"),
    path("t/<str:gstin>/jobs/", downloads.job_list, name="jobs"),
    path("t/<str:gstin>/jobs/<int:job_id>/", downloads.job, name="job"),
    path("t/<str:gstin>/jobs/<int:job_id>/file/", downloads.job_file, name="job_file"),
    path("t/<str:gstin>/jobs/<int:job_id>/retry/", downloads.job_retry, name="job_retry"),
]
