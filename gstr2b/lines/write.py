"""Write the lines of a version: all lines, or only the lines that differ from the version before."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from gstr2b.lines.select import RULED, TOLD, Made
from gstr2b.models import STANDS, Statement, StatementLine
from ims_portal.support.database import planner
from invoices.models import RecipientDesk

LINES = StatementLine._meta.db_table
MADE, DIFFERING = "gstr2b_made", "gstr2b_differing"
# A new version shares lines with earlier versions only if few lines were replaced: at most FEW, or at most a
# quarter (1 / ONE_IN) of all lines.
FEW, ONE_IN = 1000, 4


def origin_for(desk: RecipientDesk) -> int | None:
    """Return the id of the version whose lines the desk's next version shares. Return None if the next
    version is the first version or if many lines have changed. In both cases the next version writes all
    lines, because a comparison of lines would save no time."""
    if desk.statement_version == 0:
        return None
    before = Statement.objects.get(recipient_id=desk.recipient_id, period=desk.period, is_current=True)
    replaced = StatementLine.objects.filter(origin_id=before.lines_from, until__lt=STANDS).count()
    few = replaced + desk.changes <= max(FEW, before.line_count // ONE_IN)
    return before.lines_from if few else None


def write_whole(parts: Sequence[Made]) -> None:
    """Write all lines of new versions, each line with the id of its version. Raises `IntegrityError` if the
    law has not ruled on one of the records."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for made in parts:
            columns = ", ".join(map(quote, made.columns))
            cursor.execute(f"INSERT INTO {quote(LINES)} ({columns}) {made.sql}", made.given)


def write_changed(parts: Sequence[Made], statement: Statement) -> None:
    """Write only the lines that differ between the new version `statement` and the version before. The
    function compares the required lines with the current lines, column by column. The function adds each new
    or changed line, and marks each replaced or removed line. Raises `IntegrityError` if the law has not ruled
    on one of the records."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, TOLD))
    given = [value for made in parts for value in made.given]
    made = " UNION ALL ".join(map(_line_values, parts)) or f"SELECT {names} FROM {quote(LINES)} WHERE 1 = 0"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_compared(f"({made}) m"), [*given, statement.origin_id])
        else:
            # SQLite uses no index for a full join, and would compare each new line with each current line.
            # Therefore the new lines first go into a temporary table with an index.
            cursor.execute(f"CREATE TEMPORARY TABLE {MADE} AS {made}", given)
            cursor.execute(f"CREATE INDEX temp.{MADE}_by_record ON {MADE} (record_id)")
            cursor.execute(_compared(f"{MADE} m"), [statement.origin_id, statement.origin_id])
            cursor.execute(f"DROP TABLE {MADE}")
        replaced = planner.one_by_one("id", f"SELECT replaced FROM {DIFFERING} WHERE replaced IS NOT NULL")
        cursor.execute(f"UPDATE {quote(LINES)} SET until = %s WHERE {replaced}", [statement.version])
        cursor.execute(
            f"INSERT INTO {quote(LINES)} (origin_id, since, {names}) "
            f"SELECT %s, %s, {names} FROM {DIFFERING} WHERE record_id IS NOT NULL",
            [statement.origin_id, statement.version],
        )
        cursor.execute(f"DROP TABLE {DIFFERING}")


def _compared(made: str) -> str:
    """Return SQL that stores the differing lines in a temporary table. Each row has a required line, and in
    `replaced` the id of the current line that the required line replaces. For a new line, `replaced` is NULL.
    For a current line that is only removed, the columns of the required line are NULL.

    The parameters of the SQL are the parameters of `made` and the id of the origin. The id is needed once on
    PostgreSQL, and twice on SQLite."""
    quote = connection.ops.quote_name
    must, stands = (", ".join(f"{side}.{quote(name)}" for name in TOLD) for side in "ml")
    lines = f"(SELECT id, {', '.join(map(quote, TOLD))} FROM {quote(LINES)} WHERE origin_id = %s AND until = {STANDS}) l"
    on = " AND ".join(f"m.{quote(name)} = l.{quote(name)}" for name in ("record_id", *RULED))
    begin = f"CREATE TEMPORARY TABLE {DIFFERING} AS SELECT l.id AS replaced, {must} FROM"
    if connection.vendor == "postgresql":
        return (
            f"{begin} {made} FULL JOIN {lines} ON {on} "
            f"WHERE l.id IS NULL OR m.record_id IS NULL OR ({must}) IS DISTINCT FROM ({stands})"
        )
    return (
        f"{begin} {made} LEFT JOIN {lines} ON {on} WHERE l.id IS NULL OR ({must}) IS NOT ({stands}) "
        f"UNION ALL SELECT l.id, {must} FROM {lines} LEFT JOIN {made} ON {on} WHERE m.record_id IS NULL"
    )


def _line_values(made: Made) -> str:
    """Return SQL that selects the lines of `made`. The SQL selects all columns of a line that are compared
    (`TOLD`), and NULL for each column that `made` does not have. Every result of this function has the same
    columns, so a UNION can join several results."""
    quote = connection.ops.quote_name
    columns = (
        quote(name) if name in made.columns else f"CAST(NULL AS bigint) AS {quote(name)}" for name in TOLD
    )
    return f"SELECT {', '.join(columns)} FROM ({made.sql}) made"


def drop_outdated(current: Statement) -> None:
    """Delete the lines of older versions. Keep the lines that the current version or the version just before
    it uses."""
    mine = Statement.objects.filter(recipient_id=current.recipient_id, period=current.period, has_lines=True)
    kept = {s.lines_from for s in mine.filter(version__gte=current.version - 1)}
    outdated = [s for s in mine.filter(version__lt=current.version - 1) if s.lines_from not in kept]
    if outdated:
        origins = {s.lines_from for s in outdated}
        StatementLine.objects.filter(origin_id__in=origins)._raw_delete(using="default")
        Statement.objects.filter(pk__in=[s.pk for s in outdated]).update(has_lines=False)
