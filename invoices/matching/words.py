"""The words of classes, suggestions, reasons and conditions, as a person reads them.

Each name and sentence is English. Pages translate them with gettext."""

from __future__ import annotations

# class -> its name and one sentence; the sub-classes of a class follow after a slash
CLASSES: dict[str, tuple[str, str]] = {
    "MANUAL": ("Joined by hand", "A person joined the bill with the document."),
    "EXACT": ("Exact", "Supplier, number, date and every amount agree."),
    "ROUNDING": ("Rounding", "Everything agrees; the amounts differ by rounding."),
    "DATE": ("Date differs", "Number and amounts agree; the dates differ."),
    "DATE/swapped": ("Day and month exchanged", "Number and amounts agree; day and month are exchanged."),
    "DATE/far": ("Date far away", "A short number and the amounts agree; the dates are far apart."),
    "NUMBER/year": ("Year in the number", "The numbers differ only by the financial year in them."),
    "NUMBER/prefix": ("Prefix of the number", "The numbers differ by a series in front."),
    "NUMBER/look-alike": ("Number looks alike", "The numbers differ by characters that look alike."),
    "NUMBER/note": ("Note by its invoice", "The note names the same invoice; the numbers differ."),
    "NUMBER/boe": ("End of the bill of entry", "Only the end of the bill of entry's number is in the books."),
    "PLACE/pos": ("Place of supply", "The places of supply differ."),
    "PLACE/rcm": ("Reverse charge", "One side has reverse charge, the other has not."),
    "VALUE/heads": ("Tax heads", "The tax stands under other heads."),
    "VALUE/taxable": ("Taxable value", "The tax agrees; the taxable values differ."),
    "VALUE/higher": ("Supplier reported more", "The supplier reported more tax than the bill has."),
    "VALUE/lower": ("Supplier reported less", "The supplier reported less tax than the bill has."),
    "VALUE/far": ("Amount and date", "Amounts differ and the dates are far apart."),
    "YEAR/near": ("Other financial year", "The dates are in two financial years."),
    "YEAR/far": ("Other financial year", "The dates are in two financial years, far apart."),
    "KIND": ("Kind of document", "One side has an invoice, the other a debit note."),
    "SUPPLIER": ("Supplier's other GSTIN", "The supplier reported it from another GSTIN of the same PAN."),
    "BRANCH": ("Our other GSTIN", "The bill is booked at another GSTIN of our PAN."),
    "GSTIN/typo": ("GSTIN mistyped", "The supplier's GSTIN in the books has a wrong character."),
    "GSTIN/blank": ("GSTIN missing", "The books have no GSTIN; the supplier's name agrees."),
    "GROUP/net": ("Invoice and note as one", "One bill nets an invoice and its note."),
    "GROUP/many-to-one": ("Several bills", "Several bills add up to one document of IMS."),
    "GROUP/one-to-many": ("Several documents", "Several documents of IMS add up to one bill."),
    "GROUP": ("Several as one", "Several documents of one side add up to those of the other."),
    "RESIDUAL": ("Only the amount agrees", "Supplier and amount agree; the numbers do not."),
    "RESIDUAL/note": ("Only the amount agrees", "Supplier and amount of the note agree; the numbers do not."),
    "RESIDUAL/boe": ("Only the amount agrees", "The amounts of the import agree; the numbers do not."),
    "RESIDUAL/several": ("Several would fit", "Several documents have the same amount; a person decides."),
    "ALONE": ("Not in the books", "The register has no bill for this document."),
    "DOUBLE": ("Reported twice", "Another document of IMS already reports the same bill."),
    "REPEATED": ("Booked twice", "Another bill of the register repeats this one."),
}
ONLY_BOOKS = ("Not reported", "No document in IMS reports this bill.")

ACTIONS = {"accept": "Accept", "pending": "Keep pending", "look": "Look at it", "none": "No action"}

REASONS: dict[str, str] = {
    "NUM_SAME": "The numbers are the same.",
    "NUM_FORMAT": "The numbers differ only in how they are written.",
    "NUM_YEAR": "The numbers differ only by the financial year.",
    "NUM_PREFIX": "The numbers differ by a series in front.",
    "NUM_LOOKALIKE": "The numbers differ by characters that look alike.",
    "NUM_DIFFERS": "The numbers differ.",
    "NUM_MISSING": "The books have no number.",
    "NUM_DAMAGED": "A spreadsheet has damaged the number.",
    "DATE_SAME": "The dates are the same.",
    "DATE_NEAR": "The dates are a few days apart.",
    "DATE_DIFFERS": "The dates differ.",
    "DATE_SWAPPED": "Day and month are exchanged.",
    "DATE_YEAR": "The dates are in two financial years.",
    "AMT_EXACT": "All amounts are the same.",
    "AMT_ROUNDING": "The amounts differ by rounding.",
    "AMT_HIGHER": "The supplier reported more than the books have.",
    "AMT_LOWER": "The supplier reported less than the books have.",
    "AMT_HEADS": "The tax stands under other heads.",
    "POS_DIFFERS": "The places of supply differ.",
    "RCM_DIFFERS": "Reverse charge differs.",
    "KIND_DIFFERS": "The kinds of document differ.",
    "GSTIN_SUPPLIER_OTHER": "The supplier's GSTIN is another one of the same PAN.",
    "GSTIN_OWN_OTHER": "The bill is booked at another of our GSTINs.",
    "GSTIN_CHECK_FAILS": "The supplier's GSTIN in the books is mistyped.",
    "GSTIN_EMPTY": "The books have no GSTIN of the supplier.",
    "ORIGINAL_SAME": "Both notes name the same invoice.",
    "PORT_SAME": "The ports are the same.",
    "BOE_SUFFIX": "The books have the end of the bill of entry's number.",
    "IRN_SAME": "The IRN is the same.",
    "GROUP_SUM": "The sums of both sides agree.",
    "SEVERAL_FIT": "Another document would fit as well.",
    "DUPLICATE_IN_BOOKS": "The register has this bill twice.",
    "DOUBLE_IN_IMS": "IMS has this document twice.",
    "CLAIMED_BEFORE": "The books took the credit in an earlier month.",
    "AMENDED_SINCE": "The supplier amended the document after it was joined.",
    "PERIOD_LATER": "The goods came after this period, so the credit belongs to a later one.",
    "LAST_PERIOD": "This is the last period in which the credit can be claimed.",
    "PENDING_ONE_PERIOD": "The document can be kept pending for one period only.",
    "PENDING_BLOCKED": "The law does not let this document be kept pending.",
    "REJECT_NEVER": "Customs reported the bill of entry; a rejection corrects nothing.",
    "SUPPLIER_CAN_EDIT": "The supplier has not filed yet and can still correct the document.",
    "SUPPLIER_NEW": "Nothing was ever bought from this supplier.",
    "SUPPLIER_CANCELLED": "The supplier's registration is cancelled.",
    "ITC_NOT_TAKEN": "The books take no credit for this bill.",
    "NOT_IN_BOOKS": "The register has no bill for this document.",
    "NOT_IN_IMS": "No document in IMS reports this bill.",
    "LINKED_BY_HAND": "A person joined them.",
    "KEPT_APART": "A person said that they are not the same.",
}

# the condition of a rung that fails -> why the pair is not of the class
CONDITIONS = {
    "supplier": "the supplier's GSTINs do not fit",
    "own": "the bill and the document belong to different GSTINs of ours",
    "kind": "the kinds of document do not fit",
    "port": "the ports differ",
    "irn": "the IRNs differ",
    "number": "the numbers do not fit",
    "year": "the financial years differ",
    "amounts": "the amounts do not fit",
    "place": "place of supply or reverse charge differs",
    "charge": "reverse charge agrees",
    "day": "the dates do not fit",
    "original": "the notes do not name the same invoice",
    "name": "the supplier's names differ",
}


def class_words(class_: str, sub: str = "") -> tuple[str, str]:
    """Return the name and the sentence of a class with its sub-class."""
    return CLASSES.get(f"{class_}/{sub}") or CLASSES.get(class_) or (class_, "")
