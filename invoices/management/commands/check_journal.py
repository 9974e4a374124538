"""Checks a journal that was exported from the audit page. The exit code is 1 if the file has changed after
the portal signed the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel import journal_file
from invoices.journal.signed_file import private_key


class Command(BaseCommand):
    help = (
        "Check an exported journal: the signature, every link and every line. The command reads only the "
        "file, not the database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", type=Path, help="public key in PEM (default: this installation's own)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["key"]:
                key = journal_file.public_key(options["key"].read_bytes())
            else:
                key = private_key().public_key()
            with options["file"].open("rb") as file:
                told = journal_file.check(file, key)
        except (OSError, ValueError) as bad:
            raise CommandError(str(bad)) from None
        self.stdout.write(journal_file.in_words(told))
        if told.faults:
            raise SystemExit(1)
