"""Declaring by how much an accepted record reduces ITC (R-120 to R-125), and remarks (R-058)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.rules.situation import Action, Answer

REMARKS_LIMIT = 500  # R-058, inferred


@dataclass(frozen=True, slots=True)
class Declaration:
    """The taxpayer's answer as given: `required` False with amounts is invalid; True without is "in full"."""

    required: bool
    amounts: TaxAmounts | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer as stored, with the reduction per head where it is not the full one."""

    answer: Answer
    amounts: TaxAmounts | None


def reduction_base(effect: TaxAmounts) -> TaxAmounts:
    """R-121: the most that may be declared, from the signed effect of full acceptance."""
    return (-effect).positive_part()


def settle(declaration: Declaration | None, *, effect: TaxAmounts) -> Settled | str:
    """The stored answer, or the refusal code (DECL_INVALID, DECL_EXCEEDS)."""
    if declaration is None:
        return Settled(Answer.NONE, None)
    amounts = declaration.amounts
    if not declaration.required:
        return "DECL_INVALID" if amounts is not None else Settled(Answer.NO, TaxAmounts())
    if amounts is None:
        return Settled(Answer.FULL, None)
    heads = (amounts.igst, amounts.cgst, amounts.sgst, amounts.cess)
    if amounts.cgst != amounts.sgst or min(heads) < 0:
        return "DECL_INVALID"
    base = reduction_base(effect)
    limits = (base.igst, base.cgst, base.sgst, base.cess)
    if any(head > limit for head, limit in zip(heads, limits, strict=True)):
        return "DECL_EXCEEDS"
    if amounts == base:
        return Settled(Answer.FULL, None)
    return Settled(Answer.NO if amounts.is_zero else Answer.PART, amounts)


def remarks_needed(answer: Answer) -> bool:
    """R-122: a partial or no reduction must be explained."""
    return answer in (Answer.PART, Answer.NO)


def remarks_kept(action: Action, answer: Answer) -> bool:
    """R-058: remarks are stored with Reject, Pending, and an acceptance that reduces ITC in part or not at all."""
    return action in (Action.REJECTED, Action.PENDING) or (
        action is Action.ACCEPTED and remarks_needed(answer)
    )


def credit_held(tax: TaxAmounts, baseline: TaxAmounts, later: Sequence[TaxAmounts]) -> TaxAmounts:
    """R-098: what is still held of the credit one version brought, per head. The version lifted the credit from its
    baseline to its tax; `later` are the credits at which later accepted versions left the document, and whatever
    lies above the lowest of them was given back already."""
    tops = [tax, *later]
    return TaxAmounts(
        *(max(0, min(getattr(top, head) for top in tops) - getattr(baseline, head)) for head in HEADS)
    )
