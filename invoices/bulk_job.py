"""Event: one action on many records, asked for by a program and done as a durable job.

What the job does is one bulk event (`actions.take` or `take_all`); its journal entry carries the job's name, so that
a job run twice finds what it did the first time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, PortalError
from ims_portal.kernel.money import TaxAmounts
from invoices import actions, jobs
from invoices.actions import Asked, Preview, Seen, Taken
from invoices.journal import By
from invoices.models import Job, JournalEntry, Record, Taxpayer
from invoices.queries import records as query
from invoices.queries.calendar import calendar
from invoices.queries.filters import Filters
from invoices.queries.situations import DeskView
from invoices.rules.reduction import Declaration
from invoices.rules.refusals import CODES
from invoices.rules.situation import Action

KIND = "bulk"
MOST_LISTED = 1000  # refused ids kept in the result; all are counted


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records: those named with what was seen of them, or all of a list as it stood at `as_of`."""

    picks: Mapping[int, Seen] | None = None
    filters: Filters | None = None
    as_of: datetime | None = None

    def records(self, recipient: Taxpayer) -> QuerySet[Record]:
        if self.picks is not None:
            return Record.objects.filter(recipient_id=recipient.pk, pk__in=list(self.picks))
        view = DeskView.of(recipient, clock.today(), calendar())
        assert self.filters is not None
        found = query.matching(recipient, view, self.filters)
        # what came or was edited after the list was read has not been seen
        return found.filter(saved_at__lte=self.as_of) if self.as_of else found

    def payload(self) -> dict[str, Any]:
        return {
            "picks": [[pk, s.revision, s.version] for pk, s in self.picks.items()]
            if self.picks is not None
            else None,
            "filters": asdict(self.filters) if self.filters else None,
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }

    @classmethod
    def from_payload(cls, given: Mapping[str, Any]) -> Choice:
        picks = given["picks"]
        return cls(
            {pk: Seen(revision, version) for pk, revision, version in picks} if picks is not None else None,
            Filters(**given["filters"]) if given["filters"] else None,
            datetime.fromisoformat(given["as_of"]) if given["as_of"] else None,
        )


def expected(found: Preview) -> str:
    """The counts somebody agreed to, as a word to send back."""
    return f"{found.allowed}.{found.unchanged}.{sum(found.refused.values())}"


def ask(recipient: Taxpayer, choice: Choice, asked: Asked, *, by: By, agreed: str = "") -> Job:
    """Make the job. `agreed` is the `expected` of a preview: raises `Conflict` BATCH-DRIFT if it no longer holds."""
    found = actions.preview(recipient, choice.records(recipient), asked)
    if agreed and agreed != expected(found):
        raise Conflict(
            "BATCH-DRIFT",
            "Records changed since the preview. Nothing was done. Look at the new preview.",
            details={"expected": expected(found)},
        )
    declared = asked.declaration
    payload = {
        **choice.payload(),
        "title": f"{asked.action.name.capitalize()} for many records",
        "action": asked.action.value,
        "remarks": asked.remarks,
        "declaration": [declared.required, declared.amounts.as_dict() if declared.amounts else None]
        if declared
        else None,
        "source": by.source,
    }
    total = found.allowed + found.unchanged + sum(found.refused.values())
    return jobs.ask(
        KIND, secrets.token_hex(16), taxpayer=recipient, user=by.user, payload=payload, total=total
    )


@jobs.handles(KIND)
def run(job: Job) -> dict[str, Any]:
    """Do one bulk job. A refusal of the whole is its result, not a failure to be tried again."""
    given = job.payload
    recipient = Taxpayer.objects.get(pk=job.taxpayer_id or 0)
    user = get_user_model().objects.filter(pk=job.created_by_id or 0).first()
    by = By(user, given["source"], f"{KIND} {job.pk}")
    before = JournalEntry.objects.filter(taxpayer=recipient, idempotency_key=by.key).first()
    if before is not None:
        return {"saved": before.record_count, "refused": [], "entry": before.pk, "made_stale": False}
    choice, asked = Choice.from_payload(given), _asked(given)
    records = choice.records(recipient)
    try:
        if choice.picks is not None:
            # those that have the status keep what was declared and said on them
            same = set(records.filter(decision__action=asked.action.value).values_list("pk", flat=True))
            picks = {pk: seen for pk, seen in choice.picks.items() if pk not in same}
            taken = actions.take(recipient, list(picks), asked, by=by, seen=picks)
        else:
            changing = records.exclude(decision__action=asked.action.value)
            taken = actions.take_all(recipient, changing, asked, by=by)
    except PortalError as refusal:
        return {
            "saved": 0,
            "refused": [],
            "entry": None,
            "made_stale": False,
            "error": {"code": refusal.code, "rule": refusal.rule, "sentence": refusal.message},
        }
    jobs.progress(job, job.total_count)
    return told(taken)


def told(taken: Taken) -> dict[str, Any]:
    """The account of a bulk event as JSON: every refused record is counted, the first are named."""
    refused = []
    for code, ids in taken.refused.items():
        reason, known = taken.reasons.get(code), CODES.get(code)
        refused.append(
            {
                "code": code,
                "rule": reason.clause.code if reason else known.rule if known else "",
                "sentence": reason.clause.sentence if reason else known.sentence if known else code,
                "instead": reason.instead if reason else "",
                "count": taken.count(code),
                "records": ids[:MOST_LISTED],
            }
        )
    return {
        "saved": taken.saved,
        "refused": refused,
        "entry": taken.entry_id,
        "made_stale": taken.made_stale,
    }


def _asked(given: Mapping[str, Any]) -> Asked:
    declared = given["declaration"]
    declaration = None
    if declared is not None:
        amounts = TaxAmounts.from_mapping(declared[1]) if declared[1] is not None else None
        declaration = Declaration(declared[0], amounts)
    return Asked(Action(given["action"]), given["remarks"], declaration)
