"""Words that people read and that stand once, in the rulebook or beside the models: collected for the catalogue.

Pages look them up by the English sentence, so the law itself stays free of any language machinery.
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
# facets and codes, which people never read
UNREAD = (
    choices.ANSWER_CHOICES,
    choices.DIRECTION_CHOICES,
    choices.FILING_CHOICES,
    choices.FORM_CHOICES,
    choices.STANDING_CHOICES,
)


def law_words() -> list[str]:
    """Every sentence of a clause, what to do instead, every refusal's sentence, and every label, each once."""
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
