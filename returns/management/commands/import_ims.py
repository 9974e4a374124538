"""Command `import_ims`: read GSTR-2B or IMS JSON of another portal, and compare the file with this portal's
data. With --take-over, copy the file's records into a working copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import Invalid, PortalError
from invoices.journal.writing import By
from invoices.models import Taxpayer
from returns.files import tax_table
from returns.files.other_portals import files, read
from returns.files.other_portals.compare import compare, named

MOST_SHOWN = 50


class Command(BaseCommand):
    help = (
        "Read GSTR-2B or IMS JSON of another portal, and compare the file with the data in this portal. "
        "With --check, only read the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, nargs="+", help="one file, or all files of a GSTR-2B that has several"
        )
        parser.add_argument(
            "--check", action="store_true", help="only read the file; print its sums and its faults"
        )
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="copy the records of an IMS file into this portal; the taxpayer must be a working copy",
        )
        parser.add_argument("--gstin", default="", help="the taxpayer's GSTIN, if the file does not name it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = [path.read_bytes() for path in options["file"]]
            found = read.read(data[0]) if len(data) == 1 else read.read_together(data)
        except OSError as failure:
            raise CommandError(f"{failure.filename}: {failure.strerror}") from None
        except Invalid as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        gstin = options["gstin"].upper() or found.gstin
        about = f" of {found.period.label}" if found.period else ""
        self.stdout.write(
            f"{found.kind}{about} for {gstin or 'an unnamed GSTIN'}: {len(found.documents)} documents"
        )
        for line in tax_table.lines(files.sections(found)):
            self.stdout.write(f"  {line}")
        self._some("a figure differs", [f"{unequal.place}: {unequal.sentence}" for unequal in found.stated])
        self._some("read anyway", [*found.wrong_gstins.values(), *found.wrong_ports.values()])
        for fault in found.faults[:MOST_SHOWN]:
            self.stdout.write(f"  not read: {fault}")
        if found.unread > MOST_SHOWN:
            self.stdout.write(f"  and {found.unread - MOST_SHOWN} more not read")
        for left in found.left:
            self.stdout.write(f"  {left}")
        if options["check"]:
            self.stdout.write(f"  {_verdict(found)}")
            return
        taxpayer = Taxpayer.objects.filter(gstin=gstin).first()
        if taxpayer is None:
            raise CommandError(
                f"{gstin or 'The GSTIN'} is not a taxpayer of this portal. Use --check to only read the file."
            )
        if options["take_over"]:
            self._take_over(taxpayer, found)
            return
        told = compare(taxpayer, found)
        self.stdout.write(f"  the same in the file and in this portal: {told.same}")
        self._list(
            "only in the file", [named(d.section, d.supplier, d.number, d.port) for d in told.only_there]
        )
        self._list("only in this portal", told.only_here)
        differing = [
            f"{d.document.section} {d.document.number}: "
            + "; ".join(
                f"{name} {there} in the file, {here} in this portal" for name, there, here in d.fields
            )
            for d in told.differing
        ]
        self._list("differing", differing)

    def _some(self, words: str, told: Sequence[str]) -> None:
        for one in told[:MOST_SHOWN]:
            self.stdout.write(f"  {words}: {one}")
        if len(told) > MOST_SHOWN:
            self.stdout.write(f"  {words}: {len(told) - MOST_SHOWN} more")

    def _take_over(self, taxpayer: Taxpayer, found: read.Found) -> None:
        try:
            files.belongs(found, taxpayer)
            told = files.taken(taxpayer, found, by=By(source="command"))
        except PortalError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(
            f"  new {told['new']}, changed {told['changed']}, the same {told['same']}, with an action "
            f"{told['acted']}, not copied {told['refused']}"
        )
        for row in told["refusals"][:MOST_SHOWN]:
            self.stdout.write(f"    {row['place']} {row['number']}: {row['sentence']} ({row['code']})")

    def _list(self, words: str, rows: list[str]) -> None:
        self.stdout.write(f"  {words}: {len(rows)}")
        for row in rows[:MOST_SHOWN]:
            self.stdout.write(f"    {row}")


def _verdict(found: read.Found) -> str:
    """Return a sentence that says whether the whole file was read, and what to do otherwise."""
    if found.unread or found.faults:
        return (
            f"{found.unread} documents were not read. Correct the places above, or download the file again."
        )
    if found.stated:
        return (
            "Every document was read. The figures above, which the file states of itself, differ: the file was "
            "edited, is a part of a larger file, or its writer counts differently. Download the file again."
        )
    return "Every document was read, and every figure that the file states agrees."
