"""Template tags and filters for all pages: amounts, dates, periods, icons, statuses.

For links that keep the query string, use Django's own tag: `{% querystring page=2 status=None %}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.templatetags.static import static
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.clock import IST
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import BadAmount, format_count, format_inr, format_inr_short, paise
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.places import state_name as name_of_state
from ims_portal.support.web import screen_messages
from invoices.desk.last_action import LastAction
from invoices.models import Taxpayer
from invoices.web.page import labels, message_codes, offers, words

register = template.Library()

# Django passes "" for a name that the template's context does not have.
Paise = int | str | None

UNKNOWN = "—"

# colour of a badge -> the sign of a state that is not a decision
SIGNS = {"A": "✓", "R": "✕", "P": "!", "N": "–"}

# The portal's own names of icons -> names in the file of icons. Templates may also use the names in the file.
ICONS = {
    "lock": "lock-fill",
    "unlock": "unlock-fill",
    "info": "info-circle-fill",
    "warning": "exclamation-triangle-fill",
    "error": "exclamation-octagon-fill",
    "success": "check-circle-fill",
    "check": "check-lg",
    "close": "x-lg",
    "plus": "plus-lg",
    "undo": "arrow-counterclockwise",
    "redo": "arrow-clockwise",
    "refresh": "arrow-repeat",
    "simulated": "hourglass-split",
    "history": "clock-history",
    "sort": "chevron-expand",
    "sort-asc": "caret-up-fill",
    "sort-desc": "caret-down-fill",
    "filter": "sliders",
    "compare": "arrow-left-right",
    "expand": "arrows-angle-expand",
    "help": "question-circle",
    "user": "person-circle",
}

STATUS_WORDS = {
    "N": gettext_noop("No action"),
    "A": gettext_noop("Accepted"),
    "R": gettext_noop("Rejected"),
    "P": gettext_noop("Pending"),
    "D": gettext_noop("Deemed accepted"),
    "L": gettext_noop("Locked"),
    "I": gettext_noop("New"),
}

VERBS = {
    "A": gettext_noop("Accept"),
    "R": gettext_noop("Reject"),
    "P": gettext_noop("Pending"),
    "N": gettext_noop("Reset"),
}

# Django's message levels and the portal's own levels -> (tone, icon) of a notice bar.
TONES = {
    "debug": ("N", "info"),
    "info": ("I", "info"),
    "success": ("A", "success"),
    "warning": ("P", "warning"),
    "error": ("R", "error"),
    "stop": ("R", "error"),
    "locked": ("L", "lock"),
}


@register.filter
def inr(paise: Paise) -> str:
    """Return paise as rupees: 12345600 becomes 1,23,456.00. Return a dash for an unknown value."""
    return UNKNOWN if paise in (None, "") else format_inr(int(paise))


@register.filter
def inr_of(rupees: str) -> str:
    """Return an amount of the API in Indian grouping: "123456.00" becomes 1,23,456.00. Return any other text
    unchanged."""
    try:
        return format_inr(paise(rupees))
    except BadAmount:
        return rupees


@register.filter
def inr_signed(paise: Paise) -> str:
    """Return paise as rupees with a sign: +1,23,456.00, −1,23,456.00, and 0.00 without a sign."""
    if paise in (None, ""):
        return UNKNOWN
    return ("+" if int(paise) > 0 else "") + format_inr(int(paise))


@register.filter
def inr_short(paise: Paise) -> str:
    """Return paise as a short amount: ₹1.23 Cr, ₹4.50 L, ₹12,000.00. Only for charts and small labels that
    show the full amount next to the short amount."""
    return UNKNOWN if paise in (None, "") else format_inr_short(int(paise))


@register.filter
def grouped(number: int | str | None) -> str:
    """Return a count in Indian grouping: 1234567 becomes 12,34,567. Return any other value as plain text."""
    return format_count(number) if isinstance(number, int) else str(number if number is not None else "")


@register.filter
def whole(number: float | None) -> str:
    """Return a measured number, rounded to a whole number and in Indian grouping: 4880.4 becomes 4,880."""
    return UNKNOWN if number is None else format_count(round(number))


@register.filter
def person(user: Any) -> str:
    """Return a person's full name, or else the user name. Return a dash if there is no person."""
    return labels.name_of(user) if user else UNKNOWN


@register.simple_tag
def message(code: str, **values: Any) -> SafeString:
    """Return a message of the catalogue, with its code behind "Details": {% message "NOACT-INFO" %}. The tag
    must not stand inside a paragraph, because HTML has no details there."""
    return format_html("{} {}", screen_messages.text(code, **values), message_codes.details((code,)))


@register.filter
def told(text: Any) -> str:
    """Return the text of a message without its codes. The tag `codes` of the same text follows."""
    return message_codes.apart(text if isinstance(text, str) else str(text)).text


@register.simple_tag
def codes(text: Any = "", code: str = "", rule: str = "") -> SafeString:
    """Return the codes and rules of a message behind "Details": those in its text, and `code` and `rule` if
    given. A `code` may have parts, as "TOO_EARLY · 2B-BEFORE-14"."""
    found = message_codes.apart(str(text))
    own = tuple(part for part in str(code or "").split(" · ") if part)
    return message_codes.details((*found.codes, *own), (*found.rules, *((rule,) if rule else ())))


@register.simple_tag
def message_text(code: str, **values: Any) -> str:
    """Return the text of a message without its code. Only for templates that show the code themselves
    (components/notice.html)."""
    return screen_messages.text(code, **values)


@register.filter
def offered(message: Any) -> offers.Offers | None:
    """Return what a message of the session offers to do next, or None."""
    return offers.read(getattr(message, "extra_tags", None) or "")


@register.filter
def shown_code(error: PortalError) -> str:
    """Return the code of an error in the form that pages show."""
    return words.shown_code(error.code, error.rule)


@register.simple_tag
def money(paise: Paise, signed: bool = False) -> str | SafeString:
    """Return an amount for a table cell. A negative amount has a colour, and a zero is pale."""
    if paise in (None, ""):
        return UNKNOWN
    text = inr_signed(paise) if signed else inr(paise)
    if int(paise) < 0:
        return mark_safe(f'<span class="neg">{text}</span>')  # noqa: S308  digits and signs
    return text if int(paise) else mark_safe(f'<span class="mut">{text}</span>')  # noqa: S308  the same


def whole_words(text: str) -> str:
    """Return the text with no-break spaces, so that a browser never breaks a line inside the text."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _local(value: date | datetime) -> date | datetime:
    return value.astimezone(IST) if isinstance(value, datetime) and value.tzinfo else value


@register.filter
def ddmmyyyy(value: date | datetime | None) -> str:
    """Return a date for tables: 03-10-2024."""
    return format_date(_local(value), "d-m-Y") if value else UNKNOWN


@register.filter
def daymonth(value: date | datetime | None) -> str:
    """Return a date for sentences: 14 Nov 2024. A browser never breaks a line inside the date."""
    return whole_words(format_date(_local(value), "j M Y")) if value else UNKNOWN


@register.filter
def moment(value: datetime | None) -> str:
    """Return a date and time in Indian time: 16-11-2024 09:40."""
    return format_date(_local(value), "d-m-Y H:i") if value else UNKNOWN


def _period(value: int | TaxPeriod) -> TaxPeriod:
    return value if isinstance(value, TaxPeriod) else TaxPeriod.from_number(int(value))


@register.filter
def period_label(value: int | TaxPeriod | None, form: str = "long") -> str:
    """Return a period in words. 202410, or the equal TaxPeriod, becomes October 2024, or Oct 2024 with
    `:"short"`. A browser never breaks a line inside the period."""
    if not value:
        return UNKNOWN
    period = _period(value)
    return whole_words(period.short_label if form == "short" else period.label)


@register.filter
def own_period(value: int | TaxPeriod, taxpayer: Taxpayer) -> str:
    """Return the name of a taxpayer's period: Oct 2024, or Oct-Dec 2024 if the taxpayer files quarterly."""
    return whole_words(taxpayer.files.label(_period(value), short=True))


@register.filter
def period_code(value: int | TaxPeriod) -> str:
    """Return a period as addresses and GSTN's files write the period: 202410, or the equal TaxPeriod, becomes
    102024."""
    return _period(value).wire


@register.filter
def state_name(code: str) -> str:
    """Return the name of a State by its code: 27 becomes Maharashtra."""
    return _(name_of_state(str(code))) if code else UNKNOWN


@register.filter
def in_language(text: str) -> str:
    """Return a sentence of the law or of an error in the reader's language."""
    return labels.in_language(text)


@register.filter
def event_label(event: str) -> str:
    """Return the name of a journal event in the reader's language: "documents saved" becomes "Documents
    saved"."""
    return labels.event_label(event)


@register.filter
def action_words(last: LastAction) -> str:
    """Return what the button for the undo undoes: "accepted 2 records"."""
    return words.done_to(last)


@lru_cache(maxsize=512)
def _drawing(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("ui/icons.svg"),
        ICONS.get(name, name),
    )


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon. Screen readers ignore the icon and read `label`, if it is given."""
    drawing = _drawing(name)
    return format_html('{}<span class="visually-hidden">{}</span>', drawing, label) if label else drawing


@register.simple_tag
def status_badge(code: str, word: str = "", compact: bool = False, sign: str = "") -> SafeString:
    """Return the coloured badge of a status with its letter and its word. `word` replaces the usual word, and
    `sign` the letter. With `compact`, the screen shows only the letter, and screen readers read the word."""
    code = str(code)
    letter = sign or {"L": icon("lock"), "I": "i"}.get(code, code)
    return format_html(
        '<span class="st{}" data-s="{}"><b aria-hidden="true">{}</b><span{}>{}</span></span>',
        " bare" if compact else "",
        code,
        letter,
        mark_safe(' class="visually-hidden"') if compact else "",
        word or status_word(code),
    )


@register.simple_tag
def state_badge(tone: str, word: str) -> SafeString:
    """Return the coloured badge of a state that is not a decision on a record, for example of a form. It has a
    sign, because the letters A, R, P and N name the decisions."""
    return status_badge(tone, word, sign=SIGNS.get(str(tone), ""))


def status_word(code: str) -> str:
    """Return the word of a status for its letter: "N" becomes No action."""
    return _(STATUS_WORDS.get(code, code))


@register.simple_tag
def mark(code: str, sign: str = "") -> SafeString:
    """Return the coloured badge of a status with only the letter, for lists that show the status's word next
    to the badge. `sign` replaces the letter."""
    return format_html(
        '<span class="arp" data-s="{}" aria-hidden="true"><b>{}</b></span>', code, sign or code
    )


@register.filter
def verb(code: str) -> str:
    """Return the word of an action for its letter: "A" becomes Accept."""
    return _(VERBS.get(str(code), str(code)))


@register.simple_block_tag
def card(
    content: str, title: str = "", note: str = "", link: str = "", link_text: str = "", css: str = ""
) -> SafeString:
    """Return a white box with a heading above `content`. The box adds no padding: text in the box needs the
    class `pad`, and tables need no padding."""
    more = format_html('<a class="end sm" href="{}">{}</a>', link, link_text) if link else ""
    said = format_html('<span class="sm mut">{}</span>', note) if note else ""
    head = format_html("<header><h2>{}</h2>{}{}</header>", title, said, more) if title else ""
    return format_html('<section class="sheet {}">{}{}</section>', css, head, content)


@register.filter
def tone(level: str) -> str:
    """Return the letter for the colour of a notice. `level` is the level of Django's message."""
    return TONES.get(str(level).split(" ")[-1], TONES["info"])[0]


@register.filter
def tone_icon(level: str) -> str:
    return TONES.get(str(level).split(" ")[-1], TONES["info"])[1]


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Return the input of a form field with the portal's CSS class. Django connects the input with the hint
    and the error (aria-describedby, aria-invalid)."""
    widget = field.field.widget
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return field.as_widget()
    dress = "form-check-input" if isinstance(widget, CheckboxInput) else "field"
    return field.as_widget(attrs={"class": f"{dress} {widget.attrs.get('class', '')}".strip()})


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """Return the value for a key that is itself a template variable, or None if the key is missing."""
    return mapping.get(key) if mapping else None
