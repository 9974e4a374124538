"""Files for the browser.

Third-party files equal the published files, and pages keep the content-security policy. Colours have enough
contrast, and the sprite has every icon that a page uses."""

from __future__ import annotations

import gzip
import hashlib
import re
import runpy
import tomllib
from pathlib import Path

import pytest

from invoices.templatetags.portal import ICONS

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
PACKAGES = tomllib.loads((VENDOR / "VENDOR.toml").read_text())["package"]
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.html"), *ROOT.glob("*/templates/**/*.html")])
SHEET = (STATIC / "css" / "portal.css").read_text()
SPRITE = (STATIC / "ui" / "icons.svg").read_text()


def test_every_vendored_file_is_the_published_one():
    listed = {
        VENDOR / package["folder"] / name: digest
        for package in PACKAGES
        for name, digest in package["sha256"].items()
    }
    found = {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDOR.toml"
    }
    assert found == listed


def test_the_sprite_has_its_listed_checksum():
    listed = {package["sprite"]: package["sprite_sha256"] for package in PACKAGES if "sprite" in package}
    assert listed == {"ui/icons.svg": hashlib.sha256(SPRITE.encode()).hexdigest()}


def test_the_trimmed_stylesheet_follows_from_the_published_one():
    """css/bootstrap.css has only the rules of Bootstrap that the portal's pages use. If the test fails
    because a page uses another class, run `python tools/trim_bootstrap.py`."""
    trim = runpy.run_path(str(ROOT / "tools" / "trim_bootstrap.py"))
    there = (STATIC / "css" / "bootstrap.css").read_text()
    assert trim["build"]() == there, "run python tools/trim_bootstrap.py"


def test_styles_and_scripts_stay_below_their_limits():
    """For a page without charts, the compressed styles are at most 20 KB, and the compressed scripts are at
    most 35 KB."""
    page = (ROOT / "templates" / "base.html").read_text()
    asked = re.findall(r"\{% static '([^']+\.(?:css|js))' %\}", page)
    weight = {
        kind: sum(len(gzip.compress((STATIC / name).read_bytes())) for name in asked if name.endswith(kind))
        for kind in (".css", ".js")
    }
    assert weight[".css"] <= 20_000
    assert weight[".js"] <= 35_000


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_every_package_brings_its_licence(package):
    assert package["version"]
    assert package["licence"]
    assert any(name.startswith("LICENSE") for name in package["sha256"])


# No template may contain these patterns, because each would need an exception in the content-security policy.
FORBIDDEN = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an event attribute": r"<[^>]*\son[a-z]+\s*=",
    "htmx's inline handlers": r"hx-on|hx-vars|js:",
    "a javascript link": r"javascript:",
    "an inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "an inline style sheet": r"<style\b",
    "another host": r"(?:src|href|action)=[\"']?(?:https?:)?//",
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_keeps_the_content_security_policy(template):
    text = template.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_comments_are_on_one_line(template):
    """Django recognizes a comment {# … #} only on one line. A comment of several lines would be shown on the
    page."""
    text = re.sub(r"\{#.*?#\}", "", template.read_text())
    assert "{#" not in text


def test_every_icon_of_a_page_is_in_the_sprite():
    there = set(re.findall(r'<symbol[^>]* id="([^"]+)"', SPRITE))
    asked = set(ICONS.values())
    for template in TEMPLATES:
        asked |= {ICONS.get(name, name) for name in re.findall(r'\{% icon "([^"]+)"', template.read_text())}
        asked |= {ICONS.get(name, name) for name in re.findall(r'symbol="([^"]+)"', template.read_text())}
    assert asked - there == set()


def _tokens(start: str) -> dict[str, str]:
    block = SHEET[SHEET.index(start) :]
    block = block[: block.index("}")]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{3,6});", block))


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    channels = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


THEMES = {"light": _tokens(":root {"), "dark": {**_tokens(":root {"), **_tokens('[data-bs-theme="dark"] {')}}
TEXT_PAIRS = [
    *(
        (text, ground)
        for text in ("text", "muted", "link")
        for ground in ("page", "surface", "head", "selected")
    ),
    *((letter, f"{letter}-g") for letter in "narpdli"),
    *((letter, "surface") for letter in "narpdli"),
    ("on-primary", "primary"),
    ("on-primary", "primary-hover"),
]
MARK_PAIRS = [
    ("control", "surface"),
    ("control", "page"),
    *((f"c-{series}", "surface") for series in ("a", "d", "n", "p", "r", "1", "2", "3")),
]


def test_contrast_of_black_on_white_is_the_known_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable(theme):
    tokens = THEMES[theme]
    poor = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_controls_and_marks_are_visible(theme):
    tokens = THEMES[theme]
    poor = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in MARK_PAIRS}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 3} == {}


def test_the_dark_theme_is_the_same_with_and_without_scripts():
    """The stylesheet has the dark colours twice: for people who chose the dark theme, and for browsers
    without scripts.

    The two lists must be equal."""
    assert _tokens(":root:not([data-bs-theme]) {") == _tokens('[data-bs-theme="dark"] {')
