"""The address of a record list, read and written: filters, sort, page, and the links that change one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.errors import Invalid, NotFound
from ims_portal.kernel.money import BadAmount, format_inr, parse_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.models.choices import ACTION_LABELS, KIND_LABELS, ROUTE_LABELS, SECTION_LABELS
from invoices.queries.paging import ROWS
from invoices.queries.records import PAST_IMS, SORTS, VIEWS, Filters
from invoices.queries.search import understood
from invoices.rules.situation import Action, Kind, Route
from invoices.web.labels import in_language, section_label

KINDS = ("INV", "DN", "CN", "ECO", "BOE")
FILINGS = {"S": gettext_noop("Saved, not filed"), "F": gettext_noop("Filed by the supplier")}
NAMES = ("q", "status", "kind", "filing", "lands", "min", "max", "edited", "past")
DEFAULT_ROWS = 50
DEFAULT_SORT = "date"
# what the ready-made views set; "all" sets nothing
VIEW_PARAMETERS: dict[str, dict[str, str]] = {
    "all": {},
    "needs": {"status": "N"},
    "edited": {"edited": "1"},
    "saved": {"filing": "S"},
    "notes": {"kind": "CN"},
    "large": {"min": "100000"},
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as an address names it. `given` are the filter parameters in force, as typed."""

    base: str
    filters: Filters
    sort: str = DEFAULT_SORT
    rows: int = DEFAULT_ROWS
    page: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    usual_rows: int = DEFAULT_ROWS
    columns: str = ""

    def url(self, **changes: str | None) -> str:
        """The same list with these parameters changed (None: taken away); back to its first page."""
        parameters = {name: value for name, value in self.given.items() if value}
        if self.sort != DEFAULT_SORT:
            parameters["sort"] = self.sort
        if self.rows != self.usual_rows:
            parameters["rows"] = str(self.rows)
        if self.columns:
            parameters["columns"] = self.columns
        for name, value in changes.items():
            parameters.pop(name, None)
            if value:
                parameters[name] = value
        return f"{self.base}?{urlencode(parameters)}" if parameters else self.base

    @property
    def here(self) -> str:
        """This very page."""
        return self.url(page=self.page)

    @property
    def name(self) -> str:
        """What the page token belongs to: the same filters on the same section."""
        return repr((self.base, sorted(self.given.items()), self.rows))

    @property
    def is_filtered(self) -> bool:
        return any(value for name, value in self.given.items() if name != "past")

    def chips(self, open_period: TaxPeriod) -> list[dict[str, str]]:
        """Filters in force, each with the address without it."""
        filters, found = self.filters, []
        words = {
            "q": _("Search: %(words)s") % {"words": ", ".join(understood(filters.search).words)},
            "status": _("Status: %(word)s") % {"word": label_of(ACTION_LABELS, Action, filters.status)},
            "kind": _("Type: %(word)s") % {"word": label_of(KIND_LABELS, Kind, filters.kind)},
            "filing": _(FILINGS.get(filters.filing, "—")),
            "lands": dict(lands_choices(open_period)).get(filters.lands, ""),
            "min": _("Taxable from ₹%(amount)s") % {"amount": format_inr(filters.least or 0)},
            "max": _("Taxable up to ₹%(amount)s") % {"amount": format_inr(filters.most or 0)},
            "edited": _("Edited by the supplier after your action"),
        }
        for name, label in words.items():
            if self.given.get(name):
                found.append({"label": label, "url": self.url(**{name: None})})
        return found

    def tabs(self, counts: Mapping[str, int] | None) -> list[dict[str, object]]:
        """Ready-made views; a view is current when its filters are exactly those in force."""
        shown = []
        for name, parameters in VIEW_PARAMETERS.items():
            label = _("All") if name == "all" else _(VIEWS[name][0])
            plain = Listing(
                self.base, Filters(), self.sort, self.rows, given=parameters, usual_rows=self.usual_rows
            )
            shown.append(
                {
                    "label": label,
                    "url": plain.url(),
                    "current": {k: v for k, v in self.given.items() if v} == parameters,
                    "count": counts[name] if counts else None,
                }
            )
        return shown

    def heading(self, key: str, label: str, kind: str = "text") -> dict[str, str]:
        """A column's heading; where it sorts, the first click sorts upwards, the second downwards, the third gives
        the default."""
        shown = {"key": key, "label": label, "num": "" if kind == "text" else "num", "state": "", "url": ""}
        if key not in SORTS:
            return shown
        state = "ascending" if self.sort == key else "descending" if self.sort == f"-{key}" else ""
        following = {"": key, "ascending": f"-{key}", "descending": None}[state]
        if following == DEFAULT_SORT:
            following = None
        # the default order is upwards by date already, so that column goes down and back
        if key == DEFAULT_SORT and state == "ascending":
            following = f"-{key}"
        icons = {"": "sort", "ascending": "sort-asc", "descending": "sort-desc"}
        return shown | {"state": state, "url": self.url(sort=following), "icon": icons[state]}

    @property
    def more_filters(self) -> bool:
        """Is a filter in force that stands among the folded ones?"""
        return any(self.given.get(name) for name in ("kind", "filing", "lands", "min", "max", "edited"))

    def sizes(self) -> list[dict[str, object]]:
        return [
            {
                "label": str(size),
                "url": self.url(rows=str(size) if size != self.usual_rows else None),
                "current": size == self.rows,
            }
            for size in ROWS
        ]


def label_of(labels: Mapping, enum: type, value: str) -> str:
    return _(labels[enum(value)]) if value else ""


def lands_choices(open_period: TaxPeriod) -> list[tuple[str, str]]:
    return [
        ("this", _("In GSTR-2B %(period)s") % {"period": open_period.short_label}),
        ("later", _("In a later GSTR-2B")),
        ("earlier", _("Held over from earlier")),
    ]


def section_title(section: str) -> str:
    """Heading of a list. Raises `NotFound` for a section there is not."""
    if section == "all":
        return _("All records in IMS")
    if section not in SECTION_LABELS:
        raise NotFound("NOT_FOUND", _("There is no such section."))
    return section_label(section)


def past_title(route: str) -> str:
    return _(ROUTE_LABELS[Route(route)])


def read(base: str, section: str, query: QueryDict, *, rows: int = DEFAULT_ROWS) -> Listing:
    """The list an address asks for; `rows` is the usual length of a page. Raises `Invalid` for a value no filter knows, `NotFound` for a section."""
    section_title(section)
    given = {name: query.get(name, "").strip() for name in NAMES}
    past = [route.value for route in PAST_IMS]
    filters = Filters(
        section=section,
        search=given["q"][:200],
        status=_one_of(given["status"], [a.value for a in Action], "status"),
        kind=_one_of(given["kind"], KINDS, "kind"),
        filing=_one_of(given["filing"], FILINGS, "filing"),
        lands=_one_of(given["lands"], ("this", "later", "earlier"), "lands"),
        least=_amount(given["min"], "min"),
        most=_amount(given["max"], "max"),
        edited=bool(given["edited"]),
        past=_one_of(given["past"], past, "past"),
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
    return Listing(base, filters, sort, int(asked), query.get("page", ""), given, rows, shown)


def _one_of(value: str, known, name: str) -> str:
    if value and value not in known:
        raise _unknown(name, value)
    return value


def _amount(text: str, name: str) -> int | None:
    if not text:
        return None
    try:
        return parse_inr(text)
    except BadAmount as bad:
        raise Invalid("BAD_FILTER", in_language(bad.args[0]), details={"field": name}) from None


def _unknown(name: str, value: str) -> Invalid:
    return Invalid(
        "BAD_FILTER",
        _("“%(value)s” is no choice of “%(name)s”. Open the list again from the menu.")
        % {"value": value[:30], "name": name},
    )
