"""Command `import_gstr1`: load a supplier's GSTN JSON file of any size, with the same checks as the upload
page.

If the command is interrupted, run the command again with the same file. Documents that are already saved stay
unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import PortalError
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.rules.calendar import Form
from returns.files import tax_table
from returns.gstr1_file import load, stated
from returns.gstr1_file.read import open_file
from returns.gstr1_file.report import Mode, Report

FORMS = (Form.GSTR1, Form.IFF, Form.GSTR1A, Form.GSTR5, Form.GSTR6)


class Command(BaseCommand):
    help = "Load documents from a GSTR-1 JSON file. Print the counts, and each refusal with its place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--gstin", help="the supplier's GSTIN that the file must have (default: the GSTIN in the file)"
        )
        parser.add_argument("--form", choices=[form.value for form in FORMS], default=Form.GSTR1.value)
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="save nothing if a document is refused"
        )
        parser.add_argument(
            "--check", action="store_true", help="save nothing; print the sums, the refusals and the warnings"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        mode = Mode.ALL_OR_NOTHING if options["all_or_nothing"] else Mode.GOOD_ONES
        if options["check"]:
            mode = Mode.CHECK
        try:
            with options["file"].open("rb") as file:
                gstin = (options["gstin"] or open_file(file).gstin).upper()
                supplier = Taxpayer.objects.filter(gstin=gstin, listed=True).first()
                if supplier is None:
                    raise CommandError(f"{gstin} is not a taxpayer of this portal.")
                report = load.load(
                    supplier,
                    Form(options["form"]),
                    file,
                    by=By(source="command"),
                    mode=mode,
                    progress=self._so_far,
                )
                if mode is Mode.CHECK:
                    for line in tax_table.lines(stated.by_section(open_file(file).entries())):
                        self.stdout.write(line)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except PortalError as error:
            raise CommandError(f"{error.code} {error.message}") from None
        self._tell(report)
        if report.refused:
            raise SystemExit(1)

    def _so_far(self, read: int) -> None:
        if read >= load.CHUNK:
            self.stderr.write(f"{read} documents read")

    def _tell(self, report: Report) -> None:
        for refusal in report.refusals:
            self.stdout.write(
                f"{refusal.place}: {refusal.code} ({refusal.rule}) {refusal.field}: {refusal.message}"
            )
        if report.unlisted:
            self.stdout.write(f"... and {report.unlisted} more refusals")
        for told in report.warnings:
            rule = f" ({told.rule})" if told.rule else ""
            self.stdout.write(f"{told.place}: warning{rule} {told.field}: {told.message}")
        if report.unlisted_warnings:
            self.stdout.write(f"... and {report.unlisted_warnings} more warnings")
        for name, count in report.outside.items():
            self.stdout.write(f"{name}: {count} not part of IMS")
        if report.mode is Mode.CHECK:
            self.stdout.write(
                "Only checked: nothing was saved. The counts tell what loading the file would do."
            )
        elif report.changes and not report.written:
            self.stdout.write("Nothing was saved, because documents were refused.")
        counts = (
            f"{report.saved} saved, {report.changed} changed, {report.same} same, {report.deleted} deleted"
        )
        self.stdout.write(f"{report.form.value} {report.period.label}: {counts}, {report.refused} refused")
