"""Event: a person starts a check of a GSTIN's journal.

A short journal is checked while the person waits, a long journal by a job. The job stores the result of the
check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel import clock
from ims_portal.kernel.money import format_inr
from invoices import jobs
from invoices.journal import chain
from invoices.journal.writing import By
from invoices.models import Job, JournalHead, JournalSeal, Taxpayer

KIND = "journal"
# the largest number of entries and lines that is checked while the person waits
AT_ONCE = 100_000
MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Last:
    """The result of the latest check in words. `tone` is a letter for the colour in which a page shows the
    result."""

    at: datetime
    tone: str
    verdict: str
    scope: str
    faults: list[str]
    head: str


def ask(taxpayer: Taxpayer, *, by: By) -> Job | None:
    """Start a check of this GSTIN's chain.

    Return the finished job for a short journal. Return None if a worker must still run or repeat the
    check."""
    entries, lines = _length(taxpayer)
    asked = jobs.ask(
        KIND,
        f"{taxpayer.gstin} {clock.real_now().isoformat()}",
        taxpayer=taxpayer,
        user=by.user,
        total=entries + lines,
        payload={"title": _("Journal check")},
    )
    if entries + lines > AT_ONCE:
        return None
    done = jobs.run(asked.pk)
    return done if done is not None and done.state == Job.State.DONE else None


@jobs.handles(KIND)
def check(job: Job) -> dict[str, Any]:
    """Check the chain in one pass and return the result. In the result, `faults` lists at most `MOST_TOLD`
    broken places."""
    assert job.taxpayer is not None
    began, found = monotonic(), 0
    faults: list[list[object]] = []
    for broken in chain.breaks(job.taxpayer.pk):
        found += 1
        if len(faults) < MOST_TOLD:
            faults.append([broken.entry_id, broken.what])
        elif found % 1000 == 0:
            jobs.progress(job, 0)
    entries, lines = _length(job.taxpayer)
    head = JournalHead.objects.filter(taxpayer=job.taxpayer).values_list("hash", flat=True).first()
    return {
        "entries": entries,
        "lines": lines,
        "found": found,
        "faults": faults,
        "head": head or "",
        "seconds": round(monotonic() - began, 2),
    }


def last(taxpayer: Taxpayer) -> Last | None:
    """Return the latest check of this GSTIN, finished or not. Return None if there was no check."""
    job = Job.objects.filter(taxpayer=taxpayer, kind=KIND).order_by("-pk").first()
    if job is None:
        return None
    if job.state == Job.State.FAILED:
        return Last(job.created_at, "P", _("Not checked"), _("The check failed. Start it again."), [], "")
    if job.state != Job.State.DONE or job.finished_at is None:
        return Last(job.created_at, "N", _("Under way"), _("Load this page again in a minute."), [], "")
    told = job.result or {}
    scope = _("The portal checked %(entries)s with %(lines)s in %(seconds)s s.") % {
        "entries": ngettext("%(n)s entry", "%(n)s entries", told["entries"])
        % {"n": _grouped(told["entries"])},
        "lines": ngettext("%(n)s document", "%(n)s documents", told["lines"])
        % {"n": _grouped(told["lines"])},
        "seconds": told["seconds"],
    }
    if not told["found"]:
        return Last(job.finished_at, "A", _("Whole"), scope, [], told["head"])
    faults = [f"{_('Entry')} {pk}: {what}" if pk else what for pk, what in told["faults"]]
    if told["found"] > len(faults):
        faults.append(_("and %(n)s more") % {"n": _grouped(told["found"] - len(faults))})
    return Last(job.finished_at, "R", _("Altered"), scope, faults, "")


def _length(taxpayer: Taxpayer) -> tuple[int, int]:
    seals = JournalSeal.objects.filter(taxpayer=taxpayer)
    return seals.count(), seals.aggregate(n=Sum("line_count"))["n"] or 0


def _grouped(number: int) -> str:
    return format_inr(number * 100).removesuffix(".00")
