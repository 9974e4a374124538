"""Templates without content, for tests that ask who may open an address and not what the page shows."""

from __future__ import annotations

from collections.abc import Iterator

from django.template import Origin
from django.template.loaders.base import Loader as BaseLoader


class Loader(BaseLoader):
    """Finds every template, always empty."""

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        yield Origin(name=template_name, template_name=template_name, loader=self)

    def get_contents(self, origin: Origin) -> str:
        return ""


TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [f"{__name__}.Loader"]},
    }
]
