"""A reader's choices for the look of pages: theme, text size, movement. The choices are in cookies, so the
sign-in page and pages without scripts also have the look that the reader chose."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# value of the cookie -> its label; "" uses the device's setting
THEMES = {
    "": gettext_noop("Same as the device"),
    "light": gettext_noop("Light"),
    "dark": gettext_noop("Dark"),
    "contrast": gettext_noop("High contrast"),
}
TEXT_SIZES = {
    "s": gettext_noop("Smaller"),
    "": gettext_noop("Normal"),
    "l": gettext_noop("Larger"),
    "xl": gettext_noop("Large (125 %)"),
    "xxl": gettext_noop("Very large (150 %)"),
}
A_YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Appearance:
    """A reader's choices. `theme` is a key of `THEMES`, `text` is a key of `TEXT_SIZES`. `still` stops all
    movement."""

    theme: str = ""
    text: str = ""
    still: bool = False


def of(request: HttpRequest) -> Appearance:
    """Return the reader's choices from the cookies. An unknown value is ignored."""
    theme, text = request.COOKIES.get("ims_theme", ""), request.COOKIES.get("ims_text", "")
    return Appearance(
        theme=theme if theme in THEMES else "",
        text=text if text in TEXT_SIZES else "",
        still=request.COOKIES.get("ims_still") == "1",
    )


def keep(request: HttpRequest, response: HttpResponse) -> None:
    """Store the choices of the preferences' form in cookies. The cookies are not HttpOnly, because
    js/theme.js also reads the cookies."""
    theme, text = request.POST.get("theme", ""), request.POST.get("text", "")
    chosen = {
        "ims_theme": theme if theme in THEMES else "",
        "ims_text": text if text in TEXT_SIZES else "",
        "ims_still": "1" if "still" in request.POST else "",
    }
    for name, value in chosen.items():
        response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", secure=request.is_secure())


def choices(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(value, _(label)) for value, label in table.items()]
