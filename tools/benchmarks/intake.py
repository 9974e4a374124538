"""Measure the intake of documents: load a GSTR-1 file of N documents (read, check, route, save), and then
load the same file again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from ims_portal.kernel import clock
from ims_portal.kernel.money import rupee_text
from invoices.documents import checking
from invoices.documents.recipients import known_or_created
from invoices.journal import writing as journal
from invoices.models import Decision, DeskTally, JournalLine, Record, Taxpayer
from invoices.rules import documents
from invoices.rules.calendar import Form
from returns.gstr1_file import load as upload
from returns.gstr1_file.read_document import SHAPES, entry
from tools.benchmarks.frame import Benchmark, Way, faster, longer, peak
from tools.benchmarks.world import BY, OCTOBER, Scene, gstin

EACH_PARTY = 200
EACH_NOTES = 20  # a recipient with EACH_PARTY invoices has this number of notes
NAIVE_MOST = 10_000
BATCH = 2000
# each saved document writes a row into each of these tables
SAVED: Sequence[type[Model]] = (Record, Decision, JournalLine)


def columns_of(model: type[Model]) -> str:
    """Return the column names of the table, without generated columns, as SQL."""
    given = (f for f in model._meta.concrete_fields if not getattr(f, "generated", False))
    return ", ".join(f'"{f.column}"' for f in given)


def floor_of(model: type[Model]) -> str:
    return f"bench_bare_{model._meta.model_name}"


def parties(supplier_state: str, count: int) -> Iterator[tuple[str, str]]:
    """Yield the recipients of a GSTR-1 as pairs: the section, and the JSON of one recipient's documents in
    this section. Invoices (b2b) come before notes (cdnr). Each document has two items. Two of three documents
    are inter-State."""
    notes = count * EACH_NOTES // (EACH_PARTY + EACH_NOTES)
    for section, number, many in (("b2b", count - notes, EACH_PARTY), ("cdnr", notes, EACH_NOTES)):
        for first in range(0, number, many):
            some = range(first, min(number, first + many))
            made = ",".join(_document(section, nth, supplier_state) for nth in some)
            recipient = gstin(1 + first // many)
            yield section, f'{{"ctin":"{recipient}","{"inv" if section == "b2b" else "nt"}":[{made}]}}'


def _document(section: str, nth: int, state: str) -> str:
    inter = nth % 3 > 0
    items, value = [], 0
    for num, rate in ((1, 18), (2, 5)):
        taxable = 10_000 + nth * 7919 % 9_000_000 + num * 101
        # make the amount a multiple of 20 paise, so that 5 % of the amount is a whole number of paise
        taxable -= taxable % 20
        tax = taxable * rate // 100
        tax -= tax % 2
        value += taxable + tax
        heads = (
            f'"iamt":{rupee_text(tax)}'
            if inter
            else f'"camt":{rupee_text(tax // 2)},"samt":{rupee_text(tax // 2)}'
        )
        items.append(
            f'{{"num":{num},"itm_det":{{"rt":{rate},"txval":{rupee_text(taxable)},{heads},"csamt":0}}}}'
        )
    day = f"{1 + nth % 28:02d}-10-2024"
    own = f'"inum":"B/{nth}","idt":"{day}"'
    if section == "cdnr":
        own = f'"ntty":"{"CD"[nth % 5 == 0]}","nt_num":"N/{nth}","nt_dt":"{day}"'
    place = "29" if inter else state
    return f'{{{own},"val":{rupee_text(value)},"pos":"{place}","rchrg":"N","inv_typ":"R","itms":[{",".join(items)}]}}'


def write_file(path: Path, supplier: Taxpayer, count: int) -> None:
    """Write a GSTR-1 of October 2024 with `count` documents."""
    with path.open("w", encoding="ascii") as file:
        file.write(f'{{"gstin":"{supplier.gstin}","fp":"{OCTOBER.wire}"')
        open_section = ""
        for section, party in parties(supplier.state, count):
            file.write("," if section == open_section else f'{"]" if open_section else ""},"{section}":[')
            file.write(party)
            open_section = section
        file.write("]}")


def clean() -> None:
    """Delete all documents and all rows that depend on documents. TRUNCATE also resets the statistics of the
    tables, so the first chunk of a load runs without statistics."""
    with connection.cursor() as cursor:
        tables = ", ".join(m._meta.db_table for m in (Record, Decision, DeskTally))
        cursor.execute(f"TRUNCATE {tables}")
        for model in SAVED:
            cursor.execute(f"DROP TABLE IF EXISTS {floor_of(model)}")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {JournalLine._meta.db_table}")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("CHECKPOINT")


def load(supplier: Taxpayer, path: Path) -> upload.Report:
    with path.open("rb") as file:
        return upload.load(supplier, Form.GSTR1, file, by=BY, period=OCTOBER)


def first_time(supplier: Taxpayer, path: Path, count: int) -> None:
    report = load(supplier, path)
    if (report.saved, report.refused) != (count, 0):
        raise RuntimeError(f"of {count} documents {report.saved} were saved: {report.refusals[:3]}")


def again(supplier: Taxpayer, path: Path, count: int) -> None:
    before = _written()
    report = load(supplier, path)
    if (report.same, report.changes, _written()) != (count, 0, before):
        raise RuntimeError(f"the same file changed something: {dict(report.counts)}")


def _written() -> list[Any]:
    """Return the number of records, the sum of their revisions, and the highest ids and transaction ids. At
    least one of these numbers changes when a row is added or changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), max(id), max(xmin::text::bigint), sum(revision) FROM {Record._meta.db_table}"
        )
        records = cursor.fetchall()
        cursor.execute(f"SELECT max(id) FROM {JournalLine._meta.db_table}")
        return [*records, *cursor.fetchall()]


def prepare_copy(folder: Path) -> None:
    """Write the saved rows into files for COPY. Also make empty tables with the same columns, and with the
    primary key as their only index."""
    with connection.cursor() as cursor:
        for model in SAVED:
            columns, table, floor = columns_of(model), model._meta.db_table, floor_of(model)
            key = model._meta.pk.column
            cursor.execute(f"DROP TABLE IF EXISTS {floor}")
            cursor.execute(f"CREATE TABLE {floor} AS SELECT {columns} FROM {table} WITH NO DATA")
            cursor.execute(f"ALTER TABLE {floor} ADD PRIMARY KEY ({key})")
            with (folder / floor).open("w", encoding="utf-8") as file:
                cursor.copy_expert(f"COPY (SELECT {columns} FROM {table} ORDER BY {key}) TO STDOUT", file)
        cursor.execute("CHECKPOINT")


def bare_copy(folder: Path, models: Sequence[type[Model]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for model in models:
            with (folder / floor_of(model)).open(encoding="utf-8") as file:
                cursor.copy_expert(f"COPY {floor_of(model)} FROM STDIN", file, 1 << 20)


def copy_indexed(folder: Path) -> None:
    """COPY the rows into the portal's own tables, with generated columns, checks and indexes. A comparison
    with `bare_copy` shows the time that these parts of the tables cost."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.counted = 'apart'")
        # this setting switches off the check that each journal line has an entry
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in SAVED:
            with (folder / floor_of(model)).open(encoding="utf-8") as file:
                table = model._meta.db_table
                cursor.copy_expert(f"COPY {table} ({columns_of(model)}) FROM STDIN", file, 1 << 20)


def with_bulk_create(supplier: Taxpayer, path: Path, most: int) -> None:
    """Load the file with the ORM: read the whole file into memory, check each document, make objects, and
    write the objects in batches. The function does not check whether the documents exist already."""
    with transaction.atomic():
        body = json.loads(path.read_bytes(), parse_float=Decimal)
        incoming = list(islice(_incoming(body), most))
        batch = checking.read_batch(supplier, Form.GSTR1, OCTOBER, [], closed=None, upsert=False)
        batch.recipients = known_or_created(item.draft.recipient for item in incoming)
        batch.by_pk = {t.pk: t for t in batch.recipients.values()}
        for item in incoming:
            problem = documents.check(
                item.draft,
                supplier=supplier.gstin,
                supplier_is_sez=False,
                form=Form.GSTR1,
                period_end=OCTOBER.last_day,
                today=clock.today(),
            )
            if problem is not None:
                raise RuntimeError(problem.message)
        made = [checking.new_record(batch, item) for item in incoming]
        Record.objects.bulk_create(made, batch_size=BATCH)
        Decision.objects.bulk_create(
            [Decision(record_id=r.pk, recipient_id=r.recipient_id) for r in made], batch_size=BATCH
        )
        lines = [
            JournalLine(record_id=r.pk, recipient_id=r.recipient_id, revision=1, after="N -") for r in made
        ]
        journal.write(
            supplier.pk,
            "documents saved",
            BY,
            period=OCTOBER.number,
            record_count=len(made),
            after={"form": Form.GSTR1.value},
            lines=lines,
        )


def _incoming(body: dict[str, Any]) -> Iterator[Any]:
    for shape in SHAPES:
        for party in body.get(shape.name, []):
            for document in party[shape.documents]:
                found = entry(shape, party, document, "")
                if found.incoming is None:
                    raise RuntimeError(str(found.problem))
                yield found.incoming


def _cleaned(kept: tempfile.TemporaryDirectory[str]) -> None:
    clean()


def ways(scene: Scene) -> Sequence[Way]:
    supplier = Taxpayer.objects.get(pk=scene.recipient_id)
    # Python deletes the folder when nothing refers to `kept` any more. The first way below refers to `kept`,
    # so the folder stays until the measurement ends.
    kept = tempfile.TemporaryDirectory(prefix="bench-intake-")
    folder = Path(kept.name)
    whole, part = folder / "whole.json", folder / "part.json"
    few = min(scene.records, NAIVE_MOST)
    write_file(whole, supplier, scene.records)
    write_file(part, supplier, few)
    return [
        Way(
            "intake",
            lambda: first_time(supplier, whole, scene.records),
            scene.records,
            partial(_cleaned, kept),
            rounds=2,
        ),
        Way("the same upload again", lambda: again(supplier, whole, scene.records), scene.records, rounds=2),
        Way(
            "raw COPY",
            lambda: bare_copy(folder, SAVED),
            scene.records,
            lambda: prepare_copy(folder),
            rounds=2,
        ),
        Way(
            "raw COPY of the records alone",
            lambda: bare_copy(folder, [Record]),
            scene.records,
            lambda: prepare_copy(folder),
            rounds=2,
        ),
        Way("COPY into the portal's tables", lambda: copy_indexed(folder), scene.records, clean, rounds=1),
        Way("bulk_create", lambda: with_bulk_create(supplier, part, few), few, clean, rounds=2),
    ]


BENCHMARK = Benchmark(
    "intake",
    "intake of a GSTR-1 file: streamed, checked, ruled on, saved on each desk with its journal",
    ways,
    bars=[
        faster("intake", "raw COPY", 0.15),
        faster("intake", "bulk_create", 6),
        peak("intake", 300),
        longer("the same upload again", "intake", 1.0),
        peak("the same upload again", 300),
    ],
    grows=["intake", "the same upload again"],
    scene="empty",
)
