"""Command `working_copy`: make a taxpayer whose real desk is on another portal, or mark a taxpayer as one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.people import registrations

BY = By(source="command")


class Command(BaseCommand):
    help = "Make a working copy: a taxpayer whose real desk is on another portal. Files of that portal fill its desk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gstin")
        parser.add_argument(
            "--create", action="store_true", help="register the GSTIN if it is not known here"
        )
        parser.add_argument("--name", default="", help="the legal name of a new taxpayer")
        parser.add_argument("--opens", default="", help="the first open period of a new taxpayer, as 2024-10")

    def handle(self, *args: Any, **options: Any) -> None:
        gstin = options["gstin"].strip().upper()
        try:
            taxpayer = Taxpayer.objects.filter(gstin=gstin, listed=True).first()
            if taxpayer is None and not options["create"]:
                raise CommandError(f"{gstin} is not known here. Give --create to register it.")
            if taxpayer is None:
                opens = TaxPeriod.parse(options["opens"]) if options["opens"] else None
                name = options["name"] or gstin
                taxpayer = registrations.register(gstin, legal_name=name, opens=opens, by=BY)
            registrations.describe(
                taxpayer,
                legal_name=options["name"] or taxpayer.legal_name,
                trade_name=taxpayer.trade_name,
                listed=True,
                working_copy=True,
                district=taxpayer.district,
                pin_code=taxpayer.pin_code,
                frequency=taxpayer.files,
                by=BY,
            )
        except (PortalError, BadPeriod) as bad:
            raise CommandError(str(bad)) from None
        taxpayer.refresh_from_db()
        self.stdout.write(
            f"{taxpayer.gstin} {taxpayer.name} is a working copy; open period {taxpayer.opens.label}"
        )
