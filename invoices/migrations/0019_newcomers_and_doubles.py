from django.db import migrations, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Replace


class Migration(migrations.Migration):
    """Two views of the record list: suppliers unknown before the open period, and documents that look alike."""

    dependencies = [
        ("invoices", "0018_one_index_by_date"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="record",
            name="record_by_claim",
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["recipient", "claim_period", "supplier"], name="record_by_claim"),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                F("recipient"),
                F("supplier"),
                Func(
                    Replace(
                        Replace(F("number_key"), Value("-"), Value("")),
                        Value("/"),
                        Value(""),
                    ),
                    Value("0"),
                    function="LTRIM",
                    output_field=models.CharField(),
                ),
                condition=Q(("amends_id__isnull", True), ("supplier__isnull", False)),
                name="record_by_bare_number",
            ),
        ),
        migrations.AddIndex(
            model_name="archivedrecord",
            index=models.Index(fields=["recipient", "supplier", "land_period"], name="archive_by_supplier"),
        ),
    ]
