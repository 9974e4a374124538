"""Django's makemessages. This version also collects the texts of the rulebook and the models, although no
code passes these texts to gettext.

`./run manage makemessages -l hi --no-obsolete` writes `ims_portal/locale/hi/LC_MESSAGES/django.po`. The
command needs GNU gettext (Debian: apt-get install gettext). See ims_portal/locale/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

from invoices.queries.law_words import law_words

# A temporary module with the texts of the rulebook and the models. The command writes the module, so that
# Django's makemessages finds the texts. Afterwards the command deletes the module.
COLLECTED = Path(settings.BASE_DIR) / "ims_portal" / "locale" / "law_words_collected.py"


class Command(makemessages.Command):
    # also collect the sentences of the kernel and the rulebook, which are in the calls of `say`
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=say"]

    def handle(self, *args: Any, **options: Any) -> None:
        options["ignore_patterns"] = [*options["ignore_patterns"], "var", ".venv", "tests", "static", "tools"]
        lines = [f"gettext_noop({text!r})" for text in law_words()]
        COLLECTED.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            super().handle(*args, **options)
        finally:
            COLLECTED.unlink(missing_ok=True)
