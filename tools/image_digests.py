"""Add to each image of docker-compose.yml the digest that its registry names for its version.

    ./run images

A version can be given to another image later; a digest cannot. Run the command again after a change of a
version. The command asks Docker Hub only."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.request import Request, urlopen

COMPOSE = Path(__file__).resolve().parents[1] / "docker-compose.yml"
SIGN_IN = "https://auth.docker.io/token?service=registry.docker.io&scope=repository:{name}:pull"
MANIFEST = "https://registry-1.docker.io/v2/{name}/manifests/{version}"
KINDS = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
SECONDS = 20
# `image: name:version` of a service, `FROM` and `COPY --from=` of the portal's own image. Our own image has no
# version: compose builds it.
NAMED = re.compile(
    r"^(\s*(?:image: |FROM |COPY --from=))([\w./-]+):([\w.-]+)(?:@sha256:[0-9a-f]{64})?(?=\s)", re.MULTILINE
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def filled(text: str) -> str:
    """Return the text of a compose file, with the digest of each image. Raises OSError if the registry cannot
    be reached, and ValueError if its answer has no digest."""
    return NAMED.sub(lambda found: f"{found[1]}{found[2]}:{found[3]}@{_digest(found[2], found[3])}", text)


def _digest(name: str, version: str) -> str:
    name = name if "/" in name else f"library/{name}"
    token = json.loads(_answer(SIGN_IN.format(name=name), {})[0])["token"]
    _body, headers = _answer(
        MANIFEST.format(name=name, version=version), {"Authorization": f"Bearer {token}", "Accept": KINDS}
    )
    digest = headers.get("docker-content-digest", "")
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"The registry names no digest for {name}:{version}.")
    return digest


def _answer(url: str, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    with urlopen(Request(url, headers=headers), timeout=SECONDS) as answer:  # noqa: S310  the addresses above
        return answer.read(), {key.lower(): value for key, value in answer.headers.items()}


def main() -> None:
    before = COMPOSE.read_text(encoding="utf-8")
    try:
        after = filled(before)
    except (OSError, ValueError, KeyError) as failure:
        sys.exit(f"No image was changed: {failure}")
    COMPOSE.write_text(after, encoding="utf-8")
    for _start, name, version in (found.groups() for found in NAMED.finditer(after)):
        print(f"{name}:{version}")  # noqa: T201  a command's answer


if __name__ == "__main__":
    main()
