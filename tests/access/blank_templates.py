"""Empty templates, for tests that check who may open an address and ignore the content of the page."""

from __future__ import annotations

from collections.abc import Iterator

from django.template import Origin
from django.template.loaders.base import Loader as BaseLoader
from jinja2 import FunctionLoader


class Loader(BaseLoader):
    """A template loader that returns an empty template for every name."""

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        yield Origin(name=template_name, template_name=template_name, loader=self)

    def get_contents(self, origin: Origin) -> str:
        return ""


TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [f"{__name__}.Loader"]},
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "OPTIONS": {"loader": FunctionLoader(lambda name: "")},
    },
]
