"""Counters: the counts and sums of a recipient's records by situation (`DeskTally`). The transaction that
changes records also updates the counters.

Database triggers update the counters, so no writer can forget the update. On PostgreSQL, a trigger runs once
for each statement. The trigger compares the rows before and after the statement, and appends a tally row with
the difference for each group. On SQLite, a trigger runs once for each row, and adds to the tally row with
equal keys.

Only records with a decision are counted. A writer must lock the record before changing the decision, with
`locks.records` or by a write of the record. The lock ensures that the trigger reads the record and the
decision as they will be committed.

`KEYS` and `SUMS` define the counts. The triggers on SQLite use `KEYS` and `SUMS` directly. The triggers on
PostgreSQL, `rebuild` and the recount of `verify` use `selected`, which is made from `KEYS` and `SUMS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Sum

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.models import Decision, DeskTally, Record
from invoices.models.tally import LARGE
from invoices.queries import tallies

# A recipient's tally rows are merged only if the recipient has at least `FOLD_FROM` unmerged rows. Fewer rows
# are fast to read without a merge.
FOLD_FROM = 64

RECORD, DECISION, TALLY = (m._meta.db_table for m in (Record, Decision, DeskTally))

# column of the tally -> SQL expression over a record r and its decision d
KEYS = {
    "recipient_id": "r.recipient_id",
    "label": "r.label",
    "decision": "d.label",
    "section": "r.section",
    "reverse_charge": "r.reverse_charge",
    "claim_period": "r.claim_period",
    "moved_to": "COALESCE(d.moved_to, 0)",
    "last_claim_period": "r.last_claim_period",
    "root_year": "r.root_year",
    "edited": "d.cleared_action <> ''",
    "large": f"r.taxable >= {LARGE}",
}
SUMS = {
    **{name: f"r.{name}" for name in ("value", "taxable", *HEADS)},
    **{f"baseline_{h}": f"COALESCE(r.baseline_{h}, 0)" for h in HEADS},
    **{f"reduction_{h}": f"COALESCE(d.reduction_{h}, 0)" for h in HEADS},
}
COUNTED = ("records", *SUMS)
COLUMNS = (*KEYS, *COUNTED, "folded")

# the columns on which keys and sums depend; changes of other columns change no count
RECORD_COLUMNS = (
    *("recipient_id", "book", "kind", "route", "filing", "standing", "direction", "superseded", "section"),
    *("reverse_charge", "claim_period", "last_claim_period", "root_year", "value", "taxable"),
    *(f"{side}{head}" for side in ("", "baseline_") for head in HEADS),
)
DECISION_COLUMNS = (
    *("action", "answer", "moved_to", "cleared_action"),
    *(f"reduction_{head}" for head in HEADS),
)


def selected(source: str, *, sign: str = "1", folded: str = "true", only_changes: bool = False) -> str:
    """Return the SELECT that computes tally rows from `source`, which provides a record r and its decision d.

    `sign` is an SQL expression for 1 (add) or -1 (subtract). With `only_changes`, groups whose sums are all 0
    are left out."""
    sums = {"records": f"SUM({sign})"} | {name: f"SUM({sign} * {what})" for name, what in SUMS.items()}
    if sign == "1":
        sums = {"records": "COUNT(*)"} | {name: f"SUM({what})" for name, what in SUMS.items()}
    groups = ", ".join(str(n) for n in range(1, len(KEYS) + 1))
    having = f" HAVING {' OR '.join(f'{total} <> 0' for total in sums.values())}" if only_changes else ""
    return (
        f"SELECT {', '.join([*KEYS.values(), *sums.values()])}, {folded} FROM {source} "
        f"GROUP BY {groups}{having}"
    )


def counting(source: str, *, sign: str) -> str:
    """Return the INSERT that adds the records of `source` to the tally (`sign` "1") or subtracts them ("-1").
    PostgreSQL only."""
    return f"INSERT INTO {TALLY} ({', '.join(COLUMNS)}) {selected(source, sign=sign, folded='false')}"


JOINED = f"{RECORD} r JOIN {DECISION} d ON d.record_id = r.id"


# triggers


def install() -> None:
    """Create or replace the triggers. This function runs after every migrate. After a migration back to a
    state without the tally table, the function does nothing."""
    if TALLY not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _postgresql() if connection.vendor == "postgresql" else [*_dropped(), *_sqlite()]:
            cursor.execute(statement)
    if connection.vendor == "sqlite":
        # Count the tally again, because this function also runs after Django's `flush`. On SQLite, `flush`
        # empties one table after the other. If `flush` empties the tally before the records, the triggers
        # leave negative counts.
        rebuild()


def lift() -> None:
    """Drop the triggers on SQLite before a migration rebuilds tables. On PostgreSQL, do nothing, because
    PostgreSQL changes tables without rebuilding them."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in _dropped():
                cursor.execute(statement)


def _events() -> list[tuple[str, str, str]]:
    """Return (name, table, event) for each trigger. The INSERT of a record has no trigger, because a record
    is counted when its decision is inserted."""
    names = {RECORD: ("UPDATE", "DELETE"), DECISION: ("INSERT", "UPDATE", "DELETE")}
    return [(f"{table}_count_{e.lower()}", table, e) for table, events in names.items() for e in events]


def _postgresql() -> list[str]:
    made = []
    for name, table, event in _events():
        own, other = ("r", f"JOIN {DECISION} d ON d.record_id = r.id")
        if table == DECISION:
            own, other = ("d", f"JOIN {RECORD} r ON r.id = d.record_id")
        sides = []
        if event != "INSERT":
            sides.append("SELECT -1::bigint AS sign, o.* FROM old_rows o")
        if event != "DELETE":
            sides.append("SELECT 1::bigint AS sign, n.* FROM new_rows n")
        source = f"({' UNION ALL '.join(sides)}) {own} {other}"
        insert = (
            f"INSERT INTO {TALLY} ({', '.join(COLUMNS)}) "
            f"{selected(source, sign=f'{own}.sign', folded='false', only_changes=True)}"
        )
        # EXECUTE makes PostgreSQL plan the statement each time it runs. Without EXECUTE, PostgreSQL could
        # reuse a plan that it made for one row, and this plan would be slow for a million rows.
        made.append(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF current_setting('portal.counted', true) = 'apart' THEN RETURN NULL; END IF; "
            f"EXECUTE $q$ {insert} $q$; RETURN NULL; END $$"
        )
        seen = " ".join(
            f"{side} TABLE AS {side.lower()}_rows"
            for side, unless in (("OLD", "INSERT"), ("NEW", "DELETE"))
            if event != unless
        )
        made.append(
            f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    return made


def _dropped() -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}" for name, _table, _event in _events()]


def _sqlite() -> list[str]:
    made = []
    for name, table, event in _events():
        body = []
        for sign, row in ((-1, "OLD"), (1, "NEW")):
            if (event, row) in (("INSERT", "OLD"), ("DELETE", "NEW")):
                continue
            body += _sqlite_add(row, sign, of_record=table == RECORD)
        columns = RECORD_COLUMNS if table == RECORD else DECISION_COLUMNS
        of = f" OF {', '.join(columns)}" if event == "UPDATE" else ""
        made.append(f"CREATE TRIGGER {name} AFTER {event}{of} ON {table} BEGIN {'; '.join(body)}; END")
    return made


def _sqlite_add(row: str, sign: int, *, of_record: bool) -> list[str]:
    """Return the two SQL statements that add one row to the tally (`sign` 1) or subtract it (-1). The first
    statement creates the tally row if it is missing. The second updates the tally row."""

    def own(expression: str) -> str:
        return expression.replace("r." if of_record else "d.", f"{row}.")

    other = f"{DECISION} d" if of_record else f"{RECORD} r"
    join = f"d.record_id = {row}.id" if of_record else f"r.id = {row}.record_id"
    same = " AND ".join(f"{TALLY}.{key} = ({own(what)})" for key, what in KEYS.items())
    zeros = ", ".join(["0"] * len(COUNTED))
    added = ", ".join(f"{name} = {TALLY}.{name} + {sign} * {own(what)}" for name, what in SUMS.items())
    return [
        f"INSERT INTO {TALLY} ({', '.join(COLUMNS)}) "
        f"SELECT {', '.join(own(what) for what in KEYS.values())}, {zeros}, 1 FROM {other} "
        f"WHERE {join} AND NOT EXISTS (SELECT 1 FROM {TALLY} WHERE {same})",
        f"UPDATE {TALLY} SET records = {TALLY}.records + {sign}, {added} FROM {other} WHERE {join} AND {same}",
    ]


# bulk changes that update the tally themselves


@contextmanager
def apart(exact: bool = True) -> Iterator[None]:
    """Switch PostgreSQL's triggers off inside the `with` block, if the caller can compute the changes of the
    counters (`exact`). The caller must then write these changes with `decided`, `counting` or
    `counting_fresh`.

    If `exact` is False, the triggers remain on. On SQLite the triggers are always on."""
    mine = exact and connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if mine:
            cursor.execute("SET LOCAL portal.counted = 'apart'")
        yield
        if mine:
            cursor.execute("SET LOCAL portal.counted = ''")


def decided(
    recipient_id: int,
    before: Sequence[tallies.TallyRow],
    label: str,
    moved_to: Callable[[tallies.TallyRow], int],
    reduction: TaxAmounts,
) -> None:
    """Update the tally after a bulk change of decisions within `apart`. The records of the tally rows
    `before` now have the decision `label` and the declared `reduction` in paise. `moved_to` returns the
    period to which a tally row's records moved, or 0. On SQLite, the function does nothing."""
    if connection.vendor != "postgresql":
        return
    each = {f"reduction_{head}": getattr(reduction, head) for head in HEADS}
    rows = []
    for row in before:
        keys = {
            name: getattr(row, name)
            for name in (
                "section",
                "reverse_charge",
                "claim_period",
                "last_claim_period",
                "root_year",
                "large",
            )
        } | {"recipient_id": recipient_id, "label": row.where[0]}
        now = row.amounts | {name: amount * row.count for name, amount in each.items()}
        was = {"decision": row.where[1], "moved_to": row.moved_to, "edited": row.edited}
        becomes = {"decision": label, "moved_to": moved_to(row), "edited": False}
        if (was, row.amounts) == (becomes, now):
            continue
        gone = {name: -amount for name, amount in row.amounts.items()}
        rows.append(DeskTally(**keys, **was, records=-row.count, **gone))
        rows.append(DeskTally(**keys, **becomes, records=row.count, **now))
    DeskTally.objects.bulk_create(rows)


# columns of a new record from which the tally is counted; the INSERT of the records returns these columns
FRESH = [
    *(key for key, what in KEYS.items() if what == f"r.{key}"),
    *(name for name in SUMS if not name.startswith("reduction_")),
]


def counting_fresh(saved: str) -> str:
    """Return an INSERT that adds new records without an action to the counters. PostgreSQL only. The caller
    puts the INSERT into an SQL text made by `apart`. The same text inserts the records and names them `saved`;
    these rows have the columns `FRESH`."""
    fresh = ", ".join(
        ["'N -' AS label", "'' AS cleared_action", "CAST(NULL AS integer) AS moved_to"]
        + [f"CAST(NULL AS bigint) AS reduction_{head}" for head in HEADS]
    )
    source = f"{saved} r CROSS JOIN (SELECT {fresh}) d"
    return f"INSERT INTO {TALLY} ({', '.join(COLUMNS)}) {selected(source, folded='false')}"


# maintenance


def fold() -> int:
    """Merge tally rows with the same keys into one row, for each recipient with at least `FOLD_FROM` unmerged
    rows. Return the number of these recipients.

    A run sums only rows that the run has locked, so two runs and other writers can work at the same time."""
    waiting = DeskTally.objects.filter(folded=False).order_by().values("recipient_id")
    crowded = waiting.annotate(n=Count("pk")).filter(n__gte=FOLD_FROM).values_list("recipient_id", flat=True)
    folded = 0
    for recipient_id in crowded.iterator(chunk_size=2000):
        fold_one(recipient_id)
        folded += 1
    return folded


def fold_one(recipient_id: int) -> None:
    with transaction.atomic():
        held = DeskTally.objects.filter(recipient_id=recipient_id)
        ids = list(held.select_for_update(skip_locked=True).values_list("pk", flat=True))
        rows = DeskTally.objects.filter(pk__in=ids)
        totals = list(rows.order_by().values(*KEYS).annotate(**{f"sum_{c}": Sum(c) for c in COUNTED}))
        rows.delete()
        DeskTally.objects.bulk_create(
            DeskTally(
                **{key: total[key] for key in KEYS},
                **{c: total[f"sum_{c}"] for c in COUNTED},
                folded=True,
            )
            for total in totals
            if any(total[f"sum_{c}"] for c in COUNTED)
        )


def rebuild() -> None:
    """Count all records again, after a load that bypassed the triggers. Nobody may write during the count."""
    with transaction.atomic(), connection.cursor() as cursor:
        DeskTally.objects.all().delete()
        cursor.execute(f"INSERT INTO {TALLY} ({', '.join(COLUMNS)}) {selected(JOINED)}")


# the check of `manage.py verify`


@dataclass(frozen=True, slots=True)
class Drift:
    """A group of records whose counters are wrong. `keys` identifies the group. `differing` has two values
    for each wrong column: the value in the tally, and the value counted from the records."""

    keys: tuple[Any, ...]
    differing: dict[str, tuple[int, int]]


def drifts(recipient_ids: Sequence[int] | None = None) -> list[Drift]:
    """Return the groups whose counters differ from a new count of the records. One query reads every record
    of these recipients, or of all recipients (None)."""
    among, given = "", []
    if recipient_ids is not None:
        among, given = (
            f" WHERE r.recipient_id IN ({', '.join(['%s'] * len(recipient_ids))})",
            [*recipient_ids],
        )
    kept = f"SELECT {', '.join([*KEYS, *COUNTED])} FROM {TALLY} r{among}"
    names = [*KEYS, *(f"kept_{c}" for c in COUNTED), *(f"found_{c}" for c in COUNTED)]
    zeros = ", ".join(["0"] * len(COUNTED))
    totals = [f"SUM(kept_{c})" for c in COUNTED] + [f"SUM(found_{c})" for c in COUNTED]
    having = " OR ".join(f"SUM(kept_{c}) <> SUM(found_{c})" for c in COUNTED)
    found = selected(f"{JOINED}{among}").replace(", true FROM", " FROM", 1)
    sql = (
        f"WITH kept ({', '.join([*KEYS, *COUNTED])}) AS ({kept}), "
        f"found ({', '.join([*KEYS, *COUNTED])}) AS ({found}), "
        f"sides ({', '.join(names)}) AS ("
        f"SELECT {', '.join([*KEYS, *COUNTED])}, {zeros} FROM kept UNION ALL "
        f"SELECT {', '.join(KEYS)}, {zeros}, {', '.join(COUNTED)} FROM found) "
        f"SELECT {', '.join([*KEYS, *totals])} FROM sides GROUP BY {', '.join(KEYS)} HAVING {having}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*given, *given])
        rows = cursor.fetchall()
    first, second = len(KEYS), len(KEYS) + len(COUNTED)
    return [
        Drift(
            row[:first],
            {
                name: (int(kept_n), int(found_n))
                for name, kept_n, found_n in zip(COUNTED, row[first:second], row[second:], strict=True)
                if kept_n != found_n
            },
        )
        for row in rows
    ]
