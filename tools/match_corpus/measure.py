"""Counts right, wrong and missed pairs of a matcher on the corpus, by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from invoices.matching.documents import Bill, Reported
from invoices.matching.run import matched
from tools.match_corpus import disturbances, documents, peer
from tools.match_corpus.disturbances import Booked, Way


@dataclass
class Corpus:
    records: list[Reported]
    booked: list[Booked]
    bills: list[Bill]

    @property
    def truth(self) -> dict[str, str]:
        """The record of each bill that has one. Of a bill that is entered twice, both have it."""
        return {bill.ref: one.record.ref for one in self.booked for bill in one.bills}


@dataclass
class Tally:
    """`right` and `wrong` count the pairs of each class, `missed` the documents that were not found, by expected class,
    and `other_class` the right pairs of which the class is another than expected."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    other_class: Counter[str] = field(default_factory=Counter)


def corpus(count: int, seed: int, only: Way | None = None) -> Corpus:
    """Return a corpus of `count` records. With `only`, all of them have this disturbance."""
    records = list(documents.records(count, seed))
    booked = list(disturbances.books(records, seed, only))
    bills = [bill for one in booked for bill in one.bills]
    bills += disturbances.bills_without_record(records, seed)
    return Corpus(records, booked, bills)


def ours(made: Corpus) -> list[tuple[str, str, str]]:
    """Return (ref of the bill, ref of the record, class) of each pair of the portal's matcher."""
    result = matched(made.bills, made.records)
    return [
        (bill.ref, record.ref, match.class_.value)
        for match in result.matches
        for bill in match.bills
        for record in match.records
    ]


def theirs(made: Corpus) -> list[tuple[str, str, str]]:
    return peer.matched(made.bills, made.records)


def tally(made: Corpus, pairs: Iterable[tuple[str, str, str]]) -> Tally:
    truth, found = made.truth, Tally()
    expected = {one.record.ref: one.expected for one in made.booked}
    reached: set[str] = set()
    for bill, record, class_ in pairs:
        if truth.get(bill) == record:
            found.right[class_] += 1
            reached.add(record)
            if expected[record] != class_:
                found.other_class[f"{expected[record]} as {class_}"] += 1
        else:
            found.wrong[class_] += 1
    for one in made.booked:
        if one.bills and one.record.ref not in reached:
            found.missed[one.expected] += 1
    return found


def table(found: Tally, classes: Sequence[str]) -> list[str]:
    """Return the lines of a table: pairs, right, wrong and precision of each class."""
    lines = ["| class | pairs | right | wrong | precision |", "|---|---:|---:|---:|---:|"]
    for name in classes:
        right, wrong = found.right[name], found.wrong[name]
        if right + wrong:
            share = f"{100 * right / (right + wrong):.2f} %"
            lines.append(f"| {name} | {right + wrong:,} | {right:,} | {wrong:,} | {share} |")
    right, wrong = sum(found.right.values()), sum(found.wrong.values())
    share = f"{100 * right / (right + wrong):.2f} %"
    lines.append(f"| all | {right + wrong:,} | {right:,} | {wrong:,} | {share} |")
    return lines


def missed_table(made: Corpus, found: Tally) -> list[str]:
    """Return the lines of a table: documents of each expected class, and how many of them were found."""
    lines = ["| expected class | with a bill | found | recall |", "|---|---:|---:|---:|"]
    whole = Counter(one.expected for one in made.booked if one.bills)
    for name, count in whole.most_common():
        got = count - found.missed[name]
        lines.append(f"| {name} | {count:,} | {got:,} | {100 * got / count:.2f} % |")
    total, lost = sum(whole.values()), sum(found.missed.values())
    lines.append(f"| all | {total:,} | {total - lost:,} | {100 * (total - lost) / total:.2f} % |")
    return lines
