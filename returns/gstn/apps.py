"""Configuration of the app for GSTN's API."""

from django.apps import AppConfig


class GstnConfig(AppConfig):
    name = "returns.gstn"
    label = "gstn"
    verbose_name = "GSTN interface"

    def ready(self) -> None:
        # these imports register the handlers of this app's jobs
        from returns.gstn import downloads, requests  # noqa: F401
