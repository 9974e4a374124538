"""Actions, and answers about ITC reduction, as letters: A, R, P and N for an action, F, P and N for an answer. All
requests and all responses use the same letters. A request may use the word instead, for example accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from invoices.rules.situation import Action, Answer

ACTIONS = {
    "accept": Action.ACCEPTED.value,
    "reject": Action.REJECTED.value,
    "pending": Action.PENDING.value,
    "reset": Action.NONE.value,
}
ANSWERS = {"full": Answer.FULL.value, "part": Answer.PART.value, "no": Answer.NO.value}


class Letter(serializers.ChoiceField):
    """A choice of letters. `words` maps the words that a request may use to letters."""

    def __init__(self, letters: Iterable[str], words: Mapping[str, str], **named: Any) -> None:
        self.words = words
        super().__init__(list(letters), **named)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(self.words.get(data, data) if isinstance(data, str) else data)


class ActionLetter(Letter):
    """An action: A accept, R reject, P keep pending, N reset to no action."""

    def __init__(self, **named: Any) -> None:
        named.setdefault("help_text", "A accept, R reject, P keep pending, N reset to no action")
        super().__init__(ACTIONS.values(), ACTIONS, **named)


class AnswerLetter(Letter):
    """An answer to “Does ITC need to be reduced?”: F in full, P in part, N no."""

    def __init__(self, **named: Any) -> None:
        named.setdefault("help_text", "F in full, P in part, N no")
        super().__init__(ANSWERS.values(), ANSWERS, **named)
