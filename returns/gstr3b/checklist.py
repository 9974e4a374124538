"""The checklist before GSTR-3B is filed: reasons that stop filing, warnings, and checks that are passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from gstr2b.models import Statement
from gstr2b.statement.queries import document_counts
from ims_portal.kernel.money import HEADS, TaxAmounts, format_count, format_inr
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates, lapsing
from invoices.rules import ledgers as law
from invoices.rules.attribution import FIRST_IMS_PERIOD
from invoices.rules.calendar import Form
from invoices.rules.ledgers import Ledger
from invoices.rules.refusals import CODES
from invoices.rules.situation import Action, Filing
from returns import own_gstr1
from returns.gstr3b import filing, ledgers, typed_figures
from returns.models import Gstr3b
from returns.overview import desk as queries_desk
from returns.overview.desk import Desk, LeftOut, WhatFilingDoes
from returns.overview.next_steps import records_url

HEAD_NAMES = {
    "igst": gettext_noop("Integrated"),
    "cgst": gettext_noop("Central"),
    "sgst": gettext_noop("State/UT"),
    "cess": gettext_noop("Cess"),
}


class Level(str, Enum):
    """The result of a check: passed, warning, or stop. The value is the status letter that the page shows."""

    FINE = "A"
    WARN = "P"
    STOP = "R"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist. If `posts` is true, the page shows the link as a button that submits a
    form."""

    level: Level
    title: str
    text: str = ""
    url: str = ""
    link: str = ""
    code: str = ""
    rule: str = ""
    posts: bool = False

    @property
    def sign(self) -> str:
        return {Level.FINE: "✓", Level.WARN: "!", Level.STOP: "✕"}[self.level]


def name_of(taxpayer: Taxpayer, period: TaxPeriod) -> str:
    return period.quarter_label if taxpayer.files is Frequency.QUARTERLY else period.label


def stop(taxpayer: Taxpayer, period: TaxPeriod, code: str) -> Check:
    """Return the line of the checklist for a refusal code of `filing.file`, with a link to the page that
    helps."""
    gstin, known = taxpayer.gstin, CODES[code]
    opens, links = taxpayer.opens, {"url": "", "link": ""}
    posts = False
    match code:
        case "STALE_2B":
            title = _("The draft is out of date")
            links = {"url": reverse("compute", args=[gstin, period.wire]), "link": _("Recompute")}
            posts = True
        case "PREV_3B_PENDING":
            title = _("GSTR-3B for %(period)s is not filed") % {"period": name_of(taxpayer, opens)}
            links = {"url": reverse("gstr3b", args=[gstin, opens.wire]), "link": _("Open it")}
        case "NO_2B":
            title = _("There is no GSTR-2B yet")
            links = {"url": reverse("gstr2b", args=[gstin, period.wire]), "link": _("See why")}
        case "GSTR1_PENDING":
            title = _("GSTR-1 for %(period)s is not filed") % {"period": name_of(taxpayer, period)}
            links = {"url": reverse("gstr1", args=[gstin, period.wire]), "link": _("Open it")}
        case "FINAL_2B":
            # This check is shown only if GSTR-3B was filed before the taxpayer used this portal. If GSTR-3B
            # was filed on this portal, the page shows the receipt instead of the checklist.
            title = _("GSTR-3B for this period was filed before this portal was used")
            links = {"url": reverse("gstr3b", args=[gstin, opens.wire]), "link": _("Open period")}
        case _other:
            title = _("This taxpayer does not file GSTR-3B for this period")
            links = {"url": reverse("gstr3b", args=[gstin, opens.wire]), "link": _("Open period")}
    return Check(Level.STOP, title, _(known.sentence), code=code, rule=known.rule, posts=posts, **links)


def checks(
    taxpayer: Taxpayer,
    period: TaxPeriod,
    found: Desk,
    does: WhatFilingDoes,
    statement: Statement | None,
    table: Mapping[str, TaxAmounts],
    filled: Mapping[str, TaxAmounts],
) -> list[Check]:
    """Return the checks of a period: stops first, then warnings, then checks that are passed. `table` has the
    rows that would be filed, and `filled` has the rows from GSTR-2B."""
    shown: list[Check] = []
    code = filing.why_not(taxpayer, period)
    if code is not None:
        shown.append(stop(taxpayer, period, code))
        if code in ("FINAL_2B", "BAD_PERIOD"):
            return shown
    shown += _warnings(taxpayer, found, does)
    shown += [
        Check(Level.WARN, sentence, _("%(row)s was typed by hand") % {"row": _printed(row)})
        for row in (*typed_figures.CREDIT, *typed_figures.REVERSED)
        for sentence in typed_figures.warnings(row, filled, table)
    ]
    shown += _ledgers(taxpayer, period, table)
    shown += _own_forms(taxpayer, period, stopped=code == "GSTR1_PENDING")
    if statement is not None and code != "STALE_2B":
        shown.append(
            Check(
                Level.FINE,
                _("GSTR-2B draft %(n)s is up to date") % {"n": statement.version},
                _n("%(n)s document", "%(n)s documents", document_counts([statement])[statement.pk]),
            )
        )
    order = [Level.STOP, Level.WARN, Level.FINE]
    return sorted(shown, key=lambda check: order.index(check.level))


def warnings(
    taxpayer: Taxpayer, period: TaxPeriod, typed: Mapping[str, TaxAmounts] | None = None
) -> list[Check]:
    """Return the warnings of the checklist for a program that files GSTR-3B. `typed` has the program's own
    figures. For a period that cannot be filed, because GSTR-3B is filed or the period is wrong, the list is
    empty."""
    if filing.why_not(taxpayer, period) in ("FINAL_2B", "BAD_PERIOD"):
        return []
    dates = calendar()
    found = queries_desk.desk(taxpayer, dates)
    does = queries_desk.what_filing_does(found, taxpayer, period, dates)
    filled = filing.prepare(taxpayer, period)
    table = {**filled, **(typed or {})}
    return [c for c in checks(taxpayer, period, found, does, None, table, filled) if c.level is Level.WARN]


def _ledgers(taxpayer: Taxpayer, period: TaxPeriod, table: Mapping[str, TaxAmounts]) -> list[Check]:
    """Return a warning for each ledger from which these figures use more than the ledger has (R-105)."""
    shown = []
    for one in ledgers.excesses(taxpayer, period, table):
        title = (
            _("4(D)(1) is more than the reversal statement has")
            if one.ledger is Ledger.RECLAIM
            else _("Reverse-charge credit is more than the RCM statement has")
        )
        by_head = ", ".join(
            f"{_(HEAD_NAMES[head])} ₹{format_inr(getattr(one.amounts, head))}"
            for head in HEADS
            if getattr(one.amounts, head)
        )
        text = _("excess: %(amounts)s. %(sentence)s") % {"amounts": by_head, "sentence": _(one.sentence)}
        url = reverse("ledger", args=[taxpayer.gstin, one.ledger.value])
        shown.append(Check(Level.WARN, title, text, url, _("Open the statement"), rule=law.RULE))
    return shown


def _warnings(taxpayer: Taxpayer, found: Desk, does: WhatFilingDoes) -> list[Check]:
    shown = []
    undecided = found.filed_here(Action.NONE)
    if undecided.count:
        text = _("these records will be deemed accepted, ITC ₹%(tax)s") % {
            "tax": format_inr(undecided.tax.total)
        }
        left_out = found.left_out(Action.NONE)
        if left_out.count:
            text = f"{text}. {_why_left_out(left_out)}"
        shown.append(
            Check(
                Level.WARN,
                _n("%(n)s record at No action", "%(n)s records at No action", undecided.count),
                text,
                records_url(taxpayer, status="N", lands="this", **found.list_filters),
                _("Review"),
            )
        )
    else:
        shown.append(Check(Level.FINE, _("No record is left at No action")))
    waiting = found.accepted_not_filed
    if waiting.count:
        shown.append(
            Check(
                Level.WARN,
                _n(
                    "%(n)s accepted document is not filed",
                    "%(n)s accepted documents are not filed",
                    waiting.count,
                ),
                _("this return excludes documents that the supplier saved but did not file"),
                records_url(taxpayer, status="A", filing="S"),
                _("List"),
            )
        )
    if does.losing.count:
        shown.append(
            Check(
                Level.WARN,
                _n(
                    "%(n)s pending record loses its credit",
                    "%(n)s pending records lose their credit",
                    does.losing.count,
                ),
                _(
                    "this return is the last that can give ITC ₹%(tax)s (section 16(4)); accept before you file"
                )
                % {"tax": format_inr(does.losing.tax.total)},
                records_url(taxpayer, status="P", filing="F", lands="this", lastclaim="1"),
                _("List"),
                rule=gates.LAST_CLAIM,
            )
        )
    if does.pending.count:
        shown.append(
            Check(
                Level.WARN,
                _n("%(n)s record is pending", "%(n)s records are pending", does.pending.count),
                _n(
                    "stays in IMS and gives no credit now",
                    "stay in IMS and give no credit now",
                    does.pending.count,
                ),
                records_url(taxpayer, status="P", **found.list_filters),
                _("List"),
            )
        )
    late = found.claimed_late
    if late.count:
        shown.append(
            Check(
                Level.WARN,
                _n(
                    "%(n)s document is older than the section 16(4) limit",
                    "%(n)s documents are older than the section 16(4) limit",
                    late.count,
                ),
                ngettext(
                    "this return is filed after the limit of its financial year; ITC ₹%(tax)s may be refused",
                    "this return is filed after the limit of their financial year; ITC ₹%(tax)s may be refused",
                    late.count,
                )
                % {"tax": format_inr(late.tax.total)},
                rule=gates.LATE_CLAIM,
            )
        )
    if does.add_backs.documents:
        shown.append(
            Check(
                Level.WARN,
                _n(
                    "%(n)s rejection adds tax to a supplier",
                    "%(n)s rejections add tax to suppliers",
                    does.add_backs.documents,
                ),
                _("₹%(tax)s is added to the suppliers' next returns")
                % {"tax": format_inr(does.add_backs.tax.total)},
                records_url(taxpayer, status="R", filing="F", lands="this", addsback="1"),
                _("Review"),
            )
        )
    return shown


def _why_left_out(found: LeftOut) -> str:
    """Return the sentence that says why the list of records at No action is longer than the number of records
    that this return counts."""
    parts = (
        (found.not_filed, _("%(n)s not filed by the supplier")),
        (found.replaced, _("%(n)s replaced by an amendment")),
        (found.held, _("%(n)s waiting for an earlier return")),
    )
    why = ", ".join(words % {"n": format_count(number)} for number, words in parts if number)
    more = _n("The list has %(n)s more record", "The list has %(n)s more records", found.count)
    return f"{more}: {why}"


def _own_forms(taxpayer: Taxpayer, period: TaxPeriod, *, stopped: bool) -> list[Check]:
    """Return checks of the taxpayer's own GSTR-1 and its previous GSTR-3B (R-101). `stopped` is true if the
    missing GSTR-1 stops GSTR-3B; otherwise it causes a warning. Needs three queries."""
    shown = []
    if gates.gstr1_comes_first(taxpayer.registration) and not stopped:
        own = own_gstr1.filed(taxpayer, period)
        title = _("GSTR-1 for %(period)s") % {"period": name_of(taxpayer, period)}
        if own is not None:
            shown.append(Check(Level.FINE, title, _("filed on %(day)s") % {"day": _day(own.filed_on)}))
        else:
            shown.append(
                Check(
                    Level.WARN,
                    _("GSTR-1 for %(period)s is not filed") % {"period": name_of(taxpayer, period)},
                    _("under section 39(10), file this GSTR-1 before GSTR-3B"),
                    reverse("gstr1", args=[taxpayer.gstin, period.wire]),
                    _("Open it"),
                    rule=gates.OWN_GSTR1,
                )
            )
    waiting = Record.objects.filter(
        supplier_id=taxpayer.pk, form=Form.GSTR1A.value, filing=Filing.SAVED.value
    )
    if count := waiting.filter(tax_period__lte=period.number).count():
        shown.append(
            Check(
                Level.WARN,
                _n("%(n)s document waits in GSTR-1A", "%(n)s documents wait in GSTR-1A", count),
                _("file this GSTR-1A before GSTR-3B; afterwards it can never be filed"),
                reverse("gstr1a", args=[taxpayer.gstin, period.wire]),
                _("Open it"),
                rule=lapsing.ENDS[Form.GSTR1A],
            )
        )
    before = taxpayer.files.previous(period)
    if before >= FIRST_IMS_PERIOD and period <= taxpayer.opens:
        filed = Gstr3b.objects.filter(recipient=taxpayer, period=before.number).first()
        text = (
            _("filed on %(day)s") % {"day": _day(filed.filed_on)}
            if filed
            else _("filed before this portal was used")
        )
        shown.append(
            Check(Level.FINE, _("GSTR-3B for %(period)s") % {"period": name_of(taxpayer, before)}, text)
        )
    return shown


def _printed(row: str) -> str:
    """Return a row's number as the form prints the number: "4A5" becomes "4(A)(5)"."""
    return f"{row[0]}({row[1]})({row[2]})"


def _n(one: str, many: str, count: int) -> str:
    return ngettext(one, many, count) % {"n": format_count(count)}


def _day(day: date) -> str:
    return format_date(day, "d-m-Y")
