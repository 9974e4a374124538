from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoices", "0029_lapsed")]

    operations = [
        migrations.RemoveConstraint(model_name="duedateextension", name="one_extension_per_notification"),
        migrations.AddConstraint(
            model_name="duedateextension",
            constraint=models.UniqueConstraint(
                fields=("form", "period", "state", "source", "due_on"), name="one_extension_per_day"
            ),
        ),
    ]
