"""The report at the end of `demo_world`: the clock, the people who can sign in, the pages to open first, and
the counts."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, QuerySet

from ims_portal.kernel import clock
from invoices import portal_clock
from invoices.models import Record, Taxpayer
from invoices.models.choices import ROUTE_LABELS, SECTIONS
from invoices.queries.calendar import calendar
from invoices.rules.situation import Route
from returns.sandbox.world.build import World
from returns.sandbox.world.cast import PASSWORD, PEOPLE, PLAYERS

FIRST = (("recipient", "meera"), ("supplier", "arjun"), ("staff", "staff"))
MOST_NAMES = 6  # a person with more taxpayers finds them on the first page


def lines(world: World) -> Iterator[str]:
    stage = world.stage
    yield ""
    pace = "simulated, running on" if portal_clock.is_simulated() else "real time"
    yield f"Portal clock: {clock.now():%d %B %Y, %H:%M} IST ({pace})"
    yield ""
    yield f"Sign in at /accounts/login/   password of everyone: {PASSWORD}"
    for what, key in FIRST:
        yield f"  {what:<10} {world.logins.get(key, key):<10} {PEOPLE[key].does}"
    for key, person in PEOPLE.items():
        if key not in {k for _, k in FIRST}:
            names = list(dict.fromkeys(PLAYERS[p].name for p, _ in person.roles))
            places = f" ({', '.join(names)})" if len(names) <= MOST_NAMES else ""
            yield f"  {'also':<10} {world.logins.get(key, key):<10} {person.does}{places}"
    yield ""
    yield "Open first:"
    for key, path, what in (
        ("sahyadri", "ims/inward/", "monthly recipient: every class of record"),
        ("yamuna", "ims/inward/", "quarterly recipient, supplier by IFF"),
        ("vindhya", "ims/inward/", "recipient with thousands of records"),
        ("konkan", "ims/outward/", "supplier: what recipients did"),
    ):
        yield f"  /t/{PLAYERS[key].gstin}/{path:<13} {stage.at(key).name}: {what}"
    draft = calendar().draft_date(stage.at("sahyadri").opens)
    if draft > clock.today():
        yield f"  /clock/   move the clock: to {draft:%d %B %Y} for the draft GSTR-2B of {stage.at('sahyadri').opens.label}"
    else:
        yield "  /clock/   move the clock"
    yield ""
    yield from counts()


def counts() -> Iterator[str]:
    """Yield the number of live records by class (R-001), and by route for records outside IMS (R-030)."""
    sections = dict(
        Record.objects.filter(recipient__in=_sample())
        .order_by()
        .values_list("section")
        .annotate(n=Count("pk"))
    )
    yield "Records by class:"
    for key, label, _ in SECTIONS:
        yield f"  {sections.get(key, 0):>6}  {label}"
    yield f"  {sum(sections.values()):>6}  in all"
    routes = dict(
        Record.objects.filter(recipient__in=_sample()).order_by().values_list("route").annotate(n=Count("pk"))
    )
    yield "Where they go:"
    for route in Route:
        if route.value in routes:
            yield f"  {routes[route.value]:>6}  {ROUTE_LABELS[route]}"


def _sample() -> QuerySet[Taxpayer, int]:
    return Taxpayer.objects.filter(gstin__in=[p.gstin for p in PLAYERS.values()]).values_list("pk", flat=True)
