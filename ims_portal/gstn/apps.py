"""How the GSTN interface starts."""

from django.apps import AppConfig


class GstnConfig(AppConfig):
    name = "ims_portal.gstn"
    label = "gstn"
    verbose_name = "GSTN interface"

    def ready(self) -> None:
        # name the handlers of this app's jobs
        from ims_portal.gstn import downloads, requests  # noqa: F401
