"""How the invoices app starts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class InvoicesConfig(AppConfig):
    name = "invoices"
    verbose_name = "Documents and IMS"

    def ready(self) -> None:
        from ims_portal.kernel import clock
        from invoices import (
            bulk,  # noqa: F401  names the handlers of its jobs
            journal_check,  # noqa: F401  names the handler of its jobs
            portal_clock,
            signing_in,  # noqa: F401  listens to who signs in and out
        )
        from invoices.api import schema  # noqa: F401  names how the API's document shows a token

        clock.set_source(portal_clock.portal_now)
        pre_migrate.connect(_counters_pause, sender=self)
        post_migrate.connect(_counters_run, sender=self)


def _counters_pause(**_signal: object) -> None:
    from invoices import counters

    counters.lift()


def _counters_run(**_signal: object) -> None:
    """After every migrate: SQLite loses triggers when a migration remakes their table."""
    from invoices import counters

    counters.install()
