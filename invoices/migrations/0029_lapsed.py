from django.db import migrations, models

FILINGS = [("S", "Saved"), ("F", "Filed"), ("L", "Lapsed")]


class Migration(migrations.Migration):
    dependencies = [("invoices", "0028_bill_numbers")]

    operations = [
        migrations.AlterField(
            model_name=model, name="filing", field=models.CharField(choices=FILINGS, max_length=1)
        )
        for model in ("record", "archivedrecord")
    ]
