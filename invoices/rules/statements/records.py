"""Statements of the rules about records, access to IMS, and the way of a document into GSTR-2B."""

from __future__ import annotations

from invoices.rules.statements.statement import Statement, Sure

RECORDS = (
    Statement(
        "R-001",
        "What a record is",
        "A record is one version of one document for one recipient GSTIN. The document is an invoice, a debit "
        "note, a credit note, a section 9(5) document of an e-commerce operator, or a bill of entry. The "
        "original and each amendment are records of their own.",
        "A supplier reports an invoice and amends the invoice a month later. The recipient has two records: "
        "the original in section B2B, and the amendment in section B2BA.",
        ("FAQ24", "BOE25"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-002",
        "Saved and filed",
        "A document is saved until the supplier files its form. From the filing on, the document is filed.",
        "On 5 November 2024 a supplier saves an invoice in GSTR-1 of October: the record is saved. On 11 "
        "November the supplier files GSTR-1: the record is filed.",
        ("IMS-FAQ", "FAQ24"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-003",
        "The four stored actions",
        "A record has one of four actions: No action, Accepted, Rejected or Pending. A new record has No "
        "action. Deemed accepted is not an action. It is the name for a record at No action that GSTR-2B "
        "treats as accepted.",
        "An invoice has No action when GSTR-2B is drafted. The record keeps No action, and its line in "
        "GSTR-2B says deemed accepted.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-004",
        "Tax periods",
        "The tax period of a monthly taxpayer is a calendar month. The tax period of a quarterly taxpayer "
        "(QRMP) is a quarter. A quarter is named by its last month.",
        "For a quarterly taxpayer, October to December 2024 is one period, December 2024. The months October "
        "and November are not periods of this taxpayer.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-005",
        "The GSTR-2B period of a record",
        "The day on which the supplier files decides the GSTR-2B month of a record (R-070). A monthly "
        "recipient gets the record in the GSTR-2B of this month. A quarterly recipient gets the record in "
        "the GSTR-2B of the quarter that contains this month.",
        "A record has the GSTR-2B month November 2024. A monthly recipient finds the record in GSTR-2B of "
        "November 2024, a quarterly recipient in GSTR-2B of October to December 2024.",
        ("2BM", "IMS-FAQ"),
        Sure.PARTLY,
    ),
    Statement(
        "R-006",
        "Open period and closed records",
        "The open period of a recipient is the earliest tax period whose GSTR-3B is not filed. A record is "
        "closed when GSTR-3B is filed for the GSTR-2B that contains the record.",
        "GSTR-3B of September 2024 is filed, and GSTR-3B of October is not. October is the open period. An "
        "accepted record of October closes on the day on which GSTR-3B of October is filed.",
        ("IMS-FAQ",),
        Sure.OURS,
    ),
    Statement(
        "R-007",
        "Upward, downward and same value",
        "An amendment is compared by total tax (IGST, CGST, SGST and cess together) with the last version "
        "that was accepted and closed. Without such a version, it is compared with the version that it "
        "amends. More tax is upward, less is downward, equal is same value. Each tax head moves by its own "
        "difference.",
        "An accepted and closed invoice has IGST 18,000. An amendment with IGST 15,000 is downward. An "
        "amendment with CGST 9,000 and SGST 9,000 has the same value: IGST falls by 18,000, and CGST and "
        "SGST rise by 9,000 each.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-008",
        "Which rulebook applies",
        "The GSTR-2B month of a record decides, not the date of the document. From October 2025 on the "
        "rulebook of October 2025 applies, before that the rulebook of October 2024. A record keeps its "
        "rulebook. Only a saved record can still move to a later month.",
        "A credit note of 15 September 2025, filed on 11 October 2025 in GSTR-1 of September, follows the old "
        "rules. A credit note of 15 March 2025, filed on 11 November 2025 in GSTR-1 of October, follows the "
        "new rules.",
        ("FAQ25",),
        Sure.OFFICIAL,
        since="2025-10",
    ),
    Statement(
        "R-010",
        "Who has IMS",
        "IMS is open to normal taxpayers, SEZ units, SEZ developers and casual taxpayers. Composition "
        "taxpayers, input service distributors, non-residents, TDS and TCS registrations, OIDAR and UIN "
        "holders have no IMS. A document that is addressed to such a GSTIN makes no IMS record.",
        "A supplier reports an invoice to a composition taxpayer. The invoice is saved and filed, but no "
        "record appears in any IMS.",
        ("IMS-FAQ",),
        Sure.PARTLY,
    ),
    Statement(
        "R-011",
        "Inward and outward view",
        "IMS has two views. In Inward supplies the recipient acts on records. In Outward supplies the "
        "supplier reads the recipients' actions and cannot change them.",
        "A recipient rejects an invoice in Inward supplies. The supplier sees the rejection in Outward "
        "supplies and has no button there to change it.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-012",
        "Where IMS is on the GST portal",
        "On the GST portal the path is Dashboard, Services, Returns, Invoice Management System (IMS) "
        "Dashboard.",
        "A person signs in to the GST portal, opens Services, then Returns, and chooses Invoice Management "
        "System (IMS) Dashboard. In this practice portal, the menu entry is IMS.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-013",
        "When IMS began",
        "IMS began on 1 October 2024. Actions are possible from 14 October 2024. Only records of the GSTR-2B "
        "of October 2024 or later are in IMS. The first GSTR-2B made from actions is that of October 2024.",
        "An invoice filed on 11 October 2024 in GSTR-1 of September belongs to GSTR-2B of September, so it is "
        "not in IMS. An invoice filed on 12 October belongs to October and is in IMS.",
        ("IMS-FAQ", "ADDL24"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-014",
        "Acting is optional",
        "Nobody has to act in IMS. A record at No action counts as accepted.",
        "A recipient acts on none of 40 records before the 14th. All 40 are deemed accepted in the draft "
        "GSTR-2B.",
        ("ADDL24", "RET25"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-015",
        "GSTR-2A stays as it is",
        "Actions in IMS change GSTR-2B and GSTR-3B. They do not change GSTR-2A.",
        "A rejected invoice is listed under ITC Rejected in GSTR-2B. In GSTR-2A the invoice stands as before.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-020",
        "A saved document is in IMS at once",
        "A record enters the recipient's IMS as soon as the supplier saves the document in GSTR-1, IFF or "
        "GSTR-1A. The recipient may act at once.",
        "At 10:00 a supplier saves an invoice in GSTR-1 and does not file the form. At 10:01 the recipient "
        "can accept the invoice.",
        ("IMS-FAQ",),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-021",
        "Only filed documents reach GSTR-2B",
        "A saved document is in no GSTR-2B. An action that was taken while the document was saved is kept "
        "when the supplier files without a change.",
        "A recipient accepts a saved invoice on 5 November 2024. The supplier does not file before the 14th: "
        "the draft GSTR-2B of October does not contain the invoice. After the filing, the invoice is "
        "accepted in a later GSTR-2B.",
        ("2BM",),
        Sure.PARTLY,
    ),
    Statement(
        "R-030",
        "Documents that go directly to GSTR-2B",
        "These documents never enter IMS: documents of non-residents (GSTR-5), documents of input service "
        "distributors (GSTR-6), reverse-charge documents, documents without ITC by place of supply or by "
        "section 16(4), and Rule 37A reversals. Bills of entry went directly to GSTR-2B before October 2025.",
        "An input service distributor files an ISD invoice with IGST 18,000. The recipient finds the invoice "
        "in GSTR-2B, Input Service Distributor, and has nothing to decide in IMS.",
        ("IMS-FAQ", "FAQ24"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-031",
        "No ITC by place of supply",
        "If the supplier's State is the place of supply, the recipient is in another State, and the document "
        "carries CGST and SGST, then the recipient gets no ITC. The document goes directly to ITC not "
        "available. A document with IGST is never barred in this way.",
        "A hotel in Karnataka (29) bills a company in Maharashtra (27) with place of supply Karnataka, CGST "
        "9,000 and SGST 9,000. GSTR-2B lists the invoice under ITC not available with the reason place of "
        "supply. ITC available changes by 0.",
        ("IMS-FAQ", "2BM", "2BRSN"),
        Sure.PARTLY,
    ),
    Statement(
        "R-032",
        "No ITC after the section 16(4) date",
        "The section 16(4) date is 30 November after the end of the document's financial year, or the day of "
        "the recipient's annual return for the year, if that day is earlier. If the draft day (the 14th) of "
        "a record's GSTR-2B is later than this date, then the invoice, debit note or 9(5) document goes to "
        "ITC not available. The root document's date decides for amendments. Credit notes, and amendments "
        "that lower accepted credit, are never barred. Filing GSTR-3B after the date changes no line, but "
        "the portal warns.",
        "An invoice of 10 March 2024 belongs to financial year 2023-24, whose date is 30 November 2024. In "
        "GSTR-2B of October 2024, drafted on 14 November, its ITC is available. In GSTR-2B of November, "
        "drafted on 14 December, it is not. If the annual return was furnished on 31 October 2024, the ITC "
        "is not available in GSTR-2B of October either.",
        ("LAW", "IMS-FAQ"),
        Sure.PARTLY,
    ),
    Statement(
        "R-033",
        "A saved document that becomes barred",
        "A saved document is judged by R-031 and R-032 when it is saved, edited or filed, and at midnight "
        "when its expected GSTR-2B month moves. An amendment that waited (R-082) is judged when it is "
        "released. If the annual return is furnished early, all saved and filed records that are not closed "
        "are judged again at the next midnight. A barred document leaves IMS, and its action is void. An edit that "
        "removes the bar brings the document back at No action.",
        "A recipient accepts a saved invoice of March 2024. The supplier files it only on 20 November 2024, "
        "for GSTR-2B of November. At midnight after 11 November the invoice has left IMS, and the "
        "acceptance is void.",
        ("LAW",),
        Sure.OURS,
    ),
    Statement(
        "R-034",
        "The table of GSTR-2B for each record",
        "Each record goes to one table of GSTR-2B. Accepted and deemed accepted invoices, debit notes and "
        "9(5) documents go to All other ITC. Credit notes go to Part B. ISD, reverse-charge and import "
        "documents have their own tables. Barred documents go to ITC not available, rejected records to ITC "
        "Rejected. Pending, saved and replaced records are in no table.",
        "One recipient has an accepted invoice, an accepted credit note, an ISD invoice, a reverse-charge "
        "invoice, a bill of entry and a rejected invoice. GSTR-2B lists them under All other ITC, Part B, "
        "ISD, reverse charge, Import of goods and ITC Rejected.",
        ("T2", "2BM"),
        Sure.OFFICIAL,
    ),
    Statement(
        "R-035",
        "Documents without tax",
        "A document with zero tax, such as a supply to a SEZ without payment of tax, enters IMS and GSTR-2B "
        "with zero amounts.",
        "A supplier reports a SEZ supply without payment, taxable value 1,00,000 and IGST 0. The SEZ unit can "
        "accept the record, and its GSTR-2B line has ITC 0.",
        ("2BM",),
        Sure.OURS,
    ),
)
