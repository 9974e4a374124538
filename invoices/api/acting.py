"""API: act on one record, and undo actions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.api import record_rows
from invoices.api.common.base import TaxpayerView, checked
from invoices.api.common.fields import KEY, WRITE, AmountIn, StrictText, StrictWhole, also
from invoices.api.common.letters import ActionLetter, AnswerLetter
from invoices.api.common.once import once
from invoices.api.record_shapes import RecordOut
from invoices.api.records import find
from invoices.desk import actions, undo
from invoices.desk.actions import Asked, Seen
from invoices.people.access import ACT
from invoices.people.tokens import Scope
from invoices.rules.reduction import REMARKS_LIMIT, Declaration
from invoices.rules.situation import Action, Answer


class ReductionIn(serializers.Serializer):
    """The answer to “Does ITC need to be reduced?”. The answer P (in part) needs at least one amount. Other
    answers have no amounts."""

    answer = AnswerLetter()
    igst = AmountIn(required=False)
    cgst = AmountIn(required=False)
    sgst = AmountIn(required=False)
    cess = AmountIn(required=False)

    def validate(self, attrs: Any) -> Any:
        amounts = [head for head in HEADS if head in attrs]
        in_part = attrs["answer"] == Answer.PART.value
        if in_part and not amounts:
            raise serializers.ValidationError(
                "The answer P (in part) needs at least one amount by which ITC is reduced."
            )
        if amounts and not in_part:
            raise serializers.ValidationError(
                "Only the answer P (in part) takes amounts. Remove the amounts, or answer P."
            )
        return attrs


class ActionIn(serializers.Serializer):
    """`revision` and `version` are the values of the record as you saw it. If the record has changed after
    you saw it, the portal refuses the action."""

    action = ActionLetter()
    revision = StrictWhole(min_value=0, max_value=2**31 - 1)
    version = StrictWhole(min_value=0, max_value=2**31 - 1)
    remarks = StrictText(max_length=REMARKS_LIMIT, required=False, allow_blank=True, default="")
    reduction = ReductionIn(required=False)


class ActionOut(serializers.Serializer):
    record = RecordOut()
    entry = serializers.IntegerField(source="taken.entry_id", allow_null=True, help_text="Journal entry")
    made_stale = serializers.BooleanField(
        source="taken.made_stale", help_text="True if the action made the GSTR-2B out of date"
    )


def asked_of(body: Any) -> Asked:
    """Return the action that the request's body asks for."""
    answer = body.get("reduction")
    declaration = None
    if answer is not None:
        amounts = TaxAmounts(*(answer.get(head, 0) for head in HEADS))
        said = Answer(answer["answer"])
        declaration = Declaration(said is not Answer.NO, amounts if said is Answer.PART else None)
    return Asked(Action(body["action"]), body.get("remarks", ""), declaration)


class RecordAction(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(
        operation_id="records_act",
        parameters=[KEY],
        request=ActionIn,
        responses={200: ActionOut, **also(*WRITE)},
        tags=["IMS"],
    )
    @once
    def post(self, request: Request, gstin: str, record_id: int) -> Response:
        """Accept, reject, keep pending or reset one record. The answer is 409 if the record has changed after
        you saw it."""
        body = checked(ActionIn, request)
        find(self.taxpayer, record_id)
        seen = Seen(body["revision"], body["version"])
        try:
            taken = actions.take_one(self.taxpayer, record_id, asked_of(body), by=self.by, seen=seen)
        except Conflict as conflict:
            present = self.present(record_id)
            told = RecordOut(present).data if present else None
            raise Conflict(conflict.code, conflict.message, details={"record": told}) from None
        return Response(ActionOut({"record": self.present(record_id), "taken": taken}).data)

    def present(self, record_id: int) -> tuple[Any, ...] | None:
        return record_rows.one(record_id, self.taxpayer.pk, self.view_now())


class UndoIn(serializers.Serializer):
    """`entries` has the ids of the journal entries of the actions to undo. The portal's answer to an action
    contains the id of the action's journal entry."""

    entries = serializers.ListField(
        child=StrictWhole(min_value=1, max_value=2**63 - 1), allow_empty=False, max_length=50
    )


class UndoOut(serializers.Serializer):
    restored = serializers.IntegerField()
    left_alone = serializers.IntegerField(
        help_text="Records that were changed later, have left IMS, or may not be changed by law"
    )
    entry = serializers.IntegerField(source="entry_id", allow_null=True)
    made_stale = serializers.BooleanField()


class StackOut(serializers.Serializer):
    undo = serializers.ListField(child=serializers.IntegerField(), help_text="Journal entries, oldest first")
    redo = serializers.ListField(child=serializers.IntegerField())


class Undo(TaxpayerView):
    scopes = {"POST": Scope.ACT}
    roles = {"POST": ACT}

    @extend_schema(operation_id="actions_stack", responses={200: StackOut, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str) -> Response:
        """List the actions that the person can undo (`undo`), and the undos that the person can redo
        (`redo`). Only actions that came through the API are listed. To undo or redo an action, POST the
        action's journal entry to this address."""
        return Response(StackOut(undo.stack(self.taxpayer, request.user.pk, sources=("api",))).data)

    @extend_schema(
        operation_id="actions_undo",
        parameters=[KEY],
        request=UndoIn,
        responses={200: UndoOut, **also(*WRITE)},
        tags=["IMS"],
    )
    @once
    def post(self, request: Request, gstin: str) -> Response:
        """Undo actions. A record that nobody has changed after the action gets the earlier decision back."""
        body = checked(UndoIn, request)
        undone = undo.undo(self.taxpayer, sorted(set(body["entries"])), by=self.by)
        return Response(UndoOut(undone).data)
