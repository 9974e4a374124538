"""Statements of the rules about the ITC reduction, imports, the checks of a document, and files."""

from __future__ import annotations

from invoices.rules.statements.statement import Statement, Sure

DOCUMENTS = (
    Statement(
        "R-120",
        "Does ITC need to be reduced?",
        "When a recipient accepts a record of R-054, the portal asks whether ITC needs to be reduced. Yes is "
        "the default, with the full amount or with amounts for each tax head. The question also comes for "
        "the reduction record of a bill of entry that moved to another GSTIN.",
        "A recipient accepts a credit note of October 2025 with IGST 18,000 and answers Yes. ITC falls by "
        "18,000.",
        ("CHG25", "FAQ25", "CN25"),
        Sure.OFFICIAL,
        since="2025-10",
    ),
    Statement(
        "R-121",
        "The base: the most that can be declared",
        "The base is the full ITC reduction of the record. For an original credit note it is the tax of the "
        "note. The same holds for an amendment of a note that takes its place in the same period. For an "
        "amendment that raises an accepted note it is the difference. For an amendment of a rejected note it "
        "is the whole value. For an amendment that lowers an accepted invoice, debit note or 9(5) document "
        "it is the earlier tax minus the new tax. For a bill of entry that moved away it is the credit "
        "taken. For each head, the amount is between 0 and the base. CGST and SGST must be equal.",
        "An accepted and closed invoice has IGST 18,000, its amendment IGST 15,000. The base is 3,000. A "
        "declared reduction of 2,000 is possible, 4,000 is refused with DECL_EXCEEDS.",
        ("FAQ25",),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-122",
        "What a declaration does",
        "Yes in full reduces ITC by the base. Yes in part reduces it by the declared amounts. No reduces "
        "nothing. A remark is required for a part and for No. Amounts equal to the base on every head are "
        "full, and all zero is No.",
        "A credit note of October 2025 has IGST 18,000. The recipient never took ITC on 8,000 of it, declares "
        "10,000 and gives a remark. ITC falls by 10,000.",
        ("FAQ25",),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-123",
        "Without an answer, ITC is reduced in full",
        "A record at No action, and a record that is accepted among many without an answer, reduce ITC in "
        "full. On a page, Yes is filled in. A program must give the answer to accept a credit note.",
        "A recipient accepts ten credit notes of October 2025 at once. All ten reduce ITC in full. A program "
        "that accepts one without an answer is refused with ANSWER_REQUIRED.",
        ("CN25", "API26"),
        Sure.OFFICIAL,
        since="2025-10",
    ),
    Statement(
        "R-124",
        "Where no reduction can be declared",
        "A reduction can be declared only when a record of R-120 is accepted. On other records, and with "
        "Reject or Pending, it is refused. Under the rulebook of October 2024 acceptance always reduces ITC "
        "in full.",
        "A credit note of GSTR-2B October 2024 has IGST 18,000. A declared reduction of 10,000 is refused "
        "with DECL_NOT_APPLICABLE. Accepted without a declaration, it reduces ITC by 18,000.",
        ("CHG25",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-125",
        "Changing a declaration",
        "A declaration can be changed until GSTR-3B is filed. After the draft, the change makes GSTR-2B out of "
        "date. The supplier's liability does not change.",
        "A recipient declared 10,000 on a credit note of October 2025. On 16 November the recipient changes "
        "it to 12,000. GSTR-2B must be recomputed, and then ITC falls by 12,000.",
        ("FAQ25",),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-130",
        "Bills of entry in IMS",
        "Bills of entry of GSTR-2B October 2025 or later are in IMS, in the sections Import of goods - "
        "overseas and Import of goods - SEZ, with their amendments. Earlier bills went directly to GSTR-2B.",
        "A bill with reference date 17 September 2025 is in GSTR-2B of September and not in IMS. A bill of 17 "
        "October 2025 is in IMS.",
        ("BOE25",),
        Sure.OFFICIAL,
        since="2025-10",
    ),
    Statement(
        "R-131",
        "A bill of entry cannot be rejected",
        "A bill of entry can be accepted or kept pending. Reject is refused. A bill at No action counts as "
        "accepted. The action can be changed until GSTR-3B is filed. A bill is never only saved.",
        "A bill of entry of October 2025 has IGST 2,25,000. The recipient does nothing: 2,25,000 is in Import "
        "of goods of GSTR-2B, deemed accepted.",
        ("BOE25",),
        Sure.OFFICIAL,
        since="2025-10",
    ),
    Statement(
        "R-132",
        "A bill of entry with an amended value",
        "A value amendment of a bill follows the rules of amendments (R-081 to R-084). If the bill was "
        "accepted and closed, only the difference counts.",
        "A bill with IGST 2,00,000 was accepted and closed. Customs amends it to 2,25,000. Accepting the "
        "amendment adds 25,000.",
        ("BOE25",),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-133",
        "A bill of entry moved to another GSTIN",
        "If customs changes the GSTIN of a bill, (a) the new GSTIN gets an amended record with the full value, "
        "and (b) the previous GSTIN, if it took the credit, gets a reduction record. When the previous GSTIN "
        "accepts the reduction record, it may declare a smaller amount, at most the credit that it took.",
        "The Maharashtra registration took IGST 2,00,000 on a bill. Customs moves the bill to the Karnataka "
        "registration. Karnataka can take 2,00,000. Maharashtra gets a reduction record of 2,00,000.",
        ("BOE25",),
        Sure.PARTLY,
        since="2025-10",
    ),
    Statement(
        "R-134",
        "A moved bill that was not closed",
        "If the bill is pending at the previous GSTIN, it leaves IMS there, and no reduction record is made. "
        "If bill and move fall in one GSTR-2B period, the bill counts nothing there. If the bill is not "
        "closed in an earlier period, the reduction record waits until it closes.",
        "A bill with IGST 2,00,000 is pending in Maharashtra. Customs moves it to Karnataka. The record "
        "leaves IMS in Maharashtra without a reduction, and Karnataka gets 2,00,000.",
        ("BOE25",),
        Sure.OURS,
        since="2025-10",
    ),
    Statement(
        "R-135",
        "Time limits of a bill of entry",
        "The one period of R-064 does not apply to bills of entry. A pending bill leaves IMS after the section "
        "16(4) date of the bill's year. An amendment that lowers a bill, and a reduction record, do not leave: "
        "they go back to No action (R-063). R-032 never moves a bill to ITC not available. It is disputed "
        "whether section 16(4) covers bills, so a late line has a warning with both views.",
        "A bill of 10 October 2025 may be pending until 30 November 2026. A bill of 10 October 2025 in the "
        "GSTR-2B of November 2026 stays in Import of goods, with a warning.",
        ("BOE25", "LAW"),
        Sure.OURS,
        since="2025-10",
    ),
    Statement(
        "R-136",
        "A bill of entry has no supplier",
        "A bill of entry comes from customs. There is no supplier who sees the action, and no liability "
        "changes.",
        "A recipient keeps a bill of entry pending. No supplier's Outward supplies shows the action.",
        ("BOE25",),
        Sure.OFFICIAL,
        since="2025-10",
    ),
    Statement(
        "R-140",
        "The form of a GSTIN",
        "A GSTIN has 15 characters: State code (2), PAN (10), entity (1), the letter Z, and a check character. "
        "Other registrations have other letters: C for collectors of tax, D for deductors, and forms of "
        "their own for UIN holders, non-residents and OIDAR. These forms are "
        "known from public schemas of GSTR-1.",
        "27AAPFU0939F1ZV is State 27 (Maharashtra), PAN AAPFU0939F, entity 1, Z, check character V.",
        ("R10",),
        Sure.PARTLY,
        since="",
    ),
    Statement(
        "R-141",
        "The check character of a GSTIN",
        "The digits 0 to 9 count 0 to 9, the letters A to Z count 10 to 35. The first 14 values are multiplied "
        "by 1, 2, 1, 2 and so on. For each product, the quotient and the remainder by 36 are added up. The "
        "check character makes the sum a multiple of 36.",
        "For 27AAPFU0939F1Z the check character is V, so 27AAPFU0939F1ZV is valid and 27AAPFU0939F1ZW is not.",
        ("LAW",),
        Sure.PRACTICE,
        since="",
    ),
    Statement(
        "R-142",
        "State codes and places of supply",
        "State codes run from 01 to 38. Codes 25 and 28 are found only in old GSTINs. 97 is Other Territory, "
        "96 is another country, and 99 is the Centre. The place of supply of a document to a registered "
        "recipient is 01 to 38 or 97.",
        "Place of supply 27 is Maharashtra and 97 is Other Territory: both are possible. 99 is refused.",
        ("LAW",),
        Sure.OFFICIAL,
        since="",
    ),
    Statement(
        "R-143",
        "The form of a document number",
        "A document number has 1 to 16 characters: letters, digits, hyphen and slash. Capital and small "
        "letters count as equal.",
        "KST/24-25/0391 is possible. “INV 7” is refused because of the space. inv-7 and INV-7 are one "
        "number.",
        ("LAW",),
        Sure.PARTLY,
        since="",
    ),
    Statement(
        "R-144",
        "Types of invoices",
        "The types are R (regular), SEWP (to a SEZ with payment of tax), SEWOP (to a SEZ without payment), DE "
        "(deemed export) and CBW (from a bonded warehouse). A supply to or by a SEZ, and a CBW supply, "
        "carries IGST only. A SEWOP supply carries no tax.",
        "A supplier in Maharashtra bills a SEZ unit in Maharashtra, type SEWP, taxable value 1,00,000. IGST "
        "18,000 is right. CGST and SGST are refused.",
        ("LAW",),
        Sure.PARTLY,
        since="",
    ),
    Statement(
        "R-145",
        "Tax heads and rates",
        "If the supplier's State is the place of supply, the document carries CGST and SGST in equal parts, "
        "else IGST. R-144 names exceptions. The rates are 0, 0.1, 0.25, 1, 1.5, 3, 5, 6, 7.5, 12, 18, 28 and, from 22 September 2025, "
        "40 per cent. From 1 February 2026 more than 40 per cent is a warning, because some goods are taxed "
        "on the retail sale price, and cess is a warning.",
        "A supplier in Maharashtra bills 1,00,000 at 18 per cent. With place of supply Maharashtra it is CGST "
        "9,000 and SGST 9,000. With place of supply Gujarat it is IGST 18,000.",
        ("LAW",),
        Sure.PARTLY,
        since="",
    ),
    Statement(
        "R-146",
        "Dates and tax heads of notes",
        "A credit or debit note has the tax heads of its supply: CGST and SGST within a State, else IGST. A "
        "document's date is not in the future and not after the end of the form's period.",
        "In GSTR-1 of October 2024 an invoice of 31 October is possible, and one of 1 November is refused. A "
        "credit note for a supply from Maharashtra to Gujarat carries IGST.",
        ("LAW",),
        Sure.PARTLY,
        since="",
    ),
    Statement(
        "R-150",
        "Excel downloads",
        "All IMS data can be downloaded as Excel files.",
        "A recipient downloads the list of October 2024 with 3,000 records as one workbook, with the action "
        "and the remark of each record.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-151",
        "Working offline",
        "Since April 2026 a recipient can download IMS data as JSON, act in an Excel tool, and upload the "
        "result. The upload is checked like actions on a page. Refused records come back in an error file.",
        "A recipient downloads 500 records, accepts 480 offline and sets Pending on a credit note that cannot "
        "be pending. The upload saves 480 actions and lists the credit note in the error file.",
        ("OFF26",),
        Sure.OFFICIAL,
        since="2026-04",
    ),
    Statement(
        "R-152",
        "Field names of the interface",
        "Programs know the fields of an IMS record by short names: stin is the supplier, inum and nt_num the "
        "number, idt and nt_dt the date, rtnprd the period, and action one of A, R, P and N.",
        "A program sends stin 27AAPFU0939F1ZV, inum INV-7, rtnprd 102024 and action A. The invoice INV-7 of "
        "October 2024 is accepted.",
        ("API26",),
        Sure.PRACTICE,
    ),
)
