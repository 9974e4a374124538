"""Command `flag_rule_37a`: flag a supplier's non-payment under Rule 37A."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gstr2b import rule37a
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.journal.writing import By
from invoices.models import Taxpayer


class Command(BaseCommand):
    help = (
        "Put the documents of a supplier who has not filed GSTR-3B into the ITC Reversal tables of the "
        "recipients."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gstin", help="the supplier's GSTIN")
        parser.add_argument("period", help="the period of the supplier's GSTR-1, as 2024-10")

    def handle(self, *args: Any, **options: Any) -> None:
        supplier = Taxpayer.objects.filter(gstin=options["gstin"].upper()).first()
        if supplier is None:
            raise CommandError(f"{options['gstin']} is not known here.")
        try:
            count = rule37a.flag(supplier, TaxPeriod.parse(options["period"]), by=By(source="command"))
        except (PortalError, BadPeriod) as bad:
            raise CommandError(str(bad)) from None
        self.stdout.write(f"{count} documents flagged.")
