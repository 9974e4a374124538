"""Helpers for the tests of the record list's filters: read the document numbers on a page, and paste a
list."""

from __future__ import annotations

from tests.desk_pages import at


def numbers(response) -> set[str]:
    return {row.record.number for row in response.context["rows"]}


def paste(client, world, text: str, **query: str):
    back = at(world, "ims/inward/all/", **query)
    return client.post(at(world, "ims/lists/"), {"pasted": text, "next": back}, follow=True)
