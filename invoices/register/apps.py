"""Configuration of the app for purchase registers."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "invoices.register"
    label = "register"
    verbose_name = "Purchase register"
