"""Seals: every journal entry becomes a link of its GSTIN's chain. Entries there already are sealed in the order
of their ids; from then on the database refuses changes to seals, and on PostgreSQL an entry without one as well."""

import hashlib

import django.db.models.deletion
from django.db import migrations, models

from ims_portal.kernel import seals

TABLE = "invoices_journalseal"
WORDS = "the journal is append-only"
FACTS = (
    "taxpayer_id",
    "event",
    "actor_id",
    "source",
    "portal_time",
    "real_time",
    "period",
    "record_count",
    "before",
    "after",
    "idempotency_key",
    "input_hash",
)
SEALED = """
CREATE FUNCTION invoices_journal_entry_is_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM invoices_journalseal WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'journal entry % has no seal', NEW.id USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
$$
"""


def seal_what_is_there(apps, schema_editor):
    entry, line, seal, head = (
        apps.get_model("invoices", name)
        for name in ("JournalEntry", "JournalLine", "JournalSeal", "JournalHead")
    )
    for taxpayer_id in entry.objects.order_by("taxpayer_id").values_list("taxpayer_id", flat=True).distinct():
        sequence, previous, links = 0, "", []
        for row in entry.objects.filter(taxpayer_id=taxpayer_id).order_by("pk").iterator():
            digest, count = hashlib.sha256(), 0
            told = line.objects.filter(entry_id=row.pk).order_by("pk")
            for values in told.values_list(
                "record_id", "revision", "before", "after", "remarks", "detail"
            ).iterator():
                digest.update(seals.line_text(*values).encode())
                count += 1
            sequence += 1
            made = seals.link(previous, digest.hexdigest(), {name: getattr(row, name) for name in FACTS})
            links.append(
                seal(
                    entry_id=row.pk,
                    taxpayer_id=taxpayer_id,
                    sequence=sequence,
                    line_count=count,
                    lines_digest=digest.hexdigest(),
                    previous=previous,
                    hash=made,
                )
            )
            previous = made
        seal.objects.bulk_create(links, batch_size=1000)
        head.objects.create(taxpayer_id=taxpayer_id, sequence=sequence, hash=previous)


def protect(apps, schema_editor):
    execute = schema_editor.execute
    if schema_editor.connection.vendor == "postgresql":
        execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION invoices_refuse_journal_change()"
        )
        execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse_journal_change()"
        )
        execute(SEALED, params=None)  # its % sign is PL/pgSQL's own
        execute(
            "CREATE CONSTRAINT TRIGGER invoices_journalentry_sealed AFTER INSERT ON invoices_journalentry "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoices_journal_entry_is_sealed()"
        )
    elif schema_editor.connection.vendor == "sqlite":
        for event in ("update", "delete"):
            execute(
                f"CREATE TRIGGER {TABLE}_no_{event} BEFORE {event.upper()} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
            )


def lift(apps, schema_editor):
    execute = schema_editor.execute
    if schema_editor.connection.vendor == "postgresql":
        execute("DROP TRIGGER invoices_journalentry_sealed ON invoices_journalentry")
        execute("DROP FUNCTION invoices_journal_entry_is_sealed()")
        execute(f"DROP TRIGGER {TABLE}_append_only ON {TABLE}")
        execute(f"DROP TRIGGER {TABLE}_no_truncate ON {TABLE}")
    elif schema_editor.connection.vendor == "sqlite":
        for event in ("update", "delete"):
            execute(f"DROP TRIGGER {TABLE}_no_{event}")


class Migration(migrations.Migration):
    dependencies = [("invoices", "0002_append_only_journal")]

    operations = [
        migrations.CreateModel(
            name="JournalHead",
            fields=[
                (
                    "taxpayer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="invoices.taxpayer",
                    ),
                ),
                ("sequence", models.PositiveBigIntegerField(default=0)),
                ("hash", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="JournalSeal",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="seal",
                        serialize=False,
                        to="invoices.journalentry",
                    ),
                ),
                ("sequence", models.PositiveBigIntegerField(help_text="1, 2, 3 … at this GSTIN, without a gap")),
                ("line_count", models.PositiveIntegerField(default=0)),
                (
                    "lines_digest",
                    models.CharField(help_text="SHA-256 of the lines' texts in order", max_length=64),
                ),
                (
                    "previous",
                    models.CharField(
                        blank=True, help_text="Hash of the link before; empty on the first", max_length=64
                    ),
                ),
                ("hash", models.CharField(max_length=64)),
                (
                    "taxpayer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoices.taxpayer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("taxpayer", "sequence"), name="one_seal_per_place")
                ],
            },
        ),
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
        migrations.RunPython(protect, lift),
    ]
