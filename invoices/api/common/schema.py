"""Parts of the OpenAPI document that belong to no single view: the token in a request, and the refusal of
unknown fields."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes the token in the OpenAPI document. drf-spectacular finds this class through its base
    class."""

    target_class = "invoices.api.common.base.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that a person makes with the password on the page /me/tokens/",
        }


def ours_only(endpoints: list[Any], **_given: Any) -> list[Any]:
    """Keep only the addresses below /api/v1/. Other OpenAPI documents describe DRF's other addresses."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def strict_bodies(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Declare that request bodies (components named …In) accept no unknown fields."""
    for name, schema in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("In") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


def plain_answers(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Remove the mark `readOnly` from all fields of answers. The mark is not needed, because a client never
    writes an answer."""
    for schema in result.get("components", {}).get("schemas", {}).values():
        for told in schema.get("properties", {}).values():
            told.pop("readOnly", None)
    return result
