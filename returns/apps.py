"""How the returns app starts."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"
    verbose_name = "Returns"

    def ready(self) -> None:
        # names the handlers of this app's jobs
        from returns import downloads, ims_import, upload_job  # noqa: F401
