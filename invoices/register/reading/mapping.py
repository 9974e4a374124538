"""The mapping: which columns hold which field, how that was found, and what a person must answer. It is a value that can
be kept as JSON and used again for next month's file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say

# how a field was found, from the surest
LAYOUT, EXACT, CONTENT, ARITHMETIC, GUESS, PERSON = (
    "layout",
    "exact",
    "content",
    "arithmetic",
    "guess",
    "person",
)
PLUS = " + "
OF_MONTH = re.compile(
    r"\d+|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|[^a-z]+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Found:
    """The columns of a field, by their keys. The field is their sum if there are several."""

    columns: tuple[str, ...]
    how: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a person must decide. `choices` are pairs of the answer and its words. `proposed` is "" if nothing
    is proposed. `field` is the field that it is about, in these sheets."""

    key: str
    field: str
    sentence: str
    choices: tuple[tuple[str, str], ...]
    proposed: str = ""
    why: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """The mapping of the sheets that have the same headings."""

    sheets: tuple[str, ...]
    headings: tuple[str, ...]
    fingerprint: str
    layout: str
    fields: dict[str, Found]
    choices: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapping:
    """The mapping of a file. `answers` are what persons said, by the keys of the questions."""

    parts: tuple[Part, ...]
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A text that is equal for files with the same headings and names of sheets."""
        return _hash(sorted(part.fingerprint for part in self.parts))

    def answered(self, answers: Map[str, str]) -> Mapping:
        """Return the mapping with further answers. `look` takes it as `remembered`."""
        return replace(self, answers={**self.answers, **answers})

    def as_json(self) -> dict[str, Any]:
        return {
            "answers": self.answers,
            "parts": [
                {
                    "sheets": list(part.sheets),
                    "headings": list(part.headings),
                    "fingerprint": part.fingerprint,
                    "layout": part.layout,
                    "fields": {
                        name: {"columns": list(found.columns), "how": found.how, "why": found.why}
                        for name, found in part.fields.items()
                    },
                    "choices": part.choices,
                }
                for part in self.parts
            ],
        }

    @classmethod
    def of_json(cls, kept: Map[str, Any]) -> Mapping:
        return cls(
            tuple(
                Part(
                    tuple(part["sheets"]),
                    tuple(part["headings"]),
                    part["fingerprint"],
                    part["layout"],
                    {
                        name: Found(tuple(found["columns"]), found["how"], found["why"])
                        for name, found in part["fields"].items()
                    },
                    dict(part["choices"]),
                )
                for part in kept["parts"]
            ),
            dict(kept["answers"]),
        )


def fingerprint(headings: tuple[str, ...], sheet: str) -> str:
    """Return the fingerprint of a sheet. The month in a sheet's name says nothing. A CSV has no sheet's name."""
    name = "" if "." in sheet else " ".join(OF_MONTH.sub(" ", sheet.lower()).split())
    return _hash([name, *sorted(headings)])


def _hash(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def checked(question: Question, answer: str) -> str:
    """Return the answer if the question offers it, or a sum of columns that it offers. Raises REG-ANSWER."""
    offered = {choice for choice, _words in question.choices}
    if (
        answer in offered
        or question.key.rpartition("|")[2].startswith("column:")
        and set(answer.split(PLUS)) <= offered
    ):
        return answer
    raise Invalid(
        "REG-ANSWER",
        say("%(answer)s is not an answer to: %(question)s", answer=answer[:60], question=question.sentence),
        details={"question": question.key},
    )
