"""API: a person's saved views and preferences, and the list of decisions that were reset."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api import record_rows
from invoices.api.common.base import ApiView, TaxpayerView, checked, nothing
from invoices.api.common.fields import KEY, WRITE, Moment, StrictFlag, StrictText, StrictWhole, also
from invoices.api.common.letters import ActionLetter
from invoices.api.common.once import once
from invoices.api.record_shapes import RecordOut
from invoices.api.records import FILTERS, SECTIONS, filters_of
from invoices.desk import saved_views
from invoices.journal import voided
from invoices.models import Preference, SavedView
from invoices.people.access import READ
from invoices.people.tokens import Scope
from invoices.queries.record_list.paging import ROWS
from invoices.queries.record_list.records import SORTS

FILTER_NAMES = [parameter.name for parameter in FILTERS if parameter.name != "section"]


# saved views


class ViewIn(serializers.Serializer):
    """`filter` has parameters of the record list, by name. `sort` has a value of the record list's parameter
    `sort`."""

    name = StrictText(max_length=saved_views.LONGEST_NAME)
    section = serializers.ChoiceField(list(SECTIONS), required=False, default="all")
    filter = serializers.DictField(child=StrictText(max_length=200), required=False, default=dict)
    sort = serializers.ChoiceField([*SORTS, *(f"-{key}" for key in SORTS)], required=False)
    shared = StrictFlag(required=False, default=False)

    def validate_filter(self, given: Any) -> Any:
        unknown = [name for name in given if name not in FILTER_NAMES]
        if unknown:
            raise serializers.ValidationError(f"There is no filter {unknown[0][:30]!r}.")
        return given


# serializes a `SavedView`; the context has the `user` who asks
class ViewOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    section = serializers.CharField()
    filter = serializers.SerializerMethodField()
    columns = serializers.ListField(child=serializers.CharField())
    shared = serializers.BooleanField()
    mine = serializers.SerializerMethodField()
    created_at = Moment()

    def get_filter(self, view: SavedView) -> dict[str, str]:
        return dict(parse_qsl(view.query))

    def get_mine(self, view: SavedView) -> bool:
        return view.owner_id == self.context["user"].pk


class ViewList(serializers.Serializer):
    items = ViewOut(many=True)


class Views(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": READ}

    @extend_schema(operation_id="views_list", responses={200: ViewList, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str) -> Response:
        """List the person's own saved views and the shared views."""
        found = saved_views.of(self.taxpayer, request.user)[:200]
        return Response(ViewList({"items": found}, context={"user": request.user}).data)

    @extend_schema(
        operation_id="views_save",
        parameters=[KEY],
        request=ViewIn,
        responses={201: ViewOut, **also(*WRITE)},
        tags=["IMS"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Save a list under a name. The view is shared only if the request asks for this and the person's
        role may act. Otherwise the view is private."""
        body = checked(ViewIn, request)
        filters_of(body["filter"] | {"section": body["section"]})
        view = saved_views.save(
            self.taxpayer,
            request.user,
            body["name"],
            body["section"],
            body["filter"] | {"sort": body.get("sort", "")},
            columns=[],
            shared=body["shared"] and self.access.can_act,
        )
        return Response(ViewOut(view, context={"user": request.user}).data, status=201)


class OneView(TaxpayerView):
    scopes = {"DELETE": Scope.ACT}
    roles = {"DELETE": READ}

    @extend_schema(operation_id="views_remove", request=None, responses={204: None, **also()}, tags=["IMS"])
    def delete(self, request: Request, gstin: str, view_id: int) -> Response:
        """Delete one of the person's own views."""
        if view_id >= 2**63 or not saved_views.remove(self.taxpayer, request.user, view_id):
            raise nothing()
        return Response(status=204)


# decisions that were reset


class FieldOut(serializers.Serializer):
    field = serializers.CharField(source="label")
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class VoidedOut(serializers.Serializer):
    record = RecordOut(source="row")
    before = ActionLetter(
        source="voided.record.decision.cleared_action", help_text="Your action before it was cleared"
    )
    cleared_at = Moment(source="voided.record.decision.cleared_at", allow_null=True)
    changes = FieldOut(source="voided.changes", many=True)


class VoidedList(serializers.Serializer):
    items = VoidedOut(many=True)
    more = serializers.BooleanField()


class Voided(TaxpayerView):
    @extend_schema(operation_id="voided_list", responses={200: VoidedList, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str) -> Response:
        """List the decisions that were reset by a supplier's edit or by the law, latest first. Each item has
        the earlier decision and the changes of the document."""
        found = voided.latest(self.taxpayer, self.view_now())
        rows = record_rows.many([one.record.pk for one in found.shown], self.taxpayer.pk, self.view_now())
        items = [{"row": rows[one.record.pk], "voided": one} for one in found.shown]
        return Response(VoidedList({"items": items, "more": found.more}).data)


# preferences


class PreferenceIn(serializers.Serializer):
    """The preferences to change. A preference that is missing here is not changed."""

    mode = serializers.ChoiceField(Preference.Mode.values, required=False)
    density = serializers.ChoiceField(Preference.Density.values, required=False, allow_blank=True)
    rows = StrictWhole(required=False)
    heads = StrictFlag(required=False)
    shortcuts = StrictFlag(required=False)
    stay = StrictFlag(required=False)
    ask_remarks = StrictFlag(required=False)
    need_remarks = StrictFlag(required=False)

    def validate_rows(self, given: int) -> int:
        if given not in ROWS:
            raise serializers.ValidationError(f"rows must be one of {', '.join(map(str, ROWS))}.")
        return given


class PreferenceOut(serializers.Serializer):
    mode = serializers.CharField()
    density = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField()
    heads = serializers.BooleanField()
    shortcuts = serializers.BooleanField()
    stay = serializers.BooleanField()
    ask_remarks = serializers.BooleanField()
    need_remarks = serializers.BooleanField()


class Preferences(ApiView):
    scopes = {"POST": Scope.ACT}

    @extend_schema(operation_id="preferences", responses={200: PreferenceOut, **also()}, tags=["Me"])
    def get(self, request: Request) -> Response:
        """Show the person's preferences for the screens."""
        return Response(PreferenceOut(_preference(request)).data)

    @extend_schema(
        operation_id="preferences_change",
        parameters=[KEY],
        request=PreferenceIn,
        responses={200: PreferenceOut, **also(*WRITE)},
        tags=["Me"],
    )
    @once
    def post(self, request: Request) -> Response:
        """Change some of the person's preferences."""
        Preference.objects.update_or_create(user_id=request.user.pk, defaults=checked(PreferenceIn, request))
        return Response(PreferenceOut(_preference(request)).data)


def _preference(request: Request) -> Preference:
    return Preference.objects.filter(user_id=request.user.pk).first() or Preference()
