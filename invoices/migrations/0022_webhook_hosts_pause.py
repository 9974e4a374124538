"""Hosts of webhooks are paused when they give no answer; a webhook names its host and goes with whoever added it."""

from urllib.parse import urlsplit

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def name_hosts(apps, schema_editor):
    Webhook = apps.get_model("invoices", "Webhook")
    hooks = list(Webhook.objects.only("pk", "url"))
    for hook in hooks:
        try:
            hook.host = (urlsplit(hook.url).hostname or "").lower()
        except ValueError:
            hook.host = ""
    Webhook.objects.bulk_update(hooks, ["host"], batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("invoices", "0021_token_second_factor"),
    ]

    operations = [
        migrations.AddField("webhookhost", "silences", models.PositiveIntegerField(default=0, editable=False, help_text="Deliveries without an answer since the last answer")),
        migrations.AddField("webhookhost", "paused_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("webhookhost", "paused_until", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("webhookhost", "held_until", models.DateTimeField(editable=False, null=True)),
        # the index comes after the rows are filled in
        migrations.AddField("webhook", "host", models.CharField(default="", editable=False, max_length=253), preserve_default=False),
        migrations.RunPython(name_hosts, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("webhook", "created_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
    ]
