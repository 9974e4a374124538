"""API: the person's taxpayers, the desk in numbers, the journal of a GSTIN, and the rules."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel import clock
from invoices.api.common.base import ApiView, TaxpayerView, nothing, one_of
from invoices.api.common.fields import Amount, Moment, Period, also
from invoices.api.common.paging import ROWS, Page, page_of
from invoices.journal import history
from invoices.models import JournalEntry, Membership, Role
from invoices.models.choices import SECTIONS
from invoices.people.access import AUDIT, Access, access_to, taxpayers_of
from invoices.queries import desk as query
from invoices.queries.calendar import calendar
from invoices.rules.ruling import CLAUSES

TABS = {key: tab for key, _label, tab in SECTIONS}


# serializes a person's `Access` to a GSTIN
class TaxpayerOut(serializers.Serializer):
    gstin = serializers.CharField(source="taxpayer.gstin")
    legal_name = serializers.CharField(source="taxpayer.legal_name", allow_blank=True)
    trade_name = serializers.CharField(source="taxpayer.trade_name", allow_blank=True)
    registration_type = serializers.CharField(source="taxpayer.registration_type")
    frequency = serializers.ChoiceField(["M", "Q"], source="taxpayer.frequency")
    open_period = Period(source="taxpayer.open_period", help_text="Earliest period without GSTR-3B")
    working_copy = serializers.BooleanField(
        source="taxpayer.working_copy",
        help_text="True for a working copy: the taxpayer works at another portal, and records of that "
        "portal's files can be copied into this portal",
    )
    roles = serializers.SerializerMethodField()

    def get_roles(self, access: Access) -> list[str]:
        return sorted(role.value for role in access.roles)


class TaxpayerList(serializers.Serializer):
    items = TaxpayerOut(many=True)


class Taxpayers(ApiView):
    @extend_schema(operation_id="taxpayers_list", responses={200: TaxpayerList, **also()}, tags=["Taxpayers"])
    def get(self, request: Request) -> Response:
        """List the GSTINs that the person works for, with the person's roles there."""
        roles: dict[int, set[Role]] = defaultdict(set)
        held = Membership.objects.filter(user_id=request.user.pk).values_list("taxpayer_id", "role")
        for taxpayer_id, role in held:
            roles[taxpayer_id].add(Role(role))
        found = [
            Access(request.user, taxpayer, frozenset(roles[taxpayer.pk]))
            for taxpayer in taxpayers_of(request.user)
        ]
        return Response(TaxpayerList({"items": found}).data)


class SumOut(serializers.Serializer):
    count = serializers.IntegerField()
    tax = Amount()


class SectionOut(serializers.Serializer):
    section = serializers.CharField(source="key")
    label = serializers.CharField()
    tab = serializers.SerializerMethodField()
    total = serializers.IntegerField(source="total.count")
    tax = Amount(source="total.tax")
    by_status = serializers.DictField(child=SumOut())

    def get_tab(self, row: query.SectionRow) -> str:
        return TABS[row.key]


class DraftOut(serializers.Serializer):
    state = serializers.ChoiceField([state.value for state in query.Draft])
    version = serializers.IntegerField()
    changes = serializers.IntegerField()
    drafted_at = Moment(allow_null=True)
    comes_on = serializers.DateField()
    may_compute = serializers.BooleanField()


class DeskOut(serializers.Serializer):
    taxpayer = TaxpayerOut()
    portal_time = Moment()
    in_ims = serializers.IntegerField(source="summary.in_ims")
    sections = SectionOut(many=True)
    draft = DraftOut()


class Desk(TaxpayerView):
    @extend_schema(operation_id="desk_summary", responses={200: DeskOut, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str) -> Response:
        """Show the number and the signed tax of records by section and action, and the state of the GSTR-2B
        draft."""
        summary = query.summary(self.taxpayer, self.view_now())
        desk = {
            "taxpayer": self.access,
            "portal_time": clock.now(),
            "summary": summary,
            "sections": [row for tab in ("itc", "isd", "imports") for row in summary.tabs[tab]],
            "draft": query.draft_state(self.taxpayer, clock.today(), calendar()),
        }
        return Response(DeskOut(desk).data)


class EntryOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    event = serializers.CharField()
    who = serializers.SerializerMethodField()
    source = serializers.CharField()
    portal_time = Moment()
    real_time = Moment()
    period = Period(allow_null=True)
    record_count = serializers.IntegerField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)

    def get_who(self, entry: JournalEntry) -> str:
        return history.who_did(entry)


JournalPage = page_of("JournalPage", EntryOut)


class Journal(TaxpayerView):
    roles = {"GET": AUDIT}

    @extend_schema(
        operation_id="journal_list",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.STR, description="Value of `next` from the previous page"),
            OpenApiParameter("event", OpenApiTypes.STR, description="Only this kind of event"),
        ],
        responses={200: JournalPage, **also()},
        tags=["Journal"],
    )
    def get(self, request: Request, gstin: str) -> Response:
        """List journal entries, newest first: who did what, and when. Needs the role auditor or signatory."""
        event = request.query_params.get("event", "")[:40].replace("\x00", "")
        entries = history.journal_of(self.taxpayer, event)
        found = history.audit_page(entries, request.query_params.get("after", ""), ROWS)
        return Response(JournalPage(Page(found.entries, found.next)).data)


class RuleOut(serializers.Serializer):
    rule = serializers.CharField(source="code")
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
        """List the clauses of the rulebooks: number, sentence, first period and source."""
        wanted = one_of(request.query_params, "rule", sorted({c.code for c in CLAUSES.values()}))
        found = [c for c in CLAUSES.values() if not wanted or c.code == wanted]
        return Response(RuleList({"items": sorted(found, key=lambda c: (c.code, c.name))}).data)


class Taxpayer(ApiView):
    @extend_schema(operation_id="taxpayers_one", responses={200: TaxpayerOut, **also()}, tags=["Taxpayers"])
    def get(self, request: Request, gstin: str) -> Response:
        """Show one GSTIN, with the person's roles there."""
        return Response(TaxpayerOut(access_to(request.user, gstin)).data)


class Missing(ApiView):
    """An address that the API does not have. The answer is the error "not found", with the JSON fields of
    every API error."""

    permission_classes = []

    @extend_schema(exclude=True)
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise nothing()
