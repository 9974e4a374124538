"""Responses that are too large for one reply. A job writes the data to encrypted files, FILEDET lists the
files, and clients fetch each file by name.

Each file is a tar.gz with one entry: the base64 of AES(key, base64(JSON)). The JSON has the format of the
call's usual reply. The portal does not store the key. The portal makes the key again from its own secret and
from the download's token."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from ims_portal.kernel import clock
from ims_portal.support import whole_file
from invoices import jobs
from invoices.models import Job, Taxpayer
from returns.gstn.envelope import crypto
from returns.gstn.models import Download

JOB = "gstn download"
KEPT_FOR = timedelta(hours=24)
MINUTES = "1"  # the response asks clients to wait for this number of minutes
FOLDER = "gstn"
NAME_BYTES = 16

# one part of a large response: the JSON, and the number of records in the JSON
Part = tuple[dict[str, Any], int]
Parts = Callable[[Taxpayer, dict[str, Any], int], Iterator[Part]]
CALLS: dict[str, Parts] = {}


def answers(call: str) -> Callable[[Parts], Parts]:
    """Return a decorator. The decorator registers the function that makes the large response to a call. The
    function yields the response part by part."""

    def note(parts: Parts) -> Parts:
        CALLS[call] = parts
        return parts

    return note


def ask(taxpayer: Taxpayer, asked: dict[str, Any], user: Any) -> dict[str, Any]:
    """Start a job that writes a large response to files, and return the reply to the client. The reply
    contains a token, with which the client asks for the list of files (FILEDET). If the client repeats the
    call before the files are written, the client gets the same token. `asked` is the call and its
    parameters."""
    now = clock.real_now()
    waiting = Download.objects.filter(
        taxpayer=taxpayer, asked=asked, files__isnull=True, expires_at__gt=now
    ).first()
    if waiting is None:
        with transaction.atomic():
            waiting = Download.objects.create(
                token=secrets.token_hex(16),
                taxpayer=taxpayer,
                asked=asked,
                created_at=now,
                expires_at=now + KEPT_FOR,
            )
            jobs.ask(JOB, waiting.token, taxpayer=taxpayer, user=user, payload={"download": waiting.pk})
    return {"token": waiting.token, "est": MINUTES}


def find(taxpayer: Taxpayer, token: str) -> Download | None:
    """Return the download of a token. Return None if the token belongs to another taxpayer or has expired."""
    now = clock.real_now()
    return Download.objects.filter(token=token, taxpayer=taxpayer, expires_at__gt=now).first()


def listing(download: Download) -> dict[str, Any]:
    """Return FILEDET's response for a finished download."""
    files = download.files or []
    return {
        "ek": crypto.encode(_key(download)),
        "fc": len(files),
        "urls": [
            {"ul": f"/taxpayerapi-doc/{file['name']}", "ic": file["count"], "hash": file["digest"]}
            for file in files
        ],
    }


def path_of(name: str) -> Path:
    """Return the path of the file with this name. The function does not check that the file exists."""
    return Path(settings.MEDIA_ROOT) / FOLDER / name


@jobs.handles(JOB)
def write(job: Job) -> dict[str, Any]:
    """Write the files of one download. After an interruption, the job writes all files again."""
    path_of("").mkdir(parents=True, exist_ok=True)
    _tidy()
    download = Download.objects.select_related("taxpayer").get(pk=job.payload["download"])
    key = _key(download)
    files = []
    done = 0
    parts = CALLS[download.asked["call"]]
    for part, count in parts(download.taxpayer, download.asked, settings.GSTN_RECORDS_PER_ANSWER):
        name = f"{secrets.token_hex(NAME_BYTES)}.tar.gz"
        data = _archive(key, part)
        whole_file.write(path_of(name), data)
        files.append({"name": name, "count": count, "digest": hashlib.sha256(data).hexdigest()})
        done += count
        jobs.progress(job, done)
    Download.objects.filter(pk=download.pk).update(files=files)
    return {"files": len(files), "records": done}


def _archive(key: bytes, part: dict[str, Any]) -> bytes:
    text = json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()
    entry = crypto.encrypt(key, crypto.encode(text).encode("ascii")).encode("ascii")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("data.json")
        info.size = len(entry)
        archive.addfile(info, io.BytesIO(entry))
    return buffer.getvalue()


def _key(download: Download) -> bytes:
    return crypto.derived(settings.SECRET_KEY, f"gstn download {download.token}")


def _tidy() -> None:
    """Delete expired downloads and their files. Also delete old files without a download, which interrupted
    jobs have left."""
    over: QuerySet[Download] = Download.objects.filter(expires_at__lt=clock.real_now())
    for files in over.values_list("files", flat=True):
        for file in files or []:
            path_of(file["name"]).unlink(missing_ok=True)
    over.delete()
    before = (clock.real_now() - KEPT_FOR).timestamp()
    for path in path_of("").iterdir():
        # another process may delete the file first
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
