"""How the returns app starts."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"
    verbose_name = "Returns"

    def ready(self) -> None:
        # names the handlers of this app's jobs
        from returns.files import downloads, ims_import  # noqa: F401
        from returns.gstr1_file import job  # noqa: F401
