"""The data for benchmarks.

The portal itself saves and files some documents, and then SQL multiplies these documents. Each scene is a
database of its own, copied from a prepared database, so no benchmark sees the rows of another benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Max

from ims_portal.kernel import clock
from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import (
    Decision,
    JournalEntry,
    JournalHead,
    JournalLine,
    JournalSeal,
    Record,
    Taxpayer,
)
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.situation import Kind
from returns.outward import save_and_file as outward

BY = By(source="benchmark")
OCTOBER = TaxPeriod(2024, 10)
# in a scene of many recipients, each recipient has 100 records, from 5 suppliers
EACH_RECIPIENT, EACH_SUPPLIERS = 100, 5
RECORDS_PER_SUPPLIER = 200


@dataclass(frozen=True, slots=True)
class Scene:
    """The test data of a benchmark. Either one recipient has all `records` records, or many recipients have a
    hundred records each. An "empty" scene has no records, but enough recipients for `records` records."""

    records: int
    recipient_id: int
    suppliers: int

    @property
    def recipient(self) -> Taxpayer:
        return Taxpayer.objects.get(pk=self.recipient_id)


def gstin(serial: int) -> str:
    first = f"27AAB{'CFPH'[serial // 10_000 % 4]}B{serial % 10_000:04d}A{serial // 40_000 + 1}Z"
    return first + check_character(first)


class Worlds:
    """The prepared databases of one run, one for each kind of scene and number of records. Use `Worlds` as a
    context manager, which drops all prepared databases at the end of the `with` block."""

    def __init__(self) -> None:
        self._home = str(connection.settings_dict["NAME"])
        self._made: list[str] = []
        self._scenes: dict[tuple[str, int], tuple[str, Scene]] = {}

    def __enter__(self) -> Worlds:
        self._empty = self._create("empty")
        with self._inside(self._empty):
            call_command("migrate", verbosity=0)
        return self

    def __exit__(self, *failure: object) -> None:
        for name in reversed(self._made):
            self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextmanager
    def scene(self, kind: str, records: int) -> Iterator[Scene]:
        """Yield a fresh copy of the scene's database. Inside the block, the connection uses this copy."""
        if (kind, records) not in self._scenes:
            name = self._create(f"{kind}_{records}", self._empty)
            with self._inside(name):
                self._scenes[kind, records] = name, build(kind, records)
        source, scene = self._scenes[kind, records]
        name = self._create("scene", source)
        try:
            with self._inside(name):
                yield scene
        finally:
            self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._made.remove(name)

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        connections.close_all()
        connection.settings_dict["NAME"] = name
        try:
            yield
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = self._home

    def _create(self, suffix: str, template: str | None = None) -> str:
        name = f"{self._home}_bench_{suffix}"
        self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        # With the strategy FILE_COPY, PostgreSQL copies the files of the template, and a new database takes
        # only seconds. `copy` asks for this strategy, because PostgreSQL 15 and later use another strategy by
        # default.
        self._admin(
            f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""), copy=bool(template)
        )
        self._made.append(name)
        return name

    def _admin(self, sql: str, *, copy: bool = False) -> None:
        connections.close_all()
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            if copy and connection.pg_version >= 150000:  # type: ignore[attr-defined]
                sql += " STRATEGY FILE_COPY"
            cursor.execute(sql)
        connections.close_all()


def build(kind: str, records: int) -> Scene:
    """Fill an empty database, and return the scene."""
    if kind == "empty":
        return empty(records)
    many = kind == "many"
    recipients = max(1, records // EACH_RECIPIENT) if many else 1
    suppliers = max(EACH_SUPPLIERS, records // RECORDS_PER_SUPPLIER)
    made = Taxpayer.objects.bulk_create(
        [
            Taxpayer(gstin=gstin(n), legal_name=f"Benchmark {n}", listed=n < recipients)
            for n in range(recipients + suppliers)
        ],
        batch_size=5000,
    )
    first_recipient, first_supplier = made[0], made[recipients]
    with clock.at(datetime(2024, 11, 9, 10, tzinfo=clock.IST)):
        specimens = specimen_documents(first_recipient)
        outward.save_many(first_supplier, Form.GSTR1, OCTOBER, specimens, by=BY)
        outward.file(first_supplier, Form.GSTR1, OCTOBER, by=BY)
    per_recipient = records // recipients
    multiply(
        records,
        {
            "recipient_id": f"{first_recipient.pk} + n / {per_recipient}",
            # The records of one supplier have consecutive ids, as in a real portal, where the documents of a
            # supplier arrive together.
            "supplier_id": (
                f"{first_supplier.pk} + (n / {per_recipient} * 7 + n % {per_recipient} / {max(1, per_recipient // EACH_SUPPLIERS)}) % {suppliers}"
                if many
                else f"{first_supplier.pk} + n / {RECORDS_PER_SUPPLIER} % {suppliers}"
            ),
        },
    )
    connections.close_all()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Scene(records, first_recipient.pk, suppliers)


def empty(records: int) -> Scene:
    """Return a scene without documents. Make a supplier, and enough recipients for `records` documents."""
    count = 2 + records // RECORDS_PER_SUPPLIER
    made = Taxpayer.objects.bulk_create(
        [Taxpayer(gstin=gstin(n), legal_name=f"Benchmark {n}") for n in range(count)], batch_size=5000
    )
    connections.close_all()
    return Scene(records, made[0].pk, 1)


def specimen_documents(recipient: Taxpayer) -> list[Incoming]:
    """Return twenty documents: seventeen invoices, two credit notes and a debit note. One invoice is under
    reverse charge, and another invoice is from March 2022."""
    made = []
    for number in range(20):
        taxable = (number + 1) * 1_234_500
        half = taxable * 9 // 100
        made.append(
            Incoming(
                Draft(
                    kind={3: Kind.CREDIT_NOTE, 13: Kind.CREDIT_NOTE, 8: Kind.DEBIT_NOTE}.get(
                        number, Kind.INVOICE
                    ),
                    recipient=recipient.gstin,
                    number=f"S-{number}",
                    document_date=date(2022, 3, 7) if number == 17 else date(2024, 10, 1 + number),
                    place_of_supply="27",
                    taxable=taxable,
                    tax=TaxAmounts(cgst=half, sgst=half),
                    reverse_charge=number == 5,
                )
            )
        )
    return made


def multiply(records: int, columns: dict[str, str]) -> None:
    """Make `records` records with decisions, and delete the specimens. Each new record is a copy of a
    specimen, with new values in some columns. `columns` maps columns to SQL expressions of n, the record's
    number from 0. Document numbers, dates and amounts also depend on n."""
    last = Record.objects.aggregate(last=Max("pk"))["last"]
    count = Record.objects.count()
    day = "CASE WHEN s.year < 2024 THEN s.document_date ELSE DATE '2024-10-01' + (n * 7 % 31)::int END"
    own = {
        "id": f"{last} + 1 + n",
        "number": "'B-' || n",
        "number_key": "'B' || n",
        "document_date": day,
        **columns,
    }
    factor = "(1 + n * 7919 % 97)"
    own |= {head: f"s.{head} * {factor}" for head in ("value", "taxable", *HEADS)}
    own["root_id"] = own["amends_id"] = "NULL"
    decided = {"record_id": f"{last} + 1 + n", "recipient_id": columns["recipient_id"]}
    with connection.cursor() as cursor:
        for model, values, key in ((Record, own, "id"), (Decision, decided, "record_id")):
            names = [f.column for f in model._meta.concrete_fields if not getattr(f, "generated", False)]
            taken = ", ".join(str(values.get(str(name), f's."{name}"')) for name in names)
            quoted = ", ".join(f'"{name}"' for name in names)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({quoted}) SELECT {taken} "
                f"FROM generate_series(0::bigint, {records - 1}) AS n JOIN (SELECT *, row_number() OVER (ORDER BY {key}) - 1 "
                f"AS place FROM {model._meta.db_table} WHERE {key} <= {last}) s ON s.place = n % {count} ORDER BY n"
            )
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE {key} <= {last}")
        # Delete the journal entries of the specimens too. Otherwise `verify` would report that the specimens
        # are missing.
        cursor.execute("SET session_replication_role = replica")
        for told in (JournalLine, JournalSeal, JournalHead, JournalEntry):
            cursor.execute(f"DELETE FROM {told._meta.db_table}")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{Record._meta.db_table}', 'id'), {last + records + 1})"
        )
