"""Files of killed processes do not fill the disk, and files in use stay."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from ims_portal.support import leftovers

pytestmark = pytest.mark.once


def test_the_metrics_of_a_killed_server_are_removed_and_those_of_a_running_server_stay(tmp_path):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    dead, alive = tmp_path / f"portal-metrics-{killed.pid}-x1", tmp_path / f"portal-metrics-{os.getpid()}-x2"
    other = tmp_path / "portal-drill-1"
    for folder in (dead, alive, other):
        folder.mkdir()
        (folder / "counter.db").write_bytes(b"1")
    assert leftovers.sweep_metrics(tmp_path) == [dead]
    assert alive.exists()
    assert other.exists()


def test_unfinished_files_of_yesterday_are_removed_and_finished_files_stay(tmp_path):
    kept = tmp_path / "files" / "29" / "ims.xlsx"
    parts = [
        tmp_path / "secret-key.77",
        tmp_path / "gstn-key.pem.78",
        kept.with_name(".ims.xlsx.79"),
        kept.with_name(".41-5") / "ims.xlsx",
        kept.with_name("tmpabcd1234") / "skeleton.xlsx",
    ]
    stays = [tmp_path / "secret-key", tmp_path / "gstn-key.pem", kept]
    new = kept.with_name(".2b.xlsx.80")
    for path in (*parts, *stays, new):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    yesterday = time.time() - leftovers.OLD_SECONDS - 60
    for path in (*parts, parts[-1].parent, parts[-2].parent, *stays):
        os.utime(path, (yesterday, yesterday))
    assert len(leftovers.sweep_parts(tmp_path)) == 5
    assert not [path for path in parts if path.exists()]
    assert all(path.exists() for path in (*stays, new))
