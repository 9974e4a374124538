"""Four faults of `./run faults`, such as a full disk, in real processes. The portal must survive each
fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = bool(os.environ.get("PORTAL_REQUIRE_SERVICES"))
SOME = "same-task,disk-full,purge-export,webhook-silent"

pytestmark = pytest.mark.processes


@pytest.mark.timeout(600)
def test_after_four_faults_no_work_is_lost_half_done_or_done_twice():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tools.faults",
            "--rounds",
            "1",
            "--only",
            SOME,
            "--seed",
            "7",
            "--lease",
            "5",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=570,
        check=False,
    )
    if done.returncode == 2 and not REQUIRED:
        pytest.skip(f"SKIPPED: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    for name in SOME.split(","):
        assert f"\n{name}" in done.stdout
