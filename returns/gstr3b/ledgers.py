"""The ledgers of a taxpayer (R-105): the Electronic Credit Reversal and Re-claimed Statement, and the RCM
Liability/ITC Statement.

Only the opening balance is stored. The balances follow from the filed GSTR-3B returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices import locks
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.rules import ledgers as law
from invoices.rules.ledgers import Ledger
from invoices.rules.refusals import refused
from returns.acknowledgement import practice_reference
from returns.gstr3b import filed_rows
from returns.models import Gstr3b, LedgerOpening


@dataclass(frozen=True, slots=True)
class Row:
    """One filed GSTR-3B in a ledger. All amounts are in paise."""

    period: TaxPeriod
    filed_on: date
    reference: str
    opening: TaxAmounts
    added: TaxAmounts
    used: TaxAmounts

    @property
    def closing(self) -> TaxAmounts:
        return self.opening + self.added - self.used


@dataclass(frozen=True, slots=True)
class Balances:
    """The balance of a ledger before and after the GSTR-3B of one period, in paise. Before this GSTR-3B is
    filed, both balances are equal."""

    opening: TaxAmounts
    closing: TaxAmounts


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger of a taxpayer: the opening balance, one row for each filed GSTR-3B, oldest first, and the
    declarations of the opening balance, oldest first."""

    ledger: Ledger
    opening: TaxAmounts
    rows: tuple[Row, ...]
    declarations: tuple[LedgerOpening, ...]

    @property
    def closing(self) -> TaxAmounts:
        return self.rows[-1].closing if self.rows else self.opening

    def balances(self, period: TaxPeriod) -> Balances:
        """Return the balances of `period`, which must not be before the last row."""
        if self.rows and self.rows[-1].period == period:
            return Balances(self.rows[-1].opening, self.closing)
        return Balances(self.closing, self.closing)

    @property
    def declarations_left(self) -> int:
        return max(0, law.MOST_DECLARATIONS - len(self.declarations))


def balances(taxpayer: Taxpayer, ledger: Ledger, period: TaxPeriod) -> Balances:
    """Return the opening and the closing balance of `period` in a ledger. Three queries at most."""
    return account(taxpayer, ledger, through=period).balances(period)


def account(taxpayer: Taxpayer, ledger: Ledger, *, through: TaxPeriod | None = None) -> Account:
    """Return a ledger of a taxpayer, with its rows up to the period `through`. Three queries at most. The
    number of rows is the number of returns that the taxpayer filed, twelve a year at most."""
    return accounts(taxpayer, through=through)[ledger]


def accounts(taxpayer: Taxpayer, *, through: TaxPeriod | None = None) -> dict[Ledger, Account]:
    """Return both ledgers of a taxpayer, with their rows up to the period `through`. Three queries at
    most."""
    declared = list(LedgerOpening.objects.filter(taxpayer=taxpayer).order_by("pk"))
    filed = Gstr3b.objects.filter(recipient=taxpayer).order_by("period")
    if through is not None:
        filed = filed.filter(period__lte=through.number)
    returns = list(filed)
    tables = list(zip(returns, filed_rows.of_many(returns), strict=True))
    return {
        ledger: _account(ledger, tuple(d for d in declared if d.ledger == ledger.value), tables)
        for ledger in Ledger
    }


def _account(
    ledger: Ledger,
    declared: tuple[LedgerOpening, ...],
    tables: Sequence[tuple[Gstr3b, Mapping[str, TaxAmounts]]],
) -> Account:
    opening = amounts_of(declared[-1]) if declared else TaxAmounts()
    rows, balance = [], opening
    for one, table in tables:
        moved = law.movement(ledger, table)
        period = TaxPeriod.from_number(one.period)
        rows.append(Row(period, one.filed_on, one.reference, balance, moved.added, moved.used))
        balance = rows[-1].closing
    return Account(ledger, opening, tuple(rows), declared)


@dataclass(frozen=True, slots=True)
class Excess:
    """A ledger from which a GSTR-3B uses more than the ledger has. `amounts` is the excess by tax head, in
    paise, and `sentence` says what to do."""

    ledger: Ledger
    opening: TaxAmounts
    amounts: TaxAmounts
    sentence: str


def excesses(taxpayer: Taxpayer, period: TaxPeriod, table: Mapping[str, TaxAmounts]) -> list[Excess]:
    """Return the ledgers that a GSTR-3B of `period` with the rows in `table` would exceed (R-105). The portal
    accepts such a return and warns. Three queries at most."""
    found = []
    for ledger, account in accounts(taxpayer, through=period).items():
        opening = account.balances(period).opening
        amounts = law.excess(ledger, opening, table)
        if not amounts.is_zero:
            found.append(Excess(ledger, opening, amounts, law.exceeds(ledger, period)))
    return found


def declare(taxpayer: Taxpayer, ledger: Ledger, amounts: TaxAmounts, *, by: By) -> LedgerOpening:
    """Store the opening balance of a ledger, or its correction (R-105). The same balance sent again changes
    nothing. Raises `Refused` for a negative reversal balance, and after the last correction."""
    with transaction.atomic():
        locks.supplier(taxpayer)
        earlier = list(LedgerOpening.objects.filter(taxpayer=taxpayer, ledger=ledger.value).order_by("pk"))
        if earlier and amounts_of(earlier[-1]) == amounts:
            return earlier[-1]
        why = law.why_no_opening(ledger, amounts, declared=len(earlier))
        if why:
            raise refused("OPENING_BALANCE", why)
        form = f"{ledger.value} opening balance {len(earlier) + 1}"
        declared = LedgerOpening.objects.create(
            taxpayer=taxpayer,
            ledger=ledger.value,
            declared_at=clock.now(),
            declared_by=by.user if getattr(by.user, "pk", None) else None,
            reference=practice_reference(taxpayer, form, TaxPeriod.of(clock.today())),
            **amounts.as_dict(),
        )
        journal.write(
            taxpayer.pk,
            "opening balance declared",
            by,
            before={"amounts": amounts_of(earlier[-1]).as_dict()} if earlier else None,
            after={
                "ledger": law.NAMES[ledger],
                "amounts": amounts.as_dict(),
                "reference": declared.reference,
            },
        )
    return declared


def amounts_of(declared: LedgerOpening) -> TaxAmounts:
    return TaxAmounts(*(getattr(declared, head) for head in HEADS))
