from django.db import migrations


class Migration(migrations.Migration):
    """Documents by date are read by the list alone, which asks for those in IMS or those past it: each has its own."""

    dependencies = [
        ("invoices", "0017_batch_seen_until"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="record",
            name="record_by_date",
        ),
    ]
