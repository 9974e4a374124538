"""The party on the other side of a document, in words. A bill of entry comes from customs, an ISD document
from an input service distributor, and a section 9(5) document from an e-commerce operator. All other
documents come from a supplier. Pages, files and messages name this party."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Party:
    """The words for one kind of party. `name` is a heading. `subject` begins a sentence, `inside` is
    inside a sentence. `filing` and `filed` name the filing and its day
    (`%(day)s`), `filed_short` the same after a comma. `happened` is the event in a history (`%(form)s`,
    `%(month)s`). `sees` says who reads remarks. `step` explains the GSTR-2B month of a filed document
    (`%(form)s`, `%(day)s`, `%(date)s`, `%(month)s`). `arrives` says when documents appear in a list."""

    name: str
    subject: str
    inside: str
    period: str
    filing: str
    filed: str
    filed_short: str
    filed_word: str
    happened: str
    sees: str
    all_records: str
    newcomer: str
    step: str
    arrives: str

    @property
    def is_customs(self) -> bool:
        return self is CUSTOMS


SUPPLIER = Party(
    name=gettext_noop("Supplier"),
    subject=gettext_noop("The supplier"),
    inside=gettext_noop("the supplier"),
    period=gettext_noop("Supplier period"),
    filing=gettext_noop("Supplier filing"),
    filed=gettext_noop("Filed on %(day)s"),
    filed_short=gettext_noop("filed %(day)s"),
    filed_word=gettext_noop("Filed"),
    happened=gettext_noop("Filed in %(form)s of %(month)s"),
    sees=gettext_noop("The supplier sees the remarks."),
    all_records=gettext_noop("All records of this supplier"),
    newcomer=gettext_noop("Supplier new in this return period"),
    step=gettext_noop(
        "The supplier filed this document in %(form)s on %(day)s, so its GSTR-2B month is %(month)s."
    ),
    arrives=gettext_noop(
        "Records appear when a supplier saves them in GSTR-1, GSTR-1A or IFF, and leave when the GSTR-3B of "
        "their period is filed."
    ),
)
OPERATOR = Party(
    name=gettext_noop("E-commerce operator"),
    subject=gettext_noop("The e-commerce operator"),
    inside=gettext_noop("the e-commerce operator"),
    period=gettext_noop("Operator's period"),
    filing=gettext_noop("Operator's filing"),
    filed=gettext_noop("Filed on %(day)s"),
    filed_short=gettext_noop("filed %(day)s"),
    filed_word=gettext_noop("Filed"),
    happened=gettext_noop("Filed in %(form)s of %(month)s"),
    sees=gettext_noop("The e-commerce operator sees the remarks."),
    all_records=gettext_noop("All records of this operator"),
    newcomer=gettext_noop("Operator new in this return period"),
    step=gettext_noop(
        "The e-commerce operator filed this document in %(form)s on %(day)s, so its GSTR-2B month is "
        "%(month)s."
    ),
    arrives=gettext_noop(
        "Records appear when an e-commerce operator saves them in GSTR-1, GSTR-1A or IFF, and leave when the "
        "GSTR-3B of their period is filed."
    ),
)
DISTRIBUTOR = Party(
    name=gettext_noop("Input service distributor"),
    subject=gettext_noop("The input service distributor"),
    inside=gettext_noop("the input service distributor"),
    period=gettext_noop("Distributor's period"),
    filing=gettext_noop("Distributor's filing"),
    filed=gettext_noop("Filed on %(day)s"),
    filed_short=gettext_noop("filed %(day)s"),
    filed_word=gettext_noop("Filed"),
    happened=gettext_noop("Filed in %(form)s of %(month)s"),
    sees=gettext_noop("The input service distributor sees no remarks."),
    all_records=gettext_noop("All records of this distributor"),
    newcomer=gettext_noop("Distributor new in this return period"),
    step=gettext_noop(
        "The input service distributor filed this document in %(form)s on %(day)s, so its GSTR-2B month is "
        "%(month)s."
    ),
    arrives=gettext_noop(
        "Documents appear when an input service distributor files GSTR-6. They go directly to GSTR-2B."
    ),
)
CUSTOMS = Party(
    name=gettext_noop("Customs"),
    subject=gettext_noop("Customs"),
    inside=gettext_noop("customs"),
    period=gettext_noop("Month of the bill"),
    filing=gettext_noop("Customs data"),
    filed=gettext_noop("Received on %(day)s"),
    filed_short=gettext_noop("received %(day)s"),
    filed_word=gettext_noop("Received"),
    happened=gettext_noop("Received from customs (ICEGATE)"),
    sees=gettext_noop("Customs does not see the remarks."),
    all_records="",
    newcomer="",
    step=gettext_noop(
        "The ICEGATE reference date of this bill of entry is %(date)s. Customs sent the bill on %(day)s, so "
        "its GSTR-2B month is %(month)s."
    ),
    arrives=gettext_noop("Bills of entry come from customs, for periods from October 2025."),
)


def of_section(section: str) -> Party:
    """Return the party whose documents are in a section of IMS. The list of all sections counts as
    suppliers."""
    if section.startswith("impg"):
        return CUSTOMS
    if section.startswith("isd"):
        return DISTRIBUTOR
    return OPERATOR if section.startswith("eco") else SUPPLIER
