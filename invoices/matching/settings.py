"""The settings of the matcher. A taxpayer may change them; each run keeps the settings that it used."""

from __future__ import annotations

from dataclasses import dataclass

# The number of the matcher's rules. A change of a key or of the ladder raises it.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """`rounding` is in paise. All other values are days or numbers of documents.

    `near_days` still count as the same day with a slip. Documents without an agreeing number pair within
    `window_days`, notes within `note_days`. `far_days` bounds short numbers and values of other documents. A group has
    at most `group_parts` documents, from at most `group_pool` documents of a side, within `group_days`."""

    rounding: int = 100
    near_days: int = 3
    window_days: int = 10
    note_days: int = 60
    far_days: int = 31
    group_parts: int = 4
    group_pool: int = 15
    group_days: int = 31
