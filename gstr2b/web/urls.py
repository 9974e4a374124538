"""Pages of GSTR-2B and GSTR-2A."""

from django.urls import URLPattern, path

from gstr2b.web import compare, documents, gstr2a, statement, strip

urlpatterns: list[URLPattern] = [
    path("t/<gstin>/gstr2b/", statement.now, name="gstr2b_now"),
    path("t/<gstin>/gstr2b/<period>/", statement.summary, name="gstr2b"),
    path("t/<gstin>/gstr2b/<period>/compute/", statement.compute, name="compute"),
    path("t/<gstin>/gstr2b/<period>/strip/", strip.strip, name="strip"),
    path("t/<gstin>/gstr2b/<period>/drafts/", statement.versions, name="gstr2b_drafts"),
    path("t/<gstin>/gstr2b/<period>/drafts/<int:number>/", statement.one_version, name="gstr2b_draft"),
    path("t/<gstin>/gstr2b/<period>/compare/", compare.compare, name="gstr2b_compare"),
    path("t/<gstin>/gstr2b/<period>/table4/<slug:row>/", documents.of_row, name="gstr2b_row"),
    path(
        "t/<gstin>/gstr2b/<period>/<slug:section>/<slug:table>/",
        documents.of_section,
        name="gstr2b_documents",
    ),
    path("t/<gstin>/gstr2a/", gstr2a.now, name="gstr2a_now"),
    path("t/<gstin>/gstr2a/<period>/", gstr2a.summary, name="gstr2a"),
    path("t/<gstin>/gstr2a/<period>/<slug:table>/", gstr2a.table, name="gstr2a_table"),
]
