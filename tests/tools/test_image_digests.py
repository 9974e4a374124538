"""`./run images` pins every image of docker-compose.yml to the digest that the registry names."""

from __future__ import annotations

import json
import re

import pytest

from tools import image_digests

pytestmark = pytest.mark.once


def test_every_image_gets_the_digest_of_its_version(monkeypatch):
    asked = []

    def registry(url, headers):
        asked.append(url)
        if "auth.docker.io" in url:
            return json.dumps({"token": "t1"}).encode(), {}
        assert headers["Authorization"] == "Bearer t1"
        return b"", {"docker-content-digest": f"sha256:{len(asked):064x}"}

    monkeypatch.setattr(image_digests, "_answer", registry)
    before = image_digests.COMPOSE.read_text(encoding="utf-8")
    after = image_digests.filled(before)
    names = re.findall(r"(?:image: |FROM |COPY --from=)(\S+)", after)
    assert len(names) == 6
    assert [name for name in names if "@sha256:" not in name] == ["ims-portal"]
    assert any("library/postgres/manifests/" in url for url in asked)
    assert any("nginxinc/nginx-unprivileged/manifests/" in url for url in asked)
    # a second run takes the new digest in place of the old one
    assert len(re.findall("@sha256:", image_digests.filled(after))) == 5


def test_an_answer_without_a_digest_changes_nothing(monkeypatch):
    monkeypatch.setattr(image_digests, "_answer", lambda url, headers: (b'{"token": "t"}', {}))
    with pytest.raises(ValueError, match="names no digest"):
        image_digests.filled("    image: redis:7.4.5\n")
