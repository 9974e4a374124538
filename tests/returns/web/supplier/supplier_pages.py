"""Helpers for the tests of supplier pages: the values of a form and the text of a page."""

from __future__ import annotations


def form_values(world, **changed):
    found = {
        "kind": "INV",
        "recipient": world.recipient.gstin,
        "number": "P-1",
        "document_date": "05-10-2024",
        "place_of_supply": "29",
        "invoice_type": "R",
        "rate_0": "1800",
        "taxable_0": "1,00,000",
        "do": "save",
    }
    return {**found, **changed}


def text(response):
    return response.content.decode()
