"""How records look in the API's answers, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers

from invoices.api.common.fields import Amount, Heads


class RefusalOut(serializers.Serializer):
    action = serializers.ChoiceField(["A", "R", "P"])
    code = serializers.CharField()
    rule = serializers.CharField()
    sentence = serializers.CharField()
    instead = serializers.CharField(allow_blank=True)


class RecordOut(serializers.Serializer):
    """A record on the desk. `revision` and `version` say what was seen; send them back with an action."""

    id = serializers.IntegerField()
    section = serializers.CharField()
    kind = serializers.CharField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    supplier_gstin = serializers.CharField(allow_null=True)
    supplier_name = serializers.CharField(allow_null=True)
    form = serializers.CharField()
    tax_period = serializers.CharField()
    filing = serializers.ChoiceField(["S", "F"])
    filed_on = serializers.DateField(allow_null=True)
    saved_at = serializers.DateTimeField()
    place_of_supply = serializers.CharField(allow_blank=True)
    invoice_type = serializers.CharField()
    reverse_charge = serializers.BooleanField()
    value = Amount()
    taxable = Amount()
    igst = Amount()
    cgst = Amount()
    sgst = Amount()
    cess = Amount()
    effect = Amount(help_text="Signed change to ITC if accepted in full")
    claim_period = serializers.CharField()
    land_period = serializers.CharField(help_text="The GSTR-2B period it falls into as it stands")
    amends = serializers.IntegerField(allow_null=True)
    revision = serializers.IntegerField()
    version = serializers.IntegerField()
    action = serializers.ChoiceField(["N", "A", "R", "P"])
    answer = serializers.ChoiceField(["-", "F", "P", "N"])
    reduction = Heads(allow_null=True)
    remarks = serializers.CharField(allow_blank=True)
    acted_at = serializers.DateTimeField(allow_null=True)
    cleared_action = serializers.CharField(allow_blank=True)
    closed = serializers.BooleanField()
    allowed = serializers.ListField(child=serializers.ChoiceField(["A", "R", "P"]))
    may_reset = serializers.BooleanField()
    asks_reduction = serializers.BooleanField()
    refusals = RefusalOut(many=True)


class RecordPage(serializers.Serializer):
    items = RecordOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="`after` of the page that follows")


class StepOut(serializers.Serializer):
    rule = serializers.CharField()
    sentence = serializers.CharField()
    since = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)


class EventOut(serializers.Serializer):
    at = serializers.DateTimeField()
    who = serializers.CharField()
    event = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    remarks = serializers.CharField(allow_blank=True)


class VersionOut(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    form = serializers.CharField()
    tax_period = serializers.CharField()
    taxable = Amount()
    tax = Heads()
    action = serializers.CharField()
    filed_on = serializers.DateField(allow_null=True)
    closed = serializers.BooleanField()
    superseded = serializers.BooleanField()


class OneRecord(serializers.Serializer):
    """`record` is empty for a record that has left IMS; its versions are still told."""

    record = RecordOut(allow_null=True)
    facts = StepOut(many=True)
    clauses = StepOut(many=True)
    versions = VersionOut(many=True)


class HistoryPage(serializers.Serializer):
    items = EventOut(many=True)
