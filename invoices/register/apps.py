"""Configuration of the app for purchase registers."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "invoices.register"
    label = "register"
    verbose_name = "Purchase register"

    def ready(self) -> None:
        # these modules register the handlers of their jobs
        from invoices.register import matching_job, uploading  # noqa: F401
