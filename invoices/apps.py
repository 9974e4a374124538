"""Starts the invoices app: registers the handlers of jobs, connects the portal clock, and installs the
counters' triggers."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class InvoicesConfig(AppConfig):
    name = "invoices"
    verbose_name = "Documents and IMS"

    def ready(self) -> None:
        from ims_portal.kernel import clock
        from invoices import portal_clock
        from invoices.api.common import schema  # noqa: F401  tells the API's schema how a token is shown
        from invoices.desk import batches  # noqa: F401  registers the handlers of its jobs
        from invoices.journal import chain_check  # noqa: F401  registers the handler of its job
        from invoices.people import sign_in  # noqa: F401  connects the receivers of sign-in signals

        clock.set_source(portal_clock.portal_now)
        pre_migrate.connect(_counters_pause, sender=self)
        post_migrate.connect(_counters_run, sender=self)


def _counters_pause(**_signal: object) -> None:
    from invoices import counters

    counters.lift()


def _counters_run(**_signal: object) -> None:
    """Install the counters' triggers after every migrate, because on SQLite a migration that rebuilds a table
    drops the table's triggers."""
    from invoices import counters

    counters.install()
