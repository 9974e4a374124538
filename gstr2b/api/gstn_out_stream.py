"""GSTN's JSON of GSTR-2B as one file of any size, written piece by piece.

The content is the same as that of `gstn_out.statement_to_wire`. Only the checksum is at the end of the file,
because the checksum is known after the last document. Memory does not grow with the number of documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson
from django.db.models import F, QuerySet, Window
from django.db.models.functions import FirstValue

from gstr2b.api import gstn_out, gstn_out_documents
from gstr2b.api.gstn_out_documents import BLOCKS, LISTS, SECTION_KEYS
from gstr2b.models import Statement, StatementLine
from invoices.rules.ruling import Section

# the number of documents in memory while a file is written
CHUNK = 1000
# the order of a statement's documents
ORDER = ("section", "table", "document_date", "id")


def statement_in_pieces(statement: Statement) -> Iterator[bytes]:
    """Yield the statement as GSTN's JSON, with all its documents."""
    digest = hashlib.sha256()
    yield b'{"data":'
    for piece in _data(statement):
        digest.update(piece)
        yield piece
    yield b',"chksum":' + orjson.dumps(digest.hexdigest()) + b"}"


def _data(statement: Statement) -> Iterator[bytes]:
    summary = gstn_out.header(statement) | {"itcsumm": gstn_out.itc_summary(statement)}
    yield orjson.dumps(summary | gstn_out.supplier_summaries(statement)).removesuffix(b"}")
    lines = gstn_out.lines_of(statement)
    rejected = lines.filter(section=Section.REJECTED.value)
    reversed_by_37a = lines.filter(section=Section.RULE_37A.value)
    others = lines.exclude(section__in=[Section.REJECTED.value, Section.RULE_37A.value])
    for block, some in zip(BLOCKS, (others, rejected), strict=True):
        yield b"," + orjson.dumps(block) + b":{"
        before = b""
        for key in dict.fromkeys(SECTION_KEYS.values()):
            for nth, piece in enumerate(_section(key, block, some)):
                yield before + orjson.dumps(key) + b":" + piece if nth == 0 else piece
                before = b","
        if block == BLOCKS[0]:
            reversals = gstn_out_documents.documents(reversed_by_37a)[block].get("itcrev")
            yield before + b'"itcrev":' + orjson.dumps(reversals) if reversals else b""
        yield b"}"
    yield b"}"


def _section(key: str, block: str, lines: QuerySet[StatementLine]) -> Iterator[bytes]:
    """Yield the array of a section. Without documents, yield nothing."""
    mine = lines.filter(table__in=[table for table, name in SECTION_KEYS.items() if name == key])
    if key == "impgsez":
        # The lines do not name the SEZ unit by which these bills are grouped. There are few such bills.
        if found := gstn_out_documents.documents(mine)[block].get(key):
            yield orjson.dumps(found)
    elif key == "impg":
        yield from _array(bill for _row, _party, bill in gstn_out_documents.in_order(_chunks(mine)))
    else:
        yield from _parties(LISTS.get(key, "inv"), gstn_out_documents.in_order(_chunks(_by_party(mine))))


def _array(values: Iterable[Any]) -> Iterator[bytes]:
    some = False
    for value in values:
        yield (b"," if some else b"[") + orjson.dumps(value)
        some = True
    if some:
        yield b"]"


def _parties(name: str, rows: Iterable[tuple[StatementLine, dict[str, Any], Any]]) -> Iterator[bytes]:
    """Yield the array of parties, each with the array `name` of its documents. The rows of a party follow
    each other."""
    before: dict[str, Any] | None = None
    where: tuple[Any, ...] = ()
    for row, party, document in rows:
        here = gstn_out_documents.party_key(row)
        if before is None or here != where:
            opening = orjson.dumps(party).removesuffix(b"}") + b"," + orjson.dumps(name) + b":["
            yield (b"[" if before is None else b"]},") + opening
        else:
            yield b","
        yield orjson.dumps(document)
        before, where = party, here
    if before is not None:
        yield b"]}]"


def _by_party(lines: QuerySet[StatementLine]) -> QuerySet[StatementLine]:
    """Return the lines in the order of the parties' first documents, so that the documents of a party follow
    each other."""
    together: dict[str, Any] = {
        "partition_by": [F(name) for name in gstn_out_documents.PARTY],
        "order_by": [F(name).asc() for name in ORDER],
    }
    first = {f"first_{name}": Window(FirstValue(name), **together) for name in ORDER}
    return lines.annotate(**first).order_by(*first, *ORDER)


def _chunks(lines: QuerySet[StatementLine]) -> Iterator[list[StatementLine]]:
    rows = lines.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
