"""Reads and writes the address of a record list, which has its filters, sort order and page, and makes its links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import format_count, format_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import PastedList
from invoices.models.choices import ACTION_LABELS, KIND_LABELS
from invoices.people.access import Access
from invoices.queries import other_party
from invoices.queries.landing import lands_choices
from invoices.queries.record_list import by_supplier
from invoices.queries.record_list import filters as asked_filters
from invoices.queries.record_list.filters import CHOICES, CUSTOMS, Filters, split
from invoices.queries.record_list.paging import ROWS, ListPage
from invoices.queries.record_list.records import SORTS, VIEWS
from invoices.queries.record_list.search_box import understood
from invoices.rules.calendar import Form
from invoices.rules.situation import Action
from invoices.web.page.labels import section_label, state_label
from invoices.web.record_list import found_words
from invoices.web.record_list.row import VERBS
from invoices.web.record_list.titles import section_title

KINDS = tuple(CHOICES["kind"])
ACTION_WORDS = {action.value: label for action, label in ACTION_LABELS.items()}
KIND_WORDS = {kind.value: label for kind, label in KIND_LABELS.items()}
FILINGS = {
    "S": gettext_noop("Saved, not filed"),
    "F": gettext_noop("Filed"),
    "L": gettext_noop("Can no longer be filed"),
}
EFFECTS = {
    "more": gettext_noop("Raises ITC"),
    "less": gettext_noop("Lowers ITC"),
    "none": gettext_noop("Does not change ITC"),
    "notless": gettext_noop("Does not lower ITC"),
}
YES_NO = {"yes": gettext_noop("Yes"), "no": gettext_noop("No")}
NAMES = (*asked_filters.NAMES, "list")
# the filters in the part of the filter form that is closed at first
FOLDED = tuple(name for name in NAMES if name not in ("q", "status", "past", "supplier"))
# the ways to group a list; a list of bills of entry cannot be grouped, because it has no supplier
GROUPS = ("supplier",)
DEFAULT_ROWS = 50
DEFAULT_SORT = "date"
# ready-made view -> the filters that it sets; "all" sets none
VIEW_PARAMETERS: dict[str, dict[str, str]] = {
    "all": {},
    "needs": {"status": "N"},
    "edited": {"edited": "1"},
    "saved": {"filing": "S"},
    "notes": {"kind": "CN"},
    "declare": {"declare": "1"},
    "large": {"min": "100000"},
    "ends": {"status": "P", "ends": "7"},
    "new": {"newsupplier": "1"},
    "duplicates": {"duplicate": "1"},
    "accept": {"status": "N", "suggests": "accept"},
    "look": {"status": "N", "suggests": "look"},
    "alone": {"match": "ALONE"},
    "differs": {"differs": "yes"},
}

VIEW_WORDS = {
    "all": gettext_noop("All"),
    "ends": gettext_noop("Ends soon"),
    "new": gettext_noop("New supplier"),
    "duplicates": gettext_noop("Possible duplicate"),
    "accept": gettext_noop("Suggested: accept"),
    "look": gettext_noop("To look at"),
    "alone": gettext_noop("Not in the books"),
    "differs": gettext_noop("Differs from the suggestion"),
}
# views with answers of the matcher, which only a taxpayer with a register has
OF_BOOKS = ("accept", "look", "alone", "differs")
# views without bills of entry: customs only files, and never edits, sends no notes, and is no new supplier
OF_SUPPLIERS = ("edited", "saved", "notes", "new")
# suppliers' forms that bring documents to IMS
SOURCES = (Form.GSTR1.value, Form.IFF.value, Form.GSTR1A.value)


def needs_action(*, lapsed: bool) -> dict[str, str]:
    """Return the filters of the view of records that need an action. If the desk has documents that can never be
    filed (`lapsed`), a filter leaves these documents out."""
    return VIEW_PARAMETERS["needs"] | ({"filing": "S,F"} if lapsed else {})


@dataclass(frozen=True, slots=True)
class Listing:
    """The record list that an address describes: section, filters, order and page. `given` has the filter
    parameters of the address, as the person typed them."""

    base: str
    filters: Filters
    sort: str = DEFAULT_SORT
    rows: int = DEFAULT_ROWS
    page: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    usual_rows: int = DEFAULT_ROWS
    columns: str = ""
    # the way in which the list is grouped, and the order of the groups
    group: str = ""
    order: str = by_supplier.DEFAULT_ORDER

    def url(self, **changes: str | None) -> str:
        """Return the address of this list with these parameters changed. None removes a parameter. The
        address leads to the first page, unless `page` is given."""
        parameters = self.parameters
        for name, value in changes.items():
            parameters.pop(name, None)
            if value:
                parameters[name] = value
        return f"{self.base}?{urlencode(parameters, safe=',')}" if parameters else self.base

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters of the list's address, without the page and without default values."""
        parameters = {name: value for name, value in self.given.items() if value}
        if self.sort != DEFAULT_SORT:
            parameters["sort"] = self.sort
        if self.rows != self.usual_rows:
            parameters["rows"] = str(self.rows)
        if self.columns:
            parameters["columns"] = self.columns
        if self.group:
            parameters["group"] = self.group
            if self.order != by_supplier.DEFAULT_ORDER:
                parameters["order"] = self.order
        return parameters

    @property
    def here(self) -> str:
        """Return the address of the page of the list that the reader sees now."""
        return self.url(page=self.page)

    @property
    def download(self) -> str:
        """Return the query string for the workbook of this list."""
        # the file of a grouped list has one row for each record, and the records of a supplier together
        sort = "supplier" if self.group else self.parameters.get("sort")
        changes = {"of": self.filters.section, "columns": None, "rows": None, "sort": sort}
        return self.url(**changes, group=None, order=None).partition("?")[2]

    @property
    def triage(self) -> str:
        """Return the query string, with its question mark, for the triage of this list's records in its order."""
        return self.url(columns=None, rows=None, group=None, order=None).removeprefix(self.base)

    @property
    def ungrouped(self) -> str:
        return self.url(group=None, order=None)

    @property
    def grouped(self) -> str:
        """Return the address of this list grouped by supplier, or "" for a list of bills of entry."""
        return "" if self.party.is_customs else self.url(group=GROUPS[0], supplier=None)

    @property
    def party(self) -> other_party.Party:
        return other_party.of_section(self.filters.section)

    def of_supplier(self, gstin: str) -> Listing:
        """Return this list without groups, with the records of one supplier only (a GSTIN, or `CUSTOMS`).
        Raises `Invalid` BAD_FILTER for another text."""
        one = asked_filters.one_supplier(gstin)
        given = {**self.given, "supplier": one}
        return replace(self, filters=replace(self.filters, supplier=one), given=given, group="", page="")

    @property
    def name(self) -> str:
        """Return a text with the list's address, filters and rows. A page token is valid only for the same text."""
        return repr((self.base, sorted(self.given.items()), self.rows, *([self.group] if self.group else [])))

    @property
    def is_filtered(self) -> bool:
        return any(value for name, value in self.given.items() if name != "past")

    def chips(self, open_period: TaxPeriod) -> list[dict[str, str]]:
        """Return the filters that have a value. Each filter comes with the address of the list without this
        filter."""
        filters, given, party = self.filters, self.given, other_party.of_section(self.filters.section)
        found: list[tuple[str, str, str | None]] = [
            (_("Search: %(words)s") % {"words": ", ".join(understood(filters.search).words)}, "q", None)
        ]
        for name, text, label in (
            ("status", _("Status: %(word)s"), lambda value: _(ACTION_WORDS[value])),
            ("kind", _("Type: %(word)s"), lambda value: _(KIND_WORDS[value])),
            ("sections", _("Section: %(word)s"), section_label),
            ("filing", _(party.filing) + ": %(word)s", lambda value: _(FILINGS[value])),
            ("source", _("Source: %(word)s"), str),
            ("pos", _("Place of supply: %(word)s"), state_label),
            ("open", _("Available action: %(word)s"), lambda value: _(VERBS[Action(value)])),
            ("match", _("Match: %(word)s"), found_words.match),
            ("suggests", _("Suggestion: %(word)s"), found_words.suggestion),
            ("reduces", _("Credit to give back: %(word)s"), found_words.reduction),
            ("periods", _(party.period) + ": %(word)s", lambda value: TaxPeriod.from_wire(value).short_label),
        ):
            values = split(given.get(name, ""))
            for value in values:
                others = ",".join(other for other in values if other != value)
                found.append((text % {"word": label(value)}, name, others))
        plain = {
            "lands": dict(lands_choices(open_period)).get(filters.lands, ""),
            "min": _("Taxable from ₹%(amount)s") % {"amount": format_inr(filters.least or 0)},
            "max": _("Taxable up to ₹%(amount)s") % {"amount": format_inr(filters.most or 0)},
            "from": _("Dated from %(day)s") % {"day": _dmy(filters.since)},
            "to": _("Dated up to %(day)s") % {"day": _dmy(filters.until)},
            "ends": _ending(filters.ends_first, filters.ends or 0),
            "suppliers": _("Suppliers: %(n)s GSTINs")
            % {"n": format_count(len(split(given.get("suppliers", ""))))},
            "list": _("Pasted list: %(n)s entries")
            % {"n": format_count(len(filters.suppliers) + len(filters.numbers) + len(filters.pairs))},
            "pairs": _("Chosen documents (GSTIN and number): %(n)s")
            % {"n": format_count(len(split(given.get("pairs", ""))))},
            "supplier": _("Customs (ICEGATE)")
            if filters.supplier == CUSTOMS
            else f"{_(party.name)}: {filters.supplier}",
            "edited": _("Edited by %(who)s after your action") % {"who": _(party.inside)},
            "declare": _("ITC reduction must be declared on Accept"),
            "newsupplier": _(party.newcomer or other_party.SUPPLIER.newcomer),
            "duplicate": _("Possible duplicate"),
            "lastclaim": _("Credit ends with this GSTR-2B (section 16(4))"),
            "addsback": _("The rejection adds tax to the supplier"),
            "fy": _("Dated in %(year)s") % {"year": filters.year},
            "taxmin": _("Tax from ₹%(amount)s") % {"amount": format_inr(filters.tax_least or 0)},
            "taxmax": _("Tax up to ₹%(amount)s") % {"amount": format_inr(filters.tax_most or 0)},
            "valuemin": _("Value from ₹%(amount)s") % {"amount": format_inr(filters.value_least or 0)},
            "valuemax": _("Value up to ₹%(amount)s") % {"amount": format_inr(filters.value_most or 0)},
            "effect": _(EFFECTS.get(filters.effect, "—")),
            "differs": _("Differs from the suggestion: %(word)s")
            % {"word": _(YES_NO.get(filters.differs, "—"))},
            "irn": _("IRN: %(word)s") % {"word": _(YES_NO.get(filters.irn, "—"))},
            "remarks": _("Remarks contain “%(words)s”") % {"words": filters.remarks},
            "remarked": _("Remarks: %(word)s") % {"word": _(YES_NO.get(filters.remarked, "—"))},
            "by": _("Last action by %(person)s") % {"person": filters.actor},
            "actedfrom": _("Last action from %(day)s") % {"day": _dmy(filters.acted_since)},
            "actedto": _("Last action up to %(day)s") % {"day": _dmy(filters.acted_until)},
        }
        found += [(label, name, None) for name, label in plain.items()]
        return [
            {"label": label, "url": self.url(**{name: value})}
            for label, name, value in found
            if given.get(name)
        ]

    def tabs(
        self, counts: Mapping[str, int] | None, *, lapsed: bool = False, books: bool = False
    ) -> list[dict[str, object]]:
        """Return the ready-made views as tabs. A tab is current if the list has exactly the filters of the
        tab's view. `lapsed` says that the desk has documents that can never be filed, and `books` that it has answers
        of the matcher."""
        shown = []
        customs = other_party.of_section(self.filters.section).is_customs
        for name, parameters in VIEW_PARAMETERS.items():
            if (customs and name in OF_SUPPLIERS) or (name in OF_BOOKS and not books):
                continue
            if name == "needs":
                parameters = needs_action(lapsed=lapsed)
            label = _(VIEWS.get(name) or VIEW_WORDS[name])
            plain = replace(self, filters=Filters(), page="", given=parameters, columns="")
            shown.append(
                {
                    "label": label,
                    "url": plain.url(),
                    "current": {k: v for k, v in self.given.items() if v} == parameters,
                    "count": counts.get(name) if counts else None,
                }
            )
        return shown

    def heading(self, key: str, label: str, kind: str = "text") -> dict[str, str]:
        """Return a column's heading. If the list can be sorted by the column, the first click sorts upwards
        and the second downwards. The third click restores the default order."""
        shown = {"key": key, "label": label, "num": "" if kind == "text" else "num", "state": "", "url": ""}
        if key not in SORTS:
            return shown
        state = "ascending" if self.sort == key else "descending" if self.sort == f"-{key}" else ""
        following = {"": key, "ascending": f"-{key}", "descending": None}[state]
        if following == DEFAULT_SORT:
            following = None
        # the default order is by date upwards, so the first click on Date sorts downwards and the second
        # restores the default
        if key == DEFAULT_SORT and state == "ascending":
            following = f"-{key}"
        icons = {"": "sort", "ascending": "sort-asc", "descending": "sort-desc"}
        # the query alone leads to the same list, and fifty records with nine headings stay light
        _path, query, rest = self.url(sort=following).partition("?")
        return shown | {"state": state, "url": query + rest or self.base, "icon": icons[state]}

    @property
    def more_filters(self) -> int:
        """Return the number of filters that have a value and are in the closed part of the filter form
        (`FOLDED`)."""
        return sum(bool(self.given.get(name)) for name in FOLDED)

    def pager(self, page: ListPage | by_supplier.GroupPage, span: str, *, needed: bool) -> dict[str, object]:
        """Return the template data for the links to the list's other pages. `span` names the rows of this page.
        The links are always `needed` after the first page."""
        tokens = {way: getattr(page, way) for way in ("first", "previous", "next", "last")}
        return {
            **{way: "" if token is None else self.url(page=token) for way, token in tokens.items()},
            "range": span,
            "sizes": [
                {
                    "label": str(size),
                    "url": self.url(rows=str(size) if size != self.usual_rows else None),
                    "current": size == self.rows,
                }
                for size in ROWS
            ],
            "needed": needed or bool(self.page),
        }


def _dmy(day: str) -> str:
    return "-".join(reversed(day.split("-")))


def read(access: Access, base: str, section: str, query: QueryDict, *, rows: int = DEFAULT_ROWS) -> Listing:
    """Return the list for an address. `rows` is the person's usual length of a page. Raise `Invalid` for an
    unknown value of a filter, and `NotFound` for an unknown section."""
    section_title(section)
    # a form sends one parameter for each ticked box; an address has one parameter with commas
    several = (*CHOICES, "periods")
    given = {name: ",".join(part for part in query.getlist(name) if part).strip() for name in several}
    given |= {name: query.get(name, "").strip() for name in NAMES if name not in several}
    pasted = _pasted(access, given["list"])
    filters = asked_filters.read(
        given,
        section,
        suppliers=pasted.suppliers if pasted else (),
        numbers=pasted.numbers if pasted else (),
        pairs=pasted.pairs if pasted else (),
    )
    sort = query.get("sort", DEFAULT_SORT)
    if sort.removeprefix("-") not in SORTS:
        raise _unknown("sort", sort)
    asked = query.get("rows", str(rows))
    if asked not in {str(size) for size in ROWS}:
        raise _unknown("rows", asked)
    shown = query.get("columns", "")
    if not re.fullmatch(r"[a-z_.]{0,300}", shown):
        raise _unknown("columns", shown)
    group = query.get("group", "")
    if group and (group not in GROUPS or other_party.of_section(section).is_customs):
        raise _unknown("group", group)
    order = query.get("order", by_supplier.DEFAULT_ORDER)
    if order.removeprefix("-") not in by_supplier.ORDERS:
        raise _unknown("order", order)
    page = query.get("page", "")
    return Listing(base, filters, sort, int(asked), page, given, rows, shown, group, order)


def _pasted(access: Access, digest: str) -> PastedList | None:
    if not digest:
        return None
    found = PastedList.objects.filter(
        taxpayer=access.taxpayer, digest=digest[:16].replace("\x00", "")
    ).first()
    if found is None:
        raise Invalid("BAD_FILTER", _("The pasted list no longer exists. Paste the entries again."))
    return found


def _unknown(name: str, value: str) -> Invalid:
    return Invalid(
        "BAD_FILTER",
        _("“%(value)s” is not a valid value of “%(name)s”. Open the list again from the menu.")
        % {"value": value[:30], "name": name},
    )


def _ending(first: int, last: int) -> str:
    """Return the words of the filter by the days until Pending ends."""
    if first and first != last:
        return _("Pending ends in %(first)s to %(n)s days") % {"first": first, "n": last}
    if first:
        return ngettext("Pending ends in %(n)s day", "Pending ends in %(n)s days", last) % {"n": last}
    return ngettext("Pending ends within %(n)s day", "Pending ends within %(n)s days", last) % {"n": last}
