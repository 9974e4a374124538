"""How the invoices app starts."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "invoices"
    verbose_name = "Documents and IMS"

    def ready(self) -> None:
        from ims_portal.kernel import clock
        from invoices import (
            bulk,  # noqa: F401  names the handlers of its jobs
            bulk_job,  # noqa: F401  names the handler of its jobs
            portal_clock,
        )
        from invoices.api import schema  # noqa: F401  names how the API's document shows a token

        clock.set_source(portal_clock.portal_now)
