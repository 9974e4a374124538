"""Marks the IFF documents that lapsed although their supplier was not a quarterly filer any more."""

from django.db import migrations
from django.db.models import Exists, F, OuterRef, Q


def mark(apps, schema_editor):
    record = apps.get_model("invoices", "Record")
    returned = apps.get_model("returns", "OutwardReturn")
    gstr1 = returned.objects.filter(form="GSTR-1", supplier_id=OuterRef("supplier_id"))
    months = Q()
    for after in (1, 2):
        # the months that end a quarter `after` months later; a quarter does not cross a year
        ending = [month - after for month in (3, 6, 9, 12)]
        filed = Exists(gstr1.filter(period=OuterRef("tax_period") + after))
        months |= Q(filed, month__in=ending)
    saved = record.objects.using(schema_editor.connection.alias).filter(filing="S", form="IFF")
    saved.annotate(month=F("tax_period") % 100).filter(months).update(filing="L")


class Migration(migrations.Migration):
    dependencies = [("invoices", "0029_lapsed"), ("returns", "0003_lapsed")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
