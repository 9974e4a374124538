"""Helpers that preview a batch and run it."""

from __future__ import annotations

from tests.desk_pages import at, pick


def preview_batch(client, world, action, *, scope="match", records=(), query=None, **more):
    """Preview an action on records of a list. Return the response with the preview, and the address of the
    preview.

    The scope "match" chooses all records of the list, "page" the records of the first page, and "ticked" only
    `records`."""
    listing = at(world, "ims/inward/all/", **(query or {}))
    context = client.get(listing).context
    sent = {
        "step": "preview", "action": action, "scope": scope, "next": listing,
        "as_of": context["as_of"], "page_picks": context["page_picks"], "pick": pick(world, *records), **more,
    }  # fmt: skip
    response = client.post(at(world, "ims/batches/"), sent)
    page = response["Location"]
    return client.get(page), page


def confirm(client, world, preview, page, **more):
    """Submit the preview's form, which runs the batch, and return the page that follows."""
    counted = str(preview.context["foreseen"].allowed)
    return client.post(f"{page}run/", {"count": counted, **more}, follow=True)
