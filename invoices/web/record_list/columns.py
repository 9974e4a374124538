"""The columns of the record list: all columns, the columns that a person sees in a section, and the contents
of cells.

The list always shows Select, action, status and document number. Each person chooses the other columns for
each section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, Value, When
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import TaxPeriod
from invoices.matching.words import ACTIONS, class_words
from invoices.models import ArchivedRecord, Preference, Record
from invoices.models.choices import ACTION_LABELS, INVOICE_TYPE_LABELS
from invoices.people.access import Access
from invoices.queries import effects, other_party
from invoices.queries.calendar import annual_returns
from invoices.queries.record_list import findings
from invoices.queries.situations import DeskView, is_closed, land_period
from invoices.rules.situation import Action
from invoices.web.desk.pending_until import pending_until
from invoices.web.page.labels import name_of, state_label
from invoices.web.record_list.row import RecordRow

AMENDMENTS = ("b2ba", "b2bdna", "b2bcna", "ecoma", "impga", "impgseza")
REDUCING = ("b2bcn", "b2bcna", "b2ba", "b2bdna", "ecoma")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list. `label` is its heading. `kind` is the form of its cells (text, money, signed).
    `sort` is the key by which a click on the heading sorts the list. `only` names the sections that have this
    column; if `only` is empty, all sections have the column. `books` is True for a column with an answer of the
    matcher, which only a taxpayer with a register has."""

    key: str
    label: str
    kind: str = "text"
    sort: str = ""
    default: bool = False
    only: tuple[str, ...] = ()
    books: bool = False


COLUMNS = (
    Column("original", gettext_noop("Original number"), default=True, only=AMENDMENTS),
    Column("original_date", gettext_noop("Original date"), only=AMENDMENTS),
    Column("original_action", gettext_noop("Original action"), default=True, only=AMENDMENTS),
    Column("supplier", gettext_noop("Supplier"), sort="supplier", default=True),
    Column("date", gettext_noop("Date"), sort="date", default=True),
    Column("type", gettext_noop("Document type")),
    Column("value", gettext_noop("Value ₹"), "money", sort="value"),
    Column("pos", gettext_noop("Place of supply")),
    Column("taxable", gettext_noop("Taxable ₹"), "money", sort="taxable", default=True),
    Column("tax", gettext_noop("Tax ₹"), "money", sort="tax", default=True),
    Column("igst", gettext_noop("Integrated ₹"), "money"),
    Column("cgst", gettext_noop("Central ₹"), "money"),
    Column("sgst", gettext_noop("State/UT ₹"), "money"),
    Column("cess", gettext_noop("Cess ₹"), "money"),
    Column("tax_change", gettext_noop("Change in tax ₹"), "signed", only=AMENDMENTS),
    Column("match", gettext_noop("Match"), default=True, books=True),
    Column("suggestion", gettext_noop("Suggestion"), default=True, books=True),
    Column("difference", gettext_noop("Difference in tax ₹"), "signed", default=True, books=True),
    Column("effect", gettext_noop("Effect on ITC ₹"), "signed", sort="effect", default=True),
    Column("reduced", gettext_noop("ITC to be reduced?"), only=REDUCING),
    Column("reduction", gettext_noop("Declared reduction ₹"), "money", only=REDUCING),
    Column("source", gettext_noop("Source")),
    Column("period", gettext_noop("Supplier period")),
    Column("filing", gettext_noop("Supplier filing")),
    Column("lands", gettext_noop("Lands in 2B"), default=True),
    Column("until", gettext_noop("Pending until")),
    Column("remarks", gettext_noop("Remarks")),
    Column("acted", gettext_noop("Acted by, on")),
    Column("irn", gettext_noop("IRN present")),
)
BY_KEY = {column.key: column for column in COLUMNS}
# usual columns for which a list has no room beside the answers of the matcher
CROWDED = ("taxable", "effect", "lands")
# what the person did instead of the suggestion
DONE = {
    "A": gettext_noop("you accepted"),
    "R": gettext_noop("you rejected"),
    "P": gettext_noop("you keep it pending"),
}
ANSWERS = {"F": gettext_noop("Full"), "P": gettext_noop("Part"), "N": gettext_noop("No")}


# Columns without a label on a phone: the phone shows only their values, or hides these columns.
UNLABELLED = ("supplier", "date", "taxable")
# the columns that static/css/portal.css names
STYLED = ("original", "original_date", "supplier", "date", "taxable", "effect", "lands", "until")


@dataclass(frozen=True, slots=True)
class Head:
    """The part that all cells of a column share. `kind` is the form of their values (`Column.kind`). `opening` is
    their opening tag. The tag has the label that a phone shows beside the value. The tag has a CSS class if the
    styles name the column."""

    kind: str
    opening: SafeString

    @classmethod
    def of(cls, column: Column) -> Head:
        classes = [f"c-{column.key}"] if column.key in STYLED else []
        classes += ["num"] if column.kind != "text" else []
        label = "" if column.key in UNLABELLED else _(column.label).removesuffix(" ₹")
        css = format_html(' class="{}"' if classes[1:] else " class={}", " ".join(classes)) if classes else ""
        return cls(
            column.kind, format_html("<td{}{}>", css, format_html(' data-label="{}"', label) if label else "")
        )


@dataclass(frozen=True, slots=True)
class Cell:
    head: Head
    value: Any
    note: str = ""


def offered(section: str, *, books: bool) -> list[Column]:
    """Return the columns that a person can choose in a section. The list "all" offers only columns that every
    section has. The headings name the party from which the section's documents come. `books` says whether the
    taxpayer has answers of the matcher."""
    party = other_party.of_section(section)
    named = {"supplier": party.name, "period": party.period, "filing": party.filing}
    there = [c for c in COLUMNS if (not c.only or section in c.only) and (books or not c.books)]
    return [replace(c, label=named.get(c.key, c.label)) for c in there]


def shown(section: str, preference: Preference, asked: str = "", *, books: bool) -> list[Column]:
    """Return the columns that a person sees. These are the columns of a saved view (`asked`, separated by
    dots), else the person's own choice, else the default columns."""
    keys: Iterable[str] | None = asked.split(".") if asked else preference.lists.get(section)
    there = offered(section, books=books)
    usual = [c for c in there if c.default and not (books and c.key in CROWDED)]
    if keys is None:
        chosen = usual
    else:
        wanted = set(keys)
        chosen = [c for c in there if c.key in wanted] or usual
    if not preference.heads:
        return chosen
    heads = [BY_KEY[head] for head in HEADS]
    return [c for column in chosen for c in (heads if column.key == "tax" else [column])]


class Cells:
    """Makes the cells for the rows of one page. The database is read once for the whole page, not once for
    each row."""

    def __init__(self, access: Access, columns: Sequence[Column], page: Sequence[RecordRow]):
        keys = {column.key for column in columns}
        self.access = access
        self._made = [(Head.of(column), getattr(self, f"_{column.key}")) for column in columns]
        self.originals = (
            _originals(page, access) if keys & {"original", "original_date", "original_action"} else {}
        )
        self.furnished = annual_returns([access.taxpayer.pk]) if "until" in keys else {}
        self.people = _people(page) if "acted" in keys else {}
        self.found = (
            findings.of_records(access.taxpayer.pk, [row.record.pk for row in page])
            if keys & {"match", "suggestion", "difference"}
            else {}
        )

    def of(self, row: RecordRow) -> list[Cell]:
        return [Cell(head, *made(row)) for head, made in self._made]

    def _supplier(self, row: RecordRow) -> tuple[Any, ...]:
        supplier = row.record.supplier
        return row.supplier_name, supplier.gstin if supplier else ""

    def _date(self, row: RecordRow) -> tuple[Any, ...]:
        return (f"{row.record.document_date:%d-%m-%Y}",)

    def _type(self, row: RecordRow) -> tuple[Any, ...]:
        return (_(INVOICE_TYPE_LABELS.get(row.record.invoice_type, row.record.invoice_type)),)

    def _value(self, row: RecordRow) -> tuple[Any, ...]:
        return (row.record.value * row.ruling.situation.kind.sign,)

    def _pos(self, row: RecordRow) -> tuple[Any, ...]:
        code = row.record.place_of_supply
        return (state_label(code),)

    def _taxable(self, row: RecordRow) -> tuple[Any, ...]:
        return (row.taxable,)

    def _tax(self, row: RecordRow) -> tuple[Any, ...]:
        return (row.tax,)

    def _head(self, row: RecordRow, head: str) -> tuple[Any, ...]:
        return (getattr(row.record, head) * row.ruling.situation.kind.sign,)

    def _igst(self, row: RecordRow) -> tuple[Any, ...]:
        return self._head(row, "igst")

    def _cgst(self, row: RecordRow) -> tuple[Any, ...]:
        return self._head(row, "cgst")

    def _sgst(self, row: RecordRow) -> tuple[Any, ...]:
        return self._head(row, "sgst")

    def _cess(self, row: RecordRow) -> tuple[Any, ...]:
        return self._head(row, "cess")

    def _tax_change(self, row: RecordRow) -> tuple[Any, ...]:
        before = effects.baseline_of(row.record).total
        return ((row.record.tax - before) * row.ruling.situation.kind.sign,)

    def _effect(self, row: RecordRow) -> tuple[Any, ...]:
        return row.effect, row.effect_note

    def _reduced(self, row: RecordRow) -> tuple[Any, ...]:
        if not row.ruling.asks_reduction:
            return (_("not asked"),)
        return (_(ANSWERS.get(row.record.decision.answer, "—")),)

    def _reduction(self, row: RecordRow) -> tuple[Any, ...]:
        return (effects.reduction_of(row.record.decision).total,)

    def _source(self, row: RecordRow) -> tuple[Any, ...]:
        return (row.record.form,)

    def _period(self, row: RecordRow) -> tuple[Any, ...]:
        return (TaxPeriod.from_number(row.record.tax_period).short_label,)

    def _filing(self, row: RecordRow) -> tuple[Any, ...]:
        filed, party = row.record.filed_on, other_party.of_section(row.record.section)
        return (_(party.filed_word), f"{filed:%d-%m-%Y}") if filed else (_("Saved"),)

    def _lands(self, row: RecordRow) -> tuple[Any, ...]:
        return row.lands, row.lands_note

    def _until(self, row: RecordRow) -> tuple[Any, ...]:
        if Action.PENDING in row.ruling.refusals:
            return ("—",)
        day, why = pending_until(self.access.taxpayer, row.record, row.ruling, self.furnished)
        return f"{day:%d-%m-%Y}", why

    def _remarks(self, row: RecordRow) -> tuple[Any, ...]:
        text = row.record.decision.remarks
        return (text if len(text) <= 40 else f"{text[:39]}…",)

    def _acted(self, row: RecordRow) -> tuple[Any, ...]:
        decision = row.record.decision
        if decision.acted_at is None:
            return ("—",)
        return self.people.get(
            decision.actor_id, "—"
        ), f"{decision.acted_at.astimezone(clock.IST):%d-%m-%Y %H:%M}"

    def _irn(self, row: RecordRow) -> tuple[Any, ...]:
        return (_("Yes") if (row.record.details or {}).get("irn") else _("No"),)

    def _match(self, row: RecordRow) -> tuple[Any, ...]:
        found = self.found.get(row.record.pk)
        return (_(class_words(found.match_class, found.sub)[0]) if found else _("not matched yet"),)

    def _suggestion(self, row: RecordRow) -> tuple[Any, ...]:
        found = self.found.get(row.record.pk)
        if found is None or not found.suggestion:
            return ("—",)
        usual = findings.TAKEN.get(found.suggestion, "")
        if usual and row.action not in ("N", usual):
            return _(ACTIONS[found.suggestion]), _(DONE[row.action])
        return (_(ACTIONS[found.suggestion]),)

    def _difference(self, row: RecordRow) -> tuple[Any, ...]:
        found = self.found.get(row.record.pk)
        return (found.difference if found else None,)

    def _original(self, row: RecordRow) -> tuple[Any, ...]:
        found = self.originals.get(row.record.amends_id)
        return (found[0],) if found else ("—",)

    def _original_date(self, row: RecordRow) -> tuple[Any, ...]:
        found = self.originals.get(row.record.amends_id)
        return (f"{found[1]:%d-%m-%Y}",) if found else ("—",)

    def _original_action(self, row: RecordRow) -> tuple[Any, ...]:
        found = self.originals.get(row.record.amends_id)
        return (_(ACTION_LABELS[Action(found[2])]), found[3]) if found else ("—",)


def _originals(page: Sequence[RecordRow], access: Access) -> Mapping[int | None, tuple[Any, ...]]:
    """Return the versions that these rows amend, by id: number, date, action and a note. The note says that
    GSTR-3B with the version is filed, or why the version has left IMS. Two queries."""
    ids = [row.record.amends_id for row in page if row.record.amends_id]
    mine = {"recipient_id": access.taxpayer.pk, "pk__in": ids}
    live = Record.objects.filter(**mine).annotate(
        land=land_period(),
        note=Case(When(is_closed(DeskView(access.taxpayer.open_period)), then=Value("C")), default=Value("")),
    )
    gone = ArchivedRecord.objects.filter(**mine)
    columns = ("pk", "number", "document_date")
    found = [
        *live.values_list(*columns, "decision__action", "note"),
        *gone.values_list(*columns, "action", "why"),
    ]
    return {pk: (number, day, action, _note(why)) for pk, number, day, action, why in found}


def _note(why: str) -> str:
    """Return the words for a reason of `ArchivedRecord.Why`, or an empty text without a reason."""
    if why == ArchivedRecord.Why.CLOSED.value:
        return _("3B filed")
    return str(ArchivedRecord.Why(why).label) if why else ""


def _people(page: Sequence[RecordRow]) -> dict[int | None, str]:
    ids = {row.record.decision.actor_id for row in page if row.record.decision.actor_id is not None}
    users = get_user_model().objects.filter(pk__in=ids)
    return {user.pk: name_of(user) for user in users}
