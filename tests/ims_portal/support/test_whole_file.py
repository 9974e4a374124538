"""A file is written completely or not at all. If the new content cannot be written, an older file stays."""

from __future__ import annotations

import os
import resource

import pytest

from ims_portal.support import whole_file


def test_a_full_disk_leaves_no_part_of_a_file(tmp_path):
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            whole_file.write(tmp_path / "kept", b"x" * 5000)
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_replaced_is_the_old_one_or_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    whole_file.write(path, b"old")
    monkeypatch.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError("the disk is gone")))
    with pytest.raises(OSError, match="gone"):
        whole_file.write(path, b"new")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    whole_file.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]
