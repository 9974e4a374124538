"""The effect on ITC as it stands is one figure. The rows of the list, the head of the list, the inward summary,
the pages of the records, Home, the charts and GSTR-2B show the same amounts through random months."""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest

from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import AnnualReturn, RecipientDesk, Record, Role, Taxpayer
from invoices.people.access import Access
from invoices.queries import desk as inward
from invoices.queries import effects, situations
from invoices.queries.calendar import calendar
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import Filters, read
from invoices.queries.record_list.records import matching, on_desk
from invoices.queries.situations import DeskView
from invoices.rules.calendar import Form
from invoices.rules.reduction import Declaration, reduction_base
from invoices.rules.situation import Action, Kind
from invoices.web.desk.record_choices import choices_of
from invoices.web.record_list.row import RecordRow, rows
from returns.overview import analytics, next_steps
from returns.overview import desk as overview
from tests.property.test_random_months import Months

STEPS = 60
COUNTS = (Action.ACCEPTED, Action.NONE)


class Declared(Months):
    """Random months in which the recipients also declare partial reductions. `declared` counts the compared
    records with a declared reduction, and `drafts` counts the compared drafts that are not out of date."""

    declared = drafts = 0

    def __init__(self, *given):
        super().__init__(*given)
        self.followed: Counter[str] = Counter()

    def step(self) -> None:
        super().step()
        for record in Record.objects.filter(route="M", decision__action="N").select_related("recipient"):
            ruling = self.world.ruling(record)
            if self.dice.random() < 0.5 and ruling.asks_reduction and Action.ACCEPTED in ruling.allowed:
                base = reduction_base(situations.effect_of(record))
                part = TaxAmounts(*(getattr(base, head) // 300 * 100 for head in HEADS))
                self.world.acts(
                    "accept",
                    record,
                    by=record.recipient,
                    remarks="Given back before",
                    declaration=Declaration(True, part),
                )

    def credit_note(self) -> None:
        """Save a credit note in the form of a new month, so that the recipient can declare a reduction of
        it."""
        following = TaxPeriod.of(clock.today()).offset(1)
        self.world.goes_to(f"{following.first_day.replace(day=2)} 10:00")
        self.save(
            by=self.suppliers[0],
            form=Form.GSTR1,
            period=following.iso,
            kind=Kind.CREDIT_NOTE,
            recipient=self.recipients[0].gstin,
            place_of_supply=self.recipients[0].state,
            document_date=clock.today(),
            reverse_charge=False,
        )

    def compare(self) -> None:
        for recipient in Taxpayer.objects.filter(pk__in=[r.pk for r in self.recipients]):
            self._compare(recipient)

    def _compare(self, recipient: Taxpayer) -> None:
        view = DeskView.of(recipient, clock.today(), calendar())
        listed = on_desk(recipient, view).select_related("decision", "recipient", "supplier")
        shown = rows(list(listed), view)
        by_action = {
            action: sum(row.effect or 0 for row in shown if row.action == action.value) for action in Action
        }
        whole = sum(by_action.values())
        assert Desk(recipient, view).itc(Filters(section="all")) == whole

        summary = inward.summary(recipient, view)
        assert summary.totals["itc"].total.itc + summary.totals["imports"].total.itc == whole
        assert {action: summary.with_status(action).itc for action in Action} == by_action

        home = overview.desk(recipient, calendar())
        for action in COUNTS:
            assert home.sum(lambda c, action=action: c.action is action).tax.total == by_action[action]

        risks = analytics.by_supplier(recipient, view, home)
        for figure, wanted in (
            ("undecided", lambda c: c.filed and c.action is Action.NONE),
            ("pending", lambda c: c.filed and c.action is Action.PENDING),
            ("not_filed", lambda c: c.waits),
        ):
            assert sum(getattr(risk, figure) for risk in risks) == home.sum(wanted).tax.total, figure

        self._compare_pages(recipient, view, shown)
        self._follow_steps(recipient, view, home)
        self._compare_draft(recipient, shown)

    def _follow_steps(self, recipient: Taxpayer, view: DeskView, home: overview.Desk) -> None:
        """The list behind a step of Home has exactly as many records as the step."""
        todo = next_steps.steps(
            Access(None, recipient, frozenset({Role.PREPARER})),
            home,
            RecipientDesk.objects.filter(recipient=recipient, period=recipient.open_period).first(),
            today=clock.today(),
            dates=calendar(),
            annual_returns=dict(
                AnnualReturn.objects.filter(taxpayer=recipient).values_list("year", "furnished_on")
            ),
        )
        for step in todo:
            if step.count is not None:
                self.followed[step.title[:12]] += 1
                given = dict(parse_qsl(urlsplit(step.url).query))
                assert matching(recipient, view, read(given, "all")).count() == step.count, step.title
        urgency = [(not step.stop, step.until or date.max) for step in todo if not step.stop]
        assert urgency == sorted(urgency)

    def _compare_pages(self, recipient: Taxpayer, view: DeskView, shown: list[RecordRow]) -> None:
        access = SimpleNamespace(taxpayer=recipient)
        for row in shown:
            self.declared += row.record.decision.answer == "P"
            for choice in choices_of(access, row.record, view, row.ruling):
                if choice.code == row.action and not choice.blocked:
                    assert choice.effect.total == row.effect, row.record.label

    def _compare_draft(self, recipient: Taxpayer, shown: list[RecordRow]) -> None:
        """The draft has the same amounts, except for documents that the supplier has not filed: these have no
        line."""
        desk = RecipientDesk.objects.filter(recipient=recipient, filed_at=None).first()
        draft = Statement.objects.filter(
            recipient=recipient, period=recipient.open_period, is_current=True
        ).first()
        if draft is None or desk is None or desk.changes:
            return
        self.drafts += 1
        here = [
            row
            for row in shown
            if row.record.filing == "F" and effects.land_period(row.record) <= recipient.open_period
        ]
        lines = draft.lines.filter(record_id__in=[row.record.pk for row in here])
        drafted = sum(getattr(line, f"effect_{head}") for line in lines for head in HEADS)
        assert drafted == sum(row.effect or 0 for row in here)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("start", "through"), [("2024-10-15 10:00", "2024-09"), ("2025-09-20 10:00", "2025-08")]
)
def test_every_page_shows_the_same_effect_on_itc(seed, start, through):
    months = Declared(100 + seed, start, through)
    for number in range(STEPS):
        months.step()
        if number in (STEPS // 2, STEPS - 9):
            months.credit_note()
        if number % 4 == 0:
            months.compare()
    months.compare()
    assert len(months.followed) > 1, "the months must have several kinds of steps"
    assert months.drafts, "without a draft, the comparison with GSTR-2B would prove nothing"
    if start >= "2025":
        assert months.declared, "without a declared reduction, the test would prove little"


def test_r121_a_declared_reduction_does_not_hide_a_head_that_rises(world_2025):
    """An amendment moves the supply to another State: integrated tax rises by 1,200, central and State tax fall
    by 900 each. The recipient declares 100 of each, so the credit rises by 1,000."""
    world, near = world_2025, world_2025.taxpayer("27", 2003, "Panchgani Tools")
    original = world.saves(recipient=near.gstin, place_of_supply="27", tax=(0, 900, 900, 0))
    world.goes_to("2025-11-05 10:00")
    world.files("2025-10")
    world.acts("accept", original, by=near)
    world.goes_to("2025-11-16 10:00")
    world.files_3b("2025-10", by=near)
    near.refresh_from_db()
    amended = world.saves(
        amends=world.now(original),
        recipient=near.gstin,
        place_of_supply="29",
        taxable=6_666,
        tax=(1_200, 0, 0, 0),
        period="2025-11",
    )
    part = Declaration(True, TaxAmounts(cgst=100_00, sgst=100_00))
    world.acts("accept", amended, by=near, remarks="Given back before", declaration=part)
    view = DeskView.of(near, clock.today(), calendar())
    home = overview.desk(near, calendar())
    assert home.here(Action.ACCEPTED).tax == TaxAmounts(1_200_00, -100_00, -100_00, 0)
    assert Desk(near, view).itc(Filters(section="all")) == 1_000_00
    assert inward.summary(near, view).totals["itc"].total.itc == 1_000_00
