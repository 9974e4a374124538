"""The filters of a record list. Pages, API and downloads have the same parameters for these filters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import BadAmount, parse_inr
from ims_portal.kernel.periods import BadPeriod, FinancialYear, TaxPeriod
from ims_portal.kernel.places import BEYOND_STATES, STATES
from ims_portal.kernel.wording import say
from invoices.models.choices import SECTION_LABELS
from invoices.queries.record_list import findings
from invoices.rules.calendar import Form
from invoices.rules.documents import PORT_CODE
from invoices.rules.situation import Action, Filing, Route

# The routes of documents that come to GSTR-2B without IMS. A page lists these documents, and says why each
# document is not in IMS. The route of ISD documents is not included, because ISD documents have their own
# tab.
PAST_IMS = (
    Route.REVERSE_CHARGE,
    Route.NON_RESIDENT,
    Route.PLACE_OF_SUPPLY,
    Route.TIME_BAR,
    Route.ICEGATE,
)
LANDS = ("this", "later", "earlier")
# the allowed values of each parameter that may have several values, separated by commas
CHOICES: dict[str, Collection[str]] = {
    "status": tuple(action.value for action in Action),
    "kind": ("INV", "DN", "CN", "ECO", "BOE"),
    "sections": tuple(SECTION_LABELS),
    "filing": tuple(filing.value for filing in Filing),
    "source": tuple(
        form.value for form in (Form.GSTR1, Form.IFF, Form.GSTR1A, Form.GSTR5, Form.GSTR6, Form.ICEGATE)
    ),
    "pos": (*STATES, *BEYOND_STATES),
    "open": tuple(action.value for action in Action if action is not Action.NONE),
    "match": findings.MATCHES,
    "suggests": findings.SUGGESTIONS,
    "reduces": findings.REDUCTIONS,
}
NAMES = (
    *("q", "status", "kind", "sections", "filing", "source", "lands", "pos", "min", "max"),
    *("from", "to", "ends", "suppliers", "edited", "past"),
    *("fy", "taxmin", "taxmax", "valuemin", "valuemax", "effect", "declare"),
    *("open", "periods", "irn", "remarks", "remarked", "by", "actedfrom", "actedto"),
    *("newsupplier", "duplicate", "lastclaim", "addsback", "pairs", "supplier"),
    *("match", "suggests", "differs", "reduces"),
)
# the value of the filter `supplier` that selects bills of entry, which have no supplier
CUSTOMS = "customs"
SIGNS = ("more", "less", "none", "notless")
YES_NO = ("yes", "no")
MOST_ENDS = 400
# the largest number of GSTINs in the URL of a list; a person can paste a longer list
MOST_SUPPLIERS = 100
MOST_PERIODS = 36


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a record list. An empty filter allows any value.

    Amounts are in paise. `least` and `most` are the limits of the taxable value. Days are ISO dates.
    `periods` are the supplier's tax periods as MMYYYY. `actor` is a person's user name. `ends` and `ends_first`
    are the last and the first number of days until Pending ends. One parameter has both: `ends=18` means 0 to
    18 days, and `ends=9-18` means 9 to 18 days."""

    section: str = "all"
    search: str = ""
    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    filing: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    lands: str = ""
    pos: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    since: str = ""
    until: str = ""
    ends: int | None = None
    ends_first: int = 0
    suppliers: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    edited: bool = False
    past: str = ""
    year: str = ""
    tax_least: int | None = None
    tax_most: int | None = None
    value_least: int | None = None
    value_most: int | None = None
    effect: str = ""
    open: tuple[str, ...] = ()
    declare: bool = False
    periods: tuple[str, ...] = ()
    irn: str = ""
    remarks: str = ""
    remarked: str = ""
    actor: str = ""
    acted_since: str = ""
    acted_until: str = ""
    newcomer: bool = False
    duplicate: bool = False
    # GSTR-2B of the open period is the last that can give the credit
    last_claim: bool = False
    # the rejection adds the tax to the supplier's return
    adds_back: bool = False
    # texts like GSTIN:NUMBER; each text may match several documents, for example in two years
    pairs: tuple[str, ...] = ()
    # One GSTIN, or `CUSTOMS`. In contrast to `suppliers`, this filter also limits a pasted list.
    supplier: str = ""
    # what the matcher found: classes, suggestions, the credit to give back, and whether the person did otherwise
    match: tuple[str, ...] = ()
    suggests: tuple[str, ...] = ()
    reduces: tuple[str, ...] = ()
    differs: str = ""

    def __post_init__(self) -> None:
        # Filters may come from the JSON of a batch. In JSON, a filter with several values is a list, or a
        # single word in older batches. Both become tuples here.
        for one in fields(self):
            value = getattr(self, one.name)
            if str(one.type).startswith("tuple") and not isinstance(value, tuple):
                several = ((value,) if value else ()) if isinstance(value, str) else tuple(value)
                object.__setattr__(self, one.name, several)

    @property
    def straight(self) -> bool:
        """True if the list shows documents that come to GSTR-2B without IMS. A person cannot act on these
        documents."""
        return bool(self.past) or self.section in ("isd", "isda")


def read(
    given: Mapping[str, str],
    section: str,
    *,
    suppliers: Iterable[str] = (),
    numbers: Iterable[str] = (),
    pairs: Iterable[str] = (),
) -> Filters:
    """Return the filters for the parameters `given` (see `NAMES`).

    `suppliers` (GSTINs), `numbers` (document numbers) and `pairs` (GSTIN:NUMBER) come from a pasted list.
    Raises `Invalid` BAD_FILTER with the name of the wrong parameter."""
    several = {name: _several(name, given.get(name, ""), known) for name, known in CHOICES.items()}
    ends = _days(given, "ends")
    return Filters(
        section=section,
        search=given.get("q", "")[:200],
        lands=_one(given, "lands", LANDS),
        least=_amount(given, "min"),
        most=_amount(given, "max"),
        since=_day(given, "from"),
        until=_day(given, "to"),
        ends=ends[1] if ends else None,
        ends_first=ends[0] if ends else 0,
        suppliers=(*_gstins(given), *suppliers),
        numbers=tuple(numbers),
        edited=bool(given.get("edited")),
        past=_one(given, "past", [route.value for route in PAST_IMS]),
        year=_year(given),
        tax_least=_amount(given, "taxmin"),
        tax_most=_amount(given, "taxmax"),
        value_least=_amount(given, "valuemin"),
        value_most=_amount(given, "valuemax"),
        effect=_one(given, "effect", SIGNS),
        declare=bool(given.get("declare")),
        periods=_periods(given),
        irn=_one(given, "irn", YES_NO),
        remarks=given.get("remarks", "").replace("\x00", "").strip()[:100],
        remarked=_one(given, "remarked", YES_NO),
        actor=given.get("by", "").replace("\x00", "").strip()[:150],
        acted_since=_day(given, "actedfrom"),
        acted_until=_day(given, "actedto"),
        newcomer=bool(given.get("newsupplier")),
        duplicate=bool(given.get("duplicate")),
        last_claim=bool(given.get("lastclaim")),
        adds_back=bool(given.get("addsback")),
        pairs=(*_pairs(given), *pairs),
        supplier=one_supplier(given.get("supplier", "")),
        differs=_one(given, "differs", YES_NO),
        **several,
    )


def split(text: str) -> tuple[str, ...]:
    """Return the values between the commas in their order, without repetitions."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def unknown(name: str, value: str, message: str = "") -> Invalid:
    """Return the error for a value that the parameter `name` does not accept."""
    text = message or say("“%(value)s” is not a valid value of “%(name)s”.", value=value[:30], name=name)
    errors = [{"field": name, "message": message or "not a valid value"}]
    return Invalid("BAD_FILTER", text, details={"field": name, "errors": errors})


def _several(name: str, text: str, known: Collection[str]) -> tuple[str, ...]:
    values = split(text)
    for value in values:
        if value not in known:
            raise unknown(name, value)
    return values


def _one(given: Mapping[str, str], name: str, known: Collection[str]) -> str:
    value = given.get(name, "")
    if value and value not in known:
        raise unknown(name, value)
    return value


def _amount(given: Mapping[str, str], name: str) -> int | None:
    try:
        return parse_inr(given[name]) if given.get(name) else None
    except BadAmount as bad:
        raise unknown(name, given[name], bad.args[0]) from None


def _day(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    try:
        return typed_values.day(text).isoformat() if text else ""
    except ValueError:
        raise unknown(
            name,
            text,
            say("“%(name)s” must be a date like 2026-10-05, in the years 2000 to 2099.", name=name),
        ) from None


def _days(given: Mapping[str, str], name: str) -> tuple[int, int] | None:
    """Return the first and the last number of days, or None if the filter is empty."""
    text = given.get(name, "")
    if not text:
        return None
    first, dash, last = text.rpartition("-")
    numbers = [typed_values.whole_number(part, most=MOST_ENDS) for part in (first if dash else "0", last)]
    if numbers[0] is not None and numbers[1] is not None and numbers[0] <= numbers[1]:
        return numbers[0], numbers[1]
    raise unknown(
        name, text, say("“%(name)s” must be a number of days up to %(most)s.", name=name, most=MOST_ENDS)
    )


def _gstins(given: Mapping[str, str]) -> tuple[str, ...]:
    values = split(given.get("suppliers", "").upper())
    for value in values:
        if not Gstin.is_valid(value):
            raise unknown("suppliers", value, say("“%(value)s” is not a valid GSTIN.", value=value[:30]))
    if len(values) > MOST_SUPPLIERS:
        raise unknown(
            "suppliers",
            "",
            say(
                "A list can be filtered by at most %(most)s GSTINs at once. Use fewer GSTINs.",
                most=MOST_SUPPLIERS,
            ),
        )
    return values


def one_supplier(text: str) -> str:
    """Return the value of the filter `supplier`. Raises `Invalid` BAD_FILTER if the text is not a GSTIN."""
    if not text or text == CUSTOMS:
        return text
    value = text.strip().upper()
    if not Gstin.is_valid(value):
        raise unknown("supplier", value, say("“%(value)s” is not a valid GSTIN.", value=value[:30]))
    return value


def _pairs(given: Mapping[str, str]) -> tuple[str, ...]:
    values = split(given.get("pairs", "").upper())
    for value in values:
        gstin, _colon, number = value.partition(":")
        if not (Gstin.is_valid(gstin) or PORT_CODE.match(gstin)) or not number:
            message = say(
                "“%(value)s” must be a GSTIN or a port code, a colon and a document number.", value=value[:40]
            )
            raise unknown("pairs", value, message)
    if len(values) > MOST_SUPPLIERS:
        raise unknown(
            "pairs",
            "",
            say(
                "A list can be filtered by at most %(most)s documents at once. Name fewer documents.",
                most=MOST_SUPPLIERS,
            ),
        )
    return values


def _year(given: Mapping[str, str]) -> str:
    text = given.get("fy", "")
    try:
        return FinancialYear.parse(text).label if text else ""
    except BadPeriod as bad:
        raise unknown("fy", text, bad.args[0]) from None


def _periods(given: Mapping[str, str]) -> tuple[str, ...]:
    values = split(given.get("periods", ""))
    for value in values:
        try:
            TaxPeriod.from_wire(value)
        except BadPeriod as bad:
            raise unknown("periods", value, bad.args[0]) from None
    if len(values) > MOST_PERIODS:
        raise unknown(
            "periods",
            "",
            say(
                "A list can be filtered by at most %(most)s periods at once. Choose fewer periods.",
                most=MOST_PERIODS,
            ),
        )
    return values


def summary(asked: Filters) -> dict[str, Any]:
    """Return the filters that are set, by name. A downloaded file lists these filters, to say how its records
    were selected."""
    plain = {one.name: getattr(asked, one.name) for one in fields(asked)}
    return {name: value for name, value in plain.items() if value not in ("", (), None, False)}
