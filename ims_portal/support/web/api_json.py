"""Read the JSON of API requests strictly, and write the JSON of API responses fast."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock
from typing import Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from ims_portal.kernel import strict_json
from ims_portal.kernel.errors import Invalid

# Only one thread at a time can decode JSON in Python. A body above this size (bytes) waits until no other
# large body is being decoded. Small requests therefore compete with only one large body at a time.
LARGE = 64 * 1024
_large_body = Lock()


class StrictJsonParser(BaseParser):
    """Reads a JSON body. Refuses repeated keys and NaN, and keeps numbers exact. The error for a fault names
    the line and column."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return read(stream.read())


def read(body: bytes) -> Any:
    """Return the JSON object in a body. An empty body is an empty object. Raises `Invalid`."""
    with _large_body if len(body) > LARGE else nullcontext():
        found = strict_json.loads(body) if body.strip() else {}
    if not isinstance(found, dict):
        raise Invalid("IMP-FORMAT", "The body must be a JSON object.")
    return found


class OrjsonRenderer(BaseRenderer):
    """Writes the responses of the whole API as JSON, with dates as ISO text. The data must not contain
    floats."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dumps(data)


def dumps(data: Any) -> bytes:
    return orjson.dumps(data, default=str)


class OneFormat(BaseContentNegotiation):
    """Chooses JSON for every request and response, whatever format the client prefers."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        sent = (request.content_type or "").split(";")[0].strip().lower()
        return next((p for p in parsers if p.media_type == sent or p.media_type == "*/*"), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type
