"""The recipient's declaration of how much an accepted record reduces ITC (R-120 to R-125), and the remarks on
actions (R-058)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.rules.situation import Action, Answer

REMARKS_LIMIT = 250  # the limit of the GST portal's machine interface


@dataclass(frozen=True, slots=True)
class Declaration:
    """The taxpayer's answer to "Does ITC need to be reduced?" (R-120), before the portal checks the answer.
    If `required` is True and `amounts` is None, the taxpayer declares the full reduction. If `required` is
    False, `amounts` must be None."""

    required: bool
    amounts: TaxAmounts | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer to "Does ITC need to be reduced?" (R-120), as the portal stores it after the checks.
    `amounts` is the reduction per tax head, or None for the full reduction."""

    answer: Answer
    amounts: TaxAmounts | None


def reduction_base(effect: TaxAmounts) -> TaxAmounts:
    """Return the largest reduction that may be declared (R-121). `effect` is the change of ITC if the record
    is accepted in full; it is negative if ITC falls."""
    return (-effect).positive_part()


def settle(declaration: Declaration | None, *, effect: TaxAmounts) -> Settled | str:
    """Check a declaration. Return the answer to store, or the refusal code DECL_INVALID or DECL_EXCEEDS.
    `effect` is the change of ITC if the record is accepted in full; it is negative if ITC falls."""
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


def explained(answer: Answer) -> bool:
    """True if remarks explain the answer, because ITC is reduced in part or not at all (R-122)."""
    return answer in (Answer.PART, Answer.NO)


def remarks_needed(answer: Answer, *, in_gstns_shape: bool = False) -> bool:
    """True if the taxpayer must write the remarks that explain the answer (R-122).

    A request or a file in GSTN's shape needs no remarks. The published clients of GSTN's interface send none
    with an acceptance, and the offline tool writes remarks only with Reject and Pending."""
    return explained(answer) and not in_gstns_shape


def remarks_kept(action: Action, answer: Answer) -> bool:
    """True if the portal stores remarks with the action (R-058): with Reject, with Pending, and with an
    acceptance that reduces ITC in part or not at all."""
    return action in (Action.REJECTED, Action.PENDING) or (action is Action.ACCEPTED and explained(answer))


def credit_held(tax: TaxAmounts, baseline: TaxAmounts, later: Sequence[TaxAmounts]) -> TaxAmounts:
    """Return how much of one version's credit the recipient still has, per head in paise (R-098). The version
    raised the credit from `baseline` to `tax`. `later` holds the credit after each later accepted version. If
    a later credit is lower than `tax`, the recipient has already given the difference back."""
    tops = [tax, *later]
    return TaxAmounts(
        *(max(0, min(getattr(top, head) for top in tops) - getattr(baseline, head)) for head in HEADS)
    )
