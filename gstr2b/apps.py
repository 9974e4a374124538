"""Configuration of the gstr2b app."""

from django.apps import AppConfig


class Gstr2bConfig(AppConfig):
    name = "gstr2b"
    verbose_name = "GSTR-2B"

    def ready(self) -> None:
        # the import registers this app's job handlers
        from gstr2b import midnight  # noqa: F401
