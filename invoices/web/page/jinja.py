"""The environment of the Jinja2 templates in templates/jinja2.

Parts that a page repeats for each of its fifty or more rows are Jinja2 templates. Jinja2 compiles a template to Python
code, and a row then needs about a tenth of the processor time of a row of Django's templates. All other parts are
Django templates. Both kinds of template use the same words and filters."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from jinja2 import Environment, StrictUndefined

from invoices.templatetags import portal


def environment(**options: Any) -> Environment:
    """Return the environment for the options in the settings (`TEMPLATES`). A name that the context does not have is
    an error, so a misspelt name never becomes an empty cell."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options)  # noqa: S701  the settings say autoescape=True
    # Words are functions, not filters: Jinja2 computes a filter of a constant once, when it compiles the template, and
    # all later readers would see the words in the first reader's language.
    made.globals |= {"_": gettext, "icon": portal.icon, "verb": portal.verb, "status": portal.status_word}
    made.filters |= {"money": portal.money}
    return made
