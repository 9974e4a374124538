"""The extended due dates that are known: a data file that staff load (R-067). A new installation has no
extension until staff load the file or enter an extension.

Loading adds the missing extensions and changes no existing one, so loading may be repeated."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.db import transaction

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import DueDateExtension
from invoices.rules.extensions import read_places, where_in_words

FILE = Path(__file__).with_name("known_extensions.csv")


@dataclass(frozen=True, slots=True)
class Known:
    """One extension of the data file. `key` says which notification extended which date. `how_sure` says where the date was found. An extension that is not
    `in_force` is loaded switched off: it changes no date until staff switch it on."""

    form: str
    period: int
    state: str
    places: str
    due_on: date
    in_force: bool
    source: str
    how_sure: str

    @property
    def key(self) -> tuple[str, int, str, str]:
        return self.form, self.period, self.state, self.source

    @property
    def where(self) -> str:
        return where_in_words(self.state, self.places.split("\n"))

    @property
    def period_label(self) -> str:
        return TaxPeriod.from_number(self.period).label


@dataclass(frozen=True, slots=True)
class Row:
    """A known extension, and the extension of the same notification in this portal, or None."""

    known: Known
    here: DueDateExtension | None

    @property
    def differs(self) -> bool:
        """True if staff entered another date or other places, or switched the extension on or off."""
        here, known = self.here, self.known
        return here is not None and (here.due_on, here.places, here.in_force) != (
            known.due_on,
            known.places,
            known.in_force,
        )


@cache
def in_file() -> tuple[Known, ...]:
    """Return the extensions of the data file, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Known(
                form=row["form"],
                period=int(row["period"]),
                state=row["state"],
                places="\n".join(read_places(row["places"], state=row["state"])),
                due_on=date.fromisoformat(row["due_on"]),
                in_force=row["in_force"] == "yes",
                source=row["source"],
                how_sure=row["how_sure"],
            )
            for row in csv.DictReader(file)
        )


def how_sure(extension: DueDateExtension) -> str:
    """Return what the data file says about the source of this extension, or "" if the file does not have it."""
    key = (extension.form, extension.period, extension.state, extension.source)
    return next((known.how_sure for known in in_file() if known.key == key), "")


def compare() -> list[Row]:
    """Return each known extension with the extension in this portal. One query."""
    here: dict[tuple[str, int, str, str], dict[date, DueDateExtension]] = {}
    for one in DueDateExtension.objects.order_by("pk"):
        here.setdefault((one.form, one.period, one.state, one.source), {})[one.due_on] = one
    # A notification may give two districts of one State two days. Extensions with the same day belong together
    # first. Another extension of the notification then counts as the known one with a changed day.
    same = [here.get(known.key, {}).pop(known.due_on, None) for known in in_file()]
    return [
        Row(known, found or _any_of(here.get(known.key, {})))
        for known, found in zip(in_file(), same, strict=True)
    ]


def _any_of(left: dict[date, DueDateExtension]) -> DueDateExtension | None:
    return left.popitem()[1] if left else None


def load() -> list[Known]:
    """Add the known extensions that are missing here, and return them."""
    with transaction.atomic():
        missing = [row.known for row in compare() if row.here is None]
        DueDateExtension.objects.bulk_create(
            [
                DueDateExtension(
                    form=one.form,
                    period=one.period,
                    state=one.state,
                    places=one.places,
                    due_on=one.due_on,
                    in_force=one.in_force,
                    source=one.source,
                )
                for one in missing
            ],
            ignore_conflicts=True,  # another person may load the file at the same moment
        )
    return missing
