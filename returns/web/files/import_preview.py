"""The figures and rows of the page that shows what an IMS file would change, or has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from ims_portal.kernel import typed_values
from ims_portal.kernel.money import HEADS, TaxAmounts, paise
from invoices.kept_files import folder
from invoices.models import Job, Record, Taxpayer
from invoices.rules.refusals import CODES
from invoices.rules.situation import Action
from invoices.web.desk import typed_count
from invoices.web.page import words
from invoices.web.page.labels import in_language
from invoices.web.record_list.row import rule_url
from returns.files import ims_import, ims_import_rows

# kind of rows -> the parameter with the number of the page, the key of the rows in the job's result, and the id of the
# table on the page
LONGEST = 160  # characters of a reason in a row
PARTS = {ims_import_rows.REFUSED: ("refusals", "rf"), ims_import_rows.CHANGES: ("changes", "ch")}


def context(job: Job, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page shows of a job's result. `given` has the numbers of the pages to show."""
    result = job.result or {}
    waiting = job.state in (Job.State.QUEUED, Job.State.RUNNING)
    shown: dict[str, Any] = {
        "job": job,
        "result": result,
        "waiting": waiting or bool(result.get("undoing")),
        "failed": job.state == Job.State.FAILED,
        "is_check": job.payload["step"] == ims_import.CHECK,
        "percent": job.done_count * 100 // job.total_count if job.total_count else 0,
    }
    if waiting or "rows" not in result:
        return shown
    numbers = {kind: _number(given.get(kind, "")) for kind in PARTS}
    parts = {kind: _part(result, kind, numbers) for kind in PARTS}
    for row in parts[ims_import_rows.REFUSED]["rows"]:
        _reason(row)
    for row in parts[ims_import_rows.CHANGES]["rows"]:
        row["effect"] = paise(row["effect"]) if row.get("effect") else None
    return {
        **shown,
        "refused": parts[ims_import_rows.REFUSED],
        "changes": parts[ims_import_rows.CHANGES],
        "types_count": must_type(result),
        **_effect(result),
    }


def must_type(result: Mapping[str, Any]) -> bool:
    """True if the person must type the number of records before the file is applied."""
    groups = result.get("effect", {}).get("groups", [])
    rejects = any(group["after"] == Action.REJECTED.value for group in groups)
    return typed_count.is_typed(result.get("changed", 0), rejects=rejects)


def touched(taxpayer: Taxpayer, undone: Mapping[str, Any]) -> Any:
    """Return a few of the records that an undo left as they are, with number and id."""
    mine = Record.objects.filter(recipient_id=taxpayer.pk, pk__in=undone.get("touched", [])[:20])
    return mine.values("pk", "number")


def _number(text: str) -> int:
    return max(1, typed_values.whole_number(text) or 1)


def _part(result: Mapping[str, Any], kind: str, numbers: dict[str, int]) -> dict[str, Any]:
    """Return the rows of one page, and the addresses of the pages before and after."""
    key, anchor = PARTS[kind]
    kept = result.get("pages")
    total = ims_import_rows.pages(kept, kind) if kept else 1
    number = min(numbers[kind], max(total, 1))
    rows = ims_import_rows.page(folder(), kept, kind, number) if kept else None
    if rows is None:
        # the file of the rows is deleted, or the job is older than these files
        number, total, rows = 1, 1, list(result.get(key, []))

    def address(page: int) -> str:
        return f"?{urlencode({**numbers, kind: page})}#{anchor}"

    return {
        "rows": rows,
        "several": total > 1,
        "first": address(1) if number > 1 else "",
        "previous": address(number - 1) if number > 1 else "",
        "next": address(number + 1) if number < total else "",
        "last": address(total) if number < total else "",
        "range": _("Page %(page)s of %(pages)s") % {"page": number, "pages": total},
    }


def _reason(row: dict[str, Any]) -> None:
    """Give a refused row its reason without the remedy, and both in the reader's language."""
    instead = row.get("instead", "")
    reason = row["sentence"].removesuffix(instead).strip() or row["sentence"]
    if row["code"] in CODES and len(reason) > LONGEST:
        # the page of the rule has the whole sentence, and so has the error file
        reason = CODES[row["code"]].sentence
    row |= {
        "reason": in_language(reason),
        "shown_code": words.shown_code(row["code"], row["rule"]),
        "instead": in_language(instead),
        "rule_url": rule_url(row["rule"]) if row["rule"] else "",
    }


def _effect(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of the table with the effect on ITC, and the counts by status."""
    effect = result.get("effect")
    if not effect or not result["changed"]:
        return {}
    before, after = (TaxAmounts(*(paise(effect[at][head]) for head in HEADS)) for at in ("before", "after"))
    return {
        "groups": [{**group, "effect": paise(group["effect"])} for group in effect["groups"]],
        "itc_rows": [
            {"label": _("Before this file"), "tax": before},
            {"label": _("Change"), "tax": after - before},
        ],
        "itc_total": {"label": _("After this file"), "tax": after},
        "unfiled": effect["unfiled"],
    }
