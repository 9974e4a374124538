"""Collects the rulebook's texts and the models' labels for the translation catalogue.

Pages look up a translation by the English text, so the rules contain no code for translation."""

from __future__ import annotations

from django.apps import apps

from ims_portal.kernel.places import BEYOND_STATES, STATES
from invoices.models import choices
from invoices.queries.clauses import closing, title_of
from invoices.rules.changes_2025 import CHANGES
from invoices.rules.refusals import CODES
from invoices.rules.rulebooks import BOOKS
from invoices.rules.ruling import CLAUSES
from invoices.rules.statements import STATEMENTS
from invoices.rules.statements.sources import SOURCES
from invoices.rules.statements.statement import Sure

OURS = ("invoices", "gstr2b", "returns")
SECTION_NAMES = choices.SECTION_LABELS.values()
# choices whose labels no page shows, because the labels are codes or facets
UNREAD = (
    choices.ANSWER_CHOICES,
    choices.DIRECTION_CHOICES,
    choices.FILING_CHOICES,
    choices.FORM_CHOICES,
    choices.STANDING_CHOICES,
)


def law_words() -> list[str]:
    """Return the texts to translate, each text once: sentences and titles of clauses, statements of rules with
    their sources, advice, refusals, sections, States, and labels of models."""
    found = [text for clause in CLAUSES.values() for text in (clause.sentence, title_of(clause.name))]
    for law in {law for book in BOOKS for law in book.legality}:
        _actions, _codes, instead, short = closing(law.rule)
        found += [*instead, *short]
    found += [text for s in STATEMENTS.values() for text in (s.title, s.text, s.example)]
    found += [text for c in CHANGES for text in (c.title, c.before, c.after, c.attempt)]
    found += [*SOURCES.values(), *(sure.value for sure in Sure)]
    found += [code.sentence for code in CODES.values()]
    found += SECTION_NAMES
    found += [*STATES.values(), *BEYOND_STATES.values()]
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.concrete_fields:
                if field.choices and list(field.choices) not in [list(unread) for unread in UNREAD]:
                    found += [str(label) for _value, label in field.flatchoices]
    return sorted({text for text in found if text})
