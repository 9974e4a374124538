"""A small world with records and bills of several classes, matched."""

from __future__ import annotations

from invoices.register import match
from invoices.register.models import Finding
from invoices.rules.situation import Kind
from tests.invoices.register.registers import BY, bill, taken


def compared(world) -> None:
    """Save records and bills of several classes, match them, and save one more record after the run."""
    supplier = world.supplier
    for number, taxable in (
        ("E-1", 10_000),
        ("E-2", 20_000),
        ("V-1", 11_000),
        ("X-1", 7_000),
        ("M-7", 900),
        ("Y-3", 300),
    ):
        world.saves(number=number, taxable=taxable)
    world.saves(number="E1", taxable=10_000)
    world.saves(number="DN-5", kind=Kind.DEBIT_NOTE, taxable=450)
    world.saves(number="CN-1", kind=Kind.CREDIT_NOTE, taxable=3_000)
    world.saves(number="CN-2", kind=Kind.CREDIT_NOTE, taxable=4_000)
    world.acts("accept", world.saves(number="DONE", taxable=600))
    world.acts("reject", world.saves(number="E-9", taxable=800))
    taken(
        world.recipient,
        *(bill(number, supplier=supplier, taxable=n) for number, n in (("E-1", 10_000), ("E-2", 20_000))),
        bill("V-1", supplier=supplier, taxable=9_000),
        bill("ABC/M-7", supplier=supplier, taxable=900, day="2024-10-12"),
        bill("Y-3/24-25", supplier=supplier, taxable=300),
        bill("DN-5", supplier=supplier, kind="DN", taxable=450),
        bill("CN-1", supplier=supplier, kind="CN", taxable=3_000),
        bill("E-9", supplier=supplier, taxable=800),
        bill("LONE-1", supplier=supplier, taxable=1_500, day="2024-10-04"),
        bill("LONE-2", supplier=supplier, taxable=2_500, day="2024-10-05", reverse_charge=True),
        bill("CN-8", supplier=supplier, kind="CN", taxable=100, day="2024-10-06"),
        bill("E/2", supplier=supplier, taxable=20_000),
        bill("CASH", supplier=supplier, supplier_gstin="", taxable=5, day="2024-10-07"),
    )
    match.run(world.recipient, by=BY)
    world.saves(number="LATE-1", taxable=1_200)


def classes(world) -> set[str]:
    held = Finding.objects.filter(taxpayer=world.recipient, until__isnull=True)
    return set(held.values_list("match_class", flat=True))
