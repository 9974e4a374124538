"""Event: a person uploads a file of another portal, and this portal compares the file with its own data. The
comparison changes no record.

After the comparison, the person may copy the file's records into a working copy
(`invoices.desk.working_copy`). The portal stores the file for this second step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model

from ims_portal.kernel.errors import Conflict, Invalid, NotFound, PortalError
from ims_portal.kernel.money import format_count, format_inr
from ims_portal.support.web import screen_messages
from invoices import jobs, kept_files
from invoices.desk import working_copy
from invoices.journal.writing import By
from invoices.kept_files import folder
from invoices.models import Job, Taxpayer
from returns.files.other_portals import read, records
from returns.files.other_portals.amounts import FIELDS
from returns.files.other_portals.compare import Comparison, compare, named
from returns.files.other_portals.read import Found

KIND = "other portal's file"
COMPARE, TAKE = "compare", "take over"
MOST_SHOWN = 200


def receive(taxpayer: Taxpayer, data: bytes, name: str, *, by: By) -> Job:
    """Store a file, queue the job that compares the file, and return the job. A small file is compared
    immediately. Raises `Invalid` (IMP-SIZE)."""
    title = f"Other portal's file: {kept_files.shown_name(name)}"
    return kept_files.receive(KIND, COMPARE, taxpayer, data, by=by, title=title)


def take_over(taxpayer: Taxpayer, compared: Job, *, by: By) -> Job:
    """Queue the job that copies the records of a compared file into a working copy, and return the job. A
    second request returns the same job. Raises `NotFound` for another taxpayer's file, and `Conflict` if the
    records cannot be copied or the file is no longer stored."""
    if compared.kind != KIND or compared.payload["step"] != COMPARE or compared.taxpayer_id != taxpayer.pk:
        raise NotFound("NOT_FOUND", "This GSTIN has no such file. Choose the file again.")
    if not (compared.result or {}).get("may_be_taken"):
        raise Conflict(
            "NOT_A_COPY",
            "Records can be copied into this portal only from an IMS file, and only if the taxpayer is a "
            "working copy. This file was only compared.",
        )
    return kept_files.again(compared, TAKE, by=by)


@jobs.handles(KIND)
def run(job: Job) -> dict[str, Any]:
    """Compare one file or copy its records into the working copy, and return the result. If the file cannot
    be read, the result is an error and the job is done, because another try would not help."""
    taxpayer = Taxpayer.objects.get(pk=job.taxpayer_id or 0)
    user = get_user_model().objects.filter(pk=job.created_by_id or 0).first()
    try:
        found = read.read((folder() / job.payload["stored"]).read_bytes())
        belongs(found, taxpayer)
        told = of_file(found)
        if job.payload["step"] == TAKE:
            told |= taken(taxpayer, found, by=By(user, "file"))
        else:
            told |= of_comparison(compare(taxpayer, found))
            told["may_be_taken"] = found.kind == "IMS" and taxpayer.working_copy
    except FileNotFoundError:
        return _error("IMP-GONE", "The portal no longer has the file. Choose the file again.")
    except PortalError as refusal:
        return _error(refusal.code, refusal.message, refusal.rule)
    jobs.progress(job, told["read"], told["read"])
    return told


def _error(code: str, sentence: str, rule: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "rule": rule, "sentence": sentence}}


def belongs(found: Found, taxpayer: Taxpayer) -> None:
    """Raise `Invalid` (IMP-GSTIN) if the file names another GSTIN than the taxpayer's."""
    if found.gstin and found.gstin != taxpayer.gstin:
        message = screen_messages.in_english("IMP-GSTIN", found=found.gstin, here=taxpayer.gstin)
        raise Invalid("IMP-GSTIN", message)


def taken(taxpayer: Taxpayer, found: Found, *, by: By) -> dict[str, Any]:
    """Copy the file's records into the working copy, and return the counts and refusals as JSON values.
    Raises `Refused` (NOT_A_COPY) and `Invalid` (IMP-FORMAT)."""
    if found.kind != "IMS":
        raise Invalid(
            "IMP-FORMAT",
            "Only the records of an IMS file can be copied into this portal. A GSTR-2B file can only be "
            "compared.",
        )
    items, unread = records.copied(found.documents)
    account = working_copy.take_over(taxpayer, items, by=by)
    refused = [(d.place, d.number, problem) for d, problem in unread]
    refused += [(item.place, item.number, problem) for item, problem in account.problems]
    return {
        "new": account.new,
        "changed": account.changed,
        "same": account.same,
        "acted": account.acted,
        "refused": len(refused),
        "refusals": [
            {"place": place, "number": number, "code": p.code, "rule": p.rule, "sentence": p.message}
            for place, number, p in refused[:MOST_SHOWN]
        ],
    }


def of_file(found: Found) -> dict[str, Any]:
    """Return the kind, GSTIN, period and faults of a file as JSON values."""
    return {
        "kind": found.kind,
        "gstin": found.gstin,
        "period": found.period.wire if found.period else "",
        "read": len(found.documents),
        "unread": found.unread,
        "faults": found.faults[:MOST_SHOWN],
        "left": found.left[:MOST_SHOWN],
        "wrong_gstins": sorted(found.wrong_gstins)[:MOST_SHOWN],
        "wrong_gstin_count": len(found.wrong_gstins),
        "read_anyway": [*found.wrong_gstins.values(), *found.wrong_ports.values()][:MOST_SHOWN],
        "sections": sections(found),
        "stated": [unequal.as_json() for unequal in found.stated[:MOST_SHOWN]],
        "stated_count": len(found.stated),
    }


def sections(found: Found) -> list[dict[str, str]]:
    """Return the number of documents and the sums of the amounts that were read, for each section of the file.
    An amount that the section does not have is an empty text."""
    told = []
    for section in dict.fromkeys(document.section for document in found.documents):
        some = [document for document in found.documents if document.section == section]
        row = {"section": section, "documents": format_count(len(some))}
        for name in FIELDS:
            values = [value for document in some if (value := getattr(document, name)) is not None]
            row[name] = format_inr(sum(values)) if values else ""
        told.append(row)
    return told


def of_comparison(told: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON values. Each list has the full count and only the first rows."""
    return {
        "same": told.same,
        "only_there": _counted([named(d.section, d.supplier, d.number, d.port) for d in told.only_there]),
        "only_here": _counted(told.only_here),
        "differing": {
            "count": len(told.differing),
            "rows": [
                {
                    "section": d.document.section,
                    "supplier": d.document.supplier,
                    "number": d.document.number,
                    "fields": [
                        {"field": name, "there": there, "here": here} for name, there, here in d.fields
                    ],
                }
                for d in told.differing[:MOST_SHOWN]
            ],
        },
    }


def _counted(rows: Sequence[str]) -> dict[str, Any]:
    return {"count": len(rows), "rows": list(rows[:MOST_SHOWN])}
