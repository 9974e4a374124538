"""The report of a loaded file: the number of documents by result, and the reasons for refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from ims_portal.kernel.periods import TaxPeriod
from invoices.documents.saving import Result
from invoices.rules.calendar import Form
from invoices.rules.documents import DocumentFault
from invoices.rules.refusals import CODES
from invoices.rules.retail_price import DocumentWarning
from returns.files.stated_figures import Unequal

# The report lists at most MOST_LISTED refusals and MOST_LISTED warnings with their messages. Further refusals and
# warnings are only counted.
MOST_LISTED = 1000
DELETED = "deleted"


class Mode(str, Enum):
    """How to load a file: save all documents without faults, save all documents or none, or only check the
    file."""

    GOOD_ONES = "good"
    ALL_OR_NOTHING = "all"
    CHECK = "check"  # check everything, save nothing


@dataclass(frozen=True, slots=True)
class Refusal:
    """The refusal of one document, or a warning: its place in the file, the field, and the reason. A warning has
    an empty code. It is about an accepted document, or about a figure that the file states of itself."""

    place: str
    number: str
    field: str
    code: str
    rule: str
    message: str


@dataclass(slots=True)
class Report:
    """The report of a file. The counts by result add up to the number of documents read."""

    form: Form
    period: TaxPeriod
    mode: Mode
    sha256: str
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[Refusal] = field(default_factory=list)
    warned: int = 0
    outside: dict[str, int] = field(default_factory=dict)
    written: bool = False

    @property
    def read(self) -> int:
        return sum(self.counts.values())

    @property
    def saved(self) -> int:
        return self.counts[Result.SAVED.value]

    @property
    def changed(self) -> int:
        return self.counts[Result.CHANGED.value]

    @property
    def same(self) -> int:
        return self.counts[Result.SAME.value]

    @property
    def deleted(self) -> int:
        return self.counts[DELETED]

    @property
    def refused(self) -> int:
        return self.counts[Result.REFUSED.value]

    @property
    def changes(self) -> int:
        return self.saved + self.changed + self.deleted

    @property
    def unlisted(self) -> int:
        return self.refused - len(self.refusals)

    @property
    def unlisted_warnings(self) -> int:
        return self.warned - len(self.warnings)

    def note(self, place: str, number: str, problem: DocumentFault) -> None:
        self.counts[Result.REFUSED.value] += 1
        self.codes[problem.code] += 1
        if len(self.refusals) < MOST_LISTED:
            rule = problem.rule or (CODES[problem.code].rule if problem.code in CODES else "")
            self.refusals.append(Refusal(place, number, problem.field, problem.code, rule, problem.message))

    def warn(self, place: str, number: str, warning: DocumentWarning) -> None:
        self.warned += 1
        if len(self.warnings) < MOST_LISTED:
            self.warnings.append(Refusal(place, number, warning.field, "", warning.rule, warning.message))

    def warn_stated(self, told: Iterable[Unequal]) -> None:
        """Warn of figures that the file states of itself, and that differ from the documents read."""
        for one in told:
            message = f"{one.sentence} Check whether the file is complete."
            self.warn(one.place, "", DocumentWarning(one.figure, message, rule=""))
