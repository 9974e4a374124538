"""Taxpayers of the person, the desk in numbers, the journal of a GSTIN, and the rules."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from ims_portal.kernel.money import rupee_text
from invoices.api.common.base import ApiView, TaxpayerView, nothing, one_of
from invoices.api.common.fields import Amount, also, day, moment, period
from invoices.journal import history
from invoices.models import Membership
from invoices.models.choices import SECTIONS
from invoices.people.access import AUDIT, access_to, taxpayers_of
from invoices.queries import desk as query
from invoices.queries.calendar import calendar
from invoices.rules.ruling import CLAUSES
from invoices.rules.situation import Action

JOURNAL_ROWS = 50
STATUSES = [action.value for action in Action]


class TaxpayerOut(serializers.Serializer):
    gstin = serializers.CharField()
    legal_name = serializers.CharField(allow_blank=True)
    trade_name = serializers.CharField(allow_blank=True)
    registration_type = serializers.CharField()
    frequency = serializers.ChoiceField(["M", "Q"])
    open_period = serializers.CharField(help_text="Earliest period without GSTR-3B")
    working_copy = serializers.BooleanField(help_text="Its desk is kept elsewhere; files may be taken over")
    roles = serializers.ListField(child=serializers.CharField())


class TaxpayerList(serializers.Serializer):
    items = TaxpayerOut(many=True)


def _taxpayer(taxpayer: Any, roles: list[str]) -> dict[str, Any]:
    return {
        "gstin": taxpayer.gstin,
        "legal_name": taxpayer.legal_name,
        "trade_name": taxpayer.trade_name,
        "registration_type": taxpayer.registration_type,
        "frequency": taxpayer.frequency,
        "open_period": period(taxpayer.open_period),
        "working_copy": taxpayer.working_copy,
        "roles": roles,
    }


class Taxpayers(ApiView):
    @extend_schema(operation_id="taxpayers_list", responses={200: TaxpayerList, **also()}, tags=["Taxpayers"])
    def get(self, request: Request) -> Response:
        """The GSTINs the person works for, with the roles held there."""
        roles: dict[int, list[str]] = {}
        for taxpayer_id, role in Membership.objects.filter(user_id=request.user.pk).values_list(
            "taxpayer_id", "role"
        ):
            roles.setdefault(taxpayer_id, []).append(role)
        found = [_taxpayer(t, sorted(roles.get(t.pk, []))) for t in taxpayers_of(request.user)]
        return Response({"items": found})


class SectionOut(serializers.Serializer):
    section = serializers.CharField()
    label = serializers.CharField()
    tab = serializers.CharField()
    total = serializers.IntegerField()
    tax = Amount()
    by_status = serializers.DictField(child=serializers.DictField())


class DraftOut(serializers.Serializer):
    state = serializers.ChoiceField(["ahead", "due", "current", "stale"])
    version = serializers.IntegerField()
    changes = serializers.IntegerField()
    drafted_at = serializers.DateTimeField(allow_null=True)
    comes_on = serializers.DateField()
    may_compute = serializers.BooleanField()


class DeskOut(serializers.Serializer):
    taxpayer = TaxpayerOut()
    portal_time = serializers.DateTimeField()
    in_ims = serializers.IntegerField()
    sections = SectionOut(many=True)
    draft = DraftOut()


class Desk(TaxpayerView):
    @extend_schema(operation_id="desk_summary", responses={200: DeskOut, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str) -> Response:
        """Records by section and status with their signed tax, and how GSTR-2B stands."""
        summary = query.summary(self.taxpayer, self.view_now())
        state = query.draft_state(self.taxpayer, clock.today(), calendar())
        labels = {key: tab for key, _label, tab in SECTIONS}
        sections = [
            {
                "section": row.key,
                "label": str(row.label),
                "tab": labels[row.key],
                "total": row.total.count,
                "tax": rupee_text(row.total.tax),
                "by_status": {
                    status: {
                        "count": row.by_status[status].count,
                        "tax": rupee_text(row.by_status[status].tax),
                    }
                    for status in STATUSES
                },
            }
            for tab in ("itc", "isd", "imports")
            for row in summary.tabs[tab]
        ]
        roles = sorted(role.value for role in self.access.roles)
        return Response(
            {
                "taxpayer": _taxpayer(self.taxpayer, roles),
                "portal_time": moment(clock.now()),
                "in_ims": summary.in_ims,
                "sections": sections,
                "draft": {
                    "state": state.state.value,
                    "version": state.version,
                    "changes": state.changes,
                    "drafted_at": moment(state.drafted_at),
                    "comes_on": day(state.comes_on),
                    "may_compute": state.may_compute,
                },
            }
        )


class EntryOut(serializers.Serializer):
    id = serializers.IntegerField()
    event = serializers.CharField()
    who = serializers.CharField()
    source = serializers.CharField()
    portal_time = serializers.DateTimeField()
    real_time = serializers.DateTimeField()
    period = serializers.CharField(allow_null=True)
    record_count = serializers.IntegerField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)


class JournalPage(serializers.Serializer):
    items = EntryOut(many=True)
    next = serializers.CharField(allow_null=True)


class Journal(TaxpayerView):
    roles = {"GET": AUDIT}

    @extend_schema(
        operation_id="journal_list",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.STR, description="`next` of the page before"),
            OpenApiParameter("event", OpenApiTypes.STR, description="Only this kind of event"),
        ],
        responses={200: JournalPage, **also()},
        tags=["Journal"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """Who did what, when; newest first. For auditors and signatories."""
        event = request.query_params.get("event", "")[:40].replace("\x00", "")
        entries = history.journal_of(self.taxpayer, event)
        page = history.audit_page(entries, request.query_params.get("after", ""), JOURNAL_ROWS)
        return Response({"items": [_entry(e) for e in page.entries], "next": page.next})


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "event": entry.event,
        "who": history.who_did(entry),
        "source": entry.source,
        "portal_time": moment(entry.portal_time),
        "real_time": moment(entry.real_time),
        "period": period(entry.period),
        "record_count": entry.record_count,
        "before": entry.before,
        "after": entry.after,
    }


class RuleOut(serializers.Serializer):
    rule = serializers.CharField()
    name = serializers.CharField()
    sentence = serializers.CharField()
    since = serializers.CharField()
    source = serializers.CharField()


class RuleList(serializers.Serializer):
    items = RuleOut(many=True)


class Rules(ApiView):
    @extend_schema(
        operation_id="rules_list",
        parameters=[OpenApiParameter("rule", OpenApiTypes.STR, description="Only this number, as R-053")],
        responses={200: RuleList, **also()},
        tags=["Rules"],
    )
    def get(self, request: Request) -> Response:
        """The clauses of the rulebook: number, sentence, since when, source."""
        wanted = one_of(request.query_params, "rule", sorted({c.code for c in CLAUSES.values()}))
        found = [c for c in CLAUSES.values() if not wanted or c.code == wanted]
        return Response(
            {
                "items": [
                    {
                        "rule": c.code,
                        "name": c.name,
                        "sentence": c.sentence,
                        "since": c.since,
                        "source": c.source,
                    }
                    for c in sorted(found, key=lambda c: (c.code, c.name))
                ]
            }
        )


class Taxpayer(ApiView):
    @extend_schema(operation_id="taxpayers_one", responses={200: TaxpayerOut, **also()}, tags=["Taxpayers"])
    def get(self, request: Request, gstin: str) -> Response:
        """One GSTIN."""
        access = access_to(request.user, gstin)
        return Response(_taxpayer(access.taxpayer, sorted(role.value for role in access.roles)))


class Missing(ApiView):
    """Whatever is not here answers as what is not there, in the API's own form."""

    permission_classes = []

    @extend_schema(exclude=True)
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise nothing()
