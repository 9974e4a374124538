"""Statements of the rules about the life of a record and the recipient's actions."""

from __future__ import annotations

from invoices.rules.statements.statement import Statement, Sure

ACTIONS = (
    Statement(
        "R-040",
        "An edit clears the action",
        "If the supplier edits a saved document, the new version replaces the old version in IMS. The record "
        "goes back to No action. Remarks and the declared ITC reduction are removed. Any changed field "
        "counts, even if the tax stays the same.",
        "A recipient accepts a saved invoice. The supplier corrects only its date and saves again. The "
        "record is at No action.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-041",
        "A deleted document leaves IMS",
        "If the supplier deletes a saved document, its record leaves IMS, whatever the recipient decided.",
        "A recipient rejects a saved invoice. The supplier deletes the invoice from GSTR-1. The recipient's "
        "list no longer shows the record.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-042",
        "An edit to another recipient",
        "If the supplier's edit changes the recipient GSTIN, the old recipient loses the record. The new "
        "recipient gets the record at No action.",
        "An invoice was saved for the Maharashtra registration and accepted there. The supplier changes the "
        "GSTIN to the Karnataka registration. The record is gone in Maharashtra, and Karnataka has it at No "
        "action.",
        ("IMS-FAQ",),
        Sure.OURS,
    ),
    Statement(
        "R-043",
        "A filed document can only be amended",
        "A filed document cannot be edited or deleted. The supplier amends it in GSTR-1A of the same period "
        "before GSTR-3B, or in the amendment table of a later GSTR-1 or IFF.",
        "A supplier filed GSTR-1 of October 2024 with a wrong value. An edit is refused. The supplier reports "
        "the amendment in GSTR-1A of October, or in table 9A of GSTR-1 of November.",
        ("IMS-FAQ", "G1A"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-044",
        "How a rejection is put right",
        "Before GSTR-1 is filed, the supplier edits the document and saves it again. After the filing, the "
        "supplier amends it in GSTR-1A or in a later GSTR-1 or IFF, or reports a new document with another "
        "number. The corrected record appears in IMS at No action.",
        "A recipient rejects a filed invoice because of a wrong rate. The supplier amends the invoice in "
        "GSTR-1A. The amendment appears in the recipient's IMS, and the recipient accepts it.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-045",
        "When GSTR-1A is open",
        "GSTR-1A opens on the later of the due date of GSTR-1 and the day on which GSTR-1 was filed. It closes "
        "when the supplier files GSTR-3B of the same period. It is optional and can be filed once for a "
        "period. It adds or amends documents of the period, but cannot change the recipient's GSTIN. A "
        "quarterly supplier has one GSTR-1A for the quarter.",
        "A monthly supplier files GSTR-1 of October 2024 on 8 November. GSTR-1A of October opens on 11 "
        "November, the due date. The supplier files GSTR-3B of October on 20 November, and GSTR-1A is "
        "closed. If GSTR-1 is filed late on 15 November, GSTR-1A opens on 15 November.",
        ("G1A",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-046",
        "The last day for amendments",
        "A supplier may amend until 30 November after the end of the financial year, or until the day of the "
        "supplier's annual return, if that day is earlier. In this portal a later amendment gets a warning.",
        "An invoice of 10 January 2025 belongs to financial year 2024-25. The supplier may amend it until 30 "
        "November 2025.",
        ("LAW",),
        Sure.OFFICIAL,
        since="",
    ),
    Statement(
        "R-047",
        "When a record leaves IMS",
        "Filing GSTR-3B removes the accepted, deemed accepted and rejected records of its GSTR-2B. Pending "
        "records stay. Records of later periods stay with their actions. Saved documents stay. After the "
        "section 16(4) date a pending record leaves as R-063 says.",
        "GSTR-2B of October 2024 has ten accepted records and one rejected record, and two records are "
        "pending. After GSTR-3B of October only the two pending records are still in IMS.",
        ("IMS-FAQ", "FAQ24"),
        Sure.PARTLY,
    ),
    Statement(
        "R-048",
        "Removed records can still be read",
        "A record that has left IMS stays in the history and in the filed GSTR-2B. No action can be taken on "
        "it.",
        "GSTR-3B of October 2024 is filed. In December the accountant opens an invoice of October: the page "
        "shows Accepted, and no action is available.",
        ("IMS-FAQ",),
        Sure.OURS,
    ),
    Statement(
        "R-049",
        "A number is used once",
        "A supplier uses a number once for each kind of document in a financial year. The kinds are invoice, "
        "credit note, debit note and 9(5) document. A second document with the number is refused. An "
        "amendment keeps the number that it amends. Deleting a saved document frees its number.",
        "Invoice INV-7 of 5 May 2024 exists. A second invoice INV-7 of 9 June 2024 is refused. A credit note "
        "INV-7 is possible, and so is an invoice INV-7 of 5 April 2025.",
        ("LAW",),
        Sure.PARTLY,
    ),
    Statement(
        "R-050",
        "The four things to do",
        "A recipient can accept a record, reject it, keep it pending, or reset it to No action.",
        "A recipient accepts an invoice by mistake and chooses Reset. The invoice is at No action again.",
        ("OFF26", "IMS-FAQ"),
        Sure.PARTLY,
    ),
    Statement(
        "R-051",
        "The last action counts",
        "An action may be changed any number of times until the record is closed. The last action counts.",
        "A recipient rejects an invoice on 2 November 2024 and accepts it on 12 November. GSTR-2B lists the "
        "invoice as accepted.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-052",
        "Which actions a record has",
        "The kind of the record, the action on the earlier version, the GSTR-2B periods of both, and the "
        "rulebook decide which actions are available. The pages of R-053, R-054, R-055, R-081 and R-131 name "
        "the cases.",
        "An original invoice can be accepted, rejected or kept pending. An original credit note of October "
        "2024 can be accepted or rejected. A bill of entry of October 2025 can be accepted or kept pending.",
        ("T1",),
        Sure.PARTLY,
    ),
    Statement(
        "R-053",
        "Pending is not available for five kinds of records",
        "Pending is not available for (1) an original credit note; (2) an amendment that raises a credit note "
        "or leaves its tax unchanged; (3) an amendment that lowers a rejected credit note; (4) an amendment "
        "that lowers an accepted invoice or debit note whose GSTR-3B is filed; (5) the same for an accepted "
        "9(5) document of an e-commerce operator. From October 2025 on these records may be pending for one "
        "period (R-054).",
        "A recipient accepted an invoice with IGST 18,000 and filed GSTR-3B. The supplier amends it to IGST "
        "15,000 in November 2024. The recipient can accept or reject the amendment, not keep it pending.",
        ("IMS-FAQ", "CHG25", "FAQ25", "IC24"),
        Sure.PARTLY,
        until="2025-10",
    ),
    Statement(
        "R-054",
        "Five kinds of records may be pending for one period",
        "The five kinds of records (1) to (5) in R-053, and an amendment of a credit note that takes its place in the "
        "same GSTR-2B period, may be pending for one tax period. The last day is the GSTR-3B due date of the "
        "tax period after the record's own period. From the next day on Pending is not available (R-064).",
        "A credit note of GSTR-2B October 2025, monthly recipient: the last day is 20 December 2025, the due "
        "date of GSTR-3B of November. On 21 December the recipient can only accept or reject the note.",
        ("CHG25", "FAQ25"),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-055",
        "All other records may be pending until the section 16(4) date",
        "Every other record in IMS may be pending until the section 16(4) date of its financial year (R-062). "
        "These are original invoices, debit notes and 9(5) documents; amendments that raise them or leave their "
        "tax unchanged; amendments that lower a rejected one; amendments in the GSTR-2B period of their "
        "original; amendments that lower an accepted credit note; before October 2025, amendments that lower a "
        "credit note in the GSTR-2B period of its original, if the original is not rejected; and bills of "
        "entry. If R-053 forbids Pending too, the portal names R-053.",
        "An invoice of 10 January 2025 belongs to financial year 2024-25. It may be pending until 30 November "
        "2025. On 1 December 2025 Pending is refused.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-056",
        "What each action does",
        "Accept: the record is in ITC available of GSTR-2B and fills GSTR-3B. Reject: the record is in ITC "
        "Rejected and not in GSTR-3B. Pending: the record is in no GSTR-2B and stays in IMS. No action: the "
        "record counts as accepted when GSTR-2B is made.",
        "Four invoices have IGST 1,000 each. One is accepted, one is rejected, one is pending, one has No "
        "action. ITC available is 2,000, ITC Rejected shows 1,000, and one invoice stays in IMS.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-057",
        "One record or many",
        "A recipient acts on one record, or chooses many records and takes one action on all of them. Each "
        "record is checked on its own. Refused records are listed with the reason, and the other records are "
        "saved.",
        "A recipient chooses 50 records of October 2024 and Pending. Three of them are credit notes. Forty-"
        "seven records are pending, and the portal lists the three credit notes with R-053.",
        ("IMS-FAQ", "OFF26"),
        Sure.PARTLY,
    ),
    Statement(
        "R-058",
        "Remarks",
        "A remark may be saved with Reject or Pending. The supplier reads it in Outward supplies, and GSTR-2B "
        "prints it. A remark has at most 250 characters. It is required if an acceptance reduces ITC in part "
        "or not at all (R-122). GSTN introduced remarks in October 2025. This portal keeps them for earlier "
        "records too.",
        "A recipient rejects an invoice with the remark “rate is 12 %, not 18 %”. The supplier sees the "
        "remark next to the rejection.",
        ("CHG25", "FAQ25"),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-059",
        "Only the recipient acts",
        "The recipient alone takes actions. The supplier changes an action only indirectly, by editing or "
        "deleting a saved document (R-040, R-041).",
        "A supplier sees a rejection in Outward supplies. The supplier cannot withdraw it, but can amend the "
        "document.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
)
