"""Command `import_register`: read a purchase register and take it over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import rupee_text
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.register import intake, reading
from invoices.register.reading import Look

MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Read a purchase register (Excel, CSV or XML of Tally) and take it over. With --check, only read it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gstin")
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="only read the file")
        parser.add_argument(
            "--accept-guesses", action="store_true", help="take the proposed answer to each question"
        )
        parser.add_argument(
            "--answer", action="append", default=[], metavar="KEY=VALUE", help="the answer to one question"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        taxpayer = Taxpayer.objects.filter(gstin=options["gstin"].strip().upper()).first()
        if taxpayer is None:
            raise CommandError(f"{options['gstin']} is not known here.")
        answers = dict(one.split("=", 1) for one in options["answer"] if "=" in one)
        try:
            data = options["file"].read_bytes()
            found = intake.looked(
                taxpayer,
                data,
                options["file"].name,
                answers=answers,
                accept_guesses=options["accept_guesses"],
            )
            self._tell(found)
            if options["check"]:
                joined = reading.joined(reading.rows(found))
                rows, left = found.used + sum(found.left_out.values()), sum(found.left_out.values())
                self.stdout.write(f"{len(joined.documents)} documents of {rows} rows, {left} rows left out")
                return
            upload = intake.taken(taxpayer, data, options["file"].name, found, by=By(source="command"))
        except OSError as failure:
            raise CommandError(f"{failure.filename}: {failure.strerror}") from None
        except PortalError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        reasons = Counter(upload.register_rows.exclude(left_out="").values_list("left_out", flat=True))
        for code, count in reasons.most_common():
            self.stdout.write(f"  left out, {code}: {count}")
        self.stdout.write(
            f"  {upload.documents_new} new, {upload.documents_same} the same, {upload.documents_changed} changed, "
            f"{upload.documents_gone} no more in the register"
        )
        self.stdout.write(
            f"{upload.documents} documents of {upload.rows} rows, {upload.rows_left_out} rows left out"
        )

    def _tell(self, found: Look) -> None:
        self.stdout.write(f"layout: {found.layout or 'not a known one'}; sheets: {', '.join(found.sheets)}")
        for part in found.mapping.parts:
            for name, one in part.fields.items():
                self.stdout.write(f"  {name} from {', '.join(one.columns)} ({one.how})")
        for head, total in found.totals.items():
            self.stdout.write(f"  sum of {head}: {rupee_text(total)}")
        for warned in found.warnings[:MOST_SHOWN]:
            place = " ".join(
                part
                for part in (warned.sheet, f"row {warned.row}" if warned.row else "", warned.column)
                if part
            )
            self.stdout.write(f"  {place}: {warned.sentence}")
        if found.questions:
            for question in found.questions:
                choices = "; ".join(f"{key} ({words})" for key, words in question.choices)
                self.stdout.write(f"  ? {question.key}: {question.sentence} Choices: {choices}")
            raise CommandError(
                f"{len(found.questions)} questions are open. Answer them with --answer KEY=VALUE, or take the proposed "
                "answers with --accept-guesses."
            )
