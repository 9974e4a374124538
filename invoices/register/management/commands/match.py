"""Command `match`: match a purchase register with the IMS desk of the same GSTIN."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoices.journal.writing import By
from invoices.matching.ladder import Class
from invoices.models import Taxpayer
from invoices.register import match, report


class Command(BaseCommand):
    help = (
        "Match the purchase register of a GSTIN with its IMS desk, and print the number of matches by class."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gstin")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the matches to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        taxpayer = Taxpayer.objects.filter(gstin=options["gstin"].strip().upper()).first()
        if taxpayer is None:
            raise CommandError(f"{options['gstin']} is not known here.")
        outcome = match.run(taxpayer, by=By(source="command"))
        counts = Counter((one.class_, one.sub) for one in outcome.result.matches)
        order = list(Class)
        for (class_, sub), count in sorted(
            counts.items(), key=lambda one: (order.index(one[0][0]), one[0][1])
        ):
            self.stdout.write(f"  {class_.value}{f' {sub}' if sub else ''}: {count}")
        result = outcome.result
        self.stdout.write(
            f"{len(result.matches)} matches, {len(result.only_books)} only in the books, "
            f"{len(result.only_ims)} only in IMS, {len(result.duplicates)} entered twice"
        )
        if options["json"]:
            try:
                text = json.dumps(report.as_json(outcome), indent=1, ensure_ascii=False)
                options["json"].write_text(text + "\n", encoding="utf-8")
            except OSError as failure:
                raise CommandError(f"{failure.filename}: {failure.strerror}") from None
