"""The folded parts of the record list: the further filters, and the columns. The page draws such a part only if the
address asks for it with `more=filters` or `more=columns`. A script fetches the part alone when somebody opens it. A
browser without scripts follows a link to the page on which the part is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear
from invoices.models import Preference
from invoices.models.choices import SECTIONS
from invoices.people.access import Access
from invoices.queries import other_party
from invoices.queries.landing import lands_choices
from invoices.queries.record_list.filters import CHOICES, split
from invoices.web.page.labels import section_label, state_label
from invoices.web.record_list import address, columns, found_words, grouped, titles
from invoices.web.record_list.address import FILINGS, KINDS, Listing
from invoices.web.record_list.row import VERBS

# `YEARS` is the number of financial years that the filter by document date offers. `PERIODS` is the number of
# tax periods that the filter by the supplier's period offers.
YEARS, PERIODS = 4, 18
# the filters that no field of the form shows, because they come from a pasted list or from another page
PASTED = ("list", "suppliers", "pairs")


def filters_context(access: Access, listing: Listing, preference: Preference) -> dict[str, Any]:
    """Return what the further filters need. Filters that cannot apply to this list are left out."""
    section = listing.filters.section
    several = [("kind", _("Type"), {kind: _(address.KIND_WORDS[kind]) for kind in KINDS})]
    if section == "all":
        here = {key: section_label(key) for key, _label, tab in SECTIONS if tab != "isd"}
        several.append(("sections", _("Section"), here))
    party = other_party.of_section(section)
    if not party.is_customs:  # customs files every bill of entry at once
        several.append(("filing", _(party.filing), {key: _(word) for key, word in FILINGS.items()}))
        several += [
            ("source", _("Source"), {form: form for form in address.SOURCES}),
            ("pos", _("Place of supply"), {code: state_label(code) for code in CHOICES["pos"]}),
        ]
    books = not listing.filters.straight and access.books
    several += found_words.filters() if books else []
    if not listing.filters.straight:
        several.append(("open", _("Available action"), {a.value: _(word) for a, word in VERBS.items()}))
    months = [access.taxpayer.opens.offset(-back) for back in range(PERIODS)]
    several.append(("periods", _(party.period), {month.wire: month.short_label for month in months}))
    this_year = FinancialYear.of(clock.today()).start
    return {
        "choices": {
            "several": [several_of(listing, *one) for one in several],
            "lands": lands_choices(access.taxpayer.opens),
            "sorts": titles.sort_choices(section),
            "effects": [(key, _(word)) for key, word in address.EFFECTS.items()],
            "yes_no": [(key, _(word)) for key, word in address.YES_NO.items()],
            "years": [FinancialYear(year).label for year in range(this_year, this_year - YEARS, -1)],
        },
        "orders": grouped.orders(listing) if listing.group else [],
        "party": party,
        "books": books,
        "imports": section.startswith("impg"),
        "straight": listing.filters.straight,
    }


def several_of(listing: Listing, name: str, label: str, words: Mapping[str, str]) -> dict[str, Any]:
    """Return one filter that allows several choices, for the template. The button of the filter shows the
    chosen value. If several values are chosen, the button shows their number."""
    chosen = split(listing.given.get(name, ""))
    inside = words[chosen[0]] if len(chosen) == 1 and chosen[0] in words else str(len(chosen))
    return {
        "name": name,
        "label": f"{label}: {inside if chosen else _('any')}",
        "options": [
            {"value": value, "label": text, "chosen": value in chosen} for value, text in words.items()
        ],
    }


def columns_context(access: Access, listing: Listing, preference: Preference) -> dict[str, Any]:
    """Return what the choice of columns and of the row height needs."""
    section = listing.filters.section
    books = access.books
    chosen = columns.shown(section, preference, listing.columns, books=books)
    return {
        "offered": columns.offered(section, books=books),
        "shown_keys": {column.key for column in chosen} | ({"tax"} if preference.heads else set()),
        "density": preference.density_of(section),
        "densities": [(value, _(label)) for value, label in Preference.Density.choices],
        "preference": preference,
    }


PARTS: dict[str, tuple[str, Callable[[Access, Listing, Preference], dict[str, Any]]]] = {
    "filters": ("invoices/_more_filters.html", filters_context),
    "columns": ("invoices/_columns.html", columns_context),
}


def around(request: HttpRequest, access: Access, listing: Listing, preference: Preference) -> dict[str, Any]:
    """Return what the page needs for its folded parts. The links open the parts. The filter form sends the fields in
    `folded` while its further filters are not drawn. The context of a part is there if the address asks for it."""
    more = request.GET.get("more", "")
    context = PARTS[more][1](access, listing, preference) if more in PARTS else {}
    sent = {*address.FOLDED, "sort", "order"} - {*PASTED}
    return {
        "more": more,
        "with_filters": listing.url(page=listing.page, more="filters"),
        "with_columns": listing.url(page=listing.page, more="columns"),
        "folded": {name: value for name, value in listing.parameters.items() if name in sent},
        "pasted": {name: listing.given[name] for name in PASTED if listing.given.get(name)},
        **context,
    }


def alone(
    request: HttpRequest, access: Access, listing: Listing, preference: Preference
) -> HttpResponse | None:
    """Return the folded part for which a script asks, or None if this request is not for such a part."""
    more = request.GET.get("more", "")
    if more not in PARTS or not request.headers.get("HX-Request"):
        return None
    template, context = PARTS[more]
    around = {"access": access, "listing": listing}
    return render(request, template, around | context(access, listing, preference))
