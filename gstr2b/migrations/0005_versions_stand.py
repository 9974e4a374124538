"""What a version of a statement said stands: its lines and sums are written once and never rewritten, whoever asks. A
version is dropped whole or stays as it was. Reversible; nothing but these triggers is made, and they cost an insertion
nothing. A later migration that remakes one of these tables on SQLite drops its trigger and must call this again:
tests/gstr2b/test_versions_stand.py fails then."""

from django.db import migrations

TABLES = ("gstr2b_statementline", "gstr2b_statementtotal", "gstr2b_suppliertotal")
WORDS = "a version of a statement is never rewritten"

# 23001 is restrict_violation: Django raises IntegrityError, as it does for SQLite's RAISE(ABORT)
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION gstr2b_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{WORDS}: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001';
END
$$
"""


def protect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)  # its % signs are PL/pgSQL's own
        for table in TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION gstr2b_refuse_rewriting()"
            )
    elif schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
            )


def lift(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_no_update ON {table}")
        schema_editor.execute("DROP FUNCTION gstr2b_refuse_rewriting()")
    elif schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_no_update")


class Migration(migrations.Migration):
    dependencies = [("gstr2b", "0004_totals_one_index")]

    operations = [migrations.RunPython(protect, lift)]
