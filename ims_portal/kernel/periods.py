"""Tax periods, filing frequencies and financial years (R-004, R-005)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ims_portal.kernel.wording import say

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
# "Oct 2024" or "October 2024"
NAMED_MONTH = re.compile(
    rf"({'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in MONTHS)})\s+(20[0-9]{{2}})", re.IGNORECASE
)
FIRST_YEAR, LAST_YEAR = 2017, 2099
# The periods and years that people and programs may name. GST began on 1 July 2017. The last ones leave room for the
# periods and dates that follow from them, for example the draft and the section 16(4) date.
FIRST_NAMED, LAST_NAMED = (2017, 7), (2098, 3)


class BadPeriod(ValueError):
    """The text is neither a tax period nor a financial year."""


def month_named(name: str) -> int:
    """Return the number of a month from its name, or from the first three letters of its name."""
    return next(n for n, month in enumerate(MONTHS, 1) if month[:3].lower() == name[:3].lower())


@dataclass(frozen=True, order=True, slots=True)
class TaxPeriod:
    """A tax period, stored as a calendar month. A quarter is stored as its last month."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise BadPeriod(
                say(
                    "%(year)s-%(month)s is not a valid tax period. Use a month from 01 to 12 and a year from "
                    "%(first)s to %(last)s.",
                    year=self.year,
                    month=f"{self.month:02d}",
                    first=FIRST_YEAR,
                    last=LAST_YEAR,
                )
            )

    @classmethod
    def parse(cls, text: str) -> TaxPeriod:
        """Return the period of a text like "2024-10"."""
        found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", str(text))
        if not found:
            raise BadPeriod(
                say(
                    "%(given)s is not a valid tax period. Write the period as 2024-10.",
                    given=repr(str(text)[:20]),
                )
            )
        return cls._named(int(found[1]), int(found[2]))

    @classmethod
    def from_wire(cls, text: str) -> TaxPeriod:
        """Return the period of a text in the form MMYYYY, like "102024"."""
        found = re.fullmatch(r"([0-9]{2})([0-9]{4})", str(text))
        if not found:
            raise BadPeriod(
                say(
                    "%(given)s is not a valid tax period. Write the period as 102024.",
                    given=repr(str(text)[:20]),
                )
            )
        return cls._named(int(found[2]), int(found[1]))

    @classmethod
    def typed(cls, text: str) -> TaxPeriod:
        """Return the period that a person typed, as pages write it ("October 2024" or "Oct 2024"), or as programs
        do ("2024-10", "10-2024", "102024" or "202410")."""
        text = str(text).strip()
        if found := NAMED_MONTH.fullmatch(text):
            return cls._named(int(found[2]), month_named(found[1]))
        if found := re.fullmatch(r"(20[0-9]{2})-?([0-9]{2})", text):
            return cls._named(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"([0-9]{2})-?(20[0-9]{2})", text):
            return cls._named(int(found[2]), int(found[1]))
        raise BadPeriod(
            say("%(given)s is not a tax period. Write the period as Oct 2024.", given=repr(text[:20]))
        )

    @classmethod
    def _named(cls, year: int, month: int) -> TaxPeriod:
        found = cls(year, month)
        if not FIRST_NAMED <= (year, month) <= LAST_NAMED:
            raise BadPeriod(
                say("%(given)s is not a tax period between 2017-07 and 2098-03.", given=f"{year}-{month:02d}")
            )
        return found

    @classmethod
    def from_month(cls, text: str, *, since: date) -> TaxPeriod:
        """Return the first period of the month in `text`, like "08", that does not end before `since`. A
        document is reported in the month of its date or later, so its date gives the year of its period."""
        month = int(text) if re.fullmatch(r"[0-9]{1,2}", text) else 0
        return cls(since.year + (1 <= month < since.month), month)

    @classmethod
    def from_number(cls, number: int) -> TaxPeriod:
        """Return the period of a number like 202410. The database stores periods as such numbers."""
        return cls(number // 100, number % 100)

    @classmethod
    def of(cls, day: date) -> TaxPeriod:
        """Return the month of a date."""
        return cls(day.year, day.month)

    @property
    def number(self) -> int:
        """The number that the database stores, like 202410. A later period has a higher number."""
        return self.year * 100 + self.month

    @property
    def wire(self) -> str:
        """The form MMYYYY, like "102024"."""
        return f"{self.month:02d}{self.year}"

    @property
    def iso(self) -> str:
        """The notation of R-004, like "2024-10"."""
        return f"{self.year}-{self.month:02d}"

    def __str__(self) -> str:
        return self.iso

    @property
    def label(self) -> str:
        """The name of the month, like "October 2024"."""
        return f"{MONTHS[self.month - 1]} {self.year}"

    @property
    def short_label(self) -> str:
        """The short name of the month, like "Oct 2024"."""
        return f"{MONTHS[self.month - 1][:3]} {self.year}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def offset(self, months: int) -> TaxPeriod:
        """Return the period that is `months` later, or earlier if `months` is negative."""
        count = self.year * 12 + self.month - 1 + months
        return TaxPeriod(count // 12, count % 12 + 1)

    @property
    def quarter_end(self) -> TaxPeriod:
        """The last month of the quarter that contains this month. R-004 names a quarter by its last month."""
        return TaxPeriod(self.year, (self.month + 2) // 3 * 3)

    @property
    def is_quarter_end(self) -> bool:
        return self.month % 3 == 0

    @property
    def quarter_label(self) -> str:
        """The name of the quarter, like "Oct-Dec 2024"."""
        end = self.quarter_end
        return f"{MONTHS[end.month - 3][:3]}-{MONTHS[end.month - 1][:3]} {end.year}"

    @property
    def financial_year(self) -> FinancialYear:
        return FinancialYear.of(self.first_day)


class Frequency(str, Enum):
    """How often a taxpayer files GSTR-3B. Quarterly filers are in QRMP."""

    MONTHLY = "M"
    QUARTERLY = "Q"

    def period_of(self, month: TaxPeriod) -> TaxPeriod:
        """Return the taxpayer's period that contains the month (R-005)."""
        return month if self is Frequency.MONTHLY else month.quarter_end

    @property
    def _months(self) -> int:
        return 1 if self is Frequency.MONTHLY else 3

    def next(self, period: TaxPeriod) -> TaxPeriod:
        """Return the taxpayer's period after this period."""
        return self.period_of(period).offset(self._months)

    def previous(self, period: TaxPeriod) -> TaxPeriod:
        """Return the taxpayer's period before this period."""
        return self.period_of(period).offset(-self._months)

    def is_period(self, period: TaxPeriod) -> bool:
        """Return true if a taxpayer of this frequency has this period. For quarterly filers, the first two
        months of a quarter are not periods."""
        return self.period_of(period) == period

    def label(self, period: TaxPeriod, *, short: bool = False) -> str:
        """Return the name of a period. For quarterly filers, a period has the name of its quarter. The first two
        months of a quarter, which are not periods, keep their own names."""
        if self is Frequency.QUARTERLY and self.is_period(period):
            return period.quarter_label
        return period.short_label if short else period.label

    def first_month(self, period: TaxPeriod) -> TaxPeriod:
        """Return the calendar month in which the taxpayer's period begins."""
        return self.period_of(period).offset(1 - self._months)


@dataclass(frozen=True, order=True, slots=True)
class FinancialYear:
    """A financial year: 1 April of `start` to 31 March of the next year. Only `parse` refuses years that are
    too early or too late. `of` accepts any date, because a document may have any date."""

    start: int

    @classmethod
    def of(cls, day: date) -> FinancialYear:
        """Return the financial year of a date."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @classmethod
    def parse(cls, text: str) -> FinancialYear:
        """Return the financial year of a text like "2024-25"."""
        found = re.fullmatch(r"(20[0-9]{2})-([0-9]{2})", str(text))
        if not found or (int(found[1]) + 1) % 100 != int(found[2]):
            raise BadPeriod(
                say(
                    "%(given)s is not a valid financial year. Write the year as 2024-25.",
                    given=repr(str(text)[:20]),
                )
            )
        if not FIRST_NAMED[0] <= int(found[1]) < LAST_NAMED[0]:
            raise BadPeriod(
                say(
                    "%(year)s is not a financial year between %(first)s and %(last)s.",
                    year=found[0],
                    first=FIRST_NAMED[0],
                    last=LAST_NAMED[0],
                )
            )
        return cls(int(found[1]))

    @property
    def label(self) -> str:
        """The name of the year, like "2024-25"."""
        return f"{self.start}-{(self.start + 1) % 100:02d}"

    @property
    def first_day(self) -> date:
        return date(self.start, 4, 1)

    @property
    def last_day(self) -> date:
        return date(self.start + 1, 3, 31)
