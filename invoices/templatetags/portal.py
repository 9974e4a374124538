"""Tags and filters every page uses: amounts, dates, periods, icons, status.

Links that keep the query string need no tag of ours: use Django's `{% querystring page=2 status=None %}`.
"""

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
from invoices.web.page import labels, words

register = template.Library()

# A name a template does not know arrives as empty text.
Paise = int | str | None

UNKNOWN = "—"

# Icons by what they mean; any other name is looked up in the sprite as it stands.
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

# Django's message levels and our own words, as (tone, icon) of a notice bar.
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
    """12345600 -> 1,23,456.00; unknown is a dash."""
    return UNKNOWN if paise in (None, "") else format_inr(int(paise))


@register.filter
def inr_of(rupees: str) -> str:
    """123456.00, as answers of the API say amounts -> 1,23,456.00; what is no amount stays as it is."""
    try:
        return format_inr(paise(rupees))
    except BadAmount:
        return rupees


@register.filter
def inr_signed(paise: Paise) -> str:
    """A change or an effect: +1,23,456.00, −1,23,456.00, and plain 0.00."""
    if paise in (None, ""):
        return UNKNOWN
    return ("+" if int(paise) > 0 else "") + format_inr(int(paise))


@register.filter
def inr_short(paise: Paise) -> str:
    """For charts and chips only, with the full figure near by: ₹1.23 Cr, ₹4.50 L, ₹12,000.00."""
    return UNKNOWN if paise in (None, "") else format_inr_short(int(paise))


@register.filter
def grouped(number: int | str | None) -> str:
    """1234567 -> 12,34,567, for counts; anything else stays as it is."""
    return format_count(number) if isinstance(number, int) else str(number if number is not None else "")


@register.filter
def whole(number: float | None) -> str:
    """4880.4 -> 4,880, for measured figures."""
    return UNKNOWN if number is None else format_count(round(number))


@register.filter
def person(user: Any) -> str:
    """Who did it, by name: Meera Deshpande, or the user name of somebody without one."""
    return labels.name_of(user) if user else UNKNOWN


@register.simple_tag
def message(code: str, **values: Any) -> SafeString:
    """A message of the catalogue, its code small at the end: {% message "NOACT-INFO" %}."""
    return format_html('{} <span class="sm mono">{}</span>', screen_messages.text(code, **values), code)


@register.simple_tag
def message_text(code: str, **values: Any) -> str:
    """The text alone, for parts that print the code themselves (components/notice.html)."""
    return screen_messages.text(code, **values)


@register.filter
def shown_code(error: PortalError) -> str:
    """The code of an error as people quote it."""
    return words.shown_code(error.code, error.rule)


@register.simple_tag
def money(paise: Paise, signed: bool = False) -> str | SafeString:
    """A figure in a table cell; a negative one carries its colour with its sign, and zero steps back."""
    if paise in (None, ""):
        return UNKNOWN
    text = inr_signed(paise) if signed else inr(paise)
    if int(paise) < 0:
        return mark_safe(f'<span class="neg">{text}</span>')  # noqa: S308  digits and signs
    return text if int(paise) else mark_safe(f'<span class="mut">{text}</span>')  # noqa: S308  the same


def whole_words(text: str) -> str:
    """A text that is not broken at its spaces."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _local(value: date | datetime) -> date | datetime:
    return value.astimezone(IST) if isinstance(value, datetime) and value.tzinfo else value


@register.filter
def ddmmyyyy(value: date | datetime | None) -> str:
    """03-10-2024, the form of tables."""
    return format_date(_local(value), "d-m-Y") if value else UNKNOWN


@register.filter
def daymonth(value: date | datetime | None) -> str:
    """14 Nov 2024, the form of prose; it never ends a line half way."""
    return whole_words(format_date(_local(value), "j M Y")) if value else UNKNOWN


@register.filter
def moment(value: datetime | None) -> str:
    """16-11-2024 09:40 in Indian time."""
    return format_date(_local(value), "d-m-Y H:i") if value else UNKNOWN


def _period(value: int | TaxPeriod) -> TaxPeriod:
    return value if isinstance(value, TaxPeriod) else TaxPeriod.from_number(int(value))


@register.filter
def period_label(value: int | TaxPeriod | None, form: str = "long") -> str:
    """202410 or a TaxPeriod -> October 2024; `:"short"` -> Oct 2024. Month and year stay on one line."""
    if not value:
        return UNKNOWN
    period = _period(value)
    return whole_words(period.short_label if form == "short" else period.label)


@register.filter
def period_code(value: int | TaxPeriod) -> str:
    """202410 or a TaxPeriod -> 102024, the form of addresses and of GSTN's files."""
    return _period(value).wire


@register.filter
def state_name(code: str) -> str:
    """27 -> Maharashtra, for place of supply and GSTIN prefixes."""
    return _(name_of_state(str(code))) if code else UNKNOWN


@register.filter
def in_language(text: str) -> str:
    """A sentence of the law or of an error, in the reader's language."""
    return labels.in_language(text)


@register.filter
def event_label(event: str) -> str:
    """An event as the journal keeps it -> "Documents saved", in the reader's language."""
    return labels.event_label(event)


@lru_cache(maxsize=512)
def _drawing(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("ui/icons.svg"),
        ICONS.get(name, name),
    )


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing from the sprite, hidden from assistive tools; `label` adds words for those who cannot see it."""
    drawing = _drawing(name)
    return format_html('{}<span class="visually-hidden">{}</span>', drawing, label) if label else drawing


@register.simple_tag
def status_badge(code: str, word: str = "", compact: bool = False) -> SafeString:
    """Shape, letter and word of a status. `word` replaces the usual word; `compact` leaves it to readers only."""
    code = str(code)
    letter = {"L": icon("lock"), "I": "i"}.get(code, code)
    return format_html(
        '<span class="st{}" data-s="{}"><b aria-hidden="true">{}</b><span{}>{}</span></span>',
        " bare" if compact else "",
        code,
        letter,
        mark_safe(' class="visually-hidden"') if compact else "",
        word or _(STATUS_WORDS.get(code, code)),
    )


@register.simple_tag
def mark(code: str, sign: str = "") -> SafeString:
    """Only the shape with its letter (or `sign`), for lists whose words stand beside it."""
    return format_html(
        '<span class="arp" data-s="{}" aria-hidden="true"><b>{}</b></span>', code, sign or code
    )


@register.filter
def verb(code: str) -> str:
    """The action a letter stands for."""
    return _(VERBS.get(str(code), str(code)))


@register.simple_block_tag
def card(
    content: str, title: str = "", note: str = "", link: str = "", link_text: str = "", css: str = ""
) -> SafeString:
    """A white sheet with a heading row. Padding is the content's own: tables run to the edge, text goes in `.pad`."""
    more = format_html('<a class="end sm" href="{}">{}</a>', link, link_text) if link else ""
    said = format_html('<span class="sm mut">{}</span>', note) if note else ""
    head = format_html("<header><h2>{}</h2>{}{}</header>", title, said, more) if title else ""
    return format_html('<section class="sheet {}">{}{}</section>', css, head, content)


@register.filter
def tone(level: str) -> str:
    """Word of a message level -> the letter that colours its bar."""
    return TONES.get(str(level).split(" ")[-1], TONES["info"])[0]


@register.filter
def tone_icon(level: str) -> str:
    return TONES.get(str(level).split(" ")[-1], TONES["info"])[1]


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A form field's widget in our dress. Django ties hint and error to it (aria-describedby, aria-invalid)."""
    widget = field.field.widget
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return field.as_widget()
    dress = "form-check-input" if isinstance(widget, CheckboxInput) else "field"
    return field.as_widget(attrs={"class": f"{dress} {widget.attrs.get('class', '')}".strip()})


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """A value by a key that is itself a variable; nothing when it is not there."""
    return mapping.get(key) if mapping else None
