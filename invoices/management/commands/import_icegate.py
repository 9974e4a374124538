"""Loads bills of entry and their amendments from a file (docs/icegate-json.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import PortalError
from invoices.documents.customs import load
from invoices.journal.writing import By


class Command(BaseCommand):
    help = "Load bills of entry from a JSON file. Print the counts, and each refusal with its place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="save nothing if any entry is refused"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = options["file"].read_bytes()
            report = load.load(data, by=By(source="command"), all_or_nothing=options["all_or_nothing"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except PortalError as error:
            raise CommandError(f"{error.code} {error.message}") from None
        for refusal in report.refusals:
            self.stdout.write(
                f"{refusal.place}: {refusal.code} ({refusal.rule}) {refusal.field}: {refusal.message}"
            )
        if report.counts[load.SAVED] and not report.written:
            self.stdout.write("Nothing was saved, because entries were refused.")
        counts = ", ".join(f"{report.counts[name]} {name}" for name in ("saved", "same", "refused"))
        self.stdout.write(counts)
        if report.refusals:
            raise SystemExit(1)
