"""Addresses of the pages of the IMS desk."""

from django.urls import URLPattern, path

from invoices.web import audit, finding, public
from invoices.web.desk import act, batches, overview, record, triage, voided
from invoices.web.help import compare_rulebooks, rules
from invoices.web.people import preferences, security, session, sign_in, tokens, webhooks
from invoices.web.record_list import choices, page, pasted_filter, saved_views
from invoices.web.register import urls as register

urlpatterns: list[URLPattern] = [
    path("", public.landing, name="landing"),
    path("t/<str:gstin>/ims/", overview.ims, name="ims"),
    path("t/<str:gstin>/ims/inward/", overview.inward, name="inward"),
    path("t/<str:gstin>/ims/inward/<slug:section>/", page.records, name="records"),
    path("t/<str:gstin>/ims/records/<int:record_id>/", record.record, name="record"),
    path("t/<str:gstin>/ims/records/<int:record_id>/action/", act.record_action, name="record_action"),
    path("t/<str:gstin>/ims/act/", act.row_action, name="row_action"),
    path("t/<str:gstin>/ims/batches/", batches.start, name="bulk"),
    path("t/<str:gstin>/ims/batches/<int:batch_id>/", batches.show, name="batch"),
    path("t/<str:gstin>/ims/batches/<int:batch_id>/run/", batches.run, name="batch_run"),
    path("t/<str:gstin>/ims/batches/<int:batch_id>/stop/", batches.stop, name="batch_stop"),
    path("t/<str:gstin>/ims/batches/<int:batch_id>/undo/", batches.take_back, name="batch_undo"),
    path("t/<str:gstin>/ims/batches/<int:batch_id>/reasons/", batches.reasons, name="batch_reasons"),
    path("t/<str:gstin>/ims/undo/", act.take_back, name="undo"),
    path("t/<str:gstin>/ims/choices/", choices.stage, name="stage"),
    path("t/<str:gstin>/ims/views/", saved_views.views, name="views"),
    path("t/<str:gstin>/ims/lists/", pasted_filter.paste, name="paste"),
    path("t/<str:gstin>/ims/lists/<slug:digest>/", pasted_filter.unmatched, name="unmatched"),
    path("t/<str:gstin>/ims/voided/", voided.voided, name="voided"),
    *register.urlpatterns,
    path("t/<str:gstin>/ims/triage/<slug:section>/", triage.triage, name="triage"),
    *register.urlpatterns,
    path("find/", finding.find_taxpayer, name="find_taxpayer"),
    path("t/<str:gstin>/find/", finding.find, name="find"),
    path("me/preferences/", preferences.preferences, name="preferences"),
    path("me/columns/", preferences.choose_columns, name="columns"),
    path("me/shortcuts/", preferences.shortcuts, name="shortcuts"),
    path("t/<str:gstin>/audit/", audit.audit, name="audit"),
    path("t/<str:gstin>/audit/export/", audit.export, name="audit_export"),
    path("journal-key.pem", audit.public_key, name="journal_key"),
    path("t/<str:gstin>/webhooks/", webhooks.page, name="webhooks"),
    path("me/tokens/", tokens.token_page, name="tokens"),
    path("me/tokens/<int:token_id>/revoke/", tokens.revoke, name="token_revoke"),
    path("me/security/", security.security, name="security"),
    path("accounts/login/", sign_in.SignIn.as_view(), name="login"),
    path("accounts/second-factor/", sign_in.second_factor, name="second_factor"),
    path("accounts/confirm/", sign_in.confirm, name="confirm"),
    path("accounts/authenticator/", security.authenticator, name="authenticator"),
    path("accounts/password/", sign_in.ChangePassword.as_view(), name="password"),
    path("accounts/stay/", session.stay, name="stay"),
    path("help/", public.help_page, name="help"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("help/rules/", rules.rules, name="rules"),
    path("help/rules/compare/", compare_rulebooks.compare, name="rules_compare"),
    path("help/rules/<slug:code>/", rules.one_rule, name="rule"),
    *register.urlpatterns,
]
