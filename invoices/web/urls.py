"""Pages of the IMS desk."""

from django.urls import URLPattern, path

from invoices.web import acting, audit, bulk, compare, inward, overview, public, record, rules, tokens

urlpatterns: list[URLPattern] = [
    path("", public.landing, name="landing"),
    path("t/", public.choose, name="choose"),
    path("t/<str:gstin>/ims/", overview.ims, name="ims"),
    path("t/<str:gstin>/ims/inward/", overview.inward, name="inward"),
    path("t/<str:gstin>/ims/inward/<slug:section>/", inward.records, name="records"),
    path("t/<str:gstin>/ims/records/<int:record_id>/", record.record, name="record"),
    path("t/<str:gstin>/ims/records/<int:record_id>/action/", acting.record_action, name="record_action"),
    path("t/<str:gstin>/ims/batches/", bulk.bulk, name="bulk"),
    path("t/<str:gstin>/audit/", audit.audit, name="audit"),
    path("me/tokens/", tokens.token_page, name="tokens"),
    path("me/tokens/<int:token_id>/revoke/", tokens.revoke, name="token_revoke"),
    path("help/", public.help_page, name="help"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("help/rules/", rules.rules, name="rules"),
    path("help/rules/compare/", compare.compare, name="rules_compare"),
    path("help/rules/<slug:code>/", rules.one_rule, name="rule"),
]
