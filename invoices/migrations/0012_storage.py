"""How PostgreSQL stores the tables that are rewritten or emptied a million rows at a time (docs/scale.md, Storage).
SQLite has no such settings, and remaking the journal's tables there would take its triggers."""

import django.db.models.deletion
from django.db import migrations, models

LINE = "invoices_journalline"

# a decision is rewritten by each action: its page has room for the new version beside the old
SETTINGS = {
    "invoices_decision": "fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05",
    "invoices_record": "autovacuum_vacuum_scale_factor = 0.05",
    # appended to by every change, folded again and again
    "invoices_desktally": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000",
    # a lease is renewed many times
    "invoices_job": "fillfactor = 70",
    "invoices_recipientdesk": "fillfactor = 70",
    "invoices_journalhead": "fillfactor = 70",
}


def store(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        constraints = schema_editor.connection.introspection.get_constraints(cursor, LINE)
    for name, found in constraints.items():
        if found["foreign_key"] and found["columns"] == ["entry_id"]:
            schema_editor.execute(f'ALTER TABLE {LINE} DROP CONSTRAINT "{name}"')
    for table, settings in SETTINGS.items():
        schema_editor.execute(f"ALTER TABLE {table} SET ({settings})")


def forget(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, settings in SETTINGS.items():
        names = ", ".join(part.split("=")[0].strip() for part in settings.split(","))
        schema_editor.execute(f"ALTER TABLE {table} RESET ({names})")


class Migration(migrations.Migration):
    dependencies = [("invoices", "0011_pasted_lists")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "journalline",
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="invoices.journalentry",
                    ),
                )
            ],
            database_operations=[migrations.RunPython(store, forget)],
        )
    ]
