"""Event: a person uploads a filled IMS workbook or JSON of the offline tool. The portal first checks the
file, and then applies it (R-151). The portal stores the file until the actions are applied.

To check a file, the portal saves the actions and then rolls the transaction back. The person thus sees the
law's answer for every row before anything is stored. To apply the file, the portal saves the actions of all
rows that were not refused. The person may choose that one refused row stops the whole file. The portal writes
the refused rows to an error file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid, NotFound, PortalError
from ims_portal.kernel.money import HEADS
from ims_portal.support.web import screen_messages
from invoices import jobs, kept_files, locks
from invoices.desk import actions_by_number, undo
from invoices.desk.actions_by_number import RefusedDocument, Wanted
from invoices.journal.writing import By
from invoices.kept_files import folder
from invoices.models import Job, JournalEntry, Record, Taxpayer
from invoices.models.choices import ACTION_LABELS
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.reduction import remarks_kept, settle
from invoices.rules.situation import Action, Answer
from invoices.workbooks import read_back, shown_document
from returns.files import (
    ims_import_effect,
    ims_import_errors,
    ims_import_rows,
    offline_tool,
    workbook_figures,
)
from returns.files.ims_import_account import (
    Account,
    Line,
    LockedCell,
    account_as_json,
    changing_rows,
    refused_rows,
)

KIND = "import"
CHECK, APPLY = "check", "apply"
AT_ONCE = 5000
DOWNLOAD_AGAIN = "Download the workbook again."
Report = Callable[[int, int], None]
XLSX, JSON = "xlsx", "json"


def receive(taxpayer: Taxpayer, data: bytes, name: str, *, by: By) -> Job:
    """Store a file, queue the job that checks the file, and return the job. A small file is checked
    immediately. Raises `Invalid` (IMP-SIZE)."""
    form = JSON if data.lstrip()[:1] in (b"{", b"[") else XLSX
    title = f"IMS file: {kept_files.shown_name(name)}"
    return kept_files.receive(KIND, CHECK, taxpayer, data, by=by, title=title, format=form)


def apply(taxpayer: Taxpayer, checked: Job, *, by: By, all_or_nothing: bool = False) -> Job:
    """Queue the job that applies a checked file, and return the job. A second request for the same file
    changes nothing. Raises `NotFound` for another taxpayer's import, and `Conflict` if the file is not
    checked, could not be read, or is deleted."""
    if checked.kind != KIND or checked.payload["step"] != CHECK or checked.taxpayer_id != taxpayer.pk:
        raise NotFound("NOT_FOUND", "This GSTIN has no such import. Choose the file again.")
    if checked.state != Job.State.DONE or (checked.result or {}).get("error"):
        raise Conflict("NOT_CHECKED", "The file is not checked yet, or could not be read.")
    return kept_files.again(checked, APPLY, by=by, all_or_nothing=all_or_nothing)


@jobs.handles(KIND)
def run(job: Job) -> dict[str, Any]:
    """Check or apply one file, and return the result. If the file cannot be read, the result is an error and
    the job is done, because another try would not help."""
    given = job.payload
    recipient = Taxpayer.objects.get(pk=job.taxpayer_id or 0)
    user = get_user_model().objects.filter(pk=job.created_by_id or 0).first()
    try:
        data = (folder() / given["stored"]).read_bytes()
        account = load(
            recipient,
            data,
            by=By(user, "file"),
            form=given["format"],
            save=given["step"] == APPLY,
            all_or_nothing=bool(given.get("all_or_nothing")),
            report=lambda done, total: jobs.progress(job, done, total),
        )
    except FileNotFoundError:
        return {
            "error": {
                "code": "IMP-GONE",
                "rule": "",
                "sentence": "The portal no longer has the file. Choose the file again.",
            }
        }
    except PortalError as refusal:
        return {"error": {"code": refusal.code, "rule": refusal.rule, "sentence": refusal.message}}
    result = account_as_json(account)
    result["applied"] = given["step"] == APPLY and not (given.get("all_or_nothing") and account.refused)
    result["entries"] = account.entries if result["applied"] else []
    if account.effect is not None:
        result["effect"] = ims_import_effect.as_json(account.effect)
    result["pages"] = ims_import_rows.write(
        folder(),
        {ims_import_rows.REFUSED: refused_rows(account), ims_import_rows.CHANGES: changing_rows(account)},
    )
    if account.refused:
        name = ims_import_errors.write(recipient, account, given["format"])
        result["name"] = f"IMS_{recipient.gstin}_errors.{given['format']}"
        Job.objects.filter(pk=job.pk).update(file=name)
    jobs.progress(job, account.read, account.read)
    return result


class _TakenBack(Exception):
    """Raised inside the transaction of a file to roll the transaction back."""


def load(
    recipient: Taxpayer,
    data: bytes,
    *,
    by: By,
    form: str,
    save: bool,
    all_or_nothing: bool = False,
    report: Report | None = None,
) -> Account:
    """Read a file, check each row against the law, and return the results as an `Account`. With `save`, save
    the actions. `report` gets the number of rows read, and the number of all rows if the file states the number.
    Raises `Invalid` (IMP-…) or `Refused` if the file as a whole is refused."""
    account = _read(recipient, data, form, report)
    try:
        with transaction.atomic():
            # This lock stops all other actions on this desk. Therefore every entry with an id above `before`
            # belongs to this file.
            locks.open_desk(recipient)
            mine = JournalEntry.objects.filter(taxpayer_id=recipient.pk, event__in=undo.ACTED)
            before = mine.order_by("-pk").values_list("pk", flat=True).first() or 0
            _judge(recipient, account, by, form)
            view = DeskView.of(recipient, clock.today(), calendar())
            account.effect = ims_import_effect.of(account.changing, view)
            account.entries = list(mine.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True))
            if not save or (all_or_nothing and account.refused):
                raise _TakenBack
    except _TakenBack:
        pass
    return account


def _read(recipient: Taxpayer, data: bytes, form: str, report: Report | None = None) -> Account:
    if form == JSON:
        upload = offline_tool.read(data)
        _whose(upload.gstin, recipient)
        account = Account(len(upload.lines))
        account.lines = [_line(line, line.wanted, line.fault) for line in upload.lines]
        account.stated = upload.stated
        _find_by_number(recipient, account.lines)
        return account
    book = read_back.opened(data)
    _whose(book.gstin, recipient)
    account = Account()
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    stated_rows = workbook_figures.stated_rows(book.stated)
    while part := list(islice(book.rows, AT_ONCE)):
        account.read += len(part)
        if report is not None:
            report(account.read, max(account.read, stated_rows))
        for row in part:
            sums[row.section].update(workbook_figures.of_row(row))
        lines = [_line(row, None, row.fault) for row in part]
        _find_by_key(recipient, lines, account)
        account.lines += [line for line in lines if line.problem is not None or not line.source.untouched]
    account.stated = workbook_figures.differences(book.stated, sums)
    return account


def _line(source: Any, wanted: Wanted | None, fault: str) -> Line:
    again = DOWNLOAD_AGAIN if fault.endswith(DOWNLOAD_AGAIN) else ""
    problem = RefusedDocument("IMP-ROW", fault, instead=again) if fault else None
    return Line(source.place, source.section, wanted, source, problem=problem)


def _whose(gstin: str, recipient: Taxpayer) -> None:
    if gstin != recipient.gstin:
        raise Invalid(
            "IMP-GSTIN",
            screen_messages.in_english("IMP-GSTIN", found=gstin[:20] or "nobody", here=recipient.gstin),
        )


def _find_by_key(recipient: Taxpayer, lines: Sequence[Line], account: Account) -> None:
    """Find the records that the rows' keys name, and set `record` and `wanted` of each line. If a key names
    another taxpayer's record, no record is found.

    The cells of a row may show another document than the row's key names. The function then refuses the row,
    even if the row asks for no action. The likely cause is that the person sorted only some columns of the
    sheet. Other locked cells that were changed are noted in `account`, and change nothing."""
    rows = [line.source for line in lines if line.problem is None]
    mine = Record.objects.filter(recipient_id=recipient.pk)
    documents = shown_document.held(mine.filter(pk__in=[row.record_id for row in rows]))
    touched = [row.record_id for row in rows if not row.untouched]
    records = mine.filter(pk__in=touched).select_related("decision", "supplier").in_bulk() if touched else {}
    for line in lines:
        if line.problem is not None:
            continue
        row, document = line.source, documents.get(line.source.record_id)
        if document is not None:
            line.problem = _mixed(row, document)
            if line.problem is None and row.revision == document.revision:
                account.locked += [
                    LockedCell(_cell(row, one), one.heading, one.held, one.shown)
                    for one in shown_document.changed_cells(row.section, row.shown, document)
                ]
        if row.untouched or line.problem is not None:
            continue
        record = records.get(row.record_id)
        if record is None:
            line.problem = RefusedDocument("NOT_IN_IMS", "This record is no longer in your IMS.", "R-030")
            continue
        line.record = record
        line.wanted = Wanted(
            section=record.section,
            number=record.number,
            document_date=record.document_date,
            asked=row.asked,
            supplier=record.supplier.gstin if record.supplier else "",
            port=(record.details or {}).get("port", "") if record.kind in ("BOE", "BOR") else "",
            fingerprint=f"{row.revision}.{row.version}",
        )


def _mixed(row: read_back.FilledRow, document: shown_document.Held) -> RefusedDocument | None:
    """Return a refusal if the cells of the row show another document than `document`. Return None if the
    cells show `document`."""
    edited = row.revision != document.revision
    if row.untouched and edited:
        return None
    unlike = shown_document.unlike(row.section, row.shown, document, whole=not (edited or row.untouched))
    if unlike is None:
        return None
    cells = document.cells
    whose = cells["gstin"] or cells.get("port") or "customs"
    return RefusedDocument(
        "IMP-ROW",
        f"The row's key belongs to {cells['number']} of {whose}, dated {shown_document.dmy(cells['date'])}. The row shows "
        f"another document: in cell {_cell(row, unlike)}, "
        f"{unlike.heading} is “{unlike.shown}”, not “{unlike.held}”. Rows were mixed up, or a cell of the document was "
        f"changed. Nothing was changed for this row. {DOWNLOAD_AGAIN}",
        instead=DOWNLOAD_AGAIN,
    )


def _cell(row: read_back.FilledRow, unlike: shown_document.Unlike) -> str:
    """Return the place of a cell in the workbook, for example B2B!C6."""
    sheet, _mark, number = row.place.rpartition("!")
    return f"{sheet}!{row.letters.get(unlike.heading, '')}{number}"


def _find_by_number(recipient: Taxpayer, lines: Sequence[Line]) -> None:
    """Set `record` of each line to the record that the line names. The lines come from a file of the offline
    tool. A line names its record by section, supplier, number, date and port."""
    wanted = {line.wanted.key: line for line in lines if line.wanted is not None}
    numbers = sorted({line.wanted.number_key for line in lines if line.wanted is not None})
    for start in range(0, len(numbers), AT_ONCE):
        part = Record.objects.filter(
            recipient_id=recipient.pk, number_key__in=numbers[start : start + AT_ONCE]
        )
        for record in part.select_related("decision", "supplier", "recipient"):
            supplier = record.supplier.gstin if record.supplier else ""
            port = (record.details or {}).get("port", "") if record.kind in ("BOE", "BOR") else ""
            key = (record.section, supplier, record.number_key, record.document_date, port)
            if key in wanted:
                wanted[key].record = record


def seen_of(record: Record) -> str:
    return f"{record.revision}.{record.decision.version}"


def _judge(recipient: Taxpayer, account: Account, by: By, form: str) -> None:
    """Set `same` of each row whose record already has the requested action. Save the actions of the other
    rows. If an action is refused, set `problem` of the row."""
    for line in account.lines:
        line.same = line.problem is None and line.record is not None and _stands(line)
    asking = [line for line in account.lines if line.problem is None and not line.same and line.wanted]
    for start in range(0, len(asking), AT_ONCE):
        part = asking[start : start + AT_ONCE]
        problems = actions_by_number.save(
            recipient,
            [line.wanted for line in part if line.wanted],
            by=by,
            fingerprint=seen_of,
            in_gstns_shape=form == JSON,
        )
        for line, problem in zip(part, problems, strict=True):
            line.problem = _with_what_changed(line, problem)


def _stands(line: Line) -> bool:
    """Return true if the record already has the action, declaration and remarks that the row asks for."""
    assert line.wanted is not None
    assert line.record is not None
    asked, decision = line.wanted.asked, line.record.decision
    if decision.action != asked.action.value:
        return False
    settled = settle(asked.declaration, effect=situations.effect_of(line.record))
    if isinstance(settled, str):
        return False
    answer = settled.answer if settled.answer is not Answer.NONE else Answer.FULL
    now = Answer(decision.answer) if decision.answer != Answer.NONE.value else Answer.FULL
    if asked.action is Action.ACCEPTED and answer is not now:
        return False
    if answer is Answer.PART and settled.amounts is not None:
        heads = tuple(getattr(settled.amounts, head) for head in HEADS)
        if heads != tuple(getattr(decision, f"reduction_{head}") for head in HEADS):
            return False
    kept = remarks_kept(asked.action, settled.answer)
    return not kept or decision.remarks == asked.remarks.strip()


def _with_what_changed(line: Line, problem: RefusedDocument | None) -> RefusedDocument | None:
    """Return the problem of a row. If the record changed after the person downloaded the workbook, the
    message of the problem names the change."""
    if (
        problem is None
        or problem.code != actions_by_number.ROW_CHANGED
        or line.record is None
        or isinstance(line.source, offline_tool.Line)
    ):
        return problem
    record, was = line.record, line.source
    said = [f"Status is {ACTION_LABELS[Action(record.decision.action)]} now"]
    if record.revision != was.revision:
        said.insert(0, f"The supplier edited the document {record.revision - was.revision} time(s)")
    if record.decision.version != was.version:
        said.append("another action was saved later")
    return RefusedDocument(
        problem.code,
        f"The record changed after you downloaded the workbook. {'; '.join(said)}.",
        problem.rule,
    )
