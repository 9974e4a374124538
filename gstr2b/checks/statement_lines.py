"""Invariant I1: for each record in the statement's scope, the current statement has exactly the lines and
figures that the ruling on the record asks for. A pending record has no line. A stale statement is not
checked, because a stale statement must be recomputed first (R-086)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gstr2b.lines.select import of_version
from gstr2b.models import Statement, StatementLine
from ims_portal.kernel.money import HEADS
from invoices.checks.frame import Looked, owned, rows, table
from invoices.models import Decision, RecipientDesk, Record, Taxpayer
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Effect, Line, Section
from invoices.rules.situation import from_labels

NAME = "I1 every record is in the GSTR-2B table of its ruling"
RULE_37A = Section.RULE_37A.value
SAME = ("value", "taxable", *HEADS, "number", "document_date", "supplier_id", "tax_period")
TAX, BASE = "r.{h}", "COALESCE(r.baseline_{h}, 0)"
FULL = f"(CASE WHEN r.kind = 'CN' THEN {BASE} - {TAX} ELSE {TAX} - {BASE} END)"
EFFECTS = {
    Effect.NONE: "0",
    Effect.FULL: FULL,
    Effect.WHOLE: f"(CASE WHEN r.kind = 'CN' THEN -{TAX} ELSE {TAX} END)",
    Effect.DECLARED: f"(CASE WHEN {FULL} > 0 THEN {FULL} ELSE 0 END - COALESCE(d.reduction_{{h}}, 0))",
    Effect.MINUS_BASELINE: f"(CASE WHEN r.kind = 'CN' THEN {BASE} ELSE -{BASE} END)",
}
BARRED = {
    "none": "NULL",
    "tax": TAX,
    "above": f"(CASE WHEN {TAX} > {BASE} THEN {TAX} - {BASE} ELSE 0 END)",
}
REVERSED = {"none": "NULL", "base": BASE}


def look(only: int | None) -> Looked:
    wrong = [_differs([(f"l.{name}", f"r.{name}") for name in SAME])]
    for kind, ways in (("effect", EFFECTS), ("barred", BARRED), ("reversed", REVERSED)):
        wrong += [_differs([(f"l.{kind}_{h}", way.format(h=h)) for h in HEADS]) for way in ways.values()]
    keys = (
        'r.label, d.label, (r.last_claim_period < COALESCE(d.moved_to, r.claim_period)), l.section, l."row", '
    )
    found = rows(
        f"SELECT r.recipient_id, {keys} l.treated, l.reason, count(DISTINCT r.id), count(*), min(r.id), "
        + ", ".join(wrong)
        + f" FROM {table(Record)} r JOIN {table(Decision)} d ON d.record_id = r.id "
        f"JOIN {table(Taxpayer)} t ON t.id = r.recipient_id "
        f"JOIN {table(RecipientDesk)} k ON k.recipient_id = r.recipient_id AND k.filed_at IS NULL AND "
        f"k.changes = 0 "
        f"JOIN {table(Statement)} s ON s.recipient_id = r.recipient_id AND s.period = k.period AND "
        f"s.is_current "
        f"LEFT JOIN {table(StatementLine)} l ON {of_version('l', 's')} AND l.record_id = r.id "
        f"AND l.section <> '{RULE_37A}' "
        "WHERE r.filing = 'F' AND r.claim_period <= s.period AND COALESCE(d.moved_to, r.claim_period) "
        f"BETWEEN t.open_period AND s.period{owned('r.recipient_id', only)} "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    )
    groups: dict[tuple, list[tuple]] = defaultdict(list)
    for row in found:
        groups[row[:4]].append(row[4:])
    looked = Looked(0, "records in scope")
    for (recipient, label, decision, barred), lines in groups.items():
        situation = from_labels(label, decision, time_barred=bool(barred))
        looked.count += max(line[4] for line in lines)
        looked.add(
            f"taxpayer {recipient}, {label} / {decision}: {what}"
            for what in _wrong(list(rule(situation).lines), lines)
        )
    _strangers(looked, only)
    return looked


def _differs(pairs: list[tuple[str, str]]) -> str:
    either = " OR ".join(f"{one} IS DISTINCT FROM {other}" for one, other in pairs)
    return f"SUM(CASE WHEN {either} THEN 1 ELSE 0 END)"


def _wrong(due: list[Line], lines: list[tuple]) -> Iterator[str]:
    """Yield a sentence for each difference between `lines` and `due`. `lines` are the stored lines of all
    records in one situation. `due` are the lines that the ruling on this situation asks for."""
    expected = {(x.section.value, x.row.value, x.treated.value, x.reason.value): x for x in due}
    without = sum(line[4] for line in lines if line[0] is None)
    most = without + max((line[4] for line in lines if line[0] is not None), default=0)
    if due and without:
        yield f"{without} records have no line, for example record {lines[0][6]}"
    present = {line[:4]: line[4:] for line in lines if line[0] is not None}
    for key in expected:
        if key not in present and not without:
            yield f"{most} records have no line in {key}"
    for key, (records, n, one, same, *figures) in present.items():
        line = expected.get(key)
        if line is None:
            yield f"{n} lines are in {key} but the ruling puts them elsewhere, for example the line of record {one}"
            continue
        if n != records:
            yield f"{records} records have {n} lines in {key}, for example record {one}"
        if records < most - without:
            yield f"{most - without - records} records have no line in {key}"
        effect = dict(zip(EFFECTS, figures[: len(EFFECTS)], strict=True))[line.effect]
        barred = dict(zip(BARRED, figures[len(EFFECTS) : -len(REVERSED)], strict=True))
        back = dict(zip(REVERSED, figures[-len(REVERSED) :], strict=True))
        way = ("tax" if line.beside_baseline else "above") if line.not_available else "none"
        bad = {
            "copy of the document": same,
            "effect": effect,
            "4(D)(2) amount": barred[way],
            "reversal": back["base" if line.reverses_baseline else "none"],
        }
        for what, wrong in bad.items():
            if wrong:
                yield f"in {wrong} lines of {key}, the {what} differs from the record"


def _strangers(looked: Looked, only: int | None) -> None:
    looked.ask(
        f"SELECT t.gstin, l.record_id FROM {table(StatementLine)} l "
        f"JOIN {table(Statement)} s ON {of_version('l', 's')} AND s.is_current AND NOT s.is_final "
        f"JOIN {table(RecipientDesk)} k ON k.recipient_id = s.recipient_id AND k.period = s.period AND "
        f"k.changes = 0 "
        f"JOIN {table(Taxpayer)} t ON t.id = s.recipient_id "
        f"LEFT JOIN {table(Record)} r ON r.id = l.record_id AND r.recipient_id = s.recipient_id "
        f"WHERE r.id IS NULL AND l.section <> '{RULE_37A}'{owned('s.recipient_id', only)}",
        lambda gstin, pk: (
            f"{gstin}: GSTR-2B has a line of record {pk}, but this desk does not have the record"
        ),
    )
