"""The form of a rule's statement: what the help page of a rule number says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Sure(str, Enum):
    """How far the published texts support a rule. The text is printed on the rule's page."""

    OFFICIAL = "GSTN or the law says so."
    PARTLY = "GSTN or the law states the rule. This portal decided details on which the texts are silent."
    PRACTICE = "Practitioners and software say so. No official text was found."
    OURS = "The published texts are silent. This portal decided the point."


@dataclass(frozen=True, slots=True)
class Statement:
    """A rule in plain words. `example` is a worked example of this rule. `sources` are keys of `SOURCES`.
    `since` is the GSTR-2B month from which the rule holds, or "" for law that is older than IMS. `until` is
    the first GSTR-2B month to which the rule no longer applies, or "" for a rule in force."""

    code: str
    title: str
    text: str
    example: str
    sources: tuple[str, ...]
    sure: Sure
    since: str = "2024-10"
    until: str = ""
