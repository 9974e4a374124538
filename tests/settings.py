"""The portal's settings, with some values that make the tests faster and the portal less safe. No test needs
this safety."""

import os
import tempfile

if "PORTAL_VAR" not in os.environ:
    os.environ["PORTAL_VAR"] = tempfile.mkdtemp(prefix="portal-tests-")
# Tests run in parallel processes, each with its own files.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["PORTAL_VAR"] = os.path.join(os.environ["PORTAL_VAR"], worker)

from ims_portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PORTAL_SANDBOX = True
CELERY_TASK_ALWAYS_EAGER = False
# Celery tasks go to a queue in memory, and no worker reads this queue. A test itself runs the jobs that it
# needs.
CELERY_BROKER_URL = "memory://"
# without this setting, each test client would list all static files before its first request
WHITENOISE_AUTOREFRESH = True
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # the database is a file, because the threads of a live server cannot share a database in memory
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["PORTAL_VAR"], "test.sqlite3")}  # noqa: F405
    # no test cuts the power, so statements need not wait for the disk
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"  # noqa: F405
else:
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
