"""What the OpenAPI document says beside the views: how to show a token, and that unknown fields are refused."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    """Found by drf-spectacular through its base class."""

    target_class = "invoices.api.common.base.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token made on your page, /me/tokens/"}


def ours_only(endpoints: list[Any], **_given: Any) -> list[Any]:
    """The document is of /api/v1/; what else DRF serves has its own."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def strict_bodies(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Bodies (components named …In) take no field they do not name."""
    for name, schema in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("In") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


def plain_answers(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """No field says that it is read-only: whole answers are, whether a field is stored or worked out."""
    for schema in result.get("components", {}).get("schemas", {}).values():
        for told in schema.get("properties", {}).values():
            told.pop("readOnly", None)
    return result
