"""Statements of the rules about time limits, periods and amendments."""

from __future__ import annotations

from invoices.rules.statements.statement import Statement, Sure

PERIODS = (
    Statement(
        "R-060",
        "How long an action is possible",
        "A recipient may act from the moment a record appears in IMS until GSTR-3B of its GSTR-2B period is "
        "filed. The day of filing counts, not the due date.",
        "GSTR-3B of October 2024 is due on 20 November and is filed on 25 November. The recipient may change "
        "actions on records of October until the filing on 25 November.",
        ("IMS-FAQ", "ADDL24"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-061",
        "Filing GSTR-3B makes actions final",
        "When GSTR-3B is filed, the accepted and rejected records of its GSTR-2B keep their actions for good.",
        "A recipient files GSTR-3B of October 2024 with one invoice rejected. The recipient can no longer "
        "accept this invoice. The supplier has to report the document again (R-087).",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-062",
        "The section 16(4) date of a year",
        "The section 16(4) date of a financial year is 30 November after the end of the year, or the day on "
        "which the recipient furnished the annual return of the year, if that day is earlier.",
        "Financial year 2024-25 ends on 31 March 2025. Its date is 30 November 2025. A recipient who "
        "furnishes the annual return on 10 October 2025 has the date 10 October 2025.",
        ("LAW",),
        Sure.OFFICIAL,
        since="",
    ),
    Statement(
        "R-063",
        "Pending records at the section 16(4) date",
        "A pending record stays in IMS through the section 16(4) date of its financial year. At the next "
        "midnight it leaves IMS and is in no GSTR-2B. A record that lowers ITC does not leave: it goes back "
        "to No action, and Pending is no longer available. Records with a limit by R-064 follow R-064.",
        "An invoice of 12 March 2024 is pending. It is in IMS on 30 November 2024. At 00:00 on 1 December it "
        "leaves, and its ITC cannot be taken. A pending amendment that lowers a bill of entry goes back to No "
        "action instead.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-064",
        "The last day of the one period for Pending",
        "A record of R-054 may be pending until the GSTR-3B due date of the recipient's tax period after the "
        "record's own period. On the next day a pending record goes back to No action and counts as "
        "accepted. Accept and Reject stay available until GSTR-3B is filed.",
        "A credit note of October 2025 may be pending until 20 December 2025 at a monthly recipient. At a "
        "quarterly recipient in Maharashtra, a note of October to December 2025 may be pending until 22 "
        "April 2026.",
        ("FAQ25",),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-065",
        "The period of a record whose time for Pending is over",
        "A record that goes back to No action by R-064 belongs to the recipient's open period on that day. If "
        "this period has a draft GSTR-2B, the draft must be recomputed.",
        "A credit note of October 2025 is pending until 20 December 2025. On 21 December GSTR-3B of November is "
        "not filed, so the open period is November. Its draft exists. The note joins November, and the draft must be recomputed before "
        "GSTR-3B.",
        ("FAQ25",),
        Sure.OURS,
        since="2025-10",
    ),
    Statement(
        "R-066",
        "The period of a record that was pending",
        "A record that was pending and is then accepted, rejected or reset belongs to the open period, or to "
        "its own period, if that is later. If the draft day of that period is after the section 16(4) date, "
        "an invoice, debit note or 9(5) document goes to ITC not available.",
        "An invoice of 5 March 2024 in GSTR-2B of October 2024 was kept pending, and GSTR-3B of October was "
        "filed on 20 November 2024. It is accepted on 25 November. It belongs to November, whose draft day, "
        "14 December, is after 30 November: no ITC.",
        ("IMS-FAQ", "LAW"),
        Sure.OURS,
    ),
    Statement(
        "R-067",
        "Extended due dates",
        "A notification can extend a due date for a form, a period and a State, or for a smaller area. An "
        "extended date of GSTR-1, IFF, GSTR-5 or GSTR-6 moves the filing window and the day of the draft "
        "GSTR-2B. An extended date of GSTR-3B moves the last day of R-064. A weekend moves no date.",
        "GSTR-1 of December 2024 was extended to 13 January 2025. A document filed on 12 January still "
        "belongs to GSTR-2B of December. Without the extension it belongs to January.",
        ("R60", "EXT25"),
        Sure.PARTLY,
    ),
    Statement(
        "R-070",
        "The filing day decides the GSTR-2B month",
        "A GSTR-1 of a monthly supplier that is filed from the 12th of a month to the 11th of the next month "
        "belongs to GSTR-2B of the first month. For IFF, quarterly GSTR-1, GSTR-5 and GSTR-6 the window runs "
        "from the 14th to the 13th.",
        "A monthly supplier files GSTR-1 of October 2024 on 11 November: GSTR-2B of October. The supplier "
        "files on 12 November: GSTR-2B of November. A quarterly supplier who files on 13 January 2025 is in "
        "GSTR-2B of December 2024.",
        ("2BM", "R60"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-071",
        "The document date does not decide the GSTR-2B month",
        "The date on a document does not change its GSTR-2B month. Only the section 16(4) test looks at the "
        "date (R-032).",
        "An invoice of 3 July 2024 is reported in GSTR-1 of October and filed on 9 November 2024. It belongs "
        "to GSTR-2B of October 2024.",
        ("2BM",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-072",
        "The GSTR-2B month of a GSTR-1A document",
        "A document in GSTR-1A belongs to the month of the filing window in which GSTR-1A is filed, but at the "
        "earliest to the month after the period of GSTR-1A.",
        "GSTR-1A of September 2025 is filed on 14 October 2025. Its documents belong to GSTR-2B of October "
        "2025.",
        ("G1A", "FAQ25"),
        Sure.PARTLY,
    ),
    Statement(
        "R-073",
        "The expected month of a saved document",
        "A saved document has an expected GSTR-2B month: the last month of its form's period, or the month of "
        "today's filing window, if that is later. For GSTR-1A the first of the two is the month after its "
        "period. The expected month moves on while the document is not filed. The page calls it provisional.",
        "An invoice is saved in GSTR-1 of October 2024. Until 11 November its expected month is October. From "
        "12 November it is November. An amendment saved in GSTR-1A of October has the expected month November.",
        ("2BM",),
        Sure.OURS,
    ),
    Statement(
        "R-074",
        "The GSTR-2B month of a bill of entry",
        "A bill of entry belongs to the month of its ICEGATE reference date (out of charge). If customs sends "
        "the bill after that GSTR-2B was made, it belongs to the earliest period without a GSTR-2B.",
        "A bill with reference date 17 October 2025 arrives on 2 November: GSTR-2B of October. It arrives on "
        "20 November, after the draft of the 14th: GSTR-2B of November.",
        ("2BM", "BOE25"),
        Sure.PARTLY,
    ),
    Statement(
        "R-075",
        "IFF of a quarterly supplier",
        "A quarterly supplier may report documents of the first two months of a quarter in IFF, from the 1st "
        "to the 13th of the next month. All other documents are reported in GSTR-1 of the quarter. Documents "
        "of an IFF that was not filed by the 13th move to the next IFF or GSTR-1 of the quarter.",
        "A quarterly supplier saves an invoice in IFF of October 2024 and does not file by 13 November. The "
        "supplier moves the invoice to IFF of November and files it on 13 December.",
        ("LAW",),
        Sure.OFFICIAL,
        since="",
    ),
    Statement(
        "R-079",
        "An amendment to zero",
        "An amendment that lowers the tax to zero is a downward amendment.",
        "An accepted and closed invoice with IGST 18,000 is amended to IGST 0. The amendment is downward, and "
        "accepting it lowers ITC by 18,000.",
        ("IMS-FAQ",),
        Sure.OURS,
    ),
    Statement(
        "R-080",
        "An amendment names the version that it amends",
        "An amendment names the version directly before it, by number and date, and both must agree with what "
        "was reported. A saved amendment that is sent again with another original is an edit: it now belongs "
        "to that original. The amended date of an invoice or 9(5) document may not lie after the form period "
        "in which the first version was reported.",
        "Invoice INV-7 of 5 October 2024 was reported in GSTR-1 of October. An amendment that names INV-7 of "
        "6 October is refused. An amendment that names 5 October is saved, with a date up to 31 October.",
        ("G1A",),
        Sure.OURS,
    ),
    Statement(
        "R-081",
        "The original comes first",
        "If an amendment and its original are in different GSTR-2B periods, the recipient cannot act on the "
        "amendment until the original has a final action and GSTR-3B of the original's period is filed.",
        "An invoice of October 2024 is amended in GSTR-1 of November. On 12 December GSTR-3B of October is "
        "not filed: Accept on the amendment is refused. After the filing it is possible.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-082",
        "An amendment waits for a pending original",
        "While the original is pending, the amendment waits: it is in no GSTR-2B, and no action is available. "
        "If the original leaves IMS after the section 16(4) date, the amendment counts as an amendment of a "
        "rejected document. For a bill of entry, the amendment leaves with the bill.",
        "An invoice of October 2024 is pending. Its amendment of November is in no GSTR-2B. The recipient "
        "accepts the invoice and files GSTR-3B: now the amendment can be accepted.",
        ("IMS-FAQ",),
        Sure.OURS,
    ),
    Statement(
        "R-083",
        "An amendment in the same GSTR-2B period replaces its original",
        "If an amendment and its open original are in the same GSTR-2B period, the amendment counts with its "
        "own action. It counts with its full value, unless an earlier version is a baseline (R-084): then the "
        "difference counts. The original counts nothing, and actions on it have no effect on GSTR-2B or the "
        "supplier. While the amendment is only saved, the original counts.",
        "An invoice with IGST 18,000 and its amendment with IGST 15,000 are both in GSTR-2B of October 2024. "
        "The recipient accepts the amendment: ITC is 15,000, whatever happens to the original.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-084",
        "How much of an amendment counts",
        "The baseline is the latest earlier version that was accepted and closed. With a baseline, only the "
        "difference changes ITC, for each tax head. Without a baseline, the whole amended value counts. A "
        "credit note never gives back more than its acceptance reduced.",
        "An invoice with IGST 15,000 was accepted and closed. Its amendment has IGST 18,000: accepting it "
        "adds 3,000. If the invoice was rejected and closed, accepting the amendment adds 18,000.",
        ("REJ25", "2BM"),
        Sure.PARTLY,
    ),
    Statement(
        "R-085",
        "Rejecting an amendment",
        "Rejecting an amendment does not change the credit of an earlier closed version.",
        "An invoice with IGST 18,000 was accepted and closed. Its amendment to 15,000 is rejected. The "
        "recipient keeps the 18,000.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-086",
        "When GSTR-2B must be recomputed",
        "After the draft, every action on a record of this GSTR-2B makes the draft out of date. So do a "
        "changed ITC reduction and an action that the portal ends (R-063, R-064). GSTR-3B cannot be filed "
        "before the recompute. Actions on records of later periods, on saved documents and on replaced "
        "originals do not count.",
        "The draft of October 2024 is made on 14 November. On 16 November the recipient rejects an invoice of "
        "October. GSTR-3B is refused with STALE_2B until GSTR-2B is recomputed.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-087",
        "A document rejected by mistake",
        "After GSTR-3B is filed, the supplier reports the document again with the same values, in GSTR-1A of "
        "the same period or in a later amendment table. The recipient accepts it and recomputes. The whole "
        "ITC arises in the GSTR-2B of the new record.",
        "An invoice of October 2024 with IGST 18,000 was rejected by mistake, and GSTR-3B was filed. The "
        "supplier reports it unchanged in table 9A of November. The recipient accepts it: ITC 18,000 in "
        "GSTR-2B of November.",
        ("REJ25",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-088",
        "Forward charge changed to reverse charge",
        "An amendment to reverse charge never enters IMS. GSTR-2B lists it under inward supplies liable to "
        "reverse charge. If the forward-charge version was accepted and closed, the same GSTR-2B takes its "
        "credit back in All other ITC. If it was rejected, nothing is taken back. If it is pending, it "
        "leaves IMS.",
        "A forward-charge invoice with IGST 18,000 was accepted and closed. Its reverse-charge amendment "
        "brings two lines: reverse charge 18,000, and All other ITC −18,000.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-089",
        "Place of supply changed so that ITC is barred",
        "An amendment whose new place of supply bars the ITC goes directly to ITC not available. If the "
        "earlier version was accepted and closed, GSTR-3B proposes its tax for reversal in Table 4(B)(1). A "
        "changed place of supply without a bar is an ordinary amendment.",
        "An accepted and closed invoice has IGST 18,000. The supplier in Karnataka amends the place of supply "
        "to Karnataka, with CGST 9,000 and SGST 9,000, for a recipient in Maharashtra. GSTR-3B proposes "
        "IGST 18,000 in 4(B)(1).",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
)
