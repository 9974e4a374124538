"""Explains a recipient's records that have a given document number: prints each record's facts and the rules
that apply to the record."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel import clock, typed_values
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries import numbers
from invoices.queries.calendar import calendar
from invoices.queries.explain import explain
from invoices.queries.situations import DeskView


def _named(record: Record | ArchivedRecord) -> str:
    """Return a document's name in full: number, supplier or port, date and kind."""
    port = (record.details or {}).get("port", "")
    whose = record.supplier or f"customs at {port}"
    return f"{record.number} from {whose}, {record.document_date:%d-%m-%Y} ({record.get_kind_display()})"


class Command(BaseCommand):
    help = (
        "Explain every record with this document number on a recipient's desk. If several documents have the "
        "number, --supplier and --date select one document."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gstin", help="the recipient's GSTIN")
        parser.add_argument("document", help="the document's number")
        parser.add_argument("--supplier", default="", help="the supplier's GSTIN")
        parser.add_argument("--date", type=typed_values.day, help="the document's date, as 2024-11-05")

    def handle(self, *args: Any, **options: Any) -> None:
        recipient = Taxpayer.objects.filter(gstin=options["gstin"].upper()).first()
        if recipient is None:
            raise CommandError(f"{options['gstin']} is not known here.")
        dates = calendar()
        view = DeskView.of(recipient, clock.today(), dates)
        named: dict[str, Any] = {"recipient": recipient}
        number = numbers.numbered(options["document"])
        if options["supplier"]:
            named["supplier__gstin"] = options["supplier"].upper()
        if options["date"]:
            named["document_date"] = options["date"]
        live = (
            Record.objects.filter(number, **named)
            .select_related("decision", "recipient", "supplier")
            .order_by("id")
        )
        gone = ArchivedRecord.objects.filter(number, **named).select_related("supplier").order_by("id")
        for record in live:
            self.stdout.write(_named(record))
            for line in explain(record, view, dates).lines():
                self.stdout.write(f"  {line}")
        for old in gone:
            self.stdout.write(
                f"{_named(old)}: left on {old.left_at:%d-%m-%Y}, {old.get_why_display()}; action "
                f"{old.get_action_display()}"
            )
        if not live and not gone:
            raise CommandError(f"{recipient.gstin} has no document {options['document']}.")
