"""Bills, links and findings of purchase registers fit together, and the last run found each document of IMS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from invoices.checks.frame import Looked, count, owned, table
from invoices.models import ArchivedRecord, Record
from invoices.register.models import Apart, Bill, Finding, Link, MatchRun
from invoices.rules.situation import Route

NAME = "bills, links and findings of purchase registers fit together"


def look(only: int | None) -> Looked:
    looked = Looked(count(f"{table(Bill)} b WHERE 1 = 1{owned('b.taxpayer_id', only)}"), "versions of bills")
    _bills(looked, only)
    for model in (Link, Apart):
        _pairings(looked, table(model), model.__name__.lower(), only)
    _findings(looked, only)
    return looked


def _bills(looked: Looked, only: int | None) -> None:
    """Each version belongs to a first version of the same taxpayer, and one version at most is the present one."""
    bill, mine = table(Bill), owned("b.taxpayer_id", only)
    looked.ask(
        f"SELECT b.id FROM {bill} b LEFT JOIN {bill} f ON f.id = b.identity AND f.taxpayer_id = b.taxpayer_id "
        f"WHERE f.id IS NULL{mine}",
        lambda pk: f"bill {pk} belongs to no first version of its taxpayer",
    )
    looked.ask(
        f"SELECT b.identity, count(*) FROM {bill} b WHERE b.until IS NULL AND b.identity IS NOT NULL{mine} "
        f"GROUP BY b.identity HAVING count(*) > 1",
        lambda identity, number: f"bill {identity} has {number} present versions",
    )
    looked.ask(
        f"SELECT b.id FROM {bill} b WHERE b.until < b.since{mine}",
        lambda pk: f"bill {pk} ends before it begins",
    )


def _pairings(looked: Looked, name: str, word: str, only: int | None) -> None:
    """Each link, and each pair kept apart, names a bill and a document that exist."""
    mine = owned("p.taxpayer_id", only)
    looked.ask(
        f"SELECT p.id, p.bill_identity FROM {name} p LEFT JOIN {table(Bill)} b ON b.id = p.bill_identity "
        f"WHERE b.id IS NULL{mine}",
        partial("{word} {}: bill {} does not exist".format, word=word),
    )
    looked.ask(*_lost_document(name, word, "p.root_id", mine))


def _lost_document(name: str, word: str, column: str, mine: str) -> tuple[str, Callable[..., str]]:
    """Return the query for rows whose document is neither live nor archived, and the sentence for a row."""
    sql = (
        f"SELECT p.id, {column} FROM {name} p LEFT JOIN {table(Record)} r ON r.id = {column} "
        f"LEFT JOIN {table(ArchivedRecord)} a ON a.id = {column} "
        f"WHERE {column} IS NOT NULL AND r.id IS NULL AND a.id IS NULL{mine}"
    )
    return sql, partial("{word} {}: document {} does not exist".format, word=word)


def _findings(looked: Looked, only: int | None) -> None:
    """Each finding names a document or a bill that exists. Each document that the last run could see has a present
    finding."""
    finding, record = table(Finding), table(Record)
    mine = owned("p.taxpayer_id", only)
    for column in ("p.record_id", "p.root_id"):
        looked.ask(*_lost_document(finding, "finding", column, mine))
    looked.ask(
        f"SELECT p.id, p.bill_identity FROM {finding} p LEFT JOIN {table(Bill)} b ON b.id = p.bill_identity "
        f"WHERE p.bill_identity IS NOT NULL AND b.id IS NULL{mine}",
        "finding {}: bill {} does not exist".format,
    )
    looked.ask(
        f"SELECT p.id, p.record_id FROM {finding} p JOIN {record} r ON r.id = p.record_id "
        f"WHERE r.recipient_id <> p.taxpayer_id OR coalesce(r.root_id, r.id) <> p.root_id{mine}",
        "finding {}: record {} is another document".format,
    )
    # a document that came after the run has no finding yet; the clock and the ids must both say that it came before
    looked.ask(
        f"SELECT r.id FROM {record} r "
        f"JOIN (SELECT taxpayer_id, max(at) AS at FROM {table(MatchRun)} GROUP BY taxpayer_id) m "
        f"ON m.taxpayer_id = r.recipient_id "
        f"JOIN (SELECT taxpayer_id, max(record_id) AS last FROM {finding} WHERE until IS NULL "
        f"GROUP BY taxpayer_id) s ON s.taxpayer_id = r.recipient_id "
        f"LEFT JOIN {finding} p ON p.taxpayer_id = r.recipient_id AND p.until IS NULL "
        f"AND p.root_id = coalesce(r.root_id, r.id) "
        f"WHERE r.route = '{Route.IMS.value}' AND r.saved_at < m.at AND r.id < s.last AND p.id IS NULL"
        f"{owned('r.recipient_id', only)}",
        lambda pk: f"record {pk} was on the desk at the last run and has no finding",
    )
