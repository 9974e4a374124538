"""How the gstr2b app starts."""

from django.apps import AppConfig


class Gstr2bConfig(AppConfig):
    name = "gstr2b"
    verbose_name = "GSTR-2B"

    def ready(self) -> None:
        # names the handlers of this app's jobs
        from gstr2b import midnight  # noqa: F401
