"""Measure the draft GSTR-2B of one recipient, and the recomputed draft after a thousand changed actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from gstr2b import generation
from gstr2b.lines.select import TOLD, of_version
from gstr2b.models import Statement, StatementLine, StatementTotal, SupplierTotal
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.models import RecipientDesk, Record
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.effects import of_ruling, reduction_of
from invoices.queries.situations import DeskView
from invoices.rules.ruling import Section, Table4Row, Treated
from invoices.rules.situation import Action
from tools.benchmarks import sizes
from tools.benchmarks.frame import Benchmark, Way, faster, longer
from tools.benchmarks.world import BY, OCTOBER, Scene

CHANGED = 1000
NAIVE_MOST = 10_000

LINES = StatementLine._meta.db_table
# SQL for columns of a GSTR-2B line. Values that the law decides are constants here. The other values are
# copied from the record or from its decision.
BARE_COLUMNS: dict[str, str] = {
    "section": f"'{Section.ALL_OTHER_ITC.value}'",
    "row": f"'{Table4Row.ALL_OTHER.value}'",
    "treated": f"'{Treated.DEEMED.value}'",
    "reason": "''",
    "table": "r.section",
    "label": "r.label",
    "decision": "d.label",
    "remarks": "d.remarks",
    "record_id": "r.id",
    **{f"effect_{head}": f"r.{head}" for head in HEADS},
    **{f"{kind}_{head}": "NULL" for kind in ("barred", "reversed") for head in HEADS},
}


def clean() -> None:
    """Delete all GSTR-2B statements."""
    with connection.cursor() as cursor:
        tables = (Statement, StatementLine, StatementTotal, SupplierTotal)
        cursor.execute(f"TRUNCATE {', '.join(m._meta.db_table for m in tables)} CASCADE")
    RecipientDesk.objects.update(statement_version=0, changes=0, drafted_at=None)


def bare(recipients: str) -> None:
    """Run only the SQL that no draft can avoid: one grouped sum, and one INSERT ... SELECT that writes a
    GSTR-2B line for each filed record. `recipients` is SQL that chooses the recipients."""
    columns: list[str] = []
    values: list[str] = []
    for field in StatementLine._meta.concrete_fields:
        name = str(field.column)
        if name in ("id", "since", "until"):
            continue
        columns.append(f'"{name}"')
        values.append(BARE_COLUMNS.get(name) or {"origin_id": "0"}.get(name) or f'r."{name}"')
    joined = "invoices_record r JOIN invoices_decision d ON d.record_id = r.id"
    wanted = f"r.recipient_id {recipients} AND r.filing = 'F' AND r.claim_period <= {OCTOBER.number}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.section, d.label, count(*), sum(igst), sum(cgst), sum(sgst), sum(cess), sum(taxable) "
            f"FROM {joined} WHERE {wanted} GROUP BY 1, 2"
        )
        cursor.fetchall()
        cursor.execute(
            f"INSERT INTO {LINES} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {joined} WHERE {wanted}"
        )


def by_record(scene: Scene, most: int) -> None:
    """Make the draft with the ORM: read each record with its decision, apply the law to the record, make a
    line, and write the lines in batches."""
    recipient = scene.recipient
    with transaction.atomic():
        desk = generation.locks.open_desk(recipient)
        view = DeskView.of(recipient, clock.today(), calendar())
        now = clock.now()
        statement = Statement.objects.create(
            recipient=recipient, period=desk.period, version=1, cause="draft", computed_at=now, real_time=now
        )
        totals: dict[tuple[Any, ...], list[int]] = {}
        made: list[StatementLine] = []
        records = generation.scope(recipient, OCTOBER).select_related("decision")
        for record in records.order_by("pk")[:most].iterator(chunk_size=2000):
            ruling = situations.ruling_of(record, view)
            effect = of_ruling(ruling, record, reduction_of(record.decision))
            for line in ruling.lines:
                key = (record.supplier_id, line.section, record.section, record.kind, record.tax_period)
                sums = totals.setdefault(key, [0] * 5)
                for place, amount in enumerate((1, record.taxable, record.igst, record.cgst, record.sgst)):
                    sums[place] += amount
                made.append(
                    StatementLine(
                        origin=statement,
                        record_id=record.pk,
                        recipient_id=recipient.pk,
                        supplier_id=record.supplier_id,
                        section=line.section.value,
                        row=line.row.value,
                        treated=line.treated.value,
                        reason=line.reason.value,
                        table=record.section,
                        kind=record.kind,
                        form=record.form,
                        tax_period=record.tax_period,
                        number=record.number,
                        document_date=record.document_date,
                        place_of_supply=record.place_of_supply,
                        invoice_type=record.invoice_type,
                        reverse_charge=record.reverse_charge,
                        filed_on=record.filed_on,
                        remarks=record.decision.remarks,
                        label=record.label,
                        decision=record.decision.label,
                        value=record.value,
                        taxable=record.taxable,
                        **{head: getattr(record, head) for head in HEADS},
                        **{f"effect_{head}": getattr(effect, head) for head in HEADS},
                    )
                )
            if len(made) >= 5000:
                StatementLine.objects.bulk_create(made)
                made.clear()
        StatementLine.objects.bulk_create(made)
        SupplierTotal.objects.bulk_create(
            [
                SupplierTotal(
                    statement=statement,
                    supplier_id=key[0],
                    section=key[1].value,
                    table=key[2],
                    kind=key[3],
                    tax_period=key[4],
                    count=sums[0],
                    taxable=sums[1],
                    igst=sums[2],
                    cgst=sums[3],
                    sgst=sums[4],
                    cess=0,
                )
                for key, sums in totals.items()
            ],
            batch_size=2000,
        )


def _drafted(scene: Scene) -> None:
    clean()
    generation.draft_if_due(scene.recipient, OCTOBER)


def _acted_on(scene: Scene) -> None:
    """Make a draft, and then change the action on a thousand invoices. The thousand invoices are spread
    evenly over all invoices."""
    _drafted(scene)
    ids = Record.objects.filter(recipient_id=scene.recipient_id, kind="INV", route="M").annotate(
        lot=F("pk") % max(1, scene.records // CHANGED)
    )
    chosen = list(ids.filter(lot=1).order_by("pk").values_list("pk", flat=True)[:CHANGED])
    if not chosen:
        chosen = list(ids.order_by("pk").values_list("pk", flat=True)[:CHANGED])
    # each round takes the opposite action, so that each round changes the same number of records
    before = Record.objects.filter(pk=chosen[0], decision__action="R").exists()
    actions.take(scene.recipient, chosen, Asked(Action.ACCEPTED if before else Action.REJECTED), by=BY)


def _only_the_changed_differ(scene: Scene) -> None:
    """Raise an error if the two versions of the draft have different lines for a record on which nobody
    acted."""
    columns = ", ".join(f'l."{column}"' for column in TOLD)
    sides = [
        f"SELECT {columns} FROM {LINES} l JOIN {Statement._meta.db_table} s ON {of_version('l', 's')} "
        f"WHERE s.version = {version}"
        for version in (1, 2)
    ]
    acted = "SELECT record_id FROM invoices_decision WHERE acted_at IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        for one, other in (sides, sides[::-1]):
            cursor.execute(
                f"SELECT count(*), count(*) FILTER (WHERE record_id NOT IN ({acted})) "
                f"FROM ({one} EXCEPT {other}) AS differing"
            )
            differing, strange = cursor.fetchone()
            if strange or not 0 < differing <= CHANGED:
                raise AssertionError(f"{differing} lines differ, {strange} of records nobody acted on")


def ways(scene: Scene) -> Sequence[Way]:
    few = min(scene.records, NAIVE_MOST)
    return [
        Way(
            "draft", lambda: generation.draft_if_due(scene.recipient, OCTOBER), scene.records, clean, rounds=5
        ),
        Way("bare SQL", lambda: bare(f"= {scene.recipient_id}"), scene.records, clean, rounds=5),
        Way(
            "recompute after 1,000 actions",
            lambda: generation.recompute(scene.recipient, OCTOBER, by=BY),
            scene.records,
            lambda: _acted_on(scene),
            after=lambda: _only_the_changed_differ(scene),
        ),
        Way("record by record", lambda: by_record(scene, few), few, clean, rounds=1),
    ]


def facts(scene: Scene) -> list[str]:
    _drafted(scene)
    return [sizes.of(model, scene.records) for model in (StatementLine, SupplierTotal)]


BENCHMARK = Benchmark(
    "draft",
    "draft GSTR-2B: lines, per-supplier and section totals",
    ways,
    bars=[
        longer("draft", "bare SQL", 1.25),
        faster("draft", "record by record", 10),
        longer("recompute after 1,000 actions", "draft", 1.0),
    ],
    grows=["draft", "recompute after 1,000 actions"],
    facts=facts,
)
