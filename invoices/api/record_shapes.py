"""The fields of a record in the API's answers. Each field names the database columns that the field needs. A
row with the columns of all fields becomes one record in the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ims_portal.kernel.money import TaxAmounts
from invoices.api.common.fields import Amount, Heads, Moment, Period
from invoices.api.common.paging import page_of
from invoices.rules import lapsing
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Filing, from_labels

OFFERED = (Action.ACCEPTED, Action.REJECTED, Action.PENDING)
LETTERS = [action.value for action in OFFERED]


class FirstFilled(serializers.CharField):
    """A text field that reads several columns. The answer shows the first column that is not empty."""

    def __init__(self, *sources: str, **named: Any) -> None:
        self.sources = sources
        super().__init__(**named)

    def to_representation(self, values: Any) -> str | None:
        return next(filter(None, values), None)


class ReportedOut(serializers.Serializer):
    """A document as the supplier reported it, with the recipient's decision."""

    id = serializers.IntegerField(source="pk")
    section = serializers.CharField()
    kind = serializers.CharField()
    number = serializers.CharField()
    document_date = serializers.DateField()
    supplier_gstin = serializers.CharField(source="supplier.gstin", allow_null=True)
    supplier_name = FirstFilled(
        "supplier.trade_name", "supplier.legal_name", "supplier.gstin", allow_null=True
    )
    form = serializers.CharField()
    tax_period = Period()
    filing = serializers.ChoiceField(
        ["S", "F", "L"], help_text="S saved, F filed, L saved in a form that can no longer be filed"
    )
    filed_on = serializers.DateField(allow_null=True)
    saved_at = Moment()
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
    claim_period = Period()
    land_period = Period(source="land", help_text="The GSTR-2B period of the record in its present state")
    amends = serializers.IntegerField(source="amends_id", allow_null=True)
    revision = serializers.IntegerField()
    version = serializers.IntegerField(source="decision.version")
    action = serializers.ChoiceField(["N", "A", "R", "P"], source="decision.action")
    answer = serializers.ChoiceField(["-", "F", "P", "N"], source="decision.answer")
    reduction = Heads(source="decision", prefix="reduction_", allow_null=True)
    remarks = serializers.CharField(source="decision.remarks", allow_blank=True)
    acted_at = Moment(source="decision.acted_at", allow_null=True)
    cleared_action = serializers.CharField(source="decision.cleared_action", allow_blank=True)
    closed = serializers.BooleanField()


class RefusalOut(serializers.Serializer):
    action = serializers.ChoiceField(LETTERS)
    code = serializers.CharField(source="refusal.code")
    rule = serializers.CharField(source="refusal.clause.code")
    sentence = serializers.CharField(source="refusal.short")
    instead = serializers.CharField(source="refusal.instead", allow_blank=True)


class RulingOut(serializers.Serializer):
    """The ruling on a record: the available actions, and the reasons why the other actions are refused."""

    allowed = serializers.SerializerMethodField()
    may_reset = serializers.BooleanField(source="can_reset")
    asks_reduction = serializers.BooleanField()
    refusals = serializers.SerializerMethodField()
    filing_note = serializers.SerializerMethodField(
        help_text="Says that the document can no longer be filed; empty for other documents"
    )

    def get_filing_note(self, ruling: Ruling) -> str:
        return lapsing.ANY_FORM if ruling.situation.filing is Filing.LAPSED else ""

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(LETTERS)))
    def get_allowed(self, ruling: Ruling) -> list[str]:
        return [action.value for action in OFFERED if action in ruling.allowed]

    @extend_schema_field(RefusalOut(many=True))
    def get_refusals(self, ruling: Ruling) -> list[dict[str, Any]]:
        refused = [(action, ruling.refusals.get(action)) for action in OFFERED]
        told = [{"action": action, "refusal": refusal} for action, refusal in refused if refusal is not None]
        return RefusalOut(told, many=True).data


class RecordOut(ReportedOut, RulingOut):
    """A record on the desk. Send its `revision` and `version` with an action. The portal then refuses the
    action if the record has changed."""

    def to_representation(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Return the answer for one row. `values` are in the order of `COLUMNS`. The fields' own
        `get_attribute` is not called, because a page of fifty rows is faster without it."""
        row = dict(zip(NAMES, values))  # noqa: B905  the columns after those of the names are read below
        for name, read, convert in CONVERTED:
            value = read(values)
            if value is not None:
                row[name] = convert(value)
        row.update(ruling_of(read_situation(values)))
        return row


RecordPage = page_of("RecordPage", RecordOut)


# the columns, and the conversion of their values for the answer

# For fields of these types, the answer has the value from the database, without conversion.
AS_STORED = (
    serializers.CharField,
    serializers.IntegerField,
    serializers.BooleanField,
    serializers.ChoiceField,
)
# the columns from which `ruling_of` finds the ruling on a record
SITUATION = ("label", "decision__label", "closed", "time_barred", "limit_reached", "past_cutoff")


def _reads(field: serializers.Field) -> list[str]:
    """Return the columns that a field needs."""
    sources = [field.source]
    if isinstance(field, FirstFilled):
        sources = list(field.sources)
    elif isinstance(field, Heads):
        sources = [f"{field.source}.{inner.source}" for inner in field.fields.values()]
    return [source.replace(".", "__") for source in sources]


def _convert(field: serializers.Field) -> Callable[[Any], Any]:
    """Return the function that turns the values of a field's columns into the value in the answer."""
    if isinstance(field, Heads):
        heads = Heads()
        return lambda values: None if None in values else heads.to_representation(TaxAmounts(*values))
    return field.to_representation


FIELDS = ReportedOut().fields
READ = {name: _reads(field) for name, field in FIELDS.items()}
NAMES = tuple(FIELDS)
# The columns to read. The list begins with the first column of each field, in the order of the fields. The
# other columns of the fields and the columns `SITUATION` follow.
COLUMNS = tuple(
    dict.fromkeys([*(columns[0] for columns in READ.values()), *chain(*READ.values()), *SITUATION])
)


def _reader(columns: Iterable[str]) -> Callable[[tuple[Any, ...]], Any]:
    return itemgetter(*(COLUMNS.index(column) for column in columns))


CONVERTED = [
    (name, _reader(READ[name]), _convert(field))
    for name, field in FIELDS.items()
    if type(field) not in AS_STORED
]
read_situation = _reader(SITUATION)


@lru_cache(maxsize=4096)
def ruling_of(situation: tuple[str, str, bool, bool, bool, bool]) -> dict[str, Any]:
    """Return the ruling on a record, as the fields of `RulingOut`. `situation` has the values of the columns
    `SITUATION`. The results are cached, because the records of a large desk have only a few dozen different
    situations."""
    label, decision, closed, barred, limit, past_cutoff = situation
    ruling = rule(
        from_labels(
            label,
            decision,
            closed=closed,
            time_barred=barred,
            pending_limit_reached=limit,
            past_cutoff=past_cutoff,
        )
    )
    return RulingOut(ruling).data


class StepOut(serializers.Serializer):
    rule = serializers.CharField()
    sentence = serializers.CharField()
    since = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)


class EventOut(serializers.Serializer):
    at = Moment(source="portal_time")
    who = serializers.CharField()
    event = serializers.CharField(source="what")
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    remarks = serializers.CharField(allow_blank=True)


class VersionOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    document_date = serializers.DateField()
    form = serializers.CharField()
    tax_period = Period()
    taxable = Amount()
    tax = Heads()
    action = serializers.CharField()
    filed_on = serializers.DateField(allow_null=True)
    closed = serializers.BooleanField()
    superseded = serializers.BooleanField()


class OneRecord(serializers.Serializer):
    """The answer about one record. If the record has left IMS, `record` is null. `versions` always lists all
    versions of the record's document."""

    record = RecordOut(allow_null=True)
    facts = StepOut(many=True)
    clauses = StepOut(many=True)
    versions = VersionOut(many=True)


class HistoryPage(serializers.Serializer):
    items = EventOut(many=True)
