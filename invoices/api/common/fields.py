"""Fields of the API. Rupees are text with two decimals, periods are MMYYYY, times are Indian time (IST)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, BadAmount, paise, rupee_text
from ims_portal.kernel.periods import BadPeriod, TaxPeriod

AMOUNT = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "example": "11800.00"}
PERIOD = {"type": "string", "pattern": "^(0[1-9]|1[0-2])20[0-9]{2}$", "example": "102024"}


@extend_schema_field(AMOUNT)
class Amount(serializers.Field):
    """An amount in an answer: paise are shown as rupees. `AmountIn` is the field for requests."""

    to_representation = staticmethod(rupee_text)


@extend_schema_field(PERIOD)
class Period(serializers.Field):
    """A period in an answer: 202410, or a `TaxPeriod`, is shown as 102024. Zero means no period and is shown
    as null."""

    def to_representation(self, value: int | TaxPeriod) -> str | None:
        number = value.number if isinstance(value, TaxPeriod) else value
        return f"{number % 100:02d}{number // 100}" if number else None


class Moment(serializers.DateTimeField):
    """A time in an answer: Indian time with its offset."""

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(clock.IST).isoformat()


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^[0-9]{1,13}(\.[0-9]{1,2})?$"},
            {"type": "number", "minimum": 0, "maximum": 9999999999999, "multipleOf": 0.01},
        ],
        "example": "1800.00",
    }
)
class AmountIn(serializers.Field):
    """An amount in a request: rupees as text or number, not negative, with at most two decimals. The field
    converts the amount to paise."""

    def to_internal_value(self, data: Any) -> int:
        try:
            found = paise(data if isinstance(data, (str, int)) or not hasattr(data, "text") else str(data))
        except BadAmount as bad:
            raise serializers.ValidationError(str(bad)) from None
        if found < 0:
            raise serializers.ValidationError(
                "An amount must not be negative. The kind of the document decides its sign."
            )
        return found

    def to_representation(self, value: Any) -> str:
        return rupee_text(value)


@extend_schema_field(PERIOD)
class PeriodIn(serializers.Field):
    """A period in a request, as MMYYYY. The field converts the period to a `TaxPeriod`."""

    def to_internal_value(self, data: Any) -> TaxPeriod:
        try:
            return TaxPeriod.from_wire(data if isinstance(data, str) else "")
        except BadPeriod:
            raise serializers.ValidationError("Write the period as MMYYYY, for example 102024.") from None


class StrictText(serializers.CharField):
    """A text. This field refuses a number, which DRF would convert to text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("This field must be text. Put the value in quotation marks.")
        if "\x00" in data:
            raise serializers.ValidationError(
                "The text contains a character that cannot be stored. Remove the character."
            )
        return super().to_internal_value(data)


class StrictWhole(serializers.IntegerField):
    """A whole number. This field refuses a text, and it refuses the values true and false."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError("This field must be a whole number.")
        return super().to_internal_value(data)


class StrictFlag(serializers.BooleanField):
    """The value true or the value false. This field refuses a text such as "true"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("This field must be true or false.")
        return data


class Heads(serializers.Serializer):
    """Tax by head, in rupees."""

    def __init__(self, *given: Any, prefix: str = "", **named: Any) -> None:
        """`prefix` is the beginning of the attributes' names: "effect_" for `effect_igst`."""
        self.prefix = prefix
        super().__init__(*given, **named)

    def get_fields(self) -> dict[str, Amount]:
        return {head: Amount(source=f"{self.prefix}{head}" if self.prefix else None) for head in HEADS}


class Place(serializers.Serializer):
    field = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer):
    """An error in the JSON format of RFC 9457, with the refusal code and the number of the rule."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    rule = serializers.CharField(required=False)
    instance = serializers.CharField(required=False)
    errors = Place(many=True, required=False)
    details = serializers.DictField(required=False)


WORDS = {
    400: "The request is not valid; `errors` names the fields",
    401: "The token is missing or not valid",
    403: "The token's scope or the person's role does not allow this request",
    404: "The object does not exist, or this person may not see it",
    405: "The address does not allow this method",
    409: "The object was changed by another request; `details` holds its present state",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "The request breaks a rule; `rule` and `code` name the rule",
    429: "Too many requests with this token at once, or too many wrong tokens from this IP address",
    503: "The portal is busy; try again in a moment",
}


def also(*codes: int) -> dict[Any, Any]:
    """Return the error answers of an operation, for the OpenAPI document."""
    from drf_spectacular.utils import OpenApiResponse

    return {
        (code, "application/problem+json"): OpenApiResponse(Problem, description=WORDS[code])
        for code in sorted({400, 401, 403, 404, 429, *codes})
    }


WRITE = (400, 409, 413, 415, 422, 503)
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="If you repeat a request with its key, you get the first answer again. A different "
    "request with that key gets 422.",
)
