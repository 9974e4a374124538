"""Marks the documents that lapsed before the portal knew lapsed documents."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def mark(apps, schema_editor):
    record = apps.get_model("invoices", "Record")
    taxpayer = apps.get_model("invoices", "Taxpayer")
    returned = apps.get_model("returns", "OutwardReturn")
    saved = record.objects.using(schema_editor.connection.alias).filter(filing="S")
    opens = taxpayer.objects.filter(pk=OuterRef("supplier_id")).values("open_period")
    saved.filter(form="GSTR-1A").annotate(opens=Subquery(opens)).filter(opens__gt=F("tax_period")).update(
        filing="L"
    )
    for supplier, quarter in returned.objects.filter(form="GSTR-1", supplier__frequency="Q").values_list(
        "supplier_id", "period"
    ):
        months = (quarter - 2, quarter - 1)  # a quarter does not cross a year
        saved.filter(form="IFF", supplier_id=supplier, tax_period__in=months).update(filing="L")


class Migration(migrations.Migration):
    dependencies = [("invoices", "0029_lapsed"), ("returns", "0002_ledger_openings")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
