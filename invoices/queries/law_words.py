"""Collects the texts of the rulebook and the labels of the models for the translation catalogue.

Pages look up a translation by the English text. So the rules need no translation code.
"""

from __future__ import annotations

from django.apps import apps

from ims_portal.kernel.places import BEYOND_STATES, STATES
from invoices.models import choices
from invoices.queries.clauses import closing, title_of
from invoices.rules.refusals import CODES
from invoices.rules.rulebooks import BOOKS
from invoices.rules.ruling import CLAUSES

OURS = ("invoices", "gstr2b", "returns")
SECTION_NAMES = choices.SECTION_LABELS.values()
# choices whose labels are facets or codes, which people never read
UNREAD = (
    choices.ANSWER_CHOICES,
    choices.DIRECTION_CHOICES,
    choices.FILING_CHOICES,
    choices.FORM_CHOICES,
    choices.STANDING_CHOICES,
)


def law_words() -> list[str]:
    """Return every text once: the clauses' sentences and
    titles, advice, refusals, sections, States and labels."""
    found = [text for clause in CLAUSES.values() for text in (clause.sentence, title_of(clause.name))]
    found += [closing(law.rule)[2] for book in BOOKS for law in book.legality]
    found += [code.sentence for code in CODES.values()]
    found += SECTION_NAMES
    found += [*STATES.values(), *BEYOND_STATES.values()]
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.concrete_fields:
                if field.choices and list(field.choices) not in [list(unread) for unread in UNREAD]:
                    found += [str(label) for _value, label in field.flatchoices]
    return sorted({text for text in found if text})
