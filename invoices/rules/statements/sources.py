"""The sources of the rules, by the short names that citations use (docs/sources.md)."""

from __future__ import annotations

SOURCES: dict[str, str] = {
    "IMS-FAQ": "GSTN, questions and answers on IMS, 30 September 2024",
    "ADV24": "GSTN, advisory on IMS with the draft manual, September 2024",
    "FAQ24": "GSTN, frequently asked questions on IMS, 22 September 2024",
    "ADDL24": "GSTN, additional questions on IMS, 17 October 2024",
    "SUP24": "GSTN, supplier's view of IMS, November 2024",
    "REJ25": "GSTN, questions on records that were rejected by mistake, 19 June 2025",
    "CHG25": "GSTN advisory 624 on changes in IMS, 23 September 2025",
    "RET25": "GSTN, advisory on returns and IMS, 8 October 2025",
    "FAQ25": "GSTN, questions on pending credit notes and the reduction of ITC, 17 October 2025",
    "BOE25": "GSTN, advisory on import of goods in IMS, 30 October 2025",
    "CN25": "GSTN, the question that accepting a credit note asks, December 2025",
    "LED25": "GSTN advisory 643 on the ledgers of reclaimed ITC and reverse charge, 29 December 2025",
    "INT26": "GSTN advisories on interest and set-off in GSTR-3B, January and February 2026",
    "OFF26": "GSTN advisory 658 on the offline tool of IMS, April 2026",
    "API26": "Answers of the GST portal's interface, as open-source programs met them, April 2026",
    "2BM": "GSTN, advisory and questions on GSTR-2B",
    "2BRSN": "Reason codes in GSTR-2B data: P for place of supply, C for after the annual cut-off",
    "G1A": "GSTN, advisory and questions on GSTR-1A, August 2024",
    "N82": "Notification 82/2020-Central Tax: due dates of GSTR-3B",
    "LOCK25": "GSTN advisory 606 on figures of GSTR-3B that cannot be changed by hand, 7 June 2025",
    "R60": "CGST Rule 60(7): the filing windows of a GSTR-2B",
    "R37A": "CGST Rule 37A: reversal of ITC if the supplier does not pay",
    "IC24": "A copy of GSTN's first IMS advisory, not published by GSTN itself",
    "EXT25": "Notifications 01, 03 and 04/2025-Central Tax: due dates extended for December 2024",
    "N18": "Notification 18/2025-Central Tax",
    "T1": "The table of available actions in this portal's rule specification",
    "T2": "The table of GSTR-2B sections in this portal's rule specification",
    "LAW": "CGST Act, sections 16(4), 34, 37(3), 38 and 39, and CGST Rules 46 and 59 to 61",
}
