"""`./run worker` and `./run beat` start a process again after any signal, and leave no process behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not shutil.which("pgrep"), reason="SKIPPED: no pgrep here"),
]
RUN = Path(__file__).resolve().parents[2] / "run"
SIGNALS = ["TERM", "INT", "HUP", "QUIT", "KILL", "SEGV"]


def wait_for(found, seconds: float = 15.0):
    until = time.monotonic() + seconds
    while not (got := found()) and time.monotonic() < until:
        time.sleep(0.02)
    return got


def children(pid: int, name: str) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid), name], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def exists(pid: int) -> bool:
    # the init process of a container may leave an ended process as a zombie
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


@pytest.fixture
def keeper(tmp_path):
    text = RUN.read_text(encoding="utf-8")
    keep = text[text.index("tie() {") :]
    script = tmp_path / "keep.sh"
    script.write_text(
        "set -eu\nsay() { :; }\nsleep() { :; }\n"
        + keep[: keep.index("\n}\n", keep.index("keep() {")) + 3]
        + "keep /bin/sleep 1000\n",
        encoding="utf-8",
    )
    started = subprocess.Popen(
        ["/bin/sh", str(script)],
        start_new_session=True,
        # under nohup the tests ignore HUP, and a shell cannot take back what it was started with
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    yield started
    for pid in (started.pid, *children(started.pid, "sleep")):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    started.wait()


# the shell starts a process in the background so that it ignores INT and QUIT
@pytest.mark.parametrize("name", [name for name in SIGNALS if name not in ("INT", "QUIT")])
def test_a_process_that_a_signal_ended_is_started_again(keeper, name):
    first = wait_for(lambda: children(keeper.pid, "sleep"))
    os.kill(first[0], getattr(signal, f"SIG{name}"))
    second = wait_for(lambda: set(children(keeper.pid, "sleep")) - set(first))
    assert second
    assert keeper.poll() is None


@pytest.mark.parametrize("name", SIGNALS)
def test_a_keeper_that_is_told_to_stop_or_is_killed_leaves_no_process(keeper, name):
    if name in ("KILL", "SEGV") and not shutil.which("setpriv"):
        pytest.skip("SKIPPED: only setpriv ties a process to its keeper")
    kept = wait_for(lambda: children(keeper.pid, "sleep"))
    os.kill(keeper.pid, getattr(signal, f"SIG{name}"))
    assert keeper.wait(15) is not None
    assert wait_for(lambda: not exists(kept[0]))
