"""How the invoices app starts."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "invoices"
    verbose_name = "Documents and IMS"

    def ready(self) -> None:
        from ims_portal.kernel import clock
        from invoices import portal_clock

        clock.set_source(portal_clock.portal_now)
