"""Secrets, keys, databases and backups stay out of the repository and out of container images."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEVER = [
    "production.env",
    "staging.env",
    "docs/production.env",
    ".env",
    ".env.local",
    "gstn-key.pem",
    "var/journal-key.pem",
    "keys/tls.key",
    "var/secret-key",
    "var/portal.sqlite3",
    "portal.sqlite3",
    "portal.sqlite3-wal",
    "backup.dump",
    "backups/portal.sql",
    "portal.sql.gz",
    ".venv",
]
# an image needs neither the git history nor the tests
NEVER_IN_AN_IMAGE = [*NEVER, ".git/config", "tests/settings.py", "var/files/a.xlsx"]
NEEDED = ["docs/production.env.example", "ims_portal/settings.py", "manage.py", "requirements.txt", "run"]
BY_GIT = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout: git has nothing to say")


def _ignored_by_git(path: str) -> bool:
    # with --no-index, git applies the ignore patterns to tracked files too
    asked = ["git", "check-ignore", "--quiet", "--no-index", path]
    return subprocess.run(asked, cwd=ROOT, check=False).returncode == 0


def _ignored_by_docker(path: str) -> bool:
    """Return whether .dockerignore excludes this path.

    The function supports only the kinds of patterns that .dockerignore uses. A pattern starts at the root, *
    matches inside a folder, **/ matches any depth, and a folder includes its contents."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for pattern in (line.strip() for line in lines):
        if not pattern or pattern.startswith("#"):
            continue
        assert not pattern.startswith("!"), "this test knows no exceptions"
        text = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(f"{text}(?:/.*)?", path):
            return True
    return False


@BY_GIT
@pytest.mark.parametrize("path", NEVER)
def test_secrets_and_data_are_ignored_by_git(path):
    assert _ignored_by_git(path)


@pytest.mark.parametrize("path", NEVER_IN_AN_IMAGE)
def test_secrets_and_data_do_not_go_into_an_image(path):
    assert _ignored_by_docker(path)


@pytest.mark.parametrize("path", NEEDED)
def test_files_that_the_portal_needs_go_into_an_image(path):
    assert not _ignored_by_docker(path)


@BY_GIT
@pytest.mark.parametrize("path", NEEDED)
def test_files_that_the_portal_needs_are_kept_by_git(path):
    assert not _ignored_by_git(path)
