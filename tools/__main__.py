"""Start `./run bench` or `./run gstn_bench`. The modules of the measurements need Django, so `main` sets up
Django before it imports them."""

from __future__ import annotations

import os
import sys
from importlib import import_module

COMMANDS = {"bench": "tools.benchmarks.command", "gstn_bench": "tools.gstn_bench.command"}


def main(arguments: list[str]) -> None:
    """Run the measurement that the first argument names, and pass the remaining arguments to the measurement.
    Return exit code 2 if no measurement has this name."""
    if not arguments or arguments[0] not in COMMANDS:
        sys.stderr.write(f"Known are: {', '.join(COMMANDS)}.\n")
        sys.exit(2)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ims_portal.settings")
    import django

    django.setup()
    import_module(COMMANDS[arguments[0]]).Command().run_from_argv(["tools", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
