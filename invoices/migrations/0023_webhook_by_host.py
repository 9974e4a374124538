"""The index of webhooks by host, in a transaction of its own: PostgreSQL makes none beside rows just written."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("invoices", "0022_webhook_hosts_pause")]

    operations = [
        migrations.AlterField("webhook", "host", models.CharField(db_index=True, editable=False, max_length=253)),
    ]
