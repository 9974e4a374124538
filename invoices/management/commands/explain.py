"""Print why a document is where it is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel import clock
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.explain import explain
from invoices.queries.situations import DeskView
from invoices.rules.documents import number_key


class Command(BaseCommand):
    help = "Explain every record with this document number on a recipient's desk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gstin", help="the recipient's GSTIN")
        parser.add_argument("document", help="the document's number")

    def handle(self, *args: Any, **options: Any) -> None:
        recipient = Taxpayer.objects.filter(gstin=options["gstin"].upper()).first()
        if recipient is None:
            raise CommandError(f"{options['gstin']} is not known here.")
        dates = calendar()
        view = DeskView.of(recipient, clock.today(), dates)
        named = {"recipient": recipient, "number_key": number_key(options["document"])}
        live = (
            Record.objects.filter(**named).select_related("decision", "recipient", "supplier").order_by("id")
        )
        gone = ArchivedRecord.objects.filter(**named).select_related("supplier").order_by("id")
        for record in live:
            self.stdout.write(
                f"{record.number} from {record.supplier or 'customs'} ({record.get_kind_display()})"
            )
            for line in explain(record, view, dates).lines():
                self.stdout.write(f"  {line}")
        for old in gone:
            self.stdout.write(
                f"{old.number} from {old.supplier or 'customs'} ({old.get_kind_display()}): left on "
                f"{old.left_at:%d-%m-%Y}, {old.get_why_display()}; action {old.get_action_display()}"
            )
        if not live and not gone:
            raise CommandError(f"{recipient.gstin} has no document {options['document']}.")
