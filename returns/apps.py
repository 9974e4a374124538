"""Configuration of the returns app."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"
    verbose_name = "Returns"

    def ready(self) -> None:
        # this import registers the handlers of the app's jobs
        from returns.files import downloads, ims_import, ims_import_undo  # noqa: F401
        from returns.gstr1_file import job  # noqa: F401
