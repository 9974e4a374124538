"""With the settings of production, Django's deployment check finds no fault, and the log contains no
secret."""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys

import pytest

from ims_portal.json_logs import JsonFormatter

pytestmark = pytest.mark.once


def test_check_deploy_is_clean_and_logs_are_json(tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "portal.example",
        "CSRF_TRUSTED_ORIGINS": "https://portal.example",
        "DATABASE_URL": "postgres://portal:Zq8-not-used@127.0.0.1:1/portal",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PORTAL_VAR": str(tmp_path),
    }
    program = (
        "import django, logging; django.setup(); from django.core.management import call_command; "
        "call_command('check', deploy=True, fail_level='WARNING'); logging.getLogger('x').error('password=Zq8')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "DJANGO_SETTINGS_MODULE": "ims_portal.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    logged = json.loads(done.stderr.splitlines()[-1])
    assert (logged["level"], logged["message"]) == ("ERROR", "password=[hidden]")


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer Zq8xx",
        "{'otp': 'Zq8xx', 'user': 'meera'}",
        "GET /x?token=Zq8xx&page=2",
        "redis://worker:Zq8xx@127.0.0.1/0 refused",
        '{"client_secret": "Zq8xx"}',
        "Cookie: sessionid=Zq8xx; theme=dark",
    ],
)
def test_a_secret_is_taken_out_of_message_and_traceback(said):
    try:
        raise ValueError(said)
    except ValueError:
        failure = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", (said,), failure)
    told = JsonFormatter().format(record)
    assert "Zq8" not in told
    assert json.loads(told)["message"]
