"""The number keys of bills of entry lose their leading zeros, as in `rules.documents.number_key`."""

from django.db import migrations
from django.db.models import F, Func, Value
from django.db.models.functions import Coalesce, NullIf


def without_zeros(apps, schema_editor):
    for name in ("Record", "ArchivedRecord"):
        bills = apps.get_model("invoices", name).objects.filter(form="ICEGATE", number_key__startswith="0")
        stripped = Func(F("number_key"), Value("0"), function="LTRIM")
        bills.update(number_key=Coalesce(NullIf(stripped, Value("")), Value("0")))


class Migration(migrations.Migration):
    dependencies = [("invoices", "0027_narrower_extensions")]

    operations = [migrations.RunPython(without_zeros, migrations.RunPython.noop)]
