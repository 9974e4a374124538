"""The bodies of requests that send a file, and how the OpenAPI document describes files.

A program sends a file as the body itself, or as the part `file` of a form (multipart/form-data). Programs that
generate a client from the OpenAPI document know these two ways, and `application/octet-stream` for a file in an
answer. They do not know the media type of a workbook."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BINARY = "application/octet-stream"
FORM = "multipart/form-data"
PART = "file"
_OF_FORM = {
    "type": "object",
    "properties": {PART: {"type": "string", "format": "binary"}},
    "required": [PART],
}
# the bodies of an operation that takes a JSON file, for the OpenAPI document
AS_BODY = {"application/json": OpenApiTypes.OBJECT, BINARY: OpenApiTypes.BINARY}
AS_BODY_OR_FORM = {**AS_BODY, FORM: _OF_FORM}


def as_answer(description: str) -> dict[Any, Any]:
    """Return the answer of an operation that returns a file, for the OpenAPI document."""
    return {(200, BINARY): OpenApiResponse(OpenApiTypes.BINARY, description=description)}


class Untouched(BaseParser):
    """A parser that returns the request's body as bytes and does not decode the JSON. The code that reads the
    file's format decodes these bytes."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read()


class BinaryBody(Untouched):
    media_type = BINARY


class WorkbookBody(Untouched):
    media_type = XLSX


class FormBody(MultiPartParser):
    """A parser that returns the bytes of the one file of a form."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        sent = super().parse(stream, media_type, parser_context)
        if list(sent.files) != [PART] or len(sent.files.getlist(PART)) != 1 or sent.data:
            raise ParseError(f"Send one file, as the part “{PART}” of the form.")
        return sent.files[PART].read()


# the parsers of views that take a JSON file, and of the view that also takes a workbook
JSON_FILE: list[Any] = [Untouched, BinaryBody, FormBody]
JSON_OR_WORKBOOK: list[Any] = [*JSON_FILE, WorkbookBody]


def is_workbook(content_type: str, data: bytes) -> bool:
    """True if the body is a workbook: by its media type, or else because it does not begin like JSON."""
    if content_type.startswith(XLSX):
        return True
    return not content_type.startswith(Untouched.media_type) and data.lstrip()[:1] not in (b"{", b"[")
