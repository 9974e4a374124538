"""Statements of the rules about GSTR-2B, GSTR-3B and the supplier's liability."""

from __future__ import annotations

from invoices.rules.statements.statement import Statement, Sure

RETURNS = (
    Statement(
        "R-090",
        "The draft GSTR-2B of the 14th",
        "On the 14th of the month after a period, the portal drafts GSTR-2B. The draft contains all filed "
        "records of the period and of earlier periods that are in no closed GSTR-2B, if they are accepted, "
        "deemed accepted or rejected. The state at the start of the 14th counts.",
        "GSTR-2B of October 2024 is drafted on 14 November 2024. An invoice that was accepted on 13 November "
        "is in the draft as accepted.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-091",
        "No draft while the earlier GSTR-3B is not filed",
        "If GSTR-3B of the earlier period is not filed on the 14th, no draft is made. After the filing the "
        "taxpayer makes GSTR-2B from the IMS dashboard, not before the 14th.",
        "On 14 November 2024 GSTR-3B of September is not filed, so GSTR-2B of October is not drafted. GSTR-3B "
        "of September is filed on 17 November, and the taxpayer makes GSTR-2B of October on the same day.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-092",
        "One GSTR-2B after the other",
        "GSTR-2B of a period never exists before GSTR-3B of the period before it is filed.",
        "GSTR-3B of October 2024 is still not filed in January 2025. There is no GSTR-2B of November, and "
        "none of December.",
        ("IMS-FAQ", "FAQ24"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-093",
        "One GSTR-2B for a quarter",
        "A quarterly taxpayer gets no GSTR-2B for the first two months of a quarter. One GSTR-2B for all three "
        "months is drafted on the 14th after the quarter.",
        "A quarterly taxpayer gets the GSTR-2B of October to December 2024 on 14 January 2025, and none on 14 "
        "November and 14 December.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-094",
        "Recompute as often as needed",
        "GSTR-2B may be recomputed any number of times until GSTR-3B is filed.",
        "A recipient recomputes GSTR-2B of October 2024 on 15, 16 and 19 November, and files GSTR-3B on 20 "
        "November with the last version.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-095",
        "A recompute has the records of the first draft",
        "A recompute uses the same filing windows as the first draft, with the present actions. A document "
        "that was filed after the window never enters this GSTR-2B.",
        "A supplier files GSTR-1 of October on 15 November 2024. A recompute of October on 16 November does "
        "not contain its documents. They belong to November.",
        ("2BM",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-096",
        "A recompute without changes",
        "A recompute is possible even if nothing has changed. It gives the same figures.",
        "GSTR-2B of October 2024 shows ITC 50,000. The recipient recomputes without any new action. The new "
        "version shows ITC 50,000.",
        ("IMS-FAQ",),
        Sure.OURS,
    ),
    Statement(
        "R-097",
        "GSTR-2B is final after GSTR-3B",
        "After GSTR-3B is filed, GSTR-2B of the period is final. It cannot be recomputed or made again.",
        "GSTR-3B of October 2024 is filed on 20 November. On 21 November a recompute of October is refused "
        "with FINAL_2B.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-098",
        "Reversal by Rule 37A",
        "If a supplier reported a document but has not filed GSTR-3B of its period by 30 September after the "
        "financial year in which the recipient took the ITC, the recipient must reverse the ITC in a GSTR-3B "
        "filed by 30 November. GSTR-2B lists the document under ITC reversal. The recipient may take the "
        "ITC again after the supplier has filed.",
        "A recipient took IGST 18,000 in February 2025, so in financial year 2024-25. The supplier's GSTR-3B "
        "is not filed on 30 September 2025. GSTR-2B lists 18,000 under ITC reversal, and GSTR-3B has 18,000 "
        "in 4(B)(2), due by 30 November 2025.",
        ("R37A", "IMS-FAQ"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-100",
        "How GSTR-2B fills GSTR-3B",
        "GSTR-2B fills Table 4 of GSTR-3B: imports 4(A)(1), reverse charge 4(A)(3) and 3.1(d), ISD 4(A)(4), "
        "all other ITC 4(A)(5). Credit notes lower the same row. 4(B)(1) has reversals by R-089, 4(B)(2) "
        "reversals by Rule 37A, 4(D)(2) ITC not available. Rejected and pending records fill nothing.",
        "GSTR-2B has invoices with IGST 50,000, a credit note with IGST 8,000 and a bill of entry with IGST "
        "20,000. GSTR-3B shows 42,000 in 4(A)(5) and 20,000 in 4(A)(1).",
        ("IMS-FAQ", "2BM", "RET25"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-101",
        "What must be in order before GSTR-3B",
        "GSTR-3B of a period can be filed if three conditions hold: GSTR-3B of the period before is filed, "
        "GSTR-2B of the period exists, and GSTR-2B is not out of date (R-086). A signatory files. The "
        "GST portal also refuses GSTR-3B while the taxpayer's own GSTR-1 of the period is missing (section "
        "39(10)). This portal warns, or refuses with GSTR1_PENDING if the operator has set so. It does not "
        "check that earlier GSTR-1 are filed (section 37(4)). Filing after the section 16(4) date with "
        "credit of that year gives a warning.",
        "GSTR-3B of September 2024 is filed, GSTR-2B of October exists, and the last action came before the "
        "last recompute: GSTR-3B of October can be filed. If one action came later, the filing is refused.",
        ("IMS-FAQ", "LAW"),
        Sure.PARTLY,
    ),
    Statement(
        "R-102",
        "What filing GSTR-3B does",
        "Filing GSTR-3B makes GSTR-2B final, removes its decided records from IMS, closes replaced originals, "
        "and adds the tax of certain rejections to the suppliers' liability (R-110, R-111).",
        "A recipient files GSTR-3B of October 2024 with one rejected credit note of IGST 18,000. The note "
        "leaves IMS, and 18,000 is added to the supplier's liability of November.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-103",
        "Due dates",
        "GSTR-1: the 11th, for quarterly suppliers the 13th. IFF, GSTR-5 and GSTR-6: the 13th. Draft GSTR-2B: "
        "the 14th. GSTR-3B: the 20th, for quarterly taxpayers the 22nd or the 24th, by State. All dates are "
        "in the month after the period.",
        "For October 2024: GSTR-1 on 11 November, GSTR-2B on 14 November, GSTR-3B on 20 November. For October "
        "to December 2024 in Maharashtra: GSTR-3B on 22 January 2025; in Delhi on 24 January.",
        ("N82", "R60"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-104",
        "Figures of GSTR-3B that are locked",
        "On the GST portal, outward liability in Table 3.1 cannot be changed by hand from July 2025 (as "
        "announced), and Table 3.2 from November 2025. Table 4, the ITC, can still be changed.",
        "In GSTR-3B of November 2025 a taxpayer cannot type another figure into Table 3.2, but can type "
        "another ITC into Table 4.",
        ("LOCK25",),
        Sure.PARTLY,
        since="2025-07",
    ),
    Statement(
        "R-105",
        "Ledgers of reclaimed ITC and of reverse charge",
        "GSTN announced that GSTR-3B will be blocked if the ITC reclaimed in 4(D)(1) is more than the balance "
        "of the reclaim ledger plus 4(B)(2), or if the reverse-charge ITC is more than the reverse-charge "
        "liability plus the ledger balance. No day is known. Reclaimed ITC is claimed in "
        "4(A)(5), and 4(D)(1) only states it, so it must be in both rows. This portal carries both ledgers "
        "from an opening balance that the taxpayer enters. It warns and blocks nothing.",
        "The reclaim ledger has IGST 5,000, and 4(B)(2) has 2,000. A reclaim of 8,000 in 4(D)(1) is 1,000 "
        "more than allowed. The GST portal would block this return.",
        ("LED25", "C170"),
        Sure.PARTLY,
        since="2025-12",
    ),
    Statement(
        "R-106",
        "Returns more than three years late",
        "A return cannot be filed more than three years after its due date: section 39(11) of the CGST Act, and "
        "section 37(5) for GSTR-1. The Finance Act 2023 inserted both, and they are in force from 1 October "
        "2023. The GST portal applies them to the periods from July 2025. This portal does not check the limit.",
        "GSTR-3B of June 2022 was due on 20 July 2022. More than three years later, it can no longer be filed "
        "on the GST portal.",
        ("LAW",),
        Sure.OFFICIAL,
        since="",
    ),
    Statement(
        "R-107",
        "What the supplier sees",
        "In Outward supplies the supplier chooses financial year and period, and sees every document with the "
        "recipient's action and remark. A second tab has the rejections that add to the supplier's "
        "liability. Both can be downloaded.",
        "A supplier opens October 2024: 30 invoices, of which 28 are accepted and two are rejected with a "
        "remark. One rejected credit note is in the tab of added liability.",
        ("IMS-FAQ", "SUP24"),
        Sure.PARTLY,
    ),
    Statement(
        "R-110",
        "Rejections that raise the supplier's liability",
        "Rejecting one of these records adds tax to the supplier's GSTR-3B: an original credit note (its full "
        "tax); an amendment that raises a credit note; an amendment that lowers a rejected credit note; an "
        "amendment that lowers an accepted and closed invoice, debit note or 9(5) document (the difference); "
        "an amendment of a credit note that takes its place in the same GSTR-2B period (its whole value).",
        "A recipient rejects a credit note with IGST 18,000 and files GSTR-3B. IGST 18,000 is added to the "
        "supplier's liability.",
        ("IMS-FAQ", "FAQ25"),
        Sure.PARTLY,
    ),
    Statement(
        "R-111",
        "When the tax is added",
        "The tax is added when the recipient's GSTR-3B makes the rejection final. It is added to the "
        "supplier's period after the recipient's GSTR-2B period. If the supplier has already filed GSTR-3B "
        "of that period, it is added to the next period that is not filed. Before that, the amount is a "
        "forecast.",
        "A credit note is rejected in GSTR-2B of October 2024. The recipient files GSTR-3B on 20 November. "
        "The tax is added to the supplier's GSTR-3B of November 2024.",
        ("ADV24",),
        Sure.PARTLY,
    ),
    Statement(
        "R-112",
        "Actions that do not touch the supplier's liability",
        "These add nothing to the supplier's liability: every acceptance, with any ITC reduction; every "
        "Pending; rejecting an original invoice, debit note or 9(5) document or an amendment that raises it; "
        "rejecting an amendment that lowers a rejected one; rejecting an amendment that lowers an accepted "
        "and closed credit note.",
        "A recipient rejects an invoice with IGST 18,000. The supplier's liability stays as reported in "
        "GSTR-1.",
        ("FAQ25",),
        Sure.PRACTICE,
    ),
    Statement(
        "R-113",
        "A rejected document reported again",
        "An invoice, debit note or 9(5) document that is reported again with the same values adds nothing for "
        "the supplier. A credit note that was rejected and added back, and is reported again, lowers the "
        "supplier's liability again by its whole amended value. If the recipient accepted an earlier version, "
        "only the difference from that version counts: an amendment that lowers an accepted invoice, debit note "
        "or 9(5) document, was rejected and added back, and is reported again, lowers the liability again by "
        "this difference.",
        "A credit note with IGST 18,000 is rejected, and 18,000 is added back. The supplier reports the note "
        "again: the liability falls by 18,000. Together, the supplier's liability is lower by one note. "
        "A debit note with IGST 18,000 is accepted. Its amendment to 10,000 is rejected, and 8,000 is added back. "
        "The supplier reports 10,000 again: the liability falls by 8,000.",
        ("REJ25",),
        Sure.PARTLY,
    ),
    Statement(
        "R-114",
        "Silence adds nothing",
        "A credit note that is deemed accepted adds nothing to the supplier's liability.",
        "A credit note with IGST 18,000 has No action when GSTR-2B is drafted. The recipient's ITC falls by "
        "18,000, and nothing is added to the supplier's liability.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-115",
        "The supplier's reduction needs the recipient's reversal",
        "From 1 October 2025 section 34(2) lets a supplier lower the tax by a credit note only if the "
        "recipient reverses the ITC, where it was taken. The Finance Act 2025 amended the section. "
        "In IMS this shows in R-110 and R-120. How IMS carries it out is this portal's reading.",
        "A supplier reports a credit note with IGST 18,000 in October 2025. The recipient rejects it: 18,000 "
        "is added back to the supplier. The recipient accepts it: the recipient's ITC falls.",
        ("N16", "LAW"),
        Sure.PARTLY,
        since="2025-10",
    ),
)
