"""Refuse passwords that are easy to guess at this portal."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# words that an attacker of this portal would try first
OWN_WORDS = ("imsportal", "gstportal", "gstr2b", "gstr3b", "gstr1", "gstin", "gstn", "invoice", "portal", "practice",
             "taxpayer", "signatory", "admin", "password", "india", "bharat")  # fmt: skip
LEAST_LEFT = 8
GSTIN = re.compile(r"[0-9]{2}[a-z]{5}[0-9]{4}[a-z][0-9a-z]{3}")


class OwnWordsValidator:
    """Refuse a password that consists mostly of words of this portal, GSTINs and years. Without these, at
    least `LEAST_LEFT` characters must remain."""

    def validate(self, password: str, user: Any = None) -> None:
        left = GSTIN.sub("", password.casefold())
        for word in OWN_WORDS:
            left = left.replace(word, "")
        left = re.sub(r"(?:19|20)[0-9]{2}", "", left)
        if len(left) < LEAST_LEFT:
            raise ValidationError(
                _(
                    "Most of this password is a GSTIN, a year, or words like “gstr2b” or “portal”. "
                    "Choose other words."
                ),
                code="own_words",
            )

    def get_help_text(self) -> str:
        return _("The password must not consist of a GSTIN, a year, or words like “gstr2b” or “portal”.")
