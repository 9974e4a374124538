"""A client that uses the API as a program does: with a person's token, and with JSON bodies."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from invoices.models import Role
from invoices.people import tokens
from invoices.people.tokens import Scope

ALL = [scope.value for scope in Scope]


@cache
def api_document() -> dict[str, Any]:
    """Return the API's OpenAPI document. A process makes the document only once, because making it takes
    about a second."""
    return SchemaGenerator().get_schema(request=None, public=True)


class Api:
    def __init__(self, user: Any, gstin: str, *, scopes: list[str] | None = None):
        self.user, self.gstin = user, gstin
        _token, self.secret = tokens.make(user, "test", scopes or ALL, 30)
        self.client = Client()

    def call(self, method: str, path: str, body: Any = None, **headers: str):
        url = path if path.startswith("/") else f"/api/v1/taxpayers/{self.gstin}/{path}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method,
            url,
            data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )

    def get(self, path: str, **headers: str):
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str):
        return self.call("POST", path, body, **headers)


def api_for(world, *roles: Role, at=None, scopes: list[str] | None = None, name: str = "prog") -> Api:
    where = at or world.recipient
    person = world.person(name, *(roles or tuple(Role)), at=where)
    return Api(person, where.gstin, scopes=scopes)
