"""Log lines for production. Each line is one JSON object, which programs can collect easily. Secrets are
hidden."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

HIDDEN = "[hidden]"
# These patterns find the secrets that a log must not show: name=value and "name": value with the name of a
# secret, the Authorization header, and the password after a user name in a URL.
SECRET = re.compile(
    r"""((?:password|passwd|secret|token|otp|evc|api[-_]?key|session(?:id|_key)?|cookie)["']?\s*[=:]\s*["']?)"""
    r"""[^\s"'&,;}]+""",
    re.IGNORECASE,
)
AUTHORIZATION = re.compile(r"""(authorization["']?\s*[=:]\s*["']?)[^"'\n,}]+""", re.IGNORECASE)
IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)[^\s/@]+@")


def without_secrets(text: str) -> str:
    """Return the text with the values of secrets replaced."""
    text = AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
    return IN_ADDRESS.sub(rf"\1{HIDDEN}@", SECRET.sub(rf"\1{HIDDEN}", text))


class JsonFormatter(logging.Formatter):
    """Formats a log line as JSON with the time (UTC), level, logger, message, and the traceback if there is
    one."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if status := getattr(record, "status_code", None):
            told["status"] = status
        if record.exc_info:
            told["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)
