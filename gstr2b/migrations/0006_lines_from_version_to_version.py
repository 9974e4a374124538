"""Versions share lines: a line stands since the version that added it, until the one that replaced it. Those that are
there already are lines of the version that wrote them; no row is rewritten. The guard of 0005 is as it was but for one
thing: a line that stands may be told, once, which version replaced it. Reversible until a version shares lines, which
the table as it was cannot say: then the way back is refused."""

import importlib

import django.db.models.deletion
from django.db import migrations, models

STANDS = 2**31 - 1
LINES = "gstr2b_statementline"
before = importlib.import_module("gstr2b.migrations.0005_versions_stand")

# columns of a line that nothing may change; `until` may, once
FIXED = (
    *("id", "origin_id", "since", "record_id", "recipient_id", "supplier_id", "section", "row", "treated", "reason"),
    *("table", "kind", "form", "tax_period", "number", "document_date", "place_of_supply", "invoice_type"),
    *("reverse_charge", "filed_on", "remarks", "label", "decision", "value", "taxable"),
    *(f"{kind}{head}" for kind in ("", "effect_", "barred_", "reversed_") for head in ("igst", "cgst", "sgst", "cess")),
)
FIXED_SQL = ", ".join(f'"{column}"' for column in FIXED)
REPLACED = f"OLD.until <> {STANDS} OR NEW.until <= OLD.since OR NEW.until >= {STANDS}"


def protect(apps, schema_editor):
    """The guards as they are now, of all three tables. SQLite lost that of the lines when it remade the table."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {LINES}_no_update ON {LINES}")
        refuse = "FOR EACH ROW {when} EXECUTE FUNCTION gstr2b_refuse_rewriting()"
        schema_editor.execute(
            f"CREATE TRIGGER {LINES}_no_update BEFORE UPDATE OF {FIXED_SQL} ON {LINES} {refuse.format(when='')}"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {LINES}_replaced_once BEFORE UPDATE OF until ON {LINES} "
            + refuse.format(when=f"WHEN ({REPLACED})")
        )
    elif vendor == "sqlite":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {LINES}_no_update")
        refuse = f"BEGIN SELECT RAISE(ABORT, '{before.WORDS}'); END"
        schema_editor.execute(
            f"CREATE TRIGGER {LINES}_no_update BEFORE UPDATE OF {FIXED_SQL} ON {LINES} {refuse}"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {LINES}_replaced_once BEFORE UPDATE OF until ON {LINES} WHEN {REPLACED} {refuse}"
        )


def lift(apps, schema_editor):
    """Take away what `protect` made of the lines."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        for name in ("no_update", "replaced_once"):
            schema_editor.execute(f"DROP TRIGGER {LINES}_{name} ON {LINES}")
    elif vendor == "sqlite":
        for name in ("no_update", "replaced_once"):
            schema_editor.execute(f"DROP TRIGGER {LINES}_{name}")


def nothing_shared(apps, schema_editor):
    """Raises `IrreversibleError` if a version shares lines."""
    if apps.get_model("gstr2b", "Statement").objects.filter(origin__isnull=False).exists():
        raise migrations.exceptions.IrreversibleError("versions of GSTR-2B share lines: this cannot be undone")


def back(apps, schema_editor):
    nothing_shared(apps, schema_editor)
    lift(apps, schema_editor)


def as_before(apps, schema_editor):
    """The guard of 0005 for the lines, once their table is again what it was."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{before.WORDS}'); END"
    if schema_editor.connection.vendor == "postgresql":
        refuse = "FOR EACH ROW EXECUTE FUNCTION gstr2b_refuse_rewriting()"
    schema_editor.execute(f"CREATE TRIGGER {LINES}_no_update BEFORE UPDATE ON {LINES} {refuse}")


class Migration(migrations.Migration):
    dependencies = [("gstr2b", "0005_versions_stand")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, as_before),
        migrations.AddField(
            model_name="statement",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                help_text="The version whose lines this one shares, but for what changed since; empty: it has its own",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="gstr2b.statement",
            ),
        ),
        migrations.RemoveIndex(model_name="statementline", name="line_by_section"),
        migrations.RemoveIndex(model_name="statementline", name="line_by_record"),
        migrations.RenameField(model_name="statementline", old_name="statement", new_name="origin"),
        migrations.AlterField(
            model_name="statementline",
            name="origin",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="gstr2b.statement",
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="since",
            field=models.PositiveIntegerField(
                db_default=0, help_text="The version that added it; 0: written with its origin"
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="until",
            field=models.PositiveIntegerField(
                db_default=STANDS, help_text="The version that replaced it, or later than any"
            ),
        ),
        *(
            migrations.AddIndex(model_name="statementline", index=index)
            for index in (
                models.Index(
                    fields=["origin", "section", "table", "document_date", "id"], name="line_by_section"
                ),
                models.Index(fields=["origin", "record_id"], name="line_by_record"),
                models.Index(
                    fields=["origin", "since"], condition=models.Q(since__gt=0), name="line_added"
                ),
                models.Index(
                    fields=["origin", "until"], condition=models.Q(until__lt=STANDS), name="line_replaced"
                ),
            )
        ),
        migrations.RunPython(protect, back),
    ]
